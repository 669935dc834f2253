//! One LZ4 block: runs of literal bytes, each but the last followed by a match.
//!
//! Our own and not a crate's, because pictures of 32-bit pixels are full of matches with distance 4, a pixel repeated, which
//! lz4_flex 0.14 takes byte by byte. Copies go in steps of a fixed size and may write past the end of what they copy: what
//! comes there is written later. Where there is no room for that, the exact way is taken.

use crate::{Error, ErrorKind, Result};

/// Decodes `coded` into `bytes` from `start` on and returns where the output ends. Matches may reach before `start`.
pub(crate) fn decode(coded: &[u8], bytes: &mut [u8], start: usize) -> Result<usize> {
    let (mut at, mut to) = (0, start);
    loop {
        let token = next(coded, &mut at)?;
        let literals = literals(token >> 4, coded, &mut at, &mut bytes[to..])?;
        at += literals;
        to += literals;
        let Some(distance) = coded[at..].first_chunk() else {
            return if at == coded.len() { Ok(to) } else { Err(truncated(at)) };
        };
        at += 2;
        let distance = usize::from(u16::from_le_bytes(*distance));
        if distance == 0 || distance > to {
            return Err(Error::new(ErrorKind::Corrupt, CODEC, "match before the first byte", at));
        }
        let room = bytes.len() - to;
        if token & 15 < 15 && room >= SHORT {
            let length = (token & 15) + LEAST;
            repeat_short(bytes, to, distance, length);
            to += length;
            continue;
        }
        let length = length(token & 15, coded, &mut at, room)? + LEAST;
        if length > room {
            return Err(too_large(at));
        }
        repeat(bytes, to, distance, length);
        to += length;
    }
}

/// Copies the literals that the four bits `start` announce to the front of `bytes` and says how many they are.
#[inline(always)]
fn literals(start: usize, coded: &[u8], at: &mut usize, bytes: &mut [u8]) -> Result<usize> {
    if start < 15
        && let (Some(from), Some(to)) = (coded[*at..].first_chunk::<16>(), bytes.first_chunk_mut::<16>())
    {
        *to = *from;
        return Ok(start);
    }
    let length = length(start, coded, at, bytes.len())?;
    let coded = &coded[*at..];
    if length > coded.len() {
        return Err(truncated(*at));
    }
    if length > bytes.len() {
        return Err(too_large(*at));
    }
    match (coded.first_chunk::<32>(), bytes.first_chunk_mut::<32>()) {
        (Some(from), Some(to)) if length <= 32 => {
            // In halves, since the compiler would make one copy of variable length out of both arms.
            to[..16].copy_from_slice(&from[..16]);
            to[16..].copy_from_slice(&from[16..]);
        }
        _ => bytes[..length].copy_from_slice(&coded[..length]),
    }
    Ok(length)
}

/// A length that begins with the four bits `start`: 15 goes on in further bytes, up to and including the first that is not
/// 255. Much more than `most` is refused before the sum can overflow.
#[inline(always)]
fn length(start: usize, coded: &[u8], at: &mut usize, most: usize) -> Result<usize> {
    let mut length = start;
    if start < 15 {
        return Ok(length);
    }
    loop {
        let more = next(coded, at)?;
        length += more;
        if more < 255 {
            return Ok(length);
        }
        if length > most.saturating_add(15) {
            return Err(too_large(*at));
        }
    }
}

/// As [`repeat`], for a length that needs no further bytes and room for [`SHORT`].
#[inline(always)]
fn repeat_short(bytes: &mut [u8], at: usize, distance: usize, length: usize) {
    let window = &mut bytes[at - distance..at + SHORT];
    if distance >= 8 {
        window.copy_within(..8, distance);
        // Most have no more, and each write that is not needed delays a read that comes soon.
        if length > 8 {
            window.copy_within(8..16, distance + 8);
            window.copy_within(16..24, distance + 16);
        }
        return;
    }
    let (pattern, here) = window.split_at_mut(distance);
    match block(pattern) {
        Some(block) => here.copy_from_slice(&block[..SHORT]),
        None => repeat_exactly(bytes, at, distance, length),
    }
}

/// Copies `length` bytes to `at` from `distance` before it, one by one in effect.
#[inline(always)]
fn repeat(bytes: &mut [u8], at: usize, distance: usize, length: usize) {
    if bytes.len() - at < length + ROOM {
        return repeat_exactly(bytes, at, distance, length);
    }
    let window = &mut bytes[at - distance..at + length + ROOM];
    match distance {
        64.. => steps::<64>(window, distance),
        32.. => steps::<32>(window, distance),
        16.. => steps::<16>(window, distance),
        8.. => steps::<8>(window, distance),
        _ => {
            let (pattern, here) = window.split_at_mut(distance);
            match block(pattern) {
                Some(block) => here.as_chunks_mut().0.fill(block),
                None => repeat_exactly(bytes, at, distance, length),
            }
        }
    }
}

/// Fills `window` from `distance` on, but for [`ROOM`] bytes at its end, from its start.
///
/// Each step reads what those before it have written; with `N` up to `distance` it never reads what it writes itself.
#[inline(always)]
fn steps<const N: usize>(window: &mut [u8], distance: usize) {
    let (mut to, end) = (distance, window.len() - ROOM);
    while to < end {
        let (before, here) = window.split_at_mut(to);
        here[..N].copy_from_slice(&before[to - distance..][..N]);
        to += N;
    }
}

/// `pattern` as often as a block holds it; `None` where that would break it off.
#[inline(always)]
fn block(pattern: &[u8]) -> Option<[u8; 32]> {
    match *pattern {
        [a] => Some([a; 32]),
        [a, b] => Some(bytemuck::cast([[a, b]; 16])),
        [a, b, c, d] => Some(bytemuck::cast([[a, b, c, d]; 8])),
        _ => None,
    }
}

/// What lies between the first source byte and the write position repeats itself, so each round may copy all of it.
#[inline(never)]
fn repeat_exactly(bytes: &mut [u8], at: usize, distance: usize, length: usize) {
    let start = at - distance;
    let (mut to, end) = (at, at + length);
    while to < end {
        let step = (to - start).min(end - to);
        bytes.copy_within(start..start + step, to);
        to += step;
    }
}

#[inline(always)]
fn next(coded: &[u8], at: &mut usize) -> Result<usize> {
    let Some(byte) = coded.get(*at) else { return Err(truncated(*at)) };
    *at += 1;
    Ok(usize::from(*byte))
}

#[cold]
fn truncated(at: usize) -> Error {
    Error::new(ErrorKind::Truncated, CODEC, "data end within a block", at)
}

#[cold]
fn too_large(at: usize) -> Error {
    Error::new(ErrorKind::Mismatch, CODEC, "block is larger than announced", at)
}

const CODEC: &str = "lz4";

/// The shortest match.
const LEAST: usize = 4;

/// Bytes that a match of 18, the longest whose length needs no further byte, may write.
const SHORT: usize = 24;

/// Bytes behind a longer match that may be written.
const ROOM: usize = 64;
