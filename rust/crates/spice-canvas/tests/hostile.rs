//! What only a hostile or broken server sends (`protocol.md` 7, client side 4, 6 and 7): typed errors, no panic, and the
//! session goes on.

mod common;

use std::time::{Duration, Instant};

use common::{
    IntoMessage, Random, base, bitmap, cached, canvas, clip, clipped, coded, copy, copy_message, done, fails,
    fill, from_surface, image, limited, no_clip, no_mask, packed, pixels, pointer, rect, screen, solid,
    surface, tiled,
};
use spice_canvas::{Canvas, ErrorKind};
use spice_wire::Limits;
use spice_wire::messages::display::{
    CopyBits, DrawAlphaBlend, DrawBlackness, DrawFill, DrawInvers, DrawOpaque, DrawTransparent, FromServer,
    Head, MonitorsConfig, StreamCreate, StreamFlags, SurfaceDestroy, SurfaceFormat, VideoCodecType,
};
use spice_wire::messages::draw::{
    AlphaFlags, Brush, BrushData, DisplayBase, ImageScaleMode, MaskFlags, Point, QMask, Rect, Ropd,
};
use spice_wire::messages::image::{BitmapFormat, Image, ImageData, ImageType};
use spice_wire::shapes::Ptr;

/// Every command that has an image, with these parts.
fn with_image(
    base: &DisplayBase,
    image: &Ptr<Image>,
    area: &Rect,
    brush: &Brush,
    mask: &QMask,
    rop: Ropd,
) -> Vec<FromServer> {
    let copy = |scale| {
        let mut message = copy_message(base.clone(), cached(ImageType::FROM_CACHE, 0), area.clone());
        (message.source, message.rop, message.scale, message.mask) =
            (image.clone(), rop, scale, mask.clone());
        message.into_message()
    };
    vec![
        copy(ImageScaleMode::NEAREST),
        copy(ImageScaleMode::INTERPOLATE),
        FromServer::DrawOpaque(DrawOpaque {
            base: base.clone(),
            source: image.clone(),
            source_area: area.clone(),
            brush: brush.clone(),
            rop,
            scale: ImageScaleMode::INTERPOLATE,
            mask: mask.clone(),
        }),
        FromServer::DrawTransparent(DrawTransparent {
            base: base.clone(),
            source: image.clone(),
            source_area: area.clone(),
            source_color: 0,
            true_color: 0,
        }),
        FromServer::DrawAlphaBlend(DrawAlphaBlend {
            base: base.clone(),
            flags: AlphaFlags(3),
            alpha: 100,
            source: image.clone(),
            source_area: area.clone(),
        }),
    ]
}

/// Every command without an image.
fn without_image(
    base: &DisplayBase,
    brush: &Brush,
    mask: &QMask,
    rop: Ropd,
    point: Point,
) -> Vec<FromServer> {
    vec![
        FromServer::DrawFill(DrawFill { base: base.clone(), brush: brush.clone(), rop, mask: mask.clone() }),
        FromServer::DrawBlackness(DrawBlackness { base: base.clone(), mask: mask.clone() }),
        FromServer::DrawInvers(DrawInvers { base: base.clone(), mask: mask.clone() }),
        FromServer::CopyBits(CopyBits { base: base.clone(), source_position: point }),
    ]
}

#[test]
fn a_missing_image_is_an_error() {
    let mut canvas = screen(8, 8, SurfaceFormat::XRGB32);
    let (base, area) = (base(0, rect(0, 0, 4, 4)), rect(0, 0, 4, 4));
    for message in with_image(&base, &Ptr(None), &area, &solid(0), &no_mask(), Ropd::OP_PUT) {
        let error = fails(&mut canvas, &message);
        assert_eq!((error.kind, error.what.as_str()), (ErrorKind::BadValue, "image is missing"));
    }
    done(&mut canvas, &fill(base, 5));
}

