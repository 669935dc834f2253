//! The adaptive model of one component: which code to use after which difference.

use super::code::{self, Code};

/// Counts, for each bucket of contexts, what each code would have cost, and knows the cheapest.
pub(super) struct Model<const BPC: u32> {
    /// The code in use after each difference; fixed size, so that a byte indexes it without a check.
    table: [Code; 256],
    /// Counters are halved before they could overflow: the smallest is at most a trigger, and a code costs at most
    /// 26 times another. INVARIANT: the low 3 bits tell the code, counted from the last, which makes the larger code
    /// win a tie; the cost stands above them.
    costs: [[u32; 8]; 8],
    chosen: [u8; 8],
}

impl<const BPC: u32> Model<BPC> {
    /// A model that knows nothing: every context uses the code that writes plain numbers.
    pub(super) fn new() -> Self {
        let chosen = BPC as usize - 1;
        let costs = std::array::from_fn(|code| 7 - code as u32);
        Self { table: [&code::codes::<BPC>()[chosen]; 256], costs: [costs; 8], chosen: [chosen as u8; 8] }
    }

    /// The code for a pixel whose neighbour had the difference `context`.
    #[inline(always)]
    pub(super) fn code(&self, context: u8) -> Code {
        self.table[usize::from(context)]
    }

    /// Learn that `difference` came after `context`.
    pub(super) fn update(&mut self, context: u8, difference: u8, trigger: u32) {
        let bucket = ((code::fold::<BPC>(context) + 1).ilog2().min(BPC - 1) & 7) as usize;
        let costs = &mut self.costs[bucket];
        for (cost, length) in costs.iter_mut().zip(&Self::LENGTHS[usize::from(difference)]) {
            *cost += 8 * u32::from(*length);
        }
        let least = costs[..BPC as usize].iter().fold(u32::MAX, |least, &cost| least.min(cost));
        if least >> 3 > trigger {
            costs.iter_mut().for_each(|cost| *cost = *cost >> 1 & !7 | *cost & 7);
        }
        let best = 7 - (least & 7);
        if u32::from(self.chosen[bucket]) != best {
            self.choose(bucket, best as usize);
        }
    }

    #[cold]
    #[inline(never)]
    fn choose(&mut self, bucket: usize, best: usize) {
        self.chosen[bucket & 7] = best as u8;
        // A bucket holds the contexts with the same logarithm of context + 1; the last holds the one above as well.
        let first = (1 << bucket) - 1;
        let end = if bucket + 1 == BPC as usize { 1 << BPC } else { 2 * first + 1 };
        for context in first..end {
            self.table[usize::from(code::unfold::<BPC>(context))] = &code::codes::<BPC>()[best & 7];
        }
    }

    /// Bits that each code needs for each difference.
    const LENGTHS: [[u8; 8]; 256] = {
        let mut lengths = [[0; 8]; 256];
        let mut difference = 0;
        while difference < 1 << BPC {
            let mut l = 0;
            while l < BPC {
                let length = code::length(BPC, l, code::fold::<BPC>(difference as u8));
                lengths[difference][l as usize] = length as u8;
                l += 1;
            }
            difference += 1;
        }
        lengths
    };
}
