//! Messages as a server would send them, short to write.
#![allow(dead_code)] // Each test file uses its own part of this.

pub mod both;
pub mod model;

use std::sync::Arc;

use spice_canvas::{Canvas, Error, Progress, Shared};
use spice_wire::Limits;
use spice_wire::messages::display::{
    DrawCopy, DrawFill, FromServer, SurfaceCreate, SurfaceFlags, SurfaceFormat,
};
use spice_wire::messages::draw::{
    Brush, BrushData, BrushType, Clip, ClipType, DisplayBase, ImageScaleMode, MaskFlags, Pattern, Point,
    QMask, Rect, Ropd,
};
use spice_wire::messages::image::{
    Bitmap, BitmapFlags, BitmapFormat, Image, ImageData, ImageFlags, ImageType, PaletteRef, Plane,
    SurfaceSource,
};
use spice_wire::shapes::{Blob, List, Ptr, Ref, When};

/// All formats of surfaces.
pub const FORMATS: [SurfaceFormat; 6] = [
    SurfaceFormat::A1,
    SurfaceFormat::A8,
    SurfaceFormat::RGB555,
    SurfaceFormat::RGB565,
    SurfaceFormat::XRGB32,
    SurfaceFormat::ARGB32,
];

/// A canvas of its own with default limits.
pub fn canvas() -> Canvas {
    limited(Limits::DEFAULT)
}

/// A canvas of its own with these limits.
pub fn limited(limits: Limits) -> Canvas {
    Canvas::new(Arc::new(Shared::new(&limits)), limits)
}

/// A canvas with one primary surface 0.
pub fn screen(width: u32, height: u32, format: SurfaceFormat) -> Canvas {
    let mut canvas = canvas();
    done(&mut canvas, &surface(0, width, height, format, true));
    canvas
}

/// SURFACE_CREATE.
pub fn surface(id: u32, width: u32, height: u32, format: SurfaceFormat, primary: bool) -> FromServer {
    let flags = if primary { SurfaceFlags::PRIMARY } else { SurfaceFlags(0) };
    FromServer::SurfaceCreate(SurfaceCreate { surface_id: id, width, height, format, flags })
}

/// Applies a message that must succeed.
#[track_caller]
pub fn done(canvas: &mut Canvas, message: &FromServer) {
    assert_eq!(canvas.apply(message, None), Ok(Progress::Done), "{message:?}");
}

/// Applies a message that must fail.
#[track_caller]
pub fn fails(canvas: &mut Canvas, message: &FromServer) -> Error {
    canvas.apply(message, None).expect_err("the message is invalid")
}

/// Pixels of a surface.
pub fn pixels(canvas: &mut Canvas, surface: u32) -> Vec<u32> {
    canvas.snapshot(surface).expect("surface exists").pixels().to_vec()
}

/// left, top, right, bottom.
pub fn rect(left: i32, top: i32, right: i32, bottom: i32) -> Rect {
    Rect { top, left, bottom, right }
}

/// A draw command's place without clip.
pub fn base(surface: u32, bounds: Rect) -> DisplayBase {
    DisplayBase { surface_id: surface, bounds, clip: no_clip() }
}

/// A draw command's place with a clip.
pub fn clipped(surface: u32, bounds: Rect, rects: Vec<Rect>) -> DisplayBase {
    DisplayBase { surface_id: surface, bounds, clip: clip(rects) }
}

pub fn no_clip() -> Clip {
    Clip { kind: ClipType::NONE, rects: When(None) }
}

pub fn clip(rects: Vec<Rect>) -> Clip {
    Clip { kind: ClipType::RECTS, rects: When(Some(List::from(rects))) }
}

pub fn no_mask() -> QMask {
    QMask { flags: MaskFlags(0), position: Point { x: 0, y: 0 }, bitmap: Ptr(None) }
}

pub fn solid(colour: u32) -> Brush {
    Brush { kind: BrushType::SOLID, data: BrushData::Solid(colour) }
}

