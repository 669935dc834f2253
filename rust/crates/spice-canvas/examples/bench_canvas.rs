//! Times the canvas on a 1920x1080 screen: `cargo run --release -p spice-canvas --example bench_canvas`.
//!
//! One line a drawing: its name and the microseconds of the fastest and the median of many runs. `benches/` puts them
//! beside the reference's library.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use spice_canvas::{Canvas, Shared};
use spice_wire::Limits;
use spice_wire::messages::display::{
    CopyBits, DrawAlphaBlend, DrawCopy, DrawFill, FromServer, SurfaceCreate, SurfaceFlags, SurfaceFormat,
};
use spice_wire::messages::draw::{
    AlphaFlags, Brush, BrushData, BrushType, Clip, ClipType, DisplayBase, ImageScaleMode, MaskFlags, Point,
    QMask, Rect, Ropd,
};
use spice_wire::messages::image::{
    Bitmap, BitmapFlags, BitmapFormat, Image, ImageData, ImageFlags, ImageType, PaletteRef, Plane,
    SurfaceSource,
};
use spice_wire::shapes::{List, Ptr, When};

fn main() {
    let mut canvas = Canvas::new(Arc::new(Shared::new(&Limits::DEFAULT)), Limits::DEFAULT);
    create(&mut canvas, 0, SurfaceFormat::XRGB32);
    create(&mut canvas, 1, SurfaceFormat::ARGB32);
    let sprite = alpha_picture();
    let whole = rect(0, 0, WIDTH, HEIGHT);
    let copy = |place: Rect, image, area| {
        let (base, mask) = (base(place), no_mask());
        let rop = Ropd::OP_PUT;
        FromServer::DrawCopy(DrawCopy {
            base,
            source: image,
            source_area: area,
            rop,
            scale: ImageScaleMode::NEAREST,
            mask,
        })
    };
    canvas.apply(&copy_to(1, sprite), None).expect("valid message");
    time("fill 1080p", &mut canvas, &fill(whole.clone()), false);
    time("fill 16x16", &mut canvas, &fill(rect(5, 5, 21, 21)), false);
    time("fill 200x200 in 8 clips", &mut canvas, &clipped_fill(), false);
    time("copy 1080p from a surface", &mut canvas, &copy(whole.clone(), surface(1), whole.clone()), false);
    time(
        "copy 1080p of a bitmap",
        &mut canvas,
        &copy(whole.clone(), bitmap(WIDTH, HEIGHT), whole.clone()),
        false,
    );
    time(
        "copy 16x16 of a bitmap",
        &mut canvas,
        &copy(rect(9, 9, 25, 25), bitmap(16, 16), rect(0, 0, 16, 16)),
        false,
    );
    time("scroll 1080p by 16", &mut canvas, &scroll(), false);
    for (name, mode) in [("nearest", ImageScaleMode::NEAREST), ("interpolate", ImageScaleMode::INTERPOLATE)] {
        time(&format!("stretch to 1080p, {name}"), &mut canvas, &stretch(mode), false);
    }
    time("over 1080p", &mut canvas, &over(255), false);
    time("over 1080p, alpha 128", &mut canvas, &over(128), false);
    time("snapshot, then fill 1080p", &mut canvas, &fill(whole), true);
    time("snapshot, then fill 16x16", &mut canvas, &fill(rect(5, 5, 21, 21)), true);
}

