//! The family of Golomb-Rice codes: how a residual stands in the bit stream.
//!
//! Code `l` writes `e >> l` zeros, a one and the low `l` bits of `e`. From [`escape`] on it writes [`unary_limit`]
//! zeros and the rest in a fixed number of bits, without the one.

use super::bits::Bits;

/// Where to find what in an entry of a model's table: the code's number in the low 6 bits, and far above it a guard
/// bit that ends the zeros where they end at the latest.
pub(super) type Entry = u64;

/// The table entry of code `l`.
pub(super) const fn entry(bits_per_component: u32, l: u32) -> Entry {
    1 << (64 - unary_limit(bits_per_component, l)) | l as u64
}

/// Read a residual by the code of `entry`, adding the bits it took, shifted out but not yet counted, to `taken`.
///
/// Where no more zeros come than every code can have, all codes are read alike: zeros up to the one or the guard,
/// then `l + 1` bits, the first of which is the one. Where the guard stood in for the one that bit is 0 and the
/// value is `1 << l` more, which the exclusive or amounts to. This holds since the codes with a low limit have just
/// `l` bits in the rest. Such codes have at most 21 bits, so the window holds three of them.
#[inline(always)]
pub(super) fn read<const BPC: u32>(bits: &mut Bits<'_>, entry: Entry, taken: &mut u32) -> u32 {
    let l = entry as u32;
    if bits.window < 1 << (64 - LONGEST + BPC) {
        let value;
        (*bits, value) = read_long::<BPC>(*bits, l, *taken);
        *taken = 1;
        return value;
    }
    let zeros = (bits.window | entry).leading_zeros();
    let rest = bits.window.wrapping_shl(zeros).wrapping_shr(!l) as u32;
    let length = zeros + l + 1;
    bits.window = bits.window.wrapping_shl(length);
    *taken += length;
    zeros.wrapping_shl(l).wrapping_add(rest ^ 1u32.wrapping_shl(l))
}

/// The same where many zeros come: rare, so written for clarity. Counts all that is taken but for one bit, since a
/// refill wants one.
#[cold]
#[inline(never)]
fn read_long<const BPC: u32>(mut bits: Bits<'_>, l: u32, taken: u32) -> (Bits<'_>, u32) {
    if taken > 0 {
        bits.taken(taken);
        bits.refill();
    }
    let (limit, zeros) = (unary_limit(BPC, l), bits.window.leading_zeros());
    let (base, length) =
        if zeros < limit { (zeros << l, zeros + 1 + l) } else { (limit << l, limit + rest_bits(BPC, l)) };
    let low_bits = if zeros < limit { l } else { rest_bits(BPC, l) };
    let low = (bits.window >> (64 - length)) as u32 & ((1 << low_bits) - 1);
    bits.take(length - 1);
    bits.refill();
    bits.window <<= 1;
    // No encoder goes beyond the component's range; a forged stream gets some residual, whatever it is.
    (bits, (base + low) & ((1 << BPC) - 1))
}

/// Bits that code `l` needs for `value`.
pub(super) const fn length(bits_per_component: u32, l: u32, value: u32) -> u32 {
    if value < escape(bits_per_component, l) {
        (value >> l) + 1 + l
    } else {
        unary_limit(bits_per_component, l) + rest_bits(bits_per_component, l)
    }
}

/// The most zeros that code `l` writes.
const fn unary_limit(bits_per_component: u32, l: u32) -> u32 {
    let by_range = (1 << (bits_per_component - l)) - 1;
    let by_length = LONGEST - bits_per_component;
    if by_range < by_length { by_range } else { by_length }
}

/// The smallest value that code `l` writes as a plain number.
const fn escape(bits_per_component: u32, l: u32) -> u32 {
    unary_limit(bits_per_component, l) << l
}

/// Bits of that number: enough for what is left of the component's range.
const fn rest_bits(bits_per_component: u32, l: u32) -> u32 {
    let left = (1 << bits_per_component) - escape(bits_per_component, l);
    u32::BITS - (left - 1u32).leading_zeros()
}

/// No code is longer (protocol.md 4.3: limit 26 bits).
const LONGEST: u32 = 26;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn family_of_8_bits_is_that_of_the_protocol() {
        let limits: Vec<_> = (0..8).map(|l| unary_limit(8, l)).collect();
        assert_eq!(limits, [18, 18, 18, 18, 15, 7, 3, 1]);
        let escapes: Vec<_> = (0..8).map(|l| escape(8, l)).collect();
        assert_eq!(escapes, [18, 36, 72, 144, 240, 224, 192, 128]);
        let rests: Vec<_> = (0..8).map(|l| rest_bits(8, l)).collect();
        assert_eq!(rests, [8, 8, 8, 7, 4, 5, 6, 7]);
    }

    #[test]
    fn family_of_5_bits_is_that_of_the_protocol() {
        let rows: Vec<_> = (0..5).map(|l| (unary_limit(5, l), escape(5, l), rest_bits(5, l))).collect();
        assert_eq!(rows, [(21, 21, 4), (15, 30, 1), (7, 28, 2), (3, 24, 3), (1, 16, 4)]);
    }

    #[test]
    fn every_value_of_every_code_is_read_back() {
        for l in 0..8 {
            (0..256).for_each(|value| reads_back::<8>(l, value));
        }
        for l in 0..5 {
            (0..32).for_each(|value| reads_back::<5>(l, value));
        }
    }

    fn reads_back<const BPC: u32>(l: u32, value: u32) {
        let size = length(BPC, l, value);
        let code =
            if value < escape(BPC, l) { 1 << l | value & ((1 << l) - 1) } else { value - escape(BPC, l) };
        // What follows must not matter: all ones here, all zeros there.
        for tail in [0, u64::MAX >> size] {
            let stream = (u64::from(code) << (64 - size) | tail).rotate_left(32).to_le_bytes();
            let mut bits = Bits::new(&stream, 0);
            bits.refill();
            let mut taken = 0;
            assert_eq!(read::<BPC>(&mut bits, entry(BPC, l), &mut taken), value, "code {l}");
            // Long codes are counted at once.
            assert!(taken == size || taken == 1);
            assert_eq!(bits.window, tail << size, "code {l}, value {value}");
        }
    }
}
