//! Images: the descriptor, and what follows it by the kind of image (`protocol.md` 2.5).

use bytes::Bytes;

use crate::shapes::{Blob, Count, CountInt, List, Ptr};

wire_enum! {
    /// How an image is coded, or where it is.
    ImageType: u8 {
        0 BITMAP,
        1 QUIC,
        2 RESERVED,
        100 LZ_PLT,
        101 LZ_RGB,
        102 GLZ_RGB,
        103 FROM_CACHE,
        104 SURFACE,
        105 JPEG,
        106 FROM_CACHE_LOSSLESS,
        107 ZLIB_GLZ_RGB,
        108 JPEG_ALPHA,
        109 LZ4,
    }

    /// How a bitmap's pixels are stored.
    BitmapFormat: u8 {
        0 INVALID,
        /// Leftmost pixel in bit 0.
        1 BIT1_LE,
        /// Leftmost pixel in bit 7.
        2 BIT1_BE,
        /// Left pixel in the low half.
        3 BIT4_LE,
        /// Left pixel in the high half.
        4 BIT4_BE,
        5 BIT8,
        /// 5 bits a component.
        6 BIT16,
        /// Bytes blue, green, red.
        7 BIT24,
        /// Bytes blue, green, red and one unused.
        8 BIT32,
        /// Bytes blue, green, red, alpha, premultiplied.
        9 RGBA,
        /// Alpha alone.
        10 BIT8_A,
    }
}

wire_flags! {
    /// What is to be done with an image besides drawing it.
    ImageFlags: u8 {
        /// Remember it under its id.
        1 CACHE_ME,
        /// The top byte of its pixels is 0xff.
        2 HIGH_BITS_SET,
        /// Replace the lossy one remembered under its id.
        4 CACHE_REPLACE_ME,
    }

    /// Flags of a bitmap, also of LZ_PLT and JPEG_ALPHA.
    BitmapFlags: u8 {
        /// Remember the palette under its id.
        1 PAL_CACHE_ME,
        /// The palette is the one remembered under the id.
        2 PAL_FROM_CACHE,
        /// The first row stored is the top one.
        4 TOP_DOWN,
    }

    /// Flags of JPEG_ALPHA.
    JpegAlphaFlags: u8 {
        /// The first row of the alpha plane is the top one.
        1 TOP_DOWN,
    }
}

wire! {
    /// An image.
    Image {
        /// What it is remembered by.
        id: u64,
        kind: ImageType,
        flags: ImageFlags,
        width: u32,
        height: u32,
        /// By `kind`: Bitmap, LzPlt, ZlibGlz, JpegAlpha, SurfaceSource, the coded bytes, or nothing.
        data: ImageData [kind],
    }

    /// Colours that pixels refer to.
    Palette {
        /// What it is remembered by.
        unique: u64,
        /// 0x00RRGGBB, or 5 bits a component in the low half when the surface has 16 bits.
        entries: List<u16, u32>,
    }

    /// Pixels as they are.
    Bitmap {
        format: BitmapFormat,
        flags: BitmapFlags,
        width: u32,
        height: u32,
        /// Bytes from row to row.
        stride: u32,
        /// The palette, its cache id when `flags` has PAL_FROM_CACHE, or nothing.
        palette: PaletteRef [flags],
        data: Plane [stride, height],
    }

    /// Palette indices coded with LZ.
    LzPlt {
        flags: BitmapFlags,
        /// The palette, or its cache id when `flags` has PAL_FROM_CACHE.
        [size: u32 = data]
        palette: PaletteRef [flags],
        data: Bytes [size],
    }

    /// GLZ inside zlib.
    ZlibGlz {
        /// Bytes of GLZ that it inflates to.
        glz_size: u32,
        data: Blob<u32>,
    }

    /// A JPEG for the colours, then LZ for the alpha.
    JpegAlpha {
        flags: JpegAlphaFlags,
        /// Bytes of the JPEG at the start of the data.
        jpeg_size: u32,
        data: Blob<u32>,
    }

    /// An image that is a surface of the client.
    SurfaceSource { surface_id: u32 }
}

