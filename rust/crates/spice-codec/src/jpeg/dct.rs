//! The cosine transform: samples to frequencies, for eight blocks side by side.
//!
//! It is that of Arai, Agui and Nakajima: five multiplications for eight samples, and what is left out of it stands in
//! [`GAINS`], which the quantiser divides by along with its steps. All arithmetic is on 16 bits, column by column in
//! plain loops, which become vector instructions.

/// Blocks in a strip.
pub(super) const STRIP_BLOCKS: usize = 8;

/// Eight lines of samples, which are so many blocks side by side; after [`transform`], coefficients.
pub(super) type Strip = [[i16; 8 * STRIP_BLOCKS]; 8];

/// Samples come times this, for one bit more of precision; the coefficients still fit 16 bits.
pub(super) const SCALE: f64 = 2.0;

/// Transform all blocks of `strip`, which is spoilt, into `out`.
///
/// The coefficient of line `u` and column `v` of block `b` is then in line `v` and column `8 * b + u`: the blocks have
/// changed their lines for their columns. It is 8 times [`SCALE`] times the [`GAINS`] of its line and column too large.
pub(super) fn transform(strip: &mut Strip, out: &mut Strip) {
    transform_columns(strip);
    interleave(strip, out);
    interleave(out, strip);
    interleave(strip, out);
    transform_columns(out);
}

/// Transform each column of eight samples.
#[inline(never)]
fn transform_columns([a, b, c, d, e, f, g, h]: &mut Strip) {
    for x in 0..8 * STRIP_BLOCKS {
        let sums = [add(a[x], h[x]), add(b[x], g[x]), add(c[x], f[x]), add(d[x], e[x])];
        let differences = [sub(a[x], h[x]), sub(b[x], g[x]), sub(c[x], f[x]), sub(d[x], e[x])];
        [a[x], c[x], e[x], g[x]] = even(sums);
        [b[x], d[x], f[x], h[x]] = odd(differences);
    }
}

/// Frequencies 0, 2, 4 and 6, from the sums of the samples that lie opposite each other, the outermost first.
#[inline(always)]
fn even([a, b, c, d]: [i16; 4]) -> [i16; 4] {
    let (outer, inner) = (add(a, d), add(b, c));
    let (outer_change, inner_change) = (sub(a, d), sub(b, c));
    let turned = times(add(outer_change, inner_change), HALF_ROOT);
    [add(outer, inner), add(outer_change, turned), sub(outer, inner), sub(outer_change, turned)]
}

/// Frequencies 1, 3, 5 and 7, from the differences.
#[inline(always)]
fn odd([a, b, c, d]: [i16; 4]) -> [i16; 4] {
    let (first, middle, last) = (add(d, c), add(c, b), add(b, a));
    let shared = high(sub(first, last), SINE_EIGHTH);
    let low = add(times(first, DIFFERENCE), shared);
    let turned = times(middle, HALF_ROOT);
    let wide = add(add(last, high(last, SUM_LESS_ONE)), shared);
    let (plus, minus) = (add(a, turned), sub(a, turned));
    [add(plus, wide), sub(minus, low), add(minus, low), sub(plus, wide)]
}

/// Interleave each line with the fourth below it, within each block. Doing so three times turns lines into columns.
#[inline(never)]
fn interleave(from: &Strip, to: &mut Strip) {
    for block in (0..8 * STRIP_BLOCKS).step_by(8) {
        for line in 0..4 {
            let (a, b) = (&from[line][block..block + 8], &from[line + 4][block..block + 8]);
            to[2 * line][block..block + 8].copy_from_slice(&[a[0], b[0], a[1], b[1], a[2], b[2], a[3], b[3]]);
            to[2 * line + 1][block..block + 8]
                .copy_from_slice(&[a[4], b[4], a[5], b[5], a[6], b[6], a[7], b[7]]);
        }
    }
}

#[inline(always)]
fn add(a: i16, b: i16) -> i16 {
    a.wrapping_add(b)
}

#[inline(always)]
fn sub(a: i16, b: i16) -> i16 {
    a.wrapping_sub(b)
}

/// The upper half of a product: `a` times `factor / 65536`.
#[inline(always)]
fn high(a: i16, factor: i16) -> i16 {
    ((i32::from(a) * i32::from(factor)) >> 16) as i16
}

/// `a` times `1 + factor / 65536`, for factors from a half to one that do not fit otherwise.
#[inline(always)]
fn times(a: i16, factor: i16) -> i16 {
    add(a, high(a, factor))
}

/// What each frequency comes out too large by, beside the 8 for both directions.
pub(super) const GAINS: [f64; 8] =
    [1.0, 1.387_039_845, 1.306_562_965, 1.175_875_602, 1.0, 0.785_694_958, 0.541_196_100, 0.275_899_379];

/// The square root of a half (0.70710678), for [`times`].
const HALF_ROOT: i16 = (46341 - 65536) as i16;

/// The sine of an eighth of pi (0.38268343), for [`high`].
const SINE_EIGHTH: i16 = 25080;

/// The cosine less the sine of an eighth of pi (0.54119610), for [`times`].
const DIFFERENCE: i16 = (35468 - 65536) as i16;

/// The cosine and the sine of an eighth of pi, less one (0.30656296), for [`high`].
const SUM_LESS_ONE: i16 = 20091;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coefficients_are_those_of_the_definition() {
        // Blocks of noise, of steps and of single points, different in each block.
        let sample = |block: usize, line: usize, column: usize| match block {
            0..5 => {
                ((block * 7919 + line * 31 + column * 17 + line * column * 101) * 2654435761 % 256) as i16
                    - 128
            }
            5..7 => {
                if line + column > block {
                    127
                } else {
                    -128
                }
            }
            _ => {
                if (line, column) == (3, 5) {
                    100
                } else {
                    0
                }
            }
        };
        let mut strip = [[0; 8 * STRIP_BLOCKS]; 8];
        for (line, x) in (0..8).flat_map(|line| (0..8 * STRIP_BLOCKS).map(move |x| (line, x))) {
            strip[line][x] = sample(x / 8, line, x % 8) * SCALE as i16;
        }
        let mut out = [[0; 8 * STRIP_BLOCKS]; 8];
        transform(&mut strip, &mut out);
        for (block, u, v) in (0..STRIP_BLOCKS * 64).map(|at| (at / 64, at / 8 % 8, at % 8)) {
            let found = f64::from(out[v][8 * block + u]) / (8.0 * SCALE * GAINS[u] * GAINS[v]);
            let truth = defined(|line, column| f64::from(sample(block, line, column)), u, v);
            // What 16 bits round away counts for more where the gain is small.
            let allowed = 0.5 + 0.3 / (GAINS[u] * GAINS[v]);
            assert!((found - truth).abs() < allowed, "block {block}, {u}, {v}: {found} is not {truth}");
        }
    }

    /// T.81, A.3.3.
    fn defined(sample: impl Fn(usize, usize) -> f64, u: usize, v: usize) -> f64 {
        let wave = |at: usize, k: usize| (std::f64::consts::PI * (2 * at + 1) as f64 * k as f64 / 16.0).cos();
        let weight = |k: usize| if k == 0 { 0.5_f64.sqrt() } else { 1.0 };
        let places = (0..64).map(|at| (at / 8, at % 8));
        let sum: f64 = places.map(|(y, x)| sample(y, x) * wave(y, u) * wave(x, v)).sum();
        sum * weight(u) * weight(v) / 4.0
    }
}
