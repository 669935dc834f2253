//! Bits being written, most significant first, into 32-bit words.

/// Whole words that nobody has taken yet, and the bits behind them.
#[derive(Default)]
pub(crate) struct Put {
    words: Vec<u32>,
    state: State,
}

/// Where a stream stands. Two numbers, so that functions take and give it in registers.
///
/// INVARIANT: of the `place` bits that were written since the last [`Put::take`], whole words are there; the lowest bits
/// of `pending` are those behind them. What stands above those is of no account.
#[derive(Default, Clone, Copy)]
pub(crate) struct State {
    pub(crate) pending: u64,
    place: u64,
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
        let count = self.state.place / 32;
        self.state.place %= 32;
        &self.words[..count as usize]
    }

    /// Write zeros or ones up to a word's end; gives how many there are.
    pub(crate) fn fill(&mut self, bit: bool) -> u32 {
        let length = (32 - self.state.place as u32 % 32) % 32;
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
    /// Write `number` in `length` bits, 32 at most.
    #[inline(always)]
    pub(crate) fn put(&mut self, words: &mut [u32], number: u64, length: u32) {
        self.pending = self.pending.wrapping_shl(length) | number;
        self.passed(words, length);
    }

    /// Account for `length` bits that were put behind the pending ones, 32 at most.
    #[inline(always)]
    pub(crate) fn passed(&mut self, words: &mut [u32], length: u32) {
        let count = (self.place & 31) as u32 + length;
        // Without a branch: something is always written, and written again if it was no whole word.
        words[(self.place >> 5) as usize] = self.pending.wrapping_shr(count.wrapping_sub(32)) as u32;
        self.place += u64::from(length);
    }
}
