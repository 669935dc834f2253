//! One LZ4 block: runs of literal bytes, each but the last followed by a match.
//!
//! Our own and not a crate's, because pictures of 32-bit pixels are full of matches with distance 4, a pixel repeated: those
//! are cheap here. Copies go in blocks of [`BLOCK`] bytes and may write past the end of what they copy, since what comes
//! there is written later; where there is no room, the exact way is taken.

use crate::{Error, ErrorKind, Result};

/// Decodes `coded` into `bytes` from `start` on and returns where the output ends. Matches may reach before `start`.
pub(crate) fn decode(coded: &[u8], bytes: &mut [u8], start: usize) -> Result<usize> {
    let (mut at, mut to) = (0, start);
    loop {
        if let Some((read, written)) = short(&coded[at..], bytes, to) {
            at += read;
            to += written;
            continue;
        }
        let token = next(coded, &mut at)?;
        let literals = length(token >> 4, coded, &mut at, bytes.len())?;
        if literals > coded.len() - at {
            return Err(truncated(at));
        }
        if literals > bytes.len() - to {
            return Err(too_large(at));
        }
        copy_literals(&coded[at..], &mut bytes[to..], literals);
        at += literals;
        to += literals;
        if at == coded.len() {
            return Ok(to);
        }
        let distance = next(coded, &mut at)? | next(coded, &mut at)? << 8;
        let length = length(token & 15, coded, &mut at, bytes.len())? + 4;
        if distance == 0 || distance > to {
            return Err(Error::new(ErrorKind::Corrupt, CODEC, "match before the first byte", at));
        }
        if length > bytes.len() - to {
            return Err(too_large(at));
        }
        repeat(bytes, to, distance, length);
        to += length;
    }
}

/// Literals and match whose lengths are not extended, far from all ends: says how many bytes it has read and written.
#[inline(always)]
fn short(coded: &[u8], bytes: &mut [u8], to: usize) -> Option<(usize, usize)> {
    let coded = coded.first_chunk::<19>()?;
    let (literals, length) = (usize::from(coded[0] >> 4), usize::from(coded[0] & 15) + 4);
    if literals == 15 || length == 19 || bytes.len() - to < 16 + SHORT {
        return None;
    }
    let distance = usize::from(u16::from_le_bytes([coded[1 + literals], coded[2 + literals]]));
    let at = to + literals;
    if distance < 8 || distance > at {
        return None;
    }
    bytes[to..to + 16].copy_from_slice(&coded[1..17]);
    let window = &mut bytes[at - distance..at + SHORT];
    window.copy_within(..8, distance);
    if length > 8 {
        window.copy_within(8..16, distance + 8);
        window.copy_within(16..24, distance + 16);
    }
    Some((3 + literals, literals + length))
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

#[inline(always)]
fn copy_literals(coded: &[u8], bytes: &mut [u8], length: usize) {
    match (coded.first_chunk::<32>(), bytes.first_chunk_mut::<32>()) {
        (Some(from), Some(to)) if length <= 32 => {
            to[..16].copy_from_slice(&from[..16]);
            if length > 16 {
                to[16..].copy_from_slice(&from[16..]);
            }
        }
        _ => bytes[..length].copy_from_slice(&coded[..length]),
    }
}

/// Copies `length` bytes to `at` from `distance` before it, one by one in effect.
#[inline(always)]
fn repeat(bytes: &mut [u8], at: usize, distance: usize, length: usize) {
    let start = at - distance;
    if length > LONG && distance >= length || bytes.len() - at < length + SHORT {
        return repeat_exactly(bytes, at, distance, length);
    }
    // Each step reads what the one before it has written, and writes behind what it reads.
    if distance >= 8 {
        let window = &mut bytes[start..at + SHORT];
        window.copy_within(..8, distance);
        window.copy_within(8..16, distance + 8);
        window.copy_within(16..24, distance + 16);
        if length <= SHORT {
            return;
        }
        let window = &mut bytes[start + SHORT..at + length + SHORT];
        if distance >= 16 {
            for from in (0..length - SHORT).step_by(16) {
                window.copy_within(from..from + 16, from + distance);
            }
        } else {
            for from in (0..length - SHORT).step_by(8) {
                window.copy_within(from..from + 8, from + distance);
            }
        }
        return;
    }
    let (before, here) = bytes.split_at_mut(at);
    let Ok(pixel) = <[u8; 4]>::try_from(&before[start..]) else {
        return repeat_exactly(bytes, at, distance, length);
    };
    let block = bytemuck::cast::<_, [u8; SHORT]>([pixel; SHORT / 4]);
    here[..SHORT].copy_from_slice(&block);
    if length > SHORT {
        for to in here[SHORT..length + SHORT].as_chunks_mut::<SHORT>().0 {
            *to = block;
        }
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

/// Bytes that a match copies in any case, three times eight; most matches have no more.
const SHORT: usize = 24;

/// From this many bytes on the library's copy is faster than steps.
const LONG: usize = 256;
