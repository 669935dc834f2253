//! Every command against a model that takes each pixel by itself: operations, brushes, masks, clips, formats.

mod common;

use common::model::{Plane, convert, inside, join, ones, over, rop, split, times};
use common::{
    FORMATS, Random, base, bitmap, canvas, clip, clipped, coded, done, from_surface, no_brush, no_mask,
    packed, pixels, pointer, rect, solid, surface, tiled,
};
use spice_canvas::Canvas;
use spice_wire::messages::display::{
    CopyBits, DrawAlphaBlend, DrawBlackness, DrawBlend, DrawCopy, DrawFill, DrawInvers, DrawOpaque,
    DrawTransparent, DrawWhiteness, FromServer, SurfaceFormat,
};
use spice_wire::messages::draw::{
    AlphaFlags, Brush, BrushData, ClipType, DisplayBase, ImageScaleMode, MaskFlags, Point, QMask, Rect, Ropd,
};
use spice_wire::messages::image::{BitmapFormat, Image, ImageType};

const WIDTH: i32 = 23;
const HEIGHT: i32 = 17;

/// Our canvas and the model, with a screen 0 and a second surface 1 of any format.
struct Both {
    canvas: Canvas,
    planes: [Plane; 2],
    random: Random,
}

/// A mask and the model's idea of it.
type Mask = Option<(Vec<bool>, i32, i32, bool, Point)>;

impl Both {
    fn new(formats: [SurfaceFormat; 2], seed: u64) -> Self {
        let mut both = Self {
            canvas: canvas(),
            planes: formats.map(|format| Plane::new(WIDTH, HEIGHT, format)),
            random: Random(seed),
        };
        for (id, format) in (0..).zip(formats) {
            done(&mut both.canvas, &surface(id, WIDTH as u32, HEIGHT as u32, format, id == 0));
            both.noise(id);
        }
        both
    }

    /// Makes every pixel of a surface different.
    fn noise(&mut self, id: u32) {
        for y in 0..HEIGHT {
            for x in 0..WIDTH {
                let colour = self.random.next() << 1 ^ self.random.next();
                done(&mut self.canvas, &common::fill(base(id, rect(x, y, x + 1, y + 1)), colour));
                self.planes[id as usize].set(x, y, colour);
            }
        }
    }

    fn compare(&mut self, what: &dyn std::fmt::Debug) {
        for id in 0..2 {
            let plane = &self.planes[id as usize];
            let alpha = plane.format != SurfaceFormat::XRGB32
                && ones(plane.format) != 0x7fff
                && ones(plane.format) != 0xffff;
            for (index, (ours, theirs)) in
                pixels(&mut self.canvas, id).iter().zip(plane.components()).enumerate()
            {
                let [r, g, b, a] = theirs;
                let (ours, theirs) = match alpha {
                    true => (*ours, a << 24 | r << 16 | g << 8 | b),
                    false => (*ours & 0xff_ffff, r << 16 | g << 8 | b),
                };
                let (x, y) = (index as i32 % WIDTH, index as i32 / WIDTH);
                assert_eq!(
                    format!("{ours:08x}"),
                    format!("{theirs:08x}"),
                    "surface {id} ({:?}) at {x}, {y} after {what:?}",
                    plane.format
                );
            }
        }
    }

    fn any_rect(&mut self) -> Rect {
        let (left, top) = (self.random.between(-6, WIDTH), self.random.between(-6, HEIGHT));
        rect(left, top, left + self.random.between(0, WIDTH), top + self.random.between(0, HEIGHT))
    }

    fn any_base(&mut self) -> DisplayBase {
        let bounds = self.any_rect();
        match self.random.between(0, 4) {
            0 => clipped(0, bounds, vec![]),
            1 => clipped(0, bounds, vec![self.any_rect()]),
            2 => clipped(0, bounds, (0..5).map(|_| self.any_rect()).collect()),
            _ => base(0, bounds),
        }
    }

    fn any_mask(&mut self) -> (QMask, Mask) {
        if self.random.chance(2) {
            return (no_mask(), None);
        }
        let (width, height) = (self.random.between(1, 40), self.random.between(1, 20));
        let stride = (width + 7) / 8 + 1;
        let data: Vec<u8> = (0..stride * height).map(|_| self.random.next() as u8).collect();
        let bit = |x: i32, y: i32| data[(y * stride + x / 8) as usize] >> (7 - x % 8) & 1 == 1;
        let bits =
            (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| bit(x, y)).collect();
        let inverted = self.random.chance(2);
        let position = || Point { x: self.random.0 as i32 % 5, y: (self.random.0 >> 8) as i32 % 5 };
        let position = position();
        let image = packed(width as u32, height as u32, stride as u32, data.clone(), BitmapFormat::BIT1_BE);
        let flags = if inverted { MaskFlags::INVERS } else { MaskFlags(0) };
        let mask = QMask { flags, position: position.clone(), bitmap: pointer(image) };
        (mask, Some((bits, width, height, inverted, position)))
    }

