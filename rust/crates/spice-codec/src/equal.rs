//! How far two places of a picture agree.

/// How many bytes at the start of both agree in the bits of `mask`, which repeats itself every eight bytes. The last seven
/// bytes of the shorter one may be left out.
#[inline(always)]
pub(crate) fn equal(a: &[u8], b: &[u8], mask: u64) -> usize {
    let length = a.len().min(b.len());
    let (a, b) = (&a[..length], &b[..length]);
    // Most repetitions end soon. For the others big steps pay, which cannot say where the difference is.
    let start = words(a, b, mask, 0, STEP.min(length));
    if start + 8 <= STEP.min(length) {
        return start;
    }
    let middle = start + steps(&a[start..], &b[start..], mask);
    words(a, b, mask, middle, length)
}

/// The byte at which the first difference is, from `at` on; or where there are no eight bytes left before `end`.
#[inline(always)]
fn words(a: &[u8], b: &[u8], mask: u64, mut at: usize, end: usize) -> usize {
    for (a, b) in a[at..end].as_chunks().0.iter().zip(b[at..end].as_chunks().0) {
        let difference = difference(a, b, mask);
        if difference != 0 {
            return at + difference.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    at
}

/// Bytes of the steps in which nothing differs.
#[inline(always)]
fn steps(a: &[u8], b: &[u8], mask: u64) -> usize {
    let (a, b) = (a.as_chunks::<STEP>().0, b.as_chunks::<STEP>().0);
    let same = |(a, b): &(&[u8; STEP], &[u8; STEP])| {
        let words = a.as_chunks().0.iter().zip(b.as_chunks().0);
        words.fold(0, |all, (a, b)| all | difference(a, b, mask)) == 0
    };
    STEP * a.iter().zip(b).take_while(same).count()
}

#[inline(always)]
fn difference(a: &[u8; 8], b: &[u8; 8], mask: u64) -> u64 {
    (u64::from_le_bytes(*a) ^ u64::from_le_bytes(*b)) & mask
}

/// Bytes compared at once.
const STEP: usize = 64;
