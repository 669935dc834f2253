//! Codes of different lengths: short ones for what is frequent.

/// A prefix code for `N` symbols. A symbol that does not occur has length 0.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Code<const N: usize> {
    pub lengths: [u8; N],
    /// The code's first bit is the lowest, as it is written.
    pub bits: [u16; N],
}

impl<const N: usize> Code<N> {
    /// The best code, but for the limit of `most` bits, for symbols of which each occurs so often.
    ///
    /// It has two symbols at least, so that no decoder meets an incomplete one.
    pub(crate) fn for_counts(counts: &[u32; N], most: u8) -> Self {
        let occurs = |&symbol: &usize| counts[symbol] > 0;
        let others = (0..N)
            .filter(|symbol| !occurs(symbol))
            .take(2_usize.saturating_sub((0..N).filter(occurs).count()));
        let mut used: Vec<_> =
            (0..N).filter(occurs).chain(others).map(|symbol| (counts[symbol], symbol)).collect();
        used.sort_unstable();
        let numbers = limited(&depths(&used), most);
        let mut lengths = [0; N];
        // The rarest symbols get the longest codes.
        let longest_first =
            (1..=most).rev().flat_map(|length| (0..numbers[usize::from(length)]).map(move |_| length));
        for (&(_, symbol), length) in used.iter().zip(longest_first) {
            lengths[symbol] = length;
        }
        Self::for_lengths(lengths)
    }

    /// The code with these lengths: among equal ones the codes count up, and they go on from the shorter ones.
    pub(crate) fn for_lengths(lengths: [u8; N]) -> Self {
        let mut next = first_codes(&lengths);
        let bits = lengths.map(|length| {
            let code = next[usize::from(length)];
            next[usize::from(length)] += u16::from(length > 0);
            code.reverse_bits().checked_shr(16 - u32::from(length)).unwrap_or(0)
        });
        Self { lengths, bits }
    }

    /// How many bits so many of each symbol take.
    pub(crate) fn size(&self, counts: &[u32; N]) -> usize {
        counts.iter().zip(&self.lengths).map(|(&count, &length)| count as usize * usize::from(length)).sum()
    }
}

/// The first code of each length.
fn first_codes(lengths: &[u8]) -> [u16; MOST as usize + 1] {
    let mut numbers = [0; MOST as usize + 1];
    lengths.iter().filter(|&&length| length > 0).for_each(|&length| numbers[usize::from(length)] += 1);
    let mut next = 0;
    numbers.map(|number| {
        next <<= 1;
        let first = next;
        next += number;
        first
    })
}

/// How many symbols of each depth the best tree has; `used` has the rarest first.
///
/// Joined pairs come out in the order of their counts, so two queues do what else needs a heap.
fn depths(used: &[(u32, usize)]) -> Vec<usize> {
    let leaves = used.len();
    let mut counts: Vec<u32> = used.iter().map(|&(count, _)| count).collect();
    let mut parents = vec![0; 2 * leaves - 1];
    let (mut leaf, mut pair) = (0, leaves);
    for joined in leaves..2 * leaves - 1 {
        let mut sum = 0;
        for _ in 0..2 {
            let from_leaves = leaf < leaves && (pair == joined || counts[leaf] <= counts[pair]);
            let rarest = if from_leaves { &mut leaf } else { &mut pair };
            parents[*rarest] = joined;
            sum += counts[*rarest];
            *rarest += 1;
        }
        counts.push(sum);
    }
    let mut depth = vec![0; 2 * leaves - 1];
    for node in (0..2 * leaves - 2).rev() {
        depth[node] = depth[parents[node]] + 1;
    }
    let mut numbers = vec![0; depth.iter().max().map_or(0, |most| most + 1)];
    depth[..leaves].iter().for_each(|&depth| numbers[depth] += 1);
    numbers
}

/// How many codes of each length there are when none may be longer than `most`.
fn limited(numbers: &[usize], most: u8) -> Vec<usize> {
    let most = usize::from(most);
    let mut limited: Vec<usize> = (0..=most).map(|depth| numbers.get(depth).copied().unwrap_or(0)).collect();
    limited[most] += numbers.iter().skip(most + 1).sum::<usize>();
    // How much more room the codes take than there is, in units of the longest ones.
    let room = |(length, number): (usize, &usize)| number << (most - length);
    let mut over = limited.iter().enumerate().skip(1).map(room).sum::<usize>() - (1 << most);
    while over > 0 {
        // A code that becomes longer by one makes room for itself and for one of the longest.
        let shorter = (1..most).rev().find(|&length| limited[length] > 0).expect("some code is short");
        limited[shorter] -= 1;
        limited[shorter + 1] += 2;
        limited[most] -= 1;
        over -= 1;
    }
    limited
}

/// Bits of the longest code that deflate has.
pub(crate) const MOST: u8 = 15;

#[cfg(test)]
mod tests {
    use super::*;

    /// What the codes take of all that codes of up to `most` bits can say; 1 is complete.
    fn room<const N: usize>(code: &Code<N>, most: u8) -> f64 {
        let used = code.lengths.iter().filter(|&&length| length > 0);
        used.inspect(|&&length| assert!(length <= most)).map(|&length| 0.5_f64.powi(length.into())).sum()
    }

    #[test]
    fn every_code_is_complete_and_within_its_limit() {
        let fibonacci: [u32; 30] = std::array::from_fn(|n| (0..n).fold((1, 1), |(a, b), _| (b, a + b)).0);
        let mut backwards = fibonacci;
        backwards.reverse();
        for counts in [fibonacci, backwards, [7; 30], std::array::from_fn(|n| u32::from(n == 4)), [0; 30]] {
            for most in [7, 15] {
                let code = Code::for_counts(&counts, most);
                assert_eq!(room(&code, most), 1.0, "{counts:?}");
                assert!(counts.iter().zip(&code.lengths).all(|(&count, &length)| count == 0 || length > 0));
            }
        }
    }

    #[test]
    fn what_is_frequent_gets_a_short_code() {
        let code = Code::for_counts(&[3, 100, 0, 3, 50], 15);
        assert_eq!(code.lengths, [3, 1, 0, 3, 2]);
        // Written from the first bit on: 110, 0, 111, 10.
        assert_eq!(code.bits, [0b011, 0b0, 0, 0b111, 0b01]);
    }
}
