//! What stands around the coded pixels: the markers of T.81, annex B, as JFIF wants them.

use super::entropy::ZIGZAG;
use super::huffman::STANDARD_TABLES;
use super::quantiser::Steps;

/// Append everything in front of the pixels; a restart marker will follow every `interval` units of 16x16 pixels,
/// except for 0, which means none.
pub(super) fn put(width: u16, height: u16, steps: &Steps, interval: u16, out: &mut Vec<u8>) {
    out.extend_from_slice(&[0xff, 0xd8]);
    // JFIF 1.1, square pixels, no small picture.
    segment(0xe0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0", out);
    for (number, steps) in steps.0.iter().enumerate() {
        let in_order = ZIGZAG.map(|place| steps[usize::from(place)]);
        segment(0xdb, &[&[number as u8], &in_order[..]].concat(), out);
    }
    let [[high, tall], [thick, wide]] = [height.to_be_bytes(), width.to_be_bytes()];
    // Three components of 8 bits: number, sampling across and down, table of steps.
    segment(0xc0, &[8, high, tall, thick, wide, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1], out);
    out.extend_from_slice(&STANDARD_TABLES);
    if interval > 0 {
        segment(0xdd, &interval.to_be_bytes(), out);
    }
    // All three in one scan: number, Huffman tables; all frequencies, all bits.
    segment(0xda, &[3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0], out);
}

/// Append the marker between two intervals, of which the one before has this number.
pub(super) fn put_restart(number: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(&[0xff, 0xd0 | (number % 8) as u8]);
}

/// Append the end.
pub(super) fn put_end(out: &mut Vec<u8>) {
    out.extend_from_slice(&[0xff, 0xd9]);
}

fn segment(marker: u8, content: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&[0xff, marker]);
    out.extend_from_slice(&(content.len() as u16 + 2).to_be_bytes());
    out.extend_from_slice(content);
}
