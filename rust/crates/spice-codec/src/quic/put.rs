//! The bit stream being written: the reverse of [`super::bits`].

/// Whole words of the row at hand, and the bits behind them.
#[derive(Default)]
pub(super) struct Put {
    words: Vec<u32>,
    state: State,
}

/// Where a stream stands; small, so that it is kept in registers while a row is written.
///
/// INVARIANT: the lowest `count` bits of `pending` are those that no word holds yet, `count` is below 32; `at` is the
/// number of words.
#[derive(Default, Clone, Copy)]
pub(super) struct State {
    pub(super) at: usize,
    pub(super) pending: u64,
    pub(super) count: u32,
}

impl Put {
    /// Begin a stream whose rows need no more than `words` words.
    pub(super) fn begin(&mut self, words: usize) {
        self.words.resize(words, 0);
        self.state = State::default();
    }

    /// Room for words and the state to go on from; [`Put::resume`] takes it back.
    #[inline(always)]
    pub(super) fn lend(&mut self) -> (&mut [u32], State) {
        (&mut self.words, self.state)
    }

    /// Go on behind what the borrower wrote.
    #[inline(always)]
    pub(super) fn resume(&mut self, state: State) {
        self.state = state;
    }

    /// Append the whole words to `out` and forget them.
    pub(super) fn drain(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(bytemuck::cast_slice(&self.words[..self.state.at]));
        self.state.at = 0;
    }

    /// End the stream as the reference does: zeros up to a word's end, then one word more.
    pub(super) fn end(&mut self, out: &mut Vec<u8>) {
        self.state.put(&mut self.words, 0, (32 - self.state.count) % 32);
        self.state.put(&mut self.words, 0, 32);
        self.drain(out);
    }
}

impl State {
    /// Write `number` in `length` bits, 32 at most.
    #[inline(always)]
    pub(super) fn put(&mut self, words: &mut [u32], number: u64, length: u32) {
        self.pending = self.pending.wrapping_shl(length) | number;
        self.passed(words, length);
    }

    /// Account for `length` bits that were put behind the pending ones, 32 at most.
    #[inline(always)]
    pub(super) fn passed(&mut self, words: &mut [u32], length: u32) {
        let count = self.count + length;
        // Without a branch: something is always written, and passed if it is a whole word. What stands above the
        // counted bits is left there and falls out in time.
        words[self.at] = self.pending.wrapping_shr(count.wrapping_sub(32)) as u32;
        self.at += (count >> 5) as usize;
        self.count = count & 31;
    }
}