pub fn no_brush() -> Brush {
    Brush { kind: BrushType::NONE, data: BrushData::None }
}

pub fn tiled(image: Image, x: i32, y: i32) -> Brush {
    let pattern = Pattern { image: Ref(Box::new(image)), position: Point { x, y } };
    Brush { kind: BrushType::PATTERN, data: BrushData::Pattern(pattern) }
}

/// A bitmap of 32 bits a pixel, top row first.
pub fn bitmap(width: u32, pixels: &[u32], format: BitmapFormat) -> Image {
    let data: Vec<u8> = pixels.iter().flat_map(|pixel| pixel.to_le_bytes()).collect();
    packed(width, pixels.len() as u32 / width.max(1), width * 4, data, format)
}

/// A bitmap of rows of `stride` bytes, top row first.
pub fn packed(width: u32, height: u32, stride: u32, data: Vec<u8>, format: BitmapFormat) -> Image {
    let bitmap = Bitmap {
        format,
        flags: BitmapFlags::TOP_DOWN,
        width,
        height,
        stride,
        palette: PaletteRef::Inline(Ptr(None)),
        data: Plane(data.into()),
    };
    image(ImageType::BITMAP, width, height, ImageData::Bitmap(bitmap))
}

/// An image with the id 0 and no flags.
pub fn image(kind: ImageType, width: u32, height: u32, data: ImageData) -> Image {
    Image { id: 0, kind, flags: ImageFlags(0), width, height, data }
}

/// An image coded by itself.
pub fn coded(kind: ImageType, width: u32, height: u32, data: Vec<u8>) -> Image {
    image(kind, width, height, ImageData::Coded(Blob::from(bytes::Bytes::from(data))))
}

/// A surface as image.
pub fn from_surface(id: u32, width: u32, height: u32) -> Image {
    image(ImageType::SURFACE, width, height, ImageData::Surface(SurfaceSource { surface_id: id }))
}

/// The same image under an id, to be remembered.
pub fn remembered(image: Image, id: u64, flags: ImageFlags) -> Image {
    Image { id, flags, ..image }
}

/// An image remembered before.
pub fn cached(kind: ImageType, id: u64) -> Image {
    Image { id, kind, flags: ImageFlags(0), width: 0, height: 0, data: ImageData::None }
}

pub fn pointer(image: Image) -> Ptr<Image> {
    Ptr(Some(Box::new(image)))
}

/// DRAW_FILL with PUT.
pub fn fill(base: DisplayBase, colour: u32) -> FromServer {
    FromServer::DrawFill(DrawFill { base, brush: solid(colour), rop: Ropd::OP_PUT, mask: no_mask() })
}

/// DRAW_COPY with PUT of an image's part.
pub fn copy(base: DisplayBase, image: Image, area: Rect) -> FromServer {
    copy_message(base, image, area).into_message()
}

/// The same to be changed.
pub fn copy_message(base: DisplayBase, image: Image, area: Rect) -> DrawCopy {
    DrawCopy {
        base,
        source: pointer(image),
        source_area: area,
        rop: Ropd::OP_PUT,
        scale: ImageScaleMode::NEAREST,
        mask: no_mask(),
    }
}

/// Turns a message's struct into one of the channel's messages.
pub trait IntoMessage {
    fn into_message(self) -> FromServer;
}

impl IntoMessage for DrawCopy {
    fn into_message(self) -> FromServer {
        FromServer::DrawCopy(self)
    }
}

/// The same numbers for the same seed, in any order asked for.
#[derive(Debug, Clone)]
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as u32
    }

    /// A number from `from` to below `to`.
    pub fn between(&mut self, from: i32, to: i32) -> i32 {
        from + (u64::from(self.next()) % (to - from) as u64) as i32
    }

    pub fn chance(&mut self, of: i32) -> bool {
        self.between(0, of) == 0
    }

    pub fn pixels(&mut self, count: usize) -> Vec<u32> {
        (0..count).map(|_| self.next() << 1 ^ self.next()).collect()
    }
}
