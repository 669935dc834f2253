//! Ciphertext that is still to be sent.

use std::ops::Range;

/// Ciphertext. Its memory stays as it is when bytes leave: making room anew would mean to clear it each time.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    /// Only `range` of it counts.
    memory: Vec<u8>,
    range: Range<usize>,
}

impl Outbox {
    /// Lets `fill` write into `room` bytes behind what waits; it gives how many of them count.
    pub(crate) fn append<E>(
        &mut self,
        room: usize,
        fill: impl FnOnce(&mut [u8]) -> Result<usize, E>,
    ) -> Result<(), E> {
        let end = self.range.end + room;
        if self.memory.len() < end {
            self.memory.resize(end, 0);
        }
        self.range.end += fill(&mut self.memory[self.range.end..end])?.min(room);
        Ok(())
    }

    /// What waits.
    pub(crate) fn held(&self) -> &[u8] {
        &self.memory[self.range.clone()]
    }

    /// Forgets the first `count` bytes.
    pub(crate) fn discard(&mut self, count: usize) {
        self.range.start = (self.range.start + count).min(self.range.end);
        if self.range.is_empty() {
            self.range = 0..0;
        }
    }
}
