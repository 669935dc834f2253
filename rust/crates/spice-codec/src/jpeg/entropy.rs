//! Coefficients to bits: the Huffman codes of T.81, annex F.1.2.

use super::dct::{STRIP_BLOCKS, Strip};
use super::huffman::{AC, Codes, DC};
use crate::put::State;

/// Which coefficients of the blocks of a strip are not zero.
pub(super) struct NotZero([[u8; 8 * STRIP_BLOCKS]; 8]);

impl NotZero {
    /// Nothing is known yet.
    pub(super) const fn new() -> Self {
        Self([[0; 8 * STRIP_BLOCKS]; 8])
    }

    /// Look at a strip.
    #[inline(never)]
    pub(super) fn look(&mut self, strip: &Strip) {
        let blocks = strip.as_flattened().as_chunks::<16>().0;
        for (flags, coefficients) in self.0.as_flattened_mut().as_chunks_mut::<16>().0.iter_mut().zip(blocks)
        {
            for i in 0..16 {
                flags[i] = u8::from(coefficients[i] != 0);
            }
        }
    }

    /// A bit for each coefficient of a block in the order in which they are coded, the first one lowest.
    #[inline(always)]
    fn of_block(&self, block: usize) -> u64 {
        let mut found = 0;
        for (line, spread) in self.0.iter().zip(&SPREAD) {
            let eight = line[8 * block..].first_chunk().expect("a line is as long as its blocks");
            // One multiplication moves the lowest bits of eight bytes into one byte.
            let flags = u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
            found |= spread[flags as usize & 0xff];
        }
        found
    }
}

/// Code one block of a strip; `before` is the first coefficient of the component's last block, and becomes that of this.
#[inline(always)]
pub(super) fn put_block(
    words: &mut [u32],
    state: &mut State,
    (strip, not_zero, block): (&Strip, &NotZero, usize),
    kind: usize,
    before: &mut i16,
) {
    let coefficients = strip.as_flattened();
    let first = coefficients[8 * block];
    put_number(words, state, &DC[kind], 0, first.wrapping_sub(*before));
    *before = first;
    let mut left = not_zero.of_block(block) >> 1;
    let mut at = 0;
    while left != 0 {
        let zeros = left.trailing_zeros() as usize;
        at += zeros + 1;
        left = left >> zeros >> 1;
        let coefficient = coefficients[PLACES[at & 63] + 8 * block];
        let biased = usize::from(coefficient.wrapping_add(NEAR / 2) as u16);
        if zeros < 16 && biased < NEAR as usize {
            let word = NEAR_ZERO[kind][zeros][biased];
            state.put(words, (word >> 8).into(), word & 0xff);
        } else {
            put_rare(words, state, kind, zeros, coefficient);
        }
    }
    if at < 63 {
        put_symbol(words, state, &AC[kind], END);
    }
}

/// Code a coefficient behind as many zeros.
#[inline(always)]
fn put_rare(words: &mut [u32], state: &mut State, kind: usize, mut zeros: usize, coefficient: i16) {
    while zeros >= 16 {
        put_symbol(words, state, &AC[kind], SIXTEEN_ZEROS);
        zeros -= 16;
    }
    put_number(words, state, &AC[kind], zeros << 4, coefficient);
}

/// Code a number: a symbol of its number of bits and of what came `before` it, then its bits.
#[inline(always)]
fn put_number(words: &mut [u32], state: &mut State, codes: &Codes, before: usize, number: i16) {
    let (word, length) = coded(codes, before, number);
    state.put(words, word.into(), length);
}

/// Code a symbol alone.
#[inline(always)]
fn put_symbol(words: &mut [u32], state: &mut State, codes: &Codes, symbol: usize) {
    state.put(words, codes.codes[symbol].into(), codes.lengths[symbol].into());
}

/// How a number is coded, and the bits this takes.
#[inline(always)]
const fn coded(codes: &Codes, before: usize, number: i16) -> (u32, u32) {
    let size = u16::BITS - number.unsigned_abs().leading_zeros();
    let symbol = (before | size as usize) & 0xff;
    // Of a negative number the bits are those of the number less one.
    let bits = (number as i32 + (number >> 15) as i32) as u32 & ((1 << size) - 1);
    ((codes.codes[symbol] as u32) << size | bits, codes.lengths[symbol] as u32 + size)
}