#[test]
fn surfaces_that_do_not_exist_are_errors_wherever_they_are_named() {
    let mut canvas = screen(8, 8, SurfaceFormat::XRGB32);
    let (area, image) = (rect(0, 0, 4, 4), pointer(bitmap(4, &[0; 16], BitmapFormat::BIT32)));
    let nowhere = base(9, area.clone());
    let point = Point { x: 0, y: 0 };
    let mut messages = with_image(&nowhere, &image, &area, &solid(0), &no_mask(), Ropd::OP_PUT);
    messages.extend(without_image(&nowhere, &solid(0), &no_mask(), Ropd::OP_PUT, point.clone()));
    let here = base(0, area.clone());
    messages.extend(with_image(
        &here,
        &pointer(from_surface(9, 4, 4)),
        &area,
        &solid(0),
        &no_mask(),
        Ropd::OP_PUT,
    ));
    let mask = QMask { flags: MaskFlags(0), position: point.clone(), bitmap: pointer(from_surface(9, 4, 4)) };
    messages.extend(without_image(&here, &solid(0), &mask, Ropd::OP_PUT, point).into_iter().take(3));
    let brush = tiled(from_surface(9, 4, 4), 0, 0);
    messages.push(FromServer::DrawFill(DrawFill { base: here, brush, rop: Ropd::OP_PUT, mask: no_mask() }));
    messages.push(FromServer::SurfaceDestroy(SurfaceDestroy { surface_id: 9 }));
    for message in messages {
        assert_eq!(fails(&mut canvas, &message).kind, ErrorKind::NoSurface(9), "{message:?}");
    }
}

#[test]
fn pixels_outside_of_the_image_are_not_drawn() {
    let mut canvas = screen(3, 3, SurfaceFormat::XRGB32);
    let image = || bitmap(2, &[1, 2, 3, 4], BitmapFormat::BIT32);
    done(&mut canvas, &copy(base(0, rect(0, 0, 3, 3)), image(), rect(-1, -1, 2, 2)));
    assert_eq!(pixels(&mut canvas, 0), [0, 0, 0, 0, 1, 2, 0, 3, 4]);
    done(&mut canvas, &copy(base(0, rect(0, 0, 3, 3)), image(), rect(1, 1, 4, 4)));
    assert_eq!(pixels(&mut canvas, 0), [4, 0, 0, 0, 1, 2, 0, 3, 4]);
    done(&mut canvas, &copy(base(0, rect(0, 0, 3, 3)), image(), rect(i32::MAX - 3, 7, i32::MAX, 10)));
    assert_eq!(pixels(&mut canvas, 0), [4, 0, 0, 0, 1, 2, 0, 3, 4]);
}

#[test]
fn images_without_pixels_or_with_too_few_bytes_are_errors() {
    let mut canvas = screen(8, 8, SurfaceFormat::XRGB32);
    let mut show =
        |image: Image| fails(&mut canvas, &copy(base(0, rect(0, 0, 4, 4)), image, rect(0, 0, 4, 4))).kind;
    assert_eq!(show(bitmap(0, &[], BitmapFormat::BIT32)), ErrorKind::BadValue);
    assert_eq!(show(coded(ImageType::QUIC, 0, 7, vec![0; 40])), ErrorKind::BadValue);
    assert_eq!(show(coded(ImageType::LZ_RGB, u32::MAX, u32::MAX, vec![0; 40])), ErrorKind::Limit);
    assert_eq!(show(packed(4, 4, 16, vec![0; 64], BitmapFormat(77))), ErrorKind::Unsupported);
    assert_eq!(show(image(ImageType(200), 4, 4, ImageData::None)), ErrorKind::Unsupported);
    for image in [
        packed(4, 4, 15, vec![0; 60], BitmapFormat::BIT32),
        packed(4, 4, 16, vec![0; 63], BitmapFormat::BIT32),
        packed(4, 4, 4, vec![0; 16], BitmapFormat::BIT8),
        coded(ImageType::JPEG, 4, 4, vec![0xff; 9]),
        coded(ImageType::GLZ_RGB, 4, 4, vec![]),
    ] {
        assert!(matches!(show(image), ErrorKind::Image(_)));
    }
}

#[test]
fn a_brush_and_a_mask_may_be_the_surface_itself() {
    let mut canvas = screen(4, 1, SurfaceFormat::A8);
    for (x, colour) in [(0, 0x80), (1, 1), (2, 0xff), (3, 2)] {
        done(&mut canvas, &fill(base(0, rect(x, 0, x + 1, 1)), colour));
    }
    let whole = base(0, rect(0, 0, 4, 1));
    let mask =
        QMask { flags: MaskFlags(0), position: Point { x: 0, y: 0 }, bitmap: pointer(from_surface(0, 4, 1)) };
    let held = canvas.snapshot(0).expect("screen");
    done(&mut canvas, &FromServer::DrawInvers(DrawInvers { base: whole.clone(), mask }));
    assert_eq!(pixels(&mut canvas, 0), [0x7f00_0000, 0x0100_0000, 0, 0x0200_0000]);
    let brush = tiled(from_surface(0, 4, 1), 1, 0);
    done(
        &mut canvas,
        &FromServer::DrawFill(DrawFill { base: whole, brush, rop: Ropd::OP_PUT, mask: no_mask() }),
    );
    assert_eq!(pixels(&mut canvas, 0), [0x0200_0000, 0x7f00_0000, 0x0100_0000, 0]);
    assert_eq!(held.pixels(), [0x8000_0000, 0x0100_0000, 0xff00_0000, 0x0200_0000]);
}

