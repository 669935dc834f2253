//! Bits being written, most significant first, into 32-bit words.

/// Whole words that nobody has taken yet, and the bits behind them.
#[derive(Default)]
pub(crate) struct Put {
    words: Vec<u32>,
    state: State,
}

/// Where a stream stands; small, so that it is kept in registers while a row is written.
///
/// INVARIANT: the lowest `count` bits of `pending` are those that no word holds yet, `count` is below 32; `at` is the
/// number of words.
#[derive(Default, Clone, Copy)]
pub(crate) struct State {
    pub(crate) at: usize,
    pub(crate) pending: u64,
    pub(crate) count: u32,
}

impl Put {
    /// Begin a stream of which no more than `words` words come before the next [`Put::take`].
    pub(crate) fn begin(&mut self, words: usize) {
        self.words.resize(words, 0);
        self.state = State::default();
    }

    /// Room for words and the state to go on from; [`Put::resume`] takes it back.
    #[inline(always)]
    pub(crate) fn lend(&mut self) -> (&mut [u32], State) {
        (&mut self.words, self.state)
    }

    /// Go on behind what the borrower wrote.
    #[inline(always)]
    pub(crate) fn resume(&mut self, state: State) {
        self.state = state;
    }

    /// Give the whole words and forget them.
    pub(crate) fn take(&mut self) -> &[u32] {
        &self.words[..std::mem::take(&mut self.state.at)]
    }

    /// Write zeros or ones up to a word's end; gives how many there are.
    pub(crate) fn fill(&mut self, bit: bool) -> u32 {
        let length = (32 - self.state.count) % 32;
        let number = if bit { (1 << length) - 1 } else { 0 };
        self.state.put(&mut self.words, number, length);
        length
    }

    /// Write a whole word, or what fits it together with the bits pending.
    pub(crate) fn put(&mut self, number: u32, length: u32) {
        self.state.put(&mut self.words, number.into(), length);
    }
}

impl State {
    /// A copy in variables of the function that calls this. What came as an argument stays in memory otherwise, since
    /// it is too large to come in registers.
    #[inline(always)]
    pub(crate) fn copied(self) -> Self {
        let Self { at, pending, count } = self;
        Self { at, pending, count }
    }

    /// Write `number` in `length` bits, 32 at most.
    #[inline(always)]
    pub(crate) fn put(&mut self, words: &mut [u32], number: u64, length: u32) {
        self.pending = self.pending.wrapping_shl(length) | number;
        self.passed(words, length);
    }

    /// Account for `length` bits that were put behind the pending ones, 32 at most.
    #[inline(always)]
    pub(crate) fn passed(&mut self, words: &mut [u32], length: u32) {
        let count = self.count + length;
        // Without a branch: something is always written, and passed if it is a whole word. What stands above the
        // counted bits is left there and falls out in time.
        words[self.at] = self.pending.wrapping_shr(count.wrapping_sub(32)) as u32;
        self.at += (count >> 5) as usize;
        self.count = count & 31;
    }
}
