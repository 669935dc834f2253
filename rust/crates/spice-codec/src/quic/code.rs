//! The family of Golomb-Rice codes: how a residual stands in the bit stream.
//!
//! Code `l` writes `e >> l` zeros, a one and the low `l` bits of `e`. From [`escape`] on it writes [`unary_limit`]
//! zeros and the rest in a fixed number of bits, without the one. `e` is the difference of a component from its
//! prediction, folded so that small differences either way are small numbers.
//!
//! For the decoder, a table gives what the next ten bits mean in each code. Beyond ten bits, which is rare, they are
//! read one part after the other. For the encoder, a table gives the bits of each difference. Everywhere else a
//! residual is the plain difference, which saves folding and unfolding it.

use super::bits::{Bits, REFILLED};

/// What a prefix of the stream means: the difference in the high byte, the code's length in the low one; only the
/// code's number, below 8, in the high byte where the code is longer than the prefix.
type Meaning = u16;

/// What each prefix means in one code: how a decoder sees it.
pub(super) type Prefixes = [Meaning; 1 << PREFIX];

/// How one code writes each difference: how an encoder sees it.
#[derive(Clone, Copy)]
pub(super) struct Words {
    /// The numbers to write; none needs more than eight bits, since zeros lead wherever there are more.
    pub(super) numbers: [u8; 256],
    /// The bits they take.
    pub(super) lengths: [u8; 256],
}

/// One code as one of the two directions sees it.
pub(super) trait Code: Sized + 'static {
    /// The codes by number.
    fn all<const BPC: u32>() -> &'static [Self; 8];
}

impl Code for Prefixes {
    #[inline(always)]
    fn all<const BPC: u32>() -> &'static [Self; 8] {
        Family::<BPC>::PREFIXES
    }
}

impl Code for Words {
    #[inline(always)]
    fn all<const BPC: u32>() -> &'static [Self; 8] {
        Family::<BPC>::WORDS
    }
}

/// What the next bits mean in `code`.
#[inline(always)]
pub(super) fn look_up(bits: &Bits<'_>, code: &Prefixes) -> Meaning {
    code[(bits.window >> (64 - PREFIX)) as usize]
}

/// Whether the prefix was too short to tell.
#[inline(always)]
pub(super) fn is_long(meaning: Meaning) -> bool {
    meaning & 0xff == 0
}

/// Read a code for which the prefix was too short; gives the difference it stands for. Leaves bits as a refill does.
#[inline(always)]
pub(super) fn read_long<const BPC: u32>(bits: &mut Bits<'_>, meaning: Meaning) -> u8 {
    const { assert!(LONGEST <= REFILLED) };
    bits.refill();
    let (difference, length) = long_meaning::<BPC>(bits.window, u32::from(meaning >> 8) & 7);
    bits.take(length);
    bits.refill();
    difference
}

/// The difference that the first bits of `window` stand for in code `l`, and their number. A function of its own, so
/// that the registers of the common path are not taken by it; it gets no more than two of them.
#[inline(never)]
fn long_meaning<const BPC: u32>(window: u64, l: u32) -> (u8, u32) {
    let (base, length, low_bits) = parts::<BPC>(l, window.leading_zeros());
    let low = (window >> (64 - length)) as u32 & ((1 << low_bits) - 1);
    // No encoder goes beyond the component's range; a forged stream gets some difference, whatever it is.
    (unfold::<BPC>((base + low) & ((1 << BPC) - 1)), length)
}

/// Bits that code `l` needs for `e`.
pub(super) const fn length(bits_per_component: u32, l: u32, e: u32) -> u32 {
    if e < escape(bits_per_component, l) {
        (e >> l) + 1 + l
    } else {
        unary_limit(bits_per_component, l) + rest_bits(bits_per_component, l)
    }
}

/// The difference that `e` stands for: even ones are a half up, odd ones a half down.
pub(super) const fn unfold<const BPC: u32>(e: u32) -> u8 {
    let half = e >> 1;
    (if e & 1 == 0 { half } else { (1 << BPC) - 1 - half }) as u8
}

/// The reverse of [`unfold`].
pub(super) const fn fold<const BPC: u32>(difference: u8) -> u32 {
    let difference = difference as u32;
    if difference < 1 << (BPC - 1) { 2 * difference } else { 2 * ((1 << BPC) - 1 - difference) + 1 }
}

/// The tables of the codes for components of `BPC` bits.
struct Family<const BPC: u32>;

