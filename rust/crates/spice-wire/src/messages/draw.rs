//! Geometry and the parts that draw commands are made of (`protocol.md` 2.1 and 2.4).

use crate::messages::image::Image;
use crate::shapes::{List, Ptr, Ref, When};

wire_enum! {
    /// What bounds a drawing besides its box.
    ClipType: u8 { 0 NONE, 1 RECTS }

    /// What fills an area.
    BrushType: u8 { 0 NONE, 1 SOLID, 2 PATTERN }

    /// How an image is scaled to its destination.
    ImageScaleMode: u8 { 0 INTERPOLATE, 1 NEAREST }
}

impl From<ClipType> for u64 {
    fn from(kind: ClipType) -> u64 {
        u64::from(kind.0)
    }
}

wire_flags! {
    /// Flags of a mask.
    MaskFlags: u8 {
        /// Draw where the mask's bit is 0.
        1 INVERS,
    }

    /// Raster operation (`protocol.md` 2.4 says how the bits are evaluated).
    Ropd: u16 {
        1 INVERS_SRC,
        2 INVERS_BRUSH,
        4 INVERS_DEST,
        8 OP_PUT,
        16 OP_OR,
        32 OP_AND,
        64 OP_XOR,
        128 OP_BLACKNESS,
        256 OP_WHITENESS,
        512 OP_INVERS,
        1024 INVERS_RES,
    }

    /// Flags of a line.
    LineFlags: u8 { 4 START_WITH_GAP, 8 STYLED }

    /// Flags of one segment of a path.
    PathFlags: u8 { 1 BEGIN, 2 END, 8 CLOSE, 16 BEZIER }

    /// Flags of a glyph string.
    StringFlags: u8 { 1 RASTER_A1, 2 RASTER_A4, 4 RASTER_A8, 8 RASTER_TOP_DOWN }

    /// Flags of an alpha blend.
    AlphaFlags: u8 { 1 DEST_HAS_ALPHA, 2 SRC_SURFACE_HAS_ALPHA }

    /// Operator, filters, repeats and what is present, of a COMPOSITE (`protocol.md` 2.4).
    CompositeFlags: u32 {
        0x40000 COMPONENT_ALPHA,
        0x80000 HAS_MASK,
        0x100000 HAS_SRC_TRANSFORM,
        0x200000 HAS_MASK_TRANSFORM,
        0x400000 SOURCE_OPAQUE,
        0x800000 MASK_OPAQUE,
        0x1000000 DEST_OPAQUE,
    }
}

wire! {
    /// A place in pixels.
    Point {
        x: i32,
        y: i32,
    }

    /// A place in pixels, in 16 bits.
    Point16 {
        x: i16,
        y: i16,
    }

    /// A place with four fractional bits.
    PointFix {
        /// 28.4 fixed point.
        x: i32,
        /// 28.4 fixed point.
        y: i32,
    }

    /// An area; right and bottom are exclusive.
    Rect {
        top: i32,
        left: i32,
        bottom: i32,
        right: i32,
    }

    /// An affine transform, 16.16 fixed point.
    Transform {
        t00: u32,
        t01: u32,
        t02: u32,
        t10: u32,
        t11: u32,
        t12: u32,
    }

    /// What bounds a drawing besides its box.
    Clip {
        kind: ClipType,
        /// Absent unless `kind` is RECTS.
        rects: When<List<u32, Rect>, 1> [kind],
    }

    /// What every draw command starts with.
    DisplayBase {
        surface_id: u32,
        bounds: Rect,
        clip: Clip,
    }

    /// An image that fills an area again and again.
    Pattern {
        image: Ref<Image>,
        /// Where one tile has its origin.
        position: Point,
    }

    /// What fills an area.
    Brush {
        kind: BrushType,
        /// A colour (0x00RRGGBB) when `kind` is SOLID, a pattern when it is PATTERN, else nothing.
        data: BrushData [kind],
    }

    /// One bit a pixel that says where to draw.
    QMask {
        flags: MaskFlags,
        /// The mask's pixel that lies on the left top corner of the box.
        position: Point,
        /// Absent for no mask.
        bitmap: Ptr<Image>,
    }

    /// How lines are drawn.
    LineAttr {
        flags: LineFlags,
        /// Absent unless `flags` has STYLED.
        style: When<LineStyle, 8> [flags],
    }

    /// Lengths of dashes and gaps in turns.
    LineStyle {
        [count: u8 = segments]
        segments: FixedList [count],
    }

    /// Lines and curves one after the other.
    Path { segments: List<u32, PathSegment> }

    /// A run of points.
    PathSegment {
        flags: PathFlags,
        points: List<u32, PointFix>,
    }

    /// Glyphs of one size of pixel.
    GlyphString {
        [length: u16 = glyphs]
        flags: StringFlags,
        glyphs: Glyphs [length, flags],
    }

    /// A glyph; its rows are stored bottom row first.
    Glyph {
        render_position: Point,
        glyph_origin: Point,
        width: u16,
        height: u16,
        rows: GlyphRows [width, height],
    }
}

