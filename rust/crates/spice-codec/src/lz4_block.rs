//! One LZ4 block: runs of literal bytes, each but the last followed by a match.
//!
//! Our own and not a crate's, because pictures of 32-bit pixels are full of matches with distance 4, a pixel repeated, which
//! lz4_flex 0.14 takes byte by byte. Copies go in steps of a fixed size and may write past the end of what they copy: what
//! comes there is written later. Where there is no room for that, the exact way is taken.

use crate::{Error, ErrorKind, Result};

/// Decodes `coded` into `bytes` from `start` on and returns where the output ends. Matches may reach before `start`.
pub(crate) fn decode(coded: &[u8], bytes: &mut [u8], start: usize) -> Result<usize> {
    let (mut rest, mut to) = (coded, start);
    loop {
        let (token, distance) = match plain_start(&mut rest, bytes, &mut to) {
            Some(Plain { token, distance, more }) => {
                if token & 15 < 15 {
                    if plain_match(bytes, to, distance) {
                        to += (token & 15) + LEAST;
                        continue;
                    }
                } else if middle_match(bytes, to, distance, more) {
                    rest = &rest[1..];
                    to += 15 + more + LEAST;
                    continue;
                }
                (token, distance)
            }
            None => match any_start(coded, &mut rest, bytes, &mut to)? {
                Some(start) => start,
                None => return Ok(to),
            },
        };
        let mut at = coded.len() - rest.len();
        if distance == 0 || distance > to {
            return Err(Error::new(ErrorKind::Corrupt, CODEC, "match before the first byte", at));
        }
        let room = bytes.len() - to;
        let length = length(token & 15, coded, &mut at, room)? + LEAST;
        rest = &coded[at..];
        if length > room {
            return Err(too_large(at));
        }
        if length <= SHORT && room >= SHORT {
            repeat_short(bytes, to, distance, length);
        } else {
            repeat(bytes, to, distance, length);
        }
        to += length;
    }
}

/// How most sequences begin.
struct Plain {
    token: usize,
    distance: usize,
    /// The byte behind the distance, which may belong to the match's length.
    more: usize,
}

/// Copies up to 14 literals and passes them and the distance. `None`, and nothing done, where there are more or the ends
/// are near: one look at either end is all that the common case needs.
#[inline(always)]
fn plain_start(rest: &mut &[u8], bytes: &mut [u8], to: &mut usize) -> Option<Plain> {
    let head = rest.first_chunk::<18>()?;
    let room = bytes[*to..].first_chunk_mut::<PLAIN>()?;
    let token = usize::from(head[0]);
    let literals = token >> 4;
    if literals == 15 {
        return None;
    }
    room[..16].copy_from_slice(&head[1..17]);
    let distance = usize::from(u16::from_le_bytes([head[literals + 1], head[literals + 2]]));
    *rest = &rest[3 + literals..];
    *to += literals;
    Some(Plain { token, distance, more: usize::from(head[literals + 3]) })
}

/// Copies any number of literals; gives the token and the distance, `None` where the block ends with them.
#[inline(always)]
fn any_start<'a>(
    coded: &'a [u8],
    rest: &mut &'a [u8],
    bytes: &mut [u8],
    to: &mut usize,
) -> Result<Option<(usize, usize)>> {
    let mut at = coded.len() - rest.len();
    let token = next(coded, &mut at)?;
    let literals = literals(token >> 4, coded, &mut at, &mut bytes[*to..])?;
    at += literals;
    *to += literals;
    let Some(distance) = coded[at..].first_chunk() else {
        return if at == coded.len() { Ok(None) } else { Err(truncated(at)) };
    };
    *rest = &coded[at + 2..];
    Ok(Some((token, usize::from(u16::from_le_bytes(*distance)))))
}

/// Copies a match of up to 18 bytes; says whether that could be done in steps of 8.
#[inline(always)]
fn plain_match(bytes: &mut [u8], at: usize, distance: usize) -> bool {
    if distance < 8 || distance > at || bytes.len() - at < SHORT {
        return false;
    }
    let window = &mut bytes[at - distance..at + SHORT];
    window.copy_within(..8, distance);
    // Most have no more, yet guessing wrong costs more; no byte beyond 18, since each delays a read that comes soon.
    window.copy_within(8..16, distance + 8);
    window.copy_within(16..18, distance + 16);
    true
}

