//! How far two places of a stream agree.

use crate::lz::unit::Unit;

/// How many units at the start of both are equal, up to seven bytes before the end of the shorter one.
#[inline(always)]
pub(crate) fn equal<U: Unit>(a: &[U], b: &[U]) -> usize {
    let (a, b): (&[u8], &[u8]) = (bytemuck::cast_slice(a), bytemuck::cast_slice(b));
    let length = a.len().min(b.len());
    let (a, b) = (&a[..length], &b[..length]);
    // Most repetitions end soon. For the others big steps pay, which cannot say where the difference is.
    let start = equal_words::<U>(a, b, 0, STEP.min(length));
    if start + 8 <= STEP.min(length) {
        return start / size_of::<U>();
    }
    let middle = start + equal_steps::<U>(&a[start..], &b[start..]);
    equal_words::<U>(a, b, middle, length) / size_of::<U>()
}

/// The byte at which the first unit differs, from `at` on; or where there are no eight bytes left before `end`.
#[inline(always)]
fn equal_words<U: Unit>(a: &[u8], b: &[u8], mut at: usize, end: usize) -> usize {
    for (a, b) in a[at..end].as_chunks().0.iter().zip(b[at..end].as_chunks().0) {
        let difference = difference::<U>(a, b);
        if difference != 0 {
            return at + difference.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    at
}

/// Bytes of the steps in which nothing differs.
#[inline(always)]
fn equal_steps<U: Unit>(a: &[u8], b: &[u8]) -> usize {
    let (a, b) = (a.as_chunks::<STEP>().0, b.as_chunks::<STEP>().0);
    let same = |(a, b): &(&[u8; STEP], &[u8; STEP])| {
        let words = a.as_chunks().0.iter().zip(b.as_chunks().0);
        words.fold(0, |all, (a, b)| all | difference::<U>(a, b)) == 0
    };
    STEP * a.iter().zip(b).take_while(same).count()
}

#[inline(always)]
fn difference<U: Unit>(a: &[u8; 8], b: &[u8; 8]) -> u64 {
    (u64::from_le_bytes(*a) ^ u64::from_le_bytes(*b)) & U::MASK
}

/// Bytes compared at once.
const STEP: usize = 64;
