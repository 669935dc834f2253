//! Every command against a model that takes each pixel by itself: operations, brushes, masks, clips, formats.

mod common;

use common::both::{Both, HEIGHT, WIDTH, brush_at, for_all_formats};
use common::model::{convert, join, ones, over, rop, split, times};
use common::{base, clip, coded, done, from_surface, no_mask, pointer, rect};
use spice_wire::messages::display::{
    CopyBits, DrawAlphaBlend, DrawBlackness, DrawBlend, DrawCopy, DrawFill, DrawInvers, DrawOpaque,
    DrawTransparent, DrawWhiteness, FromServer, SurfaceFormat,
};
use spice_wire::messages::draw::{AlphaFlags, DisplayBase, ImageScaleMode, Point};
use spice_wire::messages::image::ImageType;

#[test]
fn fill_with_every_operation_brush_mask_and_clip() {
    for_all_formats(|both| {
        let (base, (mask, bits), (brush, tile)) = (both.any_base(), both.any_mask(), both.any_brush());
        let flags = both.any_rop();
        let message = DrawFill { base: base.clone(), brush: brush.clone(), rop: flags, mask };
        both.each(&base, &bits, |plane, x, y| {
            let (a, b) = (brush_at(&brush, &tile, plane.format, x, y), plane.at(x, y).expect("inside"));
            plane.set(x, y, rop(flags.0, 2, 4, a, b, ones(plane.format)));
        });
        let message = FromServer::DrawFill(message);
        done(&mut both.canvas, &message);
        both.compare(&message);
    });
}

#[test]
fn copy_and_blend_with_every_operation_mask_and_clip() {
    for_all_formats(|both| {
        let (base, (mask, bits), (image, plane)) = (both.any_base(), both.any_mask(), both.any_image());
        let flags = both.any_rop();
        let (dx, dy) = (both.random.between(-5, 6), both.random.between(-5, 6));
        let bounds = &base.bounds;
        let area = rect(dx, dy, dx + bounds.right - bounds.left, dy + bounds.bottom - bounds.top);
        let copy = DrawCopy {
            base: base.clone(),
            source: pointer(image),
            source_area: area,
            rop: flags,
            scale: ImageScaleMode::NEAREST,
            mask,
        };
        let (left, top) = (bounds.left, bounds.top);
        both.each(&base, &bits, |target, x, y| {
            if let Some(word) = plane.at(x - left + dx, y - top + dy) {
                let (a, b) = (convert(word, plane.format, target.format), target.at(x, y).expect("inside"));
                target.set(x, y, rop(flags.0, 1, 4, a, b, ones(target.format)));
            }
        });
        let DrawCopy { base, source, source_area, rop, scale, mask } = copy.clone();
        let message = match both.random.chance(2) {
            true => FromServer::DrawCopy(copy),
            false => FromServer::DrawBlend(DrawBlend { base, source, source_area, rop, scale, mask }),
        };
        done(&mut both.canvas, &message);
        both.compare(&message);
    });
}

#[test]
fn opaque_copies_and_then_combines_the_brush() {
    for_all_formats(|both| {
        let (base, (mask, bits), (image, plane)) = (both.any_base(), both.any_mask(), both.any_image());
        let (brush, tile) = both.any_brush();
        let flags = both.any_rop();
        let bounds = &base.bounds;
        let area = rect(0, 0, bounds.right - bounds.left, bounds.bottom - bounds.top);
        let (left, top) = (bounds.left, bounds.top);
        let message = FromServer::DrawOpaque(DrawOpaque {
            base: base.clone(),
            source: pointer(image),
            source_area: area,
            brush: brush.clone(),
            rop: flags,
            scale: ImageScaleMode::NEAREST,
            mask,
        });
        both.each(&base, &bits, |target, x, y| {
            let here = target.at(x, y).expect("inside");
            let source =
                plane.at(x - left, y - top).map_or(here, |word| convert(word, plane.format, target.format));
            let a = brush_at(&brush, &tile, target.format, x, y);
            target.set(x, y, rop(flags.0, 2, 1, a, source & ones(target.format), ones(target.format)));
        });
        done(&mut both.canvas, &message);
        both.compare(&message);
    });
}

#[test]
fn blackness_whiteness_and_invers() {
    for_all_formats(|both| {
        let (base, (mask, bits)) = (both.any_base(), both.any_mask());
        let kind = both.random.between(0, 3);
        both.each(&base, &bits, |plane, x, y| {
            let word = [0, u32::MAX, !plane.at(x, y).expect("inside")][kind as usize];
            plane.set(x, y, word);
        });
        let message = match kind {
            0 => FromServer::DrawBlackness(DrawBlackness { base, mask }),
            1 => FromServer::DrawWhiteness(DrawWhiteness { base, mask }),
            _ => FromServer::DrawInvers(DrawInvers { base, mask }),
        };
        done(&mut both.canvas, &message);
        both.compare(&message);
    });
}

