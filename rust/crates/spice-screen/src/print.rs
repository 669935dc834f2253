//! Fingerprints that tell pictures apart, with a key so that nobody can draw two that have the same.

/// A random key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Key(pub [u64; 4]);

/// The fingerprint of pixels in rows of one width: 128 bits.
pub(crate) fn fingerprint<'a>(key: &Key, width: usize, rows: impl Iterator<Item = &'a [u32]>) -> u128 {
    let [mut one, mut two] = [fold(key.0[0], width as u64 | ODD), fold(key.0[1], width as u64 | ODD)];
    for row in rows {
        let (fours, rest) = row.as_chunks();
        for [a, b, c, d] in fours {
            let (left, right) = (pair(*a, *b), pair(*c, *d));
            one = fold(one ^ left, right ^ key.0[2]);
            two = fold(two ^ right, left ^ key.0[3]);
        }
        for pixel in rest {
            one = fold(one ^ u64::from(*pixel), key.0[2]);
            two = fold(two ^ u64::from(*pixel), key.0[3]);
        }
    }
    u128::from(one) << 64 | u128::from(two)
}

fn pair(one: u32, two: u32) -> u64 {
    u64::from(one) | u64::from(two) << 32
}

/// Both halves of a product, mixed: each bit of the result depends on all bits of both factors.
fn fold(one: u64, two: u64) -> u64 {
    let product = u128::from(one ^ ODD) * u128::from(two ^ ODD.rotate_left(32));
    (product as u64) ^ ((product >> 64) as u64)
}

const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
