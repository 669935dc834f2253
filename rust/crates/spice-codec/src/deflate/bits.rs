//! Bits being written, the least significant first.

/// A stream of bits at the end of the caller's bytes.
///
/// INVARIANT: fewer than eight bits are pending, in the lowest places of `pending`; what lies behind `at` is spare room.
#[derive(Debug)]
pub(crate) struct Bits<'a> {
    out: &'a mut Vec<u8>,
    at: usize,
    pending: u64,
    count: u32,
}

impl<'a> Bits<'a> {
    /// A stream behind what `out` holds already.
    pub(crate) fn new(out: &'a mut Vec<u8>) -> Self {
        let at = out.len();
        Self { out, at, pending: 0, count: 0 }
    }

    /// Where the next whole byte goes.
    pub(crate) fn len(&self) -> usize {
        self.at
    }

    /// Makes room for so many bits.
    pub(crate) fn reserve(&mut self, bits: usize) {
        let needed = self.at + bits / 8 + 16;
        if self.out.len() < needed {
            self.out.resize(needed, 0);
        }
    }

    /// Writes the lowest `count` bits of `bits`, 56 at most; the others are 0, and there is room for eight bytes more.
    #[inline(always)]
    pub(crate) fn put(&mut self, bits: u64, count: u32) {
        self.pending |= bits << self.count;
        self.count += count;
        self.out[self.at..][..8].copy_from_slice(&self.pending.to_le_bytes());
        let whole = self.count / 8;
        self.at += whole as usize;
        self.pending >>= 8 * whole;
        self.count %= 8;
    }

    /// Fills the last byte up.
    pub(crate) fn align(&mut self) {
        self.put(0, (8 - self.count) % 8);
    }

    /// Writes whole bytes behind whole bytes.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.out.truncate(self.at);
        self.out.extend_from_slice(bytes);
        self.at = self.out.len();
    }

    /// Fills the last byte up and cuts off the spare room.
    pub(crate) fn end(mut self) {
        self.reserve(8);
        self.align();
        self.out.truncate(self.at);
    }
}
