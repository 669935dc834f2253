//! The adaptive model of one component: which code to use after which residual.

use super::code::{self, Entry};

/// Counts, for each bucket of contexts, what each code would have cost, and knows the cheapest.
pub(super) struct Model<const BPC: u32> {
    /// The code in use after each residual; fixed size, so that a byte indexes it without a check.
    table: [Entry; 256],
    /// INVARIANT: entries from `BPC` on stay 0. Counters are halved before they could overflow: the smallest is at
    /// most a trigger, and a code costs at most 26 times another.
    costs: [[u32; 8]; 8],
    chosen: [u8; 8],
}

impl<const BPC: u32> Model<BPC> {
    /// A model that knows nothing: every context uses the code that writes plain numbers.
    pub(super) fn new() -> Self {
        let chosen = BPC as u8 - 1;
        Self { table: [Self::ENTRIES[chosen as usize]; 256], costs: [[0; 8]; 8], chosen: [chosen; 8] }
    }

    /// The code for a pixel whose neighbour had the residual `context`.
    #[inline(always)]
    pub(super) fn entry(&self, context: u8) -> Entry {
        self.table[usize::from(context)]
    }

    /// Learn that `residual` came after `context`.
    pub(super) fn update(&mut self, context: u8, residual: u8, trigger: u32) {
        let bucket = (u32::from(context) + 1).ilog2().min(BPC - 1) as usize;
        let costs = &mut self.costs[bucket & 7];
        for (cost, length) in costs.iter_mut().zip(&Self::LENGTHS[usize::from(residual)]) {
            *cost += u32::from(*length);
        }
        let (mut best, mut least) = (0, u32::MAX);
        for (code, &cost) in costs.iter().enumerate().take(BPC as usize) {
            // The larger code wins a tie.
            if cost <= least {
                (best, least) = (code, cost);
            }
        }
        if least > trigger {
            costs.iter_mut().for_each(|cost| *cost >>= 1);
        }
        if usize::from(self.chosen[bucket & 7]) != best {
            self.choose(bucket, best);
        }
    }

    #[cold]
    #[inline(never)]
    fn choose(&mut self, bucket: usize, best: usize) {
        self.chosen[bucket & 7] = best as u8;
        // A bucket holds the contexts with the same logarithm of context + 1; the last holds all above as well.
        let first = (1 << bucket) - 1;
        let end = if bucket + 1 == BPC as usize { 256 } else { 2 * first + 1 };
        self.table[first..end].fill(Self::ENTRIES[best & 7]);
    }

    const ENTRIES: [Entry; 8] = {
        let mut entries = [0; 8];
        let mut l = 0;
        while l < BPC {
            entries[l as usize] = code::entry(BPC, l);
            l += 1;
        }
        entries
    };

    const LENGTHS: [[u8; 8]; 256] = {
        let mut lengths = [[0; 8]; 256];
        let mut value = 0;
        while value < 1 << BPC {
            let mut l = 0;
            while l < BPC {
                lengths[value as usize][l as usize] = code::length(BPC, l, value) as u8;
                l += 1;
            }
            value += 1;
        }
        lengths
    };
}