/// Copies a match of up to 64 bytes, of which one byte more tells the length; says whether it is one that lies apart.
#[inline(always)]
fn middle_match(bytes: &mut [u8], at: usize, distance: usize, more: usize) -> bool {
    if more > 64 - 15 - LEAST || distance < 64 || distance > at || bytes.len() - at < 64 {
        return false;
    }
    let window = &mut bytes[at - distance..at + 64];
    window.copy_within(..64, distance);
    true
}

/// Copies the literals that the four bits `start` announce to the front of `bytes` and says how many they are.
#[inline(always)]
fn literals(start: usize, coded: &[u8], at: &mut usize, bytes: &mut [u8]) -> Result<usize> {
    let length = length(start, coded, at, bytes.len())?;
    let coded = &coded[*at..];
    if length > coded.len() {
        return Err(truncated(*at));
    }
    if length > bytes.len() {
        return Err(too_large(*at));
    }
    match (coded.first_chunk::<64>(), bytes.first_chunk_mut::<64>()) {
        (Some(from), Some(to)) if length <= 64 => {
            // In parts, since the compiler would make one copy of variable length out of both arms.
            to[..16].copy_from_slice(&from[..16]);
            to[16..32].copy_from_slice(&from[16..32]);
            if length > 32 {
                to[32..48].copy_from_slice(&from[32..48]);
                to[48..].copy_from_slice(&from[48..]);
            }
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

/// As [`repeat`], for a length up to [`SHORT`] and room for that.
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
    match word(&window[..distance]) {
        Some(word) => bytes[at..at + SHORT].as_chunks_mut().0.fill(word.to_le_bytes()),
        None => repeat_exactly(bytes, at, distance, length),
    }
}

/// Copies `length` bytes to `at` from `distance` before it, one by one in effect.
#[inline(always)]
fn repeat(bytes: &mut [u8], at: usize, distance: usize, length: usize) {
    if bytes.len() - at < length + ROOM {
        return repeat_exactly(bytes, at, distance, length);
    }
    if length > LONG {
        return repeat_long(bytes, at, distance, length);
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

/// As [`repeat`], for a length above [`LONG`].
///
/// What repeats itself after `distance` bytes does so after any multiple of that. The one that is taken is so large that a
/// step reads nothing that was written a moment ago, and keeps the borders of what it reads on those of what was written:
/// anything else makes the processor wait.
#[inline(never)]
fn repeat_long(bytes: &mut [u8], at: usize, distance: usize, length: usize) {
    let (mut to, end, mut period) = (at, at + length, distance);
    if period < 128 {
        while period < 128 || period % 16 != 0 {
            period += distance;
        }
        let first = period.min(length);
        repeat_exactly(bytes, at, distance, first);
        to += first;
    }
    while to < end {
        let step = period.min(end - to);
        let (before, here) = bytes.split_at_mut(to);
        copy_apart(&before[to - period..], here, step);
        to += step;
    }
}

/// Copies `length` bytes, or up to 63 more, to the front of `to`, which has [`ROOM`] behind them.
#[inline(always)]
fn copy_apart(from: &[u8], to: &mut [u8], length: usize) {
    let (whole, _) = from.as_chunks::<64>();
    match whole.get(..length.div_ceil(64)) {
        Some(whole) => to.as_chunks_mut::<64>().0.iter_mut().zip(whole).for_each(|(to, from)| *to = *from),
        None => to[..length].copy_from_slice(&from[..length]),
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

/// `pattern` as often as a word holds it; `None` where that would break it off.
///
/// By products, since the compiler would read several bytes at once otherwise: bytes that were written one moment ago in
/// two parts are there at once only one by one.
#[inline(always)]
fn word(pattern: &[u8]) -> Option<u64> {
    match *pattern {
        [a] => Some(u64::from(a) * 0x0101_0101_0101_0101),
        [a, b] => Some(u64::from(a) * 0x0001_0001_0001_0001 + u64::from(b) * 0x0100_0100_0100_0100),
        [a, b, c, d] => {
            let (low, high) = (u64::from(a) * 0x1_0000_0001, u64::from(b) * 0x100_0000_0100);
            Some(low + high + u64::from(c) * 0x1_0000_0001_0000 + u64::from(d) * 0x100_0000_0100_0000)
        }
        _ => None,
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

/// Bytes that a match of up to as many may write; one whose length needs no further byte has 18 at most.
const SHORT: usize = 24;

/// Matches above this are copied in a way that takes longer to begin.
const LONG: usize = 256;

/// Room for 14 literals and what a match behind them may write.
const PLAIN: usize = 14 + SHORT;

/// Bytes behind a longer match that may be written.
const ROOM: usize = 64;
