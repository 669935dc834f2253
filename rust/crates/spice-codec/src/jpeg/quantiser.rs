//! How coarse each frequency becomes: the tables of a quality, for the file and for the arithmetic.

use super::dct::{GAINS, SCALE, STRIP_BLOCKS, Strip};

/// The steps of each frequency for luminance and chrominance, line by line.
pub(super) struct Steps(pub(super) [[u8; 64]; 2]);

impl Steps {
    /// The steps of a quality from 1 to 100, as libjpeg has made them since ever.
    pub(super) fn new(quality: u8) -> Self {
        let quality = u32::from(quality.clamp(1, 100));
        let percent = if quality < 50 { 5000 / quality } else { 200 - 2 * quality };
        Self(USUAL.map(|table| {
            let mut steps = table.map(|step| ((u32::from(step) * percent + 50) / 100).clamp(1, 255) as u8);
            // The only frequency so small after the transform that a step of 1 would leave the reciprocals' range.
            steps[63] = steps[63].max(2);
            steps
        }))
    }
}

/// Division by the steps, as multiplication, for the coefficients of a strip as the transform leaves them: `x` becomes
/// `(x + half) * reciprocal >> 16`.
///
/// A reciprocal is exact to half a unit. That is a thousandth of it for fine steps, and some hundredths for the
/// coarsest, where there is little to get wrong.
pub(super) struct Quantiser {
    halves: Box<Strip>,
    reciprocals: Box<Strip>,
}

impl Quantiser {
    /// Division by `steps`, which stand line by line.
    pub(super) fn new(steps: &[u8; 64]) -> Self {
        let [mut halves, mut reciprocals] = [[[0; 8 * STRIP_BLOCKS]; 8]; 2].map(Box::new);
        for (column, at) in (0..8).flat_map(|column| (0..8 * STRIP_BLOCKS).map(move |at| (column, at))) {
            let line = at % 8;
            let divisor = f64::from(steps[8 * line + column]) * GAINS[line] * GAINS[column] * 8.0 * SCALE;
            halves[column][at] = (divisor / 2.0).round() as i16;
            reciprocals[column][at] = (65536.0 / divisor).round() as i16;
        }
        Self { halves, reciprocals }
    }

    /// Divide and round what stands in a strip.
    #[inline(never)]
    pub(super) fn divide(&self, from: &Strip, to: &mut Strip) {
        let factors = self.halves.as_flattened().iter().zip(self.reciprocals.as_flattened());
        let numbers = to.as_flattened_mut().iter_mut().zip(from.as_flattened());
        for ((to, from), (half, reciprocal)) in numbers.zip(factors) {
            *to = ((i32::from(from.wrapping_add(*half)) * i32::from(*reciprocal)) >> 16) as i16;
        }
    }
}

/// The tables of ITU-T T.81, annex K.1, which everybody scales.
#[rustfmt::skip]
const USUAL: [[u8; 64]; 2] = [
    [
        16,  11,  10,  16,  24,  40,  51,  61,
        12,  12,  14,  19,  26,  58,  60,  55,
        14,  13,  16,  24,  40,  57,  69,  56,
        14,  17,  22,  29,  51,  87,  80,  62,
        18,  22,  37,  56,  68, 109, 103,  77,
        24,  35,  55,  64,  81, 104, 113,  92,
        49,  64,  78,  87, 103, 121, 120, 101,
        72,  92,  95,  98, 112, 100, 103,  99,
    ],
    [
        17,  18,  24,  47,  99,  99,  99,  99,
        18,  21,  26,  66,  99,  99,  99,  99,
        24,  26,  56,  99,  99,  99,  99,  99,
        47,  66,  99,  99,  99,  99,  99,  99,
        99,  99,  99,  99,  99,  99,  99,  99,
        99,  99,  99,  99,  99,  99,  99,  99,
        99,  99,  99,  99,  99,  99,  99,  99,
        99,  99,  99,  99,  99,  99,  99,  99,
    ],
];
