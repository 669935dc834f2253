//! Scaling and blending against what libpixman made of the same pictures; `data/README.md` says where they come from.

mod common;

use common::model::{Plane, ones, split};
use common::{IntoMessage, base, bitmap, copy_message, done, packed, pixels, pointer, rect, screen};
use spice_canvas::Canvas;
use spice_wire::messages::display::{DrawAlphaBlend, FromServer, SurfaceFormat};
use spice_wire::messages::draw::{AlphaFlags, ImageScaleMode};
use spice_wire::messages::image::{BitmapFormat, Image};

fn format(name: &str) -> SurfaceFormat {
    match name {
        "a8" => SurfaceFormat::A8,
        "555" => SurfaceFormat::RGB555,
        "565" => SurfaceFormat::RGB565,
        "xrgb" => SurfaceFormat::XRGB32,
        "argb" => SurfaceFormat::ARGB32,
        other => panic!("format {other} in the data"),
    }
}

fn words(line: &str) -> Vec<u32> {
    line.split(' ').map(|word| u32::from_str_radix(word, 16).expect("hexadecimal")).collect()
}

fn image(kind: &str, width: u32, content: &[u32]) -> Image {
    match format(kind) {
        SurfaceFormat::A8 => {
            let data = content.iter().map(|word| *word as u8).collect();
            packed(width, content.len() as u32 / width, width, data, BitmapFormat::BIT8_A)
        }
        SurfaceFormat::ARGB32 => bitmap(width, content, BitmapFormat::RGBA),
        _ => bitmap(width, content, BitmapFormat::BIT32),
    }
}

#[track_caller]
fn compare(canvas: &mut Canvas, kind: SurfaceFormat, width: i32, theirs: &[u32], what: &str) {
    let plane = Plane { width, height: theirs.len() as i32 / width, format: kind, words: theirs.to_vec() };
    let alpha = matches!(kind, SurfaceFormat::A8 | SurfaceFormat::ARGB32);
    let join = |[r, g, b, a]: [u32; 4]| if alpha { a << 24 } else { 0 } | r << 16 | g << 8 | b;
    let theirs: Vec<u32> = plane.components().into_iter().map(join).collect();
    let visible = if alpha { u32::MAX } else { 0xff_ffff };
    let ours: Vec<u32> = pixels(canvas, 0).iter().map(|pixel| pixel & visible).collect();
    for (index, (one, other)) in ours.iter().zip(&theirs).enumerate() {
        let (x, y) = (index as i32 % width, index as i32 / width);
        assert_eq!(format!("{one:08x}"), format!("{other:08x}"), "at {x}, {y} of {what}");
    }
}

#[test]
fn scaling_is_that_of_the_reference() {
    let text = include_str!("data/scale.txt");
    let lines: Vec<&str> = text.lines().skip(1).collect();
    for case in lines.chunks(3) {
        let [head, content, result] = case else { panic!("incomplete case") };
        let head: Vec<&str> = head.split(' ').collect();
        let numbers: Vec<i32> = head.iter().map(|word| word.parse().unwrap_or(0)).collect();
        let (width, target_width, target_height) = (numbers[2], numbers[5], numbers[6]);
        let (left, top) = (numbers[7], numbers[8]);
        let mut canvas = screen(target_width as u32, target_height as u32, format(head[4]));
        let mut message = copy_message(
            base(0, rect(0, 0, target_width, target_height)),
            image(head[1], width as u32, &words(content)),
            rect(left, top, left + numbers[9], top + numbers[10]),
        );
        message.scale = match head[0] {
            "nearest" => ImageScaleMode::NEAREST,
            _ => ImageScaleMode::INTERPOLATE,
        };
        done(&mut canvas, &message.into_message());
        compare(&mut canvas, format(head[4]), target_width, &words(result), &format!("{head:?}"));
    }
    assert_eq!(lines.len(), 72 * 3);
}

#[test]
fn blending_is_that_of_the_reference() {
    let text = include_str!("data/over.txt");
    let lines: Vec<&str> = text.lines().skip(1).collect();
    for case in lines.chunks(4) {
        let [head, content, before, after] = case else { panic!("incomplete case") };
        let head: Vec<&str> = head.split(' ').collect();
        let target = format(head[1]);
        let mut canvas = screen(24, 4, target);
        for (at, word) in (0..).zip(words(before)) {
            let (x, y) = (at % 24, at / 24);
            assert!(word & !ones(target) == 0 && split(word, target).iter().all(|part| *part < 256));
            done(&mut canvas, &common::fill(base(0, rect(x, y, x + 1, y + 1)), word));
        }
        let message = DrawAlphaBlend {
            base: base(0, rect(0, 0, 24, 4)),
            flags: AlphaFlags(0),
            alpha: head[2].parse().expect("alpha"),
            source: pointer(image(head[0], 24, &words(content))),
            source_area: rect(0, 0, 24, 4),
        };
        done(&mut canvas, &FromServer::DrawAlphaBlend(message));
        compare(&mut canvas, target, 24, &words(after), &format!("{head:?}"));
    }
    assert_eq!(lines.len(), 48 * 4);
}
