//! The adaptive model of one component: which code to use after which difference.

use super::code::{self, Code};

/// Counts, for each bucket of contexts, what each code would have cost, and knows the cheapest.
pub(super) struct Model<T: Code, const BPC: u32> {
    /// The code in use after each difference; fixed size, so that a byte indexes it without a check. Holds only from
    /// [`Model::settle`] on.
    table: [&'static T; 256],
    /// Counters are halved before they could overflow: the smallest is at most a trigger, and a code costs at most
    /// 26 times another. Small and signed, since every processor finds the least of such ones at once; those of codes
    /// that do not exist are never the least.
    costs: [[i16; 8]; 8],
    chosen: [u8; 8],
}

impl<T: Code, const BPC: u32> Model<T, BPC> {
    /// A model that knows nothing: every context uses the code that writes plain numbers.
    pub(super) fn new() -> Self {
        let chosen = BPC as usize - 1;
        let costs = std::array::from_fn(|code| if code <= chosen { 0 } else { i16::MAX });
        Self { table: [&T::all::<BPC>()[chosen]; 256], costs: [costs; 8], chosen: [chosen as u8; 8] }
    }

    /// The code for a pixel whose neighbour had the difference `context`.
    #[inline(always)]
    pub(super) fn code(&self, context: u8) -> &'static T {
        self.table[usize::from(context)]
    }

    /// The same before [`Model::settle`].
    #[inline(always)]
    pub(super) fn unsettled_code(&self, context: u8) -> &'static T {
        let bucket = Self::BUCKETS[usize::from(context)] & 7;
        &T::all::<BPC>()[usize::from(self.chosen[usize::from(bucket)] & 7)]
    }

    /// Learn that `difference` came after `context`; tells the bucket and its best code.
    #[inline(always)]
    fn learn(&mut self, context: u8, difference: u8, trigger: i16) -> (usize, u8) {
        let bucket = usize::from(Self::BUCKETS[usize::from(context)] & 7);
        let mut costs = self.costs[bucket];
        for (cost, length) in costs.iter_mut().zip(&Self::LENGTHS[usize::from(difference)]) {
            *cost += i16::from(*length);
        }
        // The low 3 bits tell the code, counted from the last, which makes the larger code win a tie.
        let ranks: [i16; 8] = std::array::from_fn(|code| costs[code].min(RANKED) << 3 | (7 - code as i16));
        let least = ranks.iter().fold(i16::MAX, |least, &rank| least.min(rank));
        if least >> 3 > trigger {
            costs.iter_mut().for_each(|cost| *cost >>= 1);
            costs[BPC as usize..].fill(i16::MAX);
        }
        self.costs[bucket] = costs;
        (bucket, 7 - (least & 7) as u8)
    }

    /// Learn that `difference` came after `context`, before [`Model::settle`].
    #[inline(always)]
    pub(super) fn update_unsettled(&mut self, context: u8, difference: u8, trigger: i16) {
        let (bucket, best) = self.learn(context, difference, trigger);
        self.chosen[bucket] = best;
    }

    /// Learn that `difference` came after `context`.
    #[inline(never)]
    pub(super) fn update(&mut self, context: u8, difference: u8, trigger: i16) {
        let (bucket, best) = self.learn(context, difference, trigger);
        if self.chosen[bucket] != best {
            self.choose(bucket, best as usize);
        }
    }

    /// Fill the table: from now on, samples are rare, and looking up codes counts more than choosing them.
    #[cold]
    #[inline(never)]
    pub(super) fn settle(&mut self) {
        for bucket in 0..BPC as usize {
            self.choose(bucket, usize::from(self.chosen[bucket]));
        }
    }

    #[cold]
    #[inline(never)]
    fn choose(&mut self, bucket: usize, best: usize) {
        self.chosen[bucket & 7] = best as u8;
        let first = (1 << bucket) - 1;
        let end = if bucket + 1 == BPC as usize { 1 << BPC } else { 2 * first + 1 };
        for context in first..end {
            self.table[usize::from(code::unfold::<BPC>(context))] = &T::all::<BPC>()[best & 7];
        }
    }

    /// The bucket of each context: the logarithm of context + 1, but the last holds the one above as well.
    const BUCKETS: [u8; 256] = {
        let mut buckets = [0; 256];
        let mut context = 0;
        while context < 1 << BPC {
            let bucket = (code::fold::<BPC>(context as u8) + 1).ilog2();
            buckets[context] = if bucket < BPC { bucket } else { BPC - 1 } as u8;
            context += 1;
        }
        buckets
    };

    /// Bits that each code needs for each difference; none for codes that do not exist.
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

/// Costs above this are never the least, which is at most a trigger and a code's length.
const RANKED: i16 = i16::MAX >> 3;