/// By the zeros before them, how coefficients near zero are coded: the bits above the lowest byte, their number in it.
static NEAR_ZERO: [[[u32; NEAR as usize]; 16]; 2] = {
    let mut all = [[[0; NEAR as usize]; 16]; 2];
    let mut i = 0;
    while i < 2 * 16 * NEAR as usize {
        let (line, biased) = (i / NEAR as usize, i % NEAR as usize);
        let (kind, zeros) = (line / 16, line % 16);
        let (word, length) = coded(&AC[kind], zeros << 4, biased as i16 - NEAR / 2);
        all[kind][zeros][biased] = word << 8 | length;
        i += 1;
    }
    all
};

/// Coefficients less than half of this from zero are looked up.
const NEAR: i16 = 64;

/// Where the coefficient that is coded as number `k` stands in a strip of which the block is the first.
const PLACES: [usize; 64] = {
    let mut places = [0; 64];
    let mut k = 0;
    while k < 64 {
        let (line, column) = (ZIGZAG[k] as usize / 8, ZIGZAG[k] as usize % 8);
        places[k] = column * 8 * STRIP_BLOCKS + line;
        k += 1;
    }
    places
};

/// By column and by which of its eight lines are not zero: the bits of the coefficients in the order of coding.
static SPREAD: [[u64; 256]; 8] = {
    let mut spread = [[0; 256]; 8];
    let mut k = 0;
    while k < 64 {
        let (line, column) = (ZIGZAG[k] as usize / 8, ZIGZAG[k] as usize % 8);
        let mut flags = 0;
        while flags < 256 {
            spread[column][flags] |= ((flags as u64 >> line) & 1) << k;
            flags += 1;
        }
        k += 1;
    }
    spread
};

/// The order in which coefficients are coded: place in the block, line by line.
pub(super) const ZIGZAG: [u8; 64] = {
    let mut order = [0; 64];
    let (mut k, mut diagonal) = (0, 0);
    while diagonal < 15 {
        let (least, most) = if diagonal < 8 { (0, diagonal) } else { (diagonal - 7, 7) };
        let mut i = least;
        while i <= most {
            // Even diagonals go up, so that the line falls.
            let line = if diagonal % 2 == 0 { most - (i - least) } else { i };
            order[k] = (8 * line + diagonal - line) as u8;
            (k, i) = (k + 1, i + 1);
        }
        diagonal += 1;
    }
    order
};

/// The symbol for sixteen zeros.
const SIXTEEN_ZEROS: usize = 0xf0;

/// The symbol for nothing but zeros.
const END: usize = 0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_that_of_the_standard() {
        assert_eq!(ZIGZAG[..16], [0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5]);
        assert_eq!(ZIGZAG[60..], [47, 55, 62, 63]);
        let mut sorted = ZIGZAG;
        sorted.sort_unstable();
        assert!(sorted.iter().enumerate().all(|(at, place)| at == usize::from(*place)));
    }

    #[test]
    fn codes_are_those_of_the_standard() {
        // T.81, tables K.5, K.3 and K.6.
        assert_eq!((AC[0].codes[0x00], AC[0].lengths[0x00]), (0b1010, 4));
        assert_eq!((AC[0].codes[0x01], AC[0].lengths[0x01]), (0b00, 2));
        assert_eq!((AC[0].codes[0xf0], AC[0].lengths[0xf0]), (0b111_1111_1001, 11));
        assert_eq!((DC[0].codes[0], DC[0].lengths[0]), (0b00, 2));
        assert_eq!((AC[1].codes[0x01], AC[1].lengths[0x01]), (0b01, 2));
        assert_eq!(AC[0].lengths.iter().filter(|length| **length > 0).count(), 162);
    }

    #[test]
    fn numbers_are_coded_by_size_and_bits() {
        // 5 is 101 in three bits, -5 its complement 010; the code of 0/3 is 100.
        assert_eq!(coded(&AC[0], 0, 5), (0b100_101, 6));
        assert_eq!(coded(&AC[0], 0, -5), (0b100_010, 6));
        assert_eq!(coded(&DC[0], 0, 0), (0b00, 2));
    }
}