/// What a brush fills with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BrushData {
    /// Nothing; with a raster operation it counts as colour 0.
    None,
    /// One colour, 0x00RRGGBB.
    Solid(u32),
    /// An image again and again.
    Pattern(Pattern),
}

/// Lengths behind an offset, 28.4 fixed point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixedList(pub Vec<u32>);

/// Glyphs whose rows have the depth that the string's flags say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glyphs(pub Vec<Glyph>);

/// The rows of one glyph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GlyphRows(pub bytes::Bytes);

/// The shapes that depend on more than one field.
mod by_hand {
    use super::{BrushData, BrushType, FixedList, Glyph, GlyphRows, Glyphs, Pattern, Point, StringFlags};
    use crate::error::Result;
    use crate::reader::Reader;
    use crate::schema::{Choice, Shape, When};
    use crate::shapes::{Count, CountInt, Selected, Wire, WireBy, read_items};
    use crate::value::Value;
    use crate::writer::Writer;

    impl Selected for BrushData {
        const SHAPE: Shape = Shape::Choice(
            "by the kind of brush",
            &[
                Choice { when: When::Is(&[BrushType::SOLID.0 as u64]), shape: Some(Shape::UInt(32)) },
                Choice { when: When::Is(&[BrushType::PATTERN.0 as u64]), shape: Some(Pattern::SHAPE) },
                Choice { when: When::Otherwise, shape: None },
            ],
        );
        fn write(&self, writer: &mut Writer) {
            match self {
                Self::None => {}
                Self::Solid(color) => color.write(writer),
                Self::Pattern(pattern) => pattern.write(writer),
            }
        }
        fn to_value(&self) -> Value {
            match self {
                Self::None => Value::None,
                Self::Solid(color) => color.to_value(),
                Self::Pattern(pattern) => pattern.to_value(),
            }
        }
        fn from_value(value: &Value) -> Result<Self> {
            match value {
                Value::None => Ok(Self::None),
                Value::Struct(..) => Pattern::from_value(value).map(Self::Pattern),
                _ => u32::from_value(value).map(Self::Solid),
            }
        }
    }

    impl WireBy<BrushType> for BrushData {
        fn read_by(reader: &mut Reader<'_>, kind: BrushType) -> Result<Self> {
            match kind {
                BrushType::SOLID => u32::read(reader).map(Self::Solid),
                BrushType::PATTERN => Pattern::read(reader).map(Self::Pattern),
                _ => Ok(Self::None),
            }
        }
        fn fits(&self, kind: BrushType) -> bool {
            match self {
                Self::Solid(_) => kind == BrushType::SOLID,
                Self::Pattern(_) => kind == BrushType::PATTERN,
                Self::None => !matches!(kind, BrushType::SOLID | BrushType::PATTERN),
            }
        }
    }

    impl Count for FixedList {
        fn count(&self) -> usize {
            self.0.len()
        }
    }