#[test]
fn surfaces_beyond_the_limits_are_refused() {
    let limits = Limits { pixels: 100, surface_pixels: 250, surfaces: 3, ..Limits::DEFAULT };
    let mut canvas = limited(limits);
    let create = |id, width, height| surface(id, width, height, SurfaceFormat::XRGB32, id == 0);
    for (width, height) in [(101, 1), (u32::MAX, u32::MAX), (1 << 31, 2), (11, 10)] {
        assert_eq!(fails(&mut canvas, &create(0, width, height)).kind, ErrorKind::Limit);
    }
    for (width, height) in [(0, 5), (5, 0)] {
        assert_eq!(fails(&mut canvas, &create(0, width, height)).kind, ErrorKind::BadValue);
    }
    assert_eq!(fails(&mut canvas, &surface(0, 1, 1, SurfaceFormat(77), true)).kind, ErrorKind::Unsupported);
    done(&mut canvas, &create(0, 10, 10));
    done(&mut canvas, &create(1, 10, 10));
    assert_eq!(fails(&mut canvas, &create(2, 10, 10)).kind, ErrorKind::Limit);
    done(&mut canvas, &create(1, 5, 10));
    done(&mut canvas, &create(2, 10, 10));
    assert_eq!(fails(&mut canvas, &create(3, 1, 1)).kind, ErrorKind::Limit);
    done(&mut canvas, &FromServer::SurfaceDestroy(SurfaceDestroy { surface_id: 1 }));
    done(&mut canvas, &create(u32::MAX, 1, 1));
}

#[test]
fn streams_beyond_the_limit_are_refused() {
    let mut canvas = screen(8, 8, SurfaceFormat::XRGB32);
    let create = |id| {
        FromServer::StreamCreate(StreamCreate {
            surface_id: 0,
            stream_id: id,
            flags: StreamFlags(0),
            codec: VideoCodecType::MJPEG,
            stamp: 0,
            stream_width: u32::MAX,
            stream_height: u32::MAX,
            source_width: 0,
            source_height: 0,
            destination: rect(5, 5, -5, -5),
            clip: no_clip(),
        })
    };
    let most = Limits::DEFAULT.streams as u32;
    (0..most).for_each(|id| done(&mut canvas, &create(id * 1000)));
    assert_eq!(fails(&mut canvas, &create(1)).kind, ErrorKind::Limit);
    done(&mut canvas, &create(0));
}

#[test]
fn more_monitors_than_the_message_allows_are_an_error() {
    let mut canvas = canvas();
    let head = Head { monitor_id: 0, surface_id: 0, width: 1, height: 1, x: 0, y: 0, flags: 0 };
    let config = |max_allowed, count| {
        FromServer::MonitorsConfig(MonitorsConfig { max_allowed, heads: vec![head.clone(); count] })
    };
    done(&mut canvas, &config(2, 2));
    assert_eq!(fails(&mut canvas, &config(2, 3)).kind, ErrorKind::BadValue);
    assert_eq!(canvas.monitors().len(), 2);
}