/// What follows an image's descriptor.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::large_enum_variant)]
pub enum ImageData {
    /// BITMAP.
    Bitmap(Bitmap),
    /// LZ_PLT.
    LzPlt(LzPlt),
    /// ZLIB_GLZ_RGB.
    ZlibGlz(ZlibGlz),
    /// JPEG_ALPHA.
    JpegAlpha(JpegAlpha),
    /// SURFACE.
    Surface(SurfaceSource),
    /// QUIC, LZ_RGB, GLZ_RGB, JPEG and LZ4: the coded bytes.
    Coded(Blob<u32>),
    /// FROM_CACHE, FROM_CACHE_LOSSLESS, and kinds that this table does not know.
    None,
}

/// A palette, or how to find it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaletteRef {
    /// The palette itself, or none.
    Inline(Ptr<Palette>),
    /// The palette remembered under this id.
    Cached(u64),
}

/// A bitmap's rows: stride times height bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plane(pub Bytes);

impl Count for Plane {
    fn count(&self) -> usize {
        self.0.len()
    }
}

mod by_hand {
    use super::{
        Bitmap, BitmapFlags, Blob, Bytes, CountInt, ImageData, ImageType, JpegAlpha, LzPlt, Palette,
        PaletteRef, Plane, Ptr, SurfaceSource, ZlibGlz,
    };
    use crate::error::Result;
    use crate::reader::Reader;
    use crate::schema::{Choice, Shape, When};
    use crate::shapes::{Selected, Wire, WireBy};
    use crate::value::Value;
    use crate::writer::Writer;

    /// Hands each arm of [`ImageData`] to the same expression.
    macro_rules! each_arm {
        ($data:expr, $arm:ident => $use:expr, $nothing:expr) => {
            match $data {
                ImageData::Bitmap($arm) => $use,
                ImageData::LzPlt($arm) => $use,
                ImageData::ZlibGlz($arm) => $use,
                ImageData::JpegAlpha($arm) => $use,
                ImageData::Surface($arm) => $use,
                ImageData::Coded($arm) => $use,
                ImageData::None => $nothing,
            }
        };
    }

    impl Selected for ImageData {
        const SHAPE: Shape = Shape::Choice(
            "by the kind of image",
            &[
                arm(&[ImageType::BITMAP.0 as u64], Bitmap::SHAPE),
                arm(&[ImageType::LZ_PLT.0 as u64], LzPlt::SHAPE),
                arm(&[ImageType::ZLIB_GLZ_RGB.0 as u64], ZlibGlz::SHAPE),
                arm(&[ImageType::JPEG_ALPHA.0 as u64], JpegAlpha::SHAPE),
                arm(&[ImageType::SURFACE.0 as u64], SurfaceSource::SHAPE),
                arm(CODED, <Blob<u32> as Wire>::SHAPE),
                Choice { when: When::Otherwise, shape: None },
            ],
        );
        fn write(&self, writer: &mut Writer) {
            each_arm!(self, arm => arm.write(writer), ());
        }
        fn to_value(&self) -> Value {
            each_arm!(self, arm => Wire::to_value(arm), Value::None)
        }
        fn from_value(value: &Value) -> Result<Self> {
            match value.struct_name() {
                Some("Bitmap") => Bitmap::from_value(value).map(Self::Bitmap),
                Some("LzPlt") => LzPlt::from_value(value).map(Self::LzPlt),
                Some("ZlibGlz") => ZlibGlz::from_value(value).map(Self::ZlibGlz),
                Some("JpegAlpha") => JpegAlpha::from_value(value).map(Self::JpegAlpha),
                Some(_) => SurfaceSource::from_value(value).map(Self::Surface),
                None if *value == Value::None => Ok(Self::None),
                None => <Blob<u32> as Wire>::from_value(value).map(Self::Coded),
            }
        }
    }

    impl WireBy<ImageType> for ImageData {
        fn read_by(reader: &mut Reader<'_>, kind: ImageType) -> Result<Self> {
            match kind {
                ImageType::BITMAP => Bitmap::read(reader).map(Self::Bitmap),
                ImageType::LZ_PLT => LzPlt::read(reader).map(Self::LzPlt),
                ImageType::ZLIB_GLZ_RGB => ZlibGlz::read(reader).map(Self::ZlibGlz),
                ImageType::JPEG_ALPHA => JpegAlpha::read(reader).map(Self::JpegAlpha),
                ImageType::SURFACE => SurfaceSource::read(reader).map(Self::Surface),
                kind if is_coded(kind) => Blob::read(reader).map(Self::Coded),
                _ => Ok(Self::None),
            }
        }
        fn fits(&self, kind: ImageType) -> bool {
            match self {
                Self::Bitmap(_) => kind == ImageType::BITMAP,
                Self::LzPlt(_) => kind == ImageType::LZ_PLT,
                Self::ZlibGlz(_) => kind == ImageType::ZLIB_GLZ_RGB,
                Self::JpegAlpha(_) => kind == ImageType::JPEG_ALPHA,
                Self::Surface(_) => kind == ImageType::SURFACE,
                Self::Coded(_) => is_coded(kind),
                Self::None => !is_coded(kind) && !has_struct(kind),
            }
        }
    }