    impl Selected for FixedList {
        const SHAPE: Shape = Shape::List("count given before, at an offset", &Shape::UInt(32));
        fn write(&self, writer: &mut Writer) {
            match self.0.is_empty() {
                true => writer.null(),
                false => writer.offset_to(|part| self.0.iter().for_each(|length| length.write(part))),
            }
        }
        fn to_value(&self) -> Value {
            Value::List(self.0.iter().map(Wire::to_value).collect())
        }
        fn from_value(value: &Value) -> Result<Self> {
            value.list()?.iter().map(u32::from_value).collect::<Result<_>>().map(Self)
        }
    }

    impl WireBy<u8> for FixedList {
        fn read_by(reader: &mut Reader<'_>, count: u8) -> Result<Self> {
            let offset = u32::read(reader)?;
            match count {
                0 => Ok(Self(Vec::new())),
                _ => read_items(&mut reader.at(offset)?, usize::from(count)).map(Self),
            }
        }
        fn fits(&self, count: u8) -> bool {
            self.0.len() == usize::from(count)
        }
    }

    impl Count for Glyphs {
        fn count(&self) -> usize {
            self.0.len()
        }
    }

    impl Selected for Glyphs {
        const SHAPE: Shape = Shape::List("count given before", &Glyph::SHAPE);
        fn write(&self, writer: &mut Writer) {
            self.0.iter().for_each(|glyph| glyph.write(writer));
        }
        fn to_value(&self) -> Value {
            Value::List(self.0.iter().map(Wire::to_value).collect())
        }
        fn from_value(value: &Value) -> Result<Self> {
            value.list()?.iter().map(Glyph::from_value).collect::<Result<_>>().map(Self)
        }
    }

    impl WireBy<(u16, StringFlags)> for Glyphs {
        fn read_by(reader: &mut Reader<'_>, (length, flags): (u16, StringFlags)) -> Result<Self> {
            let count = usize::from(length);
            reader.list(count, Glyph::LEAST)?;
            let glyph = |_| {
                let (render_position, glyph_origin) = (Point::read(reader)?, Point::read(reader)?);
                let (width, height) = (u16::read(reader)?, u16::read(reader)?);
                let rows = GlyphRows(reader.bytes(row_bytes(width, height, flags))?);
                Ok(Glyph { render_position, glyph_origin, width, height, rows })
            };
            (0..count).map(glyph).collect::<Result<_>>().map(Self)
        }
        fn fits(&self, (length, flags): (u16, StringFlags)) -> bool {
            self.0.len() == usize::from(length)
                && self
                    .0
                    .iter()
                    .all(|glyph| glyph.rows.0.len() == row_bytes(glyph.width, glyph.height, flags))
        }
    }

    impl Selected for GlyphRows {
        const SHAPE: Shape = Shape::Bytes("width and depth of pixel, rounded up to bytes, times height");
        fn write(&self, writer: &mut Writer) {
            writer.bytes(&self.0);
        }
        fn to_value(&self) -> Value {
            Value::Bytes(self.0.clone())
        }
        fn from_value(value: &Value) -> Result<Self> {
            value.bytes().map(Self)
        }
    }

    /// A glyph alone does not know its depth: only a string reads and checks glyphs.
    impl WireBy<(u16, u16)> for GlyphRows {
        fn read_by(reader: &mut Reader<'_>, (width, height): (u16, u16)) -> Result<Self> {
            reader.bytes(row_bytes(width, height, StringFlags::RASTER_A8)).map(Self)
        }
        fn fits(&self, _size: (u16, u16)) -> bool {
            true
        }
    }

    fn row_bytes(width: u16, height: u16, flags: StringFlags) -> usize {
        let bits: u32 = match flags {
            flags if flags.contains(StringFlags::RASTER_A1) => 1,
            flags if flags.contains(StringFlags::RASTER_A4) => 4,
            _ => 8,
        };
        let row = u32::from(width).saturating_mul(bits).div_ceil(8);
        row.saturating_mul(u32::from(height)).length()
    }
}
