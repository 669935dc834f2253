//! The canvas: any sequence of display messages leaves surfaces that are within the limits and can be shown.

use std::sync::Arc;

use bytes::Bytes;
use spice_canvas::{Canvas, Pointer, Progress, Shared};
use spice_wire::Limits;
use spice_wire::messages::{cursor, display};

/// Small enough that a fuzzer sees many sequences a second.
const LIMITS: Limits = Limits {
    pixels: 1 << 14,
    surfaces: 8,
    surface_pixels: 1 << 15,
    cache_pixels: 1 << 14,
    glz_window_pixels: 1 << 14,
    streams: 4,
    cursor_pixels: 1 << 12,
    ..Limits::DEFAULT
};

/// Messages as u16 number, u16 length and body; the top bit of the number says which of two displays gets it.
pub fn canvas(data: &[u8]) {
    let shared = Arc::new(Shared::new(&LIMITS));
    let mut displays = [Canvas::new(shared.clone(), LIMITS), Canvas::new(shared, LIMITS)];
    for (number, body) in messages(data) {
        let Ok(message) = display::FromServer::read(number & 0x7fff, &body, &LIMITS) else { continue };
        let display = &mut displays[usize::from(number >> 15)];
        let decoded = display.job(&message).map(|job| job.run());
        for attempt in [decoded, None] {
            match display.apply(&message, attempt) {
                Ok(Progress::Blocked(_)) => drop(display.give_up(&message, "nothing else comes")),
                _ => break,
            }
        }
        check(display);
    }
}

/// Cursor messages as u16 number, u16 length and body.
pub fn pointer(data: &[u8]) {
    let mut pointer = Pointer::new(LIMITS);
    for (number, body) in messages(data) {
        let Ok(message) = cursor::FromServer::read(number, &body, &LIMITS) else { continue };
        drop(pointer.apply(&message));
    }
}

fn messages(mut data: &[u8]) -> impl Iterator<Item = (u16, Bytes)> {
    std::iter::from_fn(move || {
        let (head, rest) = data.split_first_chunk::<4>()?;
        let length = usize::from(u16::from_le_bytes([head[2], head[3]]));
        let (body, later) = rest.split_at(length.min(rest.len()));
        data = later;
        Some((u16::from_le_bytes([head[0], head[1]]), Bytes::copy_from_slice(body)))
    })
}

fn check(display: &mut Canvas) {
    let surfaces = display.surfaces();
    assert!(surfaces.len() <= LIMITS.surfaces);
    let mut pixels = 0;
    for surface in surfaces {
        let shot = display.snapshot(surface.id).expect("a surface that is listed can be shown");
        assert_eq!(shot.pixels().len(), shot.width * shot.height);
        pixels += shot.pixels().len();
    }
    assert!(pixels <= LIMITS.surface_pixels);
}