impl<const BPC: u32> Family<BPC> {
    const PREFIXES: &[Prefixes; 8] = &{
        let mut codes = [[0; 1 << PREFIX]; 8];
        let mut l = 0;
        while l < BPC {
            let mut prefix = 0;
            while prefix < 1 << PREFIX {
                codes[l as usize][prefix as usize] = meaning::<BPC>(l, prefix);
                prefix += 1;
            }
            l += 1;
        }
        codes
    };

    const WORDS: &[Words; 8] = &{
        let mut codes = [Words { numbers: [0; 256], lengths: [0; 256] }; 8];
        let mut l = 0;
        while l < BPC {
            let mut difference = 0;
            while difference < 1 << BPC {
                let e = fold::<BPC>(difference as u8);
                codes[l as usize].numbers[difference] = number(BPC, l, e) as u8;
                codes[l as usize].lengths[difference] = length(BPC, l, e) as u8;
                difference += 1;
            }
            l += 1;
        }
        codes
    };
}

/// What code `l` writes for `e`, behind as many zeros as its length demands.
const fn number(bits_per_component: u32, l: u32, e: u32) -> u32 {
    let escape = escape(bits_per_component, l);
    if e < escape { 1 << l | e & ((1 << l) - 1) } else { e - escape }
}

/// What `prefix` means in code `l`.
const fn meaning<const BPC: u32>(l: u32, prefix: u32) -> Meaning {
    let (base, length, low_bits) = parts::<BPC>(l, prefix.leading_zeros() - (u32::BITS - PREFIX));
    if length > PREFIX {
        return (l as Meaning) << 8;
    }
    let low = (prefix >> (PREFIX - length)) & ((1 << low_bits) - 1);
    (unfold::<BPC>(base + low) as Meaning) << 8 | length as Meaning
}

/// What begins with so many zeros in code `l`: the least value of that kind, the code's length, and how many of its
/// last bits are to be added.
const fn parts<const BPC: u32>(l: u32, zeros: u32) -> (u32, u32, u32) {
    let limit = unary_limit(BPC, l);
    if zeros < limit {
        (zeros << l, zeros + 1 + l, l)
    } else {
        let rest = rest_bits(BPC, l);
        (limit << l, limit + rest, rest)
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

/// Bits the table looks at: ten cover all but one or two codes in a hundred, and three fit one refill.
pub(super) const PREFIX: u32 = 10;

/// No code is longer (protocol.md 4.3: limit 26 bits).
const LONGEST: u32 = 26;

const _: () = assert!(3 * PREFIX <= REFILLED);

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
    fn folding_turns_small_steps_into_small_numbers() {
        let steps: Vec<_> = (0..5).map(|e| unfold::<8>(e) as i8).collect();
        assert_eq!(steps, [0, -1, 1, -2, 2]);
        assert!((0..256).all(|e| fold::<8>(unfold::<8>(e)) == e));
        assert!((0..32).all(|e| fold::<5>(unfold::<5>(e)) == e));
    }

    #[test]
    fn every_value_of_every_code_is_read_back() {
        for l in 0..8 {
            (0..256).for_each(|e| reads_back::<8>(l, e));
        }
        for l in 0..5 {
            (0..32).for_each(|e| reads_back::<5>(l, e));
        }
    }

    fn reads_back<const BPC: u32>(l: u32, e: u32) {
        let (words, difference) = (&Words::all::<BPC>()[l as usize], usize::from(unfold::<BPC>(e)));
        let (number, size) = (u64::from(words.numbers[difference]), u32::from(words.lengths[difference]));
        assert_eq!(size, length(BPC, l, e));
        // What follows must not matter: all ones here, all zeros there.
        for tail in [0, u64::MAX >> size] {
            let stream = number << (64 - size) | tail;
            let bytes = stream.rotate_left(32).to_le_bytes();
            let mut bits = Bits::new(&bytes, 0);
            let meaning = look_up(&bits, &Prefixes::all::<BPC>()[l as usize]);
            if is_long(meaning) {
                assert!(size > PREFIX);
                assert_eq!(read_long::<BPC>(&mut bits, meaning), unfold::<BPC>(e), "code {l}, value {e}");
                assert_eq!(bits.window, stream << size, "code {l}, value {e}");
            } else {
                assert_eq!(meaning >> 8, u16::from(unfold::<BPC>(e)), "code {l}, value {e}");
                assert_eq!(u32::from(meaning & 0xff), size, "code {l}, value {e}");
                bits.take(size);
                assert_eq!(bits.window, stream << size);
            }
        }
    }
}