fn time(name: &str, canvas: &mut Canvas, message: &FromServer, snapshot: bool) {
    let mut held = None;
    let mut times: Vec<f64> = (0..RUNS)
        .map(|_| {
            if snapshot {
                // The reader lets go of the frame before last, as one that always wants the newest does.
                held = canvas.snapshot(0);
            }
            let start = Instant::now();
            black_box(canvas.apply(black_box(message), None)).expect("valid message");
            start.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    drop(held);
    times.sort_by(f64::total_cmp);
    println!("{name:28} {:10.2} {:10.2}", times[0], times[times.len() / 2]);
}

fn create(canvas: &mut Canvas, surface_id: u32, format: SurfaceFormat) {
    let (width, height) = (WIDTH as u32, HEIGHT as u32);
    let message =
        SurfaceCreate { surface_id, width, height, format, flags: SurfaceFlags(1 - surface_id.min(1)) };
    canvas.apply(&FromServer::SurfaceCreate(message), None).expect("valid message");
}

fn rect(left: i32, top: i32, right: i32, bottom: i32) -> Rect {
    Rect { top, left, bottom, right }
}

fn base(bounds: Rect) -> DisplayBase {
    DisplayBase { surface_id: 0, bounds, clip: Clip { kind: ClipType::NONE, rects: When(None) } }
}

fn no_mask() -> QMask {
    QMask { flags: MaskFlags(0), position: Point { x: 0, y: 0 }, bitmap: Ptr(None) }
}

fn fill(bounds: Rect) -> FromServer {
    let brush = Brush { kind: BrushType::SOLID, data: BrushData::Solid(0x336699) };
    FromServer::DrawFill(DrawFill { base: base(bounds), brush, rop: Ropd::OP_PUT, mask: no_mask() })
}

fn clipped_fill() -> FromServer {
    let rects: Vec<Rect> = (0..8)
        .map(|n| rect(100 + n % 2 * 60, 100 + n / 2 * 30, 140 + n % 2 * 60, 120 + n / 2 * 30))
        .collect();
    let clip = Clip { kind: ClipType::RECTS, rects: When(Some(List::from(rects))) };
    let base = DisplayBase { clip, ..base(rect(50, 50, 250, 250)) };
    let brush = Brush { kind: BrushType::SOLID, data: BrushData::Solid(0x336699) };
    FromServer::DrawFill(DrawFill { base, brush, rop: Ropd::OP_PUT, mask: no_mask() })
}

fn scroll() -> FromServer {
    let base = base(rect(0, 0, WIDTH, HEIGHT - 16));
    FromServer::CopyBits(CopyBits { base, source_position: Point { x: 0, y: 16 } })
}

fn stretch(scale: ImageScaleMode) -> FromServer {
    let (base, source) = (base(rect(0, 0, WIDTH, HEIGHT)), surface(1));
    let (source_area, rop, mask) = (rect(0, 0, WIDTH / 2, HEIGHT / 2), Ropd::OP_PUT, no_mask());
    FromServer::DrawCopy(DrawCopy { base, source, source_area, rop, scale, mask })
}

fn over(alpha: u8) -> FromServer {
    let area = rect(0, 0, WIDTH, HEIGHT);
    let (base, flags) = (base(area.clone()), AlphaFlags(0));
    FromServer::DrawAlphaBlend(DrawAlphaBlend { base, flags, alpha, source: surface(1), source_area: area })
}

fn copy_to(surface_id: u32, image: Ptr<Image>) -> FromServer {
    let area = rect(0, 0, WIDTH, HEIGHT);
    let base = DisplayBase { surface_id, ..base(area.clone()) };
    let (rop, scale, mask) = (Ropd::OP_PUT, ImageScaleMode::NEAREST, no_mask());
    FromServer::DrawCopy(DrawCopy { base, source: image, source_area: area, rop, scale, mask })
}

fn image(kind: ImageType, width: i32, height: i32, data: ImageData) -> Ptr<Image> {
    let (width, height) = (width as u32, height as u32);
    Ptr(Some(Box::new(Image { id: 0, kind, flags: ImageFlags(0), width, height, data })))
}

fn surface(surface_id: u32) -> Ptr<Image> {
    image(ImageType::SURFACE, WIDTH, HEIGHT, ImageData::Surface(SurfaceSource { surface_id }))
}

fn bitmap(width: i32, height: i32) -> Ptr<Image> {
    raw(width, height, BitmapFormat::BIT32, (0..width * height * 4).map(|n| n as u8).collect())
}

/// Every alpha, premultiplied: no run of opaque or transparent pixels helps.
fn alpha_picture() -> Ptr<Image> {
    let pixel = |n: i32| {
        let alpha = (n * 7) as u8;
        [alpha / 2, alpha / 3, alpha, alpha]
    };
    raw(WIDTH, HEIGHT, BitmapFormat::RGBA, (0..WIDTH * HEIGHT).flat_map(pixel).collect())
}

fn raw(width: i32, height: i32, format: BitmapFormat, data: Vec<u8>) -> Ptr<Image> {
    let (data, palette) = (Plane(data.into()), PaletteRef::Inline(Ptr(None)));
    let (flags, stride) = (BitmapFlags::TOP_DOWN, width as u32 * 4);
    let bitmap = Bitmap { format, flags, width: width as u32, height: height as u32, stride, palette, data };
    image(ImageType::BITMAP, width, height, ImageData::Bitmap(bitmap))
}

const WIDTH: i32 = 1920;
const HEIGHT: i32 = 1080;
const RUNS: usize = 200;