#[test]
fn copy_bits_in_all_directions() {
    for_all_formats(|both| {
        let base = both.any_base();
        let (dx, dy) = (both.random.between(-9, 10), both.random.between(-9, 10));
        let source_position = Point { x: base.bounds.left - dx, y: base.bounds.top - dy };
        let before = both.planes[0].clone();
        both.each(&base, &None, |plane, x, y| {
            if let Some(word) = before.at(x - dx, y - dy) {
                plane.set(x, y, word);
            }
        });
        let message = FromServer::CopyBits(CopyBits { base, source_position });
        done(&mut both.canvas, &message);
        both.compare(&message);
    });
}

#[test]
fn a_surface_copied_onto_itself_is_read_before_it_is_written() {
    for_all_formats(|both| {
        let base = both.any_base();
        let (dx, dy) = (both.random.between(-9, 10), both.random.between(-9, 10));
        let bounds = &base.bounds;
        let area = rect(bounds.left - dx, bounds.top - dy, bounds.right - dx, bounds.bottom - dy);
        let before = both.planes[0].clone();
        both.each(&base, &None, |plane, x, y| {
            if let Some(word) = before.at(x - dx, y - dy) {
                plane.set(x, y, word);
            }
        });
        let message = common::copy(base, from_surface(0, WIDTH as u32, HEIGHT as u32), area);
        done(&mut both.canvas, &message);
        both.compare(&message);
    });
}

#[test]
fn transparent_leaves_one_colour_out() {
    for_all_formats(|both| {
        let (base, (image, plane)) = (both.any_base(), both.any_image());
        let format = both.planes[0].format;
        // Often a colour that the image has.
        let any = plane.words[both.random.next() as usize % plane.words.len()];
        let colour = join(split(convert(any, plane.format, format), format), SurfaceFormat::XRGB32);
        let key = match format {
            SurfaceFormat::A1 | SurfaceFormat::A8 => 0,
            _ => join(split(colour, SurfaceFormat::XRGB32), format) & 0xff_ffff,
        };
        let area = rect(0, 0, base.bounds.right - base.bounds.left, base.bounds.bottom - base.bounds.top);
        let (left, top) = (base.bounds.left, base.bounds.top);
        both.each(&base, &None, |target, x, y| {
            let word = plane.at(x - left, y - top).map(|word| convert(word, plane.format, target.format));
            if let Some(word) = word.filter(|word| word & ones(target.format) & 0xff_ffff != key) {
                target.set(x, y, word);
            }
        });
        let message = FromServer::DrawTransparent(DrawTransparent {
            base,
            source: pointer(image),
            source_area: area,
            source_color: 12345,
            true_color: colour,
        });
        done(&mut both.canvas, &message);
        both.compare(&message);
    });
}

#[test]
fn alpha_blend_weighs_each_component() {
    for_all_formats(|both| {
        let (base, (image, plane)) = (both.any_base(), both.any_image());
        let alpha = [0, 1, 77, 128, 254, 255][both.random.between(0, 6) as usize];
        let area = rect(0, 0, base.bounds.right - base.bounds.left, base.bounds.bottom - base.bounds.top);
        let (left, top) = (base.bounds.left, base.bounds.top);
        let reads_top = both.random.chance(2) && plane.format != SurfaceFormat::XRGB32;
        both.each(&base, &None, |target, x, y| {
            let Some(word) = plane.at(x - left, y - top) else { return };
            let source = split(word, plane.format).map(|component| times(component, alpha));
            let here = split(target.at(x, y).expect("inside"), target.format);
            let mixed = std::array::from_fn(|n| over(source[n], here[n], source[3]));
            target.set(x, y, join(mixed, target.format));
        });
        let flags = if reads_top { AlphaFlags::SRC_SURFACE_HAS_ALPHA } else { AlphaFlags(0) };
        let message = FromServer::DrawAlphaBlend(DrawAlphaBlend {
            base,
            flags,
            alpha: alpha as u8,
            source: pointer(image),
            source_area: area,
        });
        done(&mut both.canvas, &message);
        both.compare(&message);
    });
}

#[test]
fn an_area_may_lie_in_several_rectangles_of_a_clip() {
    let mut both = Both::new([SurfaceFormat::XRGB32, SurfaceFormat::A8], 5);
    let rects = vec![rect(0, 0, 10, 10), rect(5, 5, 15, 15), rect(0, 0, 10, 10), rect(4, -9, 6, 99)];
    let base = DisplayBase { surface_id: 0, bounds: rect(0, 0, 99, 99), clip: clip(rects) };
    both.each(&base, &None, |plane, x, y| plane.set(x, y, !plane.at(x, y).expect("inside")));
    let message = FromServer::DrawInvers(DrawInvers { base, mask: no_mask() });
    done(&mut both.canvas, &message);
    both.compare(&message);
}

#[test]
fn an_image_of_unknown_kind_fails_alone() {
    let mut both = Both::new([SurfaceFormat::XRGB32, SurfaceFormat::A8], 6);
    let image = coded(ImageType::QUIC, 4, 4, b"no image".to_vec());
    let error =
        common::fails(&mut both.canvas, &common::copy(base(1, rect(0, 0, 4, 4)), image, rect(0, 0, 4, 4)));
    assert_eq!(error.message, "DrawCopy");
    assert!(!both.canvas.snapshot(1).expect("surface").exact);
    assert!(both.canvas.snapshot(0).expect("surface").exact);
}
