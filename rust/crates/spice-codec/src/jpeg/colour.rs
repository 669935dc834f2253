//! Pixels to luminance and chrominance, the latter at half the resolution both ways.
//!
//! Samples are what the cosine transform takes: around zero, times [`super::dct::SCALE`]. They are whole numbers before
//! that, since the decoder makes whole numbers of them again, and halves would all be rounded one way. The loops are
//! plain ones over numbers of one size, for so they become vector instructions.

use super::dct::STRIP_BLOCKS;

/// Pixels that are converted together.
pub(super) const COLUMNS: usize = 8 * STRIP_BLOCKS;

/// The luminance of a line: 0.299 red, 0.587 green, 0.114 blue.
pub(super) fn luminance(pixels: &[u32; COLUMNS], out: &mut [i16; COLUMNS]) {
    let (mut green_blue, mut red) = ([0; COLUMNS], [0; COLUMNS]);
    cut(pixels, &mut green_blue, &mut red);
    mix(&green_blue, &red, out);
}

/// Cut pixels into halves of 16 bits.
#[inline(never)]
fn cut(pixels: &[u32; COLUMNS], green_blue: &mut [u16; COLUMNS], red: &mut [u16; COLUMNS]) {
    for ((green_blue, red), pixel) in green_blue.iter_mut().zip(red).zip(pixels) {
        (*green_blue, *red) = (*pixel as u16, (pixel >> 16) as u16);
    }
}

#[inline(never)]
fn mix(green_blue: &[u16; COLUMNS], red: &[u16; COLUMNS], out: &mut [i16; COLUMNS]) {
    for ((out, green_blue), red) in out.iter_mut().zip(green_blue).zip(red) {
        let red = high(red << 8, 19595);
        let green = high(green_blue & 0xff00, 38470);
        let blue = high(green_blue << 8, 7471);
        // Each of the three was rounded down, by a half of the lowest bit on average.
        *out = 2 * (((red + green + blue + 129) >> 8) as i16 - 128);
    }
}

/// The upper half of a product.
#[inline(always)]
fn high(a: u16, factor: u16) -> u16 {
    ((u32::from(a) * u32::from(factor)) >> 16) as u16
}

/// The chrominance of two lines, blue in the left half, red in the right one. Of each four pixels it is a half of blue
/// less 0.169 red less 0.331 green, and a half of red less 0.419 green less 0.081 blue.
#[inline(never)]
pub(super) fn chrominance(upper: &[u32; COLUMNS], lower: &[u32; COLUMNS], out: &mut [i16; COLUMNS]) {
    let (blues, reds) = out.split_at_mut(COLUMNS / 2);
    for x in 0..COLUMNS / 2 {
        let four = [upper[2 * x], upper[2 * x + 1], lower[2 * x], lower[2 * x + 1]];
        let sum = |mask| four.iter().map(|pixel| pixel & mask).sum::<u32>();
        let red_and_blue = sum(0x00ff_00ff);
        // A number in 11 bits is multiplied the short way.
        let [red, green, blue] =
            [red_and_blue >> 16, sum(0xff00) >> 8, red_and_blue].map(|it| (it & 0x7ff) as i32);
        blues[x] = 2 * ((16384 * blue - 5529 * red - 10855 * green + (1 << 16)) >> 17) as i16;
        reds[x] = 2 * ((16384 * red - 13720 * green - 2664 * blue + (1 << 16)) >> 17) as i16;
    }
}
