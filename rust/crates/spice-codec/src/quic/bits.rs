//! The bit stream: most significant bit first out of little-endian 32-bit words.

use super::failure;
use crate::error::{ErrorKind, Result};

/// The next bits of the stream, left-aligned in a register.
///
/// Reading past the end gives zeros; [`Bits::check_end`] tells, and is asked once a row.
///
/// INVARIANT: the top `count` bits of `window` are those that stand in the stream before `rest`; `count` is below 64.
/// Right after a refill the bits below them are the stream's as well, the same that the next refill brings again.
#[derive(Clone, Copy)]
pub(super) struct Bits<'a> {
    rest: &'a [u8],
    count: u32,
    /// Words of zeros that were given since `rest` is empty.
    beyond: u32,
    /// Bytes of the whole stream.
    size: usize,
    /// The bits themselves.
    pub(super) window: u64,
}

impl<'a> Bits<'a> {
    /// Bits of the whole words in `data` behind the first `skip` bytes.
    pub(super) fn new(data: &'a [u8], skip: usize) -> Self {
        let whole = &data[..data.len() & !3];
        let mut bits = Self { rest: &whole[skip..], count: 0, beyond: 0, size: whole.len(), window: 0 };
        bits.refill();
        bits
    }

    /// Fill the window up and account for at least [`REFILLED`] bits of it, without a branch: two words are always
    /// fetched, and one is passed if there was room for all of it.
    #[inline(always)]
    pub(super) fn refill(&mut self) {
        let Some(words) = self.rest.first_chunk::<8>() else {
            *self = last_words(*self);
            return;
        };
        self.window |= u64::from_le_bytes(*words).rotate_left(32).wrapping_shr(self.count);
        self.rest = &self.rest[if self.count & 32 == 0 { 4 } else { 0 }..];
        self.count |= 32;
    }

    /// Note that `length` bits, already shifted out of the window, are taken.
    #[inline(always)]
    pub(super) fn taken(&mut self, length: u32) {
        self.count -= length;
    }

    /// Shift `length` bits out of the window, which must account for them.
    #[inline(always)]
    pub(super) fn take(&mut self, length: u32) {
        self.window = self.window.wrapping_shl(length);
        self.taken(length);
    }

    /// Offset of the byte that holds the next bit.
    pub(super) fn offset(&self) -> usize {
        (self.size - self.rest.len()).saturating_sub(self.count.div_ceil(8) as usize)
    }

    /// Fail if more bits were taken than the data holds.
    pub(super) fn check_end(&self) -> Result<()> {
        if self.count < self.beyond.saturating_mul(32) {
            return Err(failure(ErrorKind::Truncated, "pixels cut short", self.size));
        }
        Ok(())
    }
}

/// A refill from the last word, or from the zeros behind it.
#[cold]
#[inline(never)]
fn last_words(mut bits: Bits<'_>) -> Bits<'_> {
    let has_room = bits.count < 32;
    match bits.rest.split_first_chunk() {
        Some((word, rest)) => {
            bits.window |= (u64::from(u32::from_le_bytes(*word)) << 32).wrapping_shr(bits.count);
            bits.rest = if has_room { rest } else { bits.rest };
        }
        None => bits.beyond = bits.beyond.saturating_add(u32::from(has_room)),
    }
    bits.count |= 32;
    bits
}

/// As many bits are accounted for after a refill, at least.
pub(super) const REFILLED: u32 = 32;