#[test]
fn a_clip_of_rectangles_that_cross_each_other_is_bounded() {
    let mut canvas = screen(8000, 4000, SurfaceFormat::XRGB32);
    let rows = (0..2000).map(|n| rect(0, 2 * n, 8000, 2 * n + 1));
    let columns = (0..4000).map(|n| rect(2 * n, 0, 2 * n + 1, 4000));
    let place = DisplayBase { clip: clip(rows.chain(columns).collect()), ..base(0, rect(0, 0, 8000, 4000)) };
    let start = Instant::now();
    assert_eq!(fails(&mut canvas, &fill(place, 1)).kind, ErrorKind::Limit);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn rectangles_that_overlap_or_contradict_themselves_are_harmless() {
    let mut canvas = screen(4, 1, SurfaceFormat::XRGB32);
    let rects = vec![rect(3, 0, 1, 1), rect(i32::MIN, i32::MIN, i32::MAX, i32::MAX), rect(0, 9, 4, -9)];
    let place = clipped(0, rect(i32::MIN, i32::MIN, i32::MAX, i32::MAX), rects);
    done(&mut canvas, &FromServer::DrawInvers(DrawInvers { base: place, mask: no_mask() }));
    assert_eq!(pixels(&mut canvas, 0), [u32::MAX; 4]);
}

/// Any number, often one at the edge of something.
fn edge(random: &mut Random) -> i32 {
    let edges = [i32::MIN, i32::MIN + 1, -65536, -33, -1, 0, 1, 7, 31, 32, 40, 65535, i32::MAX - 1, i32::MAX];
    match random.chance(2) {
        true => edges[random.next() as usize % edges.len()],
        false => random.between(-50, 50),
    }
}

fn any_rect(random: &mut Random) -> Rect {
    rect(edge(random), edge(random), edge(random), edge(random))
}

fn any_image(random: &mut Random) -> Image {
    let (width, height) = (random.between(1, 40), random.between(1, 40));
    match random.between(0, 7) {
        0 => from_surface(random.between(0, 7) as u32, 1, 1),
        1 => cached(ImageType::FROM_CACHE, random.between(0, 4) as u64),
        2 => coded(ImageType(random.between(0, 120) as u8), width as u32, height as u32, vec![7; 90]),
        3 => {
            let bytes = random.pixels(width as usize).iter().flat_map(|word| word.to_le_bytes()).collect();
            packed(width as u32, 1, width as u32 * 4, bytes, BitmapFormat(random.between(0, 12) as u8))
        }
        _ => bitmap(width as u32, &random.pixels((width * height) as usize), BitmapFormat::RGBA),
    }
}

/// Applies many commands with any numbers in them; nothing but errors may come of it.
fn storm(canvas: &mut Canvas, seed: u64, rounds: usize) {
    let mut random = Random(seed);
    for _ in 0..rounds {
        let surface = random.between(0, 7) as u32;
        let place = match random.chance(3) {
            true => clipped(surface, any_rect(&mut random), (0..3).map(|_| any_rect(&mut random)).collect()),
            false => base(surface, any_rect(&mut random)),
        };
        let image = pointer(any_image(&mut random));
        let point = Point { x: edge(&mut random), y: edge(&mut random) };
        let mask = match random.chance(3) {
            true => {
                let bits = packed(32, 4, 4, vec![0x5a; 16], BitmapFormat(random.between(0, 4) as u8));
                let image = if random.chance(2) { bits } else { any_image(&mut random) };
                QMask {
                    flags: MaskFlags(random.next() as u8),
                    position: point.clone(),
                    bitmap: pointer(image),
                }
            }
            false => no_mask(),
        };
        let brush = match random.chance(2) {
            true => tiled(any_image(&mut random), edge(&mut random), edge(&mut random)),
            false => Brush { data: BrushData::Solid(random.next()), ..solid(0) },
        };
        let rop = Ropd(random.next() as u16);
        let area = any_rect(&mut random);
        let mut messages = with_image(&place, &image, &area, &brush, &mask, rop);
        messages.extend(without_image(&place, &brush, &mask, rop, point));
        for message in messages {
            let _ = canvas.apply(&message, None);
        }
    }
}

#[test]
fn a_storm_of_any_numbers_leaves_a_canvas_that_still_draws() {
    let mut canvas = canvas();
    for (id, format) in (0..).zip(common::FORMATS) {
        done(&mut canvas, &surface(id, 33, 21, format, id == 0));
    }
    for seed in 0..8 {
        storm(&mut canvas, seed, 400);
        canvas.snapshot(0).expect("screen");
    }
    assert!(!canvas.counters().failed.is_empty());
    let whole = rect(0, 0, 33, 21);
    for id in 0..6 {
        done(
            &mut canvas,
            &FromServer::DrawBlackness(DrawBlackness { base: base(id, whole.clone()), mask: no_mask() }),
        );
        let snapshot = canvas.snapshot(id).expect("surface");
        assert!(snapshot.exact && snapshot.pixels() == [0; 33 * 21]);
    }
}
