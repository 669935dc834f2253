//! The bit stream: most significant bit first out of little-endian 32-bit words.

use super::failure;
use crate::error::{ErrorKind, Result};

/// The next bits of the stream, left-aligned in a register.
///
/// Reading past the end gives zeros; [`Bits::check_end`] tells, and is asked once a row.
///
/// INVARIANT: right after `refill` all 64 bits of `window` are bits of the stream. `count` of them are accounted
/// for by `next`; those below are the same bits that the next refill brings again. `count` may fall below 0 when a
/// pixel took more than were accounted for; the next refill settles that.
#[derive(Clone, Copy)]
pub(super) struct Bits<'a> {
    data: &'a [u8],
    /// Where the next word starts; 32 bits wide so that adding to it cannot wrap and one check covers a load.
    next: u32,
    count: i32,
    /// The bits themselves.
    pub(super) window: u64,
}

impl<'a> Bits<'a> {
    /// Bits of the whole words in `data`, from byte `start` on.
    pub(super) fn new(data: &'a [u8], start: u32) -> Self {
        let whole = data.len().min(LONGEST_DATA) & !3;
        Self { data: &data[..whole], next: start, count: 0, window: 0 }
    }

    /// Fill the window up. At least one bit must have been taken since the last time.
    #[inline(always)]
    pub(super) fn refill(&mut self) {
        if self.count < 0 {
            self.window = self.ahead().wrapping_shl(self.count.unsigned_abs());
            self.next += 4;
            self.count += 32;
        }
        self.window |= self.ahead().wrapping_shr(self.count as u32);
        let room = (64 - self.count) as u32;
        self.next += (room >> 5) * 4;
        self.count += (room & 0x60) as i32;
    }

    /// The 64 bits from `next` on.
    #[inline(always)]
    fn ahead(&mut self) -> u64 {
        let start = self.next as usize;
        match self.data.get(start..start + 8).and_then(<[u8]>::first_chunk) {
            Some(chunk) => u64::from_le_bytes(*chunk).rotate_left(32),
            None => {
                // Far enough past the end to be noticed, near enough never to overflow.
                self.next = self.next.min(self.data.len() as u32 + 64);
                last_word(self.data, start)
            }
        }
    }

    /// Note that `length` bits, already shifted out of the window, are taken.
    #[inline(always)]
    pub(super) fn taken(&mut self, length: u32) {
        self.count -= length as i32;
    }

    /// Shift `length` bits, less than 64, out of the window.
    #[inline(always)]
    pub(super) fn take(&mut self, length: u32) {
        self.window = self.window.wrapping_shl(length);
        self.taken(length);
    }

    /// Offset of the byte that holds the next bit.
    pub(super) fn offset(&self) -> usize {
        (self.position() / 8) as usize
    }

    /// Fail if more bits were taken than the data holds.
    pub(super) fn check_end(&self) -> Result<()> {
        if self.position() > self.data.len() as u64 * 8 {
            return Err(failure(ErrorKind::Truncated, "pixels cut short", self.data.len()));
        }
        Ok(())
    }

    fn position(&self) -> u64 {
        (u64::from(self.next) * 8).saturating_add_signed(i64::from(-self.count))
    }
}

/// The last word of the stream followed by zeros, or only zeros.
#[cold]
#[inline(never)]
fn last_word(data: &[u8], start: usize) -> u64 {
    match data.get(start..).and_then(<[u8]>::first_chunk) {
        Some(word) => u64::from(u32::from_le_bytes(*word)) << 32,
        None => 0,
    }
}

/// More than any image needs; what lies beyond is not read.
const LONGEST_DATA: usize = 1 << 31;