    /// An image of some kind, and its words in the model.
    fn any_image(&mut self) -> (Image, Plane) {
        let (width, height) = (self.random.between(1, 30), self.random.between(1, 20));
        let words = self.random.pixels((width * height) as usize);
        let plane = |format: SurfaceFormat, words: Vec<u32>| Plane { width, height, format, words };
        let masked = |mask: u32| words.iter().map(|word| word & mask).collect::<Vec<u32>>();
        match self.random.between(0, 5) {
            0 => (bitmap(width as u32, &words, BitmapFormat::BIT32), plane(SurfaceFormat::XRGB32, words)),
            1 => (bitmap(width as u32, &words, BitmapFormat::RGBA), plane(SurfaceFormat::ARGB32, words)),
            2 => {
                let data = words.iter().flat_map(|word| (*word as u16).to_le_bytes()).collect();
                let image = packed(width as u32, height as u32, width as u32 * 2, data, BitmapFormat::BIT16);
                (image, plane(SurfaceFormat::RGB555, masked(0x7fff)))
            }
            3 => {
                let data = words.iter().map(|word| *word as u8).collect();
                let image = packed(width as u32, height as u32, width as u32, data, BitmapFormat::BIT8_A);
                (image, plane(SurfaceFormat::A8, masked(0xff)))
            }
            _ => (from_surface(1, WIDTH as u32, HEIGHT as u32), self.planes[1].clone()),
        }
    }

    fn any_brush(&mut self) -> (Brush, Option<Plane>) {
        match self.random.between(0, 4) {
            0 => (no_brush(), None),
            1 => {
                let (image, plane) = self.any_image();
                (tiled(image, self.random.between(-40, 40), self.random.between(-40, 40)), Some(plane))
            }
            _ => (solid(self.random.next() << 1 ^ self.random.next()), None),
        }
    }

    fn any_rop(&mut self) -> Ropd {
        let operation = [8, 16, 32, 64, 128, 256, 512, 0][self.random.between(0, 8) as usize];
        Ropd(operation | (self.random.next() as u16 & 0x407))
    }

    /// Calls `pixel` for each pixel that a command may change.
    fn each(&mut self, base: &DisplayBase, mask: &Mask, mut pixel: impl FnMut(&mut Plane, i32, i32)) {
        for y in 0..HEIGHT {
            for x in 0..WIDTH {
                if inside(&base.bounds, x, y) && in_clip(base, x, y) && in_mask(base, mask, x, y) {
                    pixel(&mut self.planes[0], x, y);
                }
            }
        }
    }
}

fn in_clip(base: &DisplayBase, x: i32, y: i32) -> bool {
    base.clip.kind == ClipType::NONE
        || base.clip.rects.0.iter().flat_map(|rects| &rects.items).any(|rect| inside(rect, x, y))
}

fn in_mask(base: &DisplayBase, mask: &Mask, x: i32, y: i32) -> bool {
    let Some((bits, width, height, inverted, position)) = mask else { return true };
    let (x, y) = (x - base.bounds.left + position.x, y - base.bounds.top + position.y);
    x >= 0 && y >= 0 && x < *width && y < *height && bits[(y * width + x) as usize] != *inverted
}

/// What a brush has at a pixel, in words of `format`.
fn brush_at(brush: &Brush, tile: &Option<Plane>, format: SurfaceFormat, x: i32, y: i32) -> u32 {
    match (&brush.data, tile) {
        (BrushData::Solid(colour), _) => *colour & ones(format),
        (BrushData::Pattern(pattern), Some(tile)) => {
            let at = |here: i32, origin: i32, length: i32| (here - origin).rem_euclid(length);
            let word = tile.at(at(x, pattern.position.x, tile.width), at(y, pattern.position.y, tile.height));
            convert(word.expect("inside of the tile"), tile.format, format)
        }
        _ => 0,
    }
}

/// Runs `step` often for a screen of each format and a second surface of another.
fn for_all_formats(mut step: impl FnMut(&mut Both)) {
    for (index, &format) in FORMATS.iter().enumerate() {
        for other in [format, FORMATS[(index + 3) % 6]] {
            let mut both = Both::new([format, other], 7 * index as u64 + 1);
            (0..60).for_each(|_| step(&mut both));
        }
    }
}

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