    impl Selected for PaletteRef {
        const SHAPE: Shape = Shape::Choice(
            "cache id with PAL_FROM_CACHE, else an offset",
            &[
                Choice {
                    when: When::Has(BitmapFlags::PAL_FROM_CACHE.0 as u64),
                    shape: Some(Shape::UInt(64)),
                },
                Choice { when: When::Otherwise, shape: Some(Shape::Pointer(true, &Palette::SHAPE)) },
            ],
        );
        fn write(&self, writer: &mut Writer) {
            match self {
                Self::Inline(palette) => palette.write(writer),
                Self::Cached(id) => id.write(writer),
            }
        }
        fn to_value(&self) -> Value {
            match self {
                Self::Inline(palette) => palette.to_value(),
                Self::Cached(id) => id.to_value(),
            }
        }
        fn from_value(value: &Value) -> Result<Self> {
            match value {
                Value::Int(_) => u64::from_value(value).map(Self::Cached),
                _ => Ptr::from_value(value).map(Self::Inline),
            }
        }
    }

    impl WireBy<BitmapFlags> for PaletteRef {
        fn read_by(reader: &mut Reader<'_>, flags: BitmapFlags) -> Result<Self> {
            match flags.contains(BitmapFlags::PAL_FROM_CACHE) {
                true => u64::read(reader).map(Self::Cached),
                false => Ptr::read(reader).map(Self::Inline),
            }
        }
        fn fits(&self, flags: BitmapFlags) -> bool {
            flags.contains(BitmapFlags::PAL_FROM_CACHE) == matches!(self, Self::Cached(_))
        }
    }

    impl Selected for Plane {
        const SHAPE: Shape = Shape::Bytes("stride times height");
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

    impl WireBy<(u32, u32)> for Plane {
        fn read_by(reader: &mut Reader<'_>, size: (u32, u32)) -> Result<Self> {
            reader.bytes(plane_bytes(size)).map(Self)
        }
        fn fits(&self, size: (u32, u32)) -> bool {
            plane_bytes(size) == self.0.len()
        }
    }

    fn plane_bytes((stride, height): (u32, u32)) -> usize {
        stride.length().saturating_mul(height.length())
    }

    /// The kinds whose data is a size and coded bytes.
    const CODED: &[u64] = {
        use ImageType as T;
        &[T::QUIC.0 as u64, T::LZ_RGB.0 as u64, T::GLZ_RGB.0 as u64, T::JPEG.0 as u64, T::LZ4.0 as u64]
    };

    const fn arm(kinds: &'static [u64], shape: Shape) -> Choice {
        Choice { when: When::Is(kinds), shape: Some(shape) }
    }

    fn is_coded(kind: ImageType) -> bool {
        CODED.contains(&u64::from(kind.0))
    }

    fn has_struct(kind: ImageType) -> bool {
        use ImageType as T;
        matches!(kind, T::BITMAP | T::LZ_PLT | T::ZLIB_GLZ_RGB | T::JPEG_ALPHA | T::SURFACE)
    }

    /// The coded bytes of an image, whatever carries them.
    impl ImageData {
        /// Bytes of coded data, for deciding where it is decoded.
        pub fn coded_len(&self) -> usize {
            let bytes: &Bytes = match self {
                Self::Bitmap(bitmap) => &bitmap.data.0,
                Self::LzPlt(image) => &image.data,
                Self::ZlibGlz(image) => &image.data.bytes,
                Self::JpegAlpha(image) => &image.data.bytes,
                Self::Coded(blob) => &blob.bytes,
                Self::Surface(_) | Self::None => return 0,
            };
            bytes.len()
        }
    }
}
