//! Fingerprints of small parts of rows, by which a row is found again wherever it has moved.
//!
//! Two parts that differ have the same fingerprint with a probability of about 2^-63, whatever is drawn, as long as nobody
//! knows the key: the sum of products is the universal hash function NH.

use crate::print::Key;

/// Pixels of a part. The last one of a row may have fewer.
pub(crate) const PART: usize = 64;

/// The fingerprint of a part that is not known.
pub(crate) const UNKNOWN: u64 = 0;

/// A key for fingerprints.
#[derive(Debug, Clone)]
pub(crate) struct Printer {
    words: [u64; PART / 2],
}

impl Printer {
    /// A printer with a key of its own.
    pub(crate) fn new(key: &Key) -> Self {
        let mut state = key.0[0];
        let mut word = |index: usize| {
            // SplitMix64, with all of the key stirred in.
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15 ^ key.0[index % key.0.len()]);
            let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ mixed >> 31
        };
        Self { words: std::array::from_fn(&mut word) }
    }

    /// The fingerprint of a part, which is never [`UNKNOWN`].
    pub(crate) fn print(&self, part: &[u32]) -> u64 {
        let bytes: &[u8] = bytemuck::cast_slice(part);
        let sum = match bytes.try_into() {
            Ok(whole) => self.sum_of_whole(whole),
            Err(_) => self.sum(bytes),
        };
        let (low, high) = (sum as u64, (sum >> 64) as u64);
        (low ^ high.rotate_left(32)).max(UNKNOWN + 1)
    }

    /// Two sums that do not wait for each other.
    fn sum_of_whole(&self, part: &[u8; PART * 4]) -> u128 {
        let (keys, _) = self.words.as_chunks::<4>();
        let (mut one, mut other) = (0u128, 0u128);
        for (bytes, [a, b, c, d]) in part.as_chunks::<32>().0.iter().zip(keys) {
            let words: [u64; 4] = bytemuck::pod_read_unaligned(bytes);
            one = one.wrapping_add(product(words[0], words[1], *a, *b));
            other = other.wrapping_add(product(words[2], words[3], *c, *d));
        }
        one.wrapping_add(other)
    }

    fn sum(&self, part: &[u8]) -> u128 {
        let pairs = part.chunks(16).zip(self.words.as_chunks::<2>().0);
        pairs.fold(0u128, |sum, (bytes, [one, two])| {
            let (low, high) = bytes.split_at(bytes.len().min(8));
            sum.wrapping_add(product(word(low), word(high), *one, *two))
        })
    }

    /// The fingerprints of all parts of a row.
    pub(crate) fn print_row(&self, row: &[u32], out: &mut [u64]) {
        out.iter_mut().zip(row.chunks(PART)).for_each(|(out, part)| *out = self.print(part));
    }
}

#[inline]
fn product(one: u64, two: u64, first_key: u64, second_key: u64) -> u128 {
    u128::from(one.wrapping_add(first_key)) * u128::from(two.wrapping_add(second_key))
}

/// Up to eight bytes as a number.
#[inline]
fn word(bytes: &[u8]) -> u64 {
    match bytes.try_into() {
        Ok(eight) => u64::from_le_bytes(eight),
        Err(_) => bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    }
}
