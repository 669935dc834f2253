//! Ciphertext that has come and is not deciphered yet, and room for more.

use std::ops::Range;

/// Bytes of room at first, and at most: few records at once cost a call for each few of them.
const ROOM_MIN: usize = 32 << 10;
const ROOM_MAX: usize = 256 << 10;

/// Ciphertext, deciphered in place.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    /// Only `range` of it counts.
    memory: Vec<u8>,
    range: Range<usize>,
    room: usize,
}

impl Inbox {
    /// Lets `receive` fill a part of the room behind what has come.
    pub(crate) fn fill<E>(
        &mut self,
        receive: impl FnOnce(&mut [u8]) -> Result<usize, E>,
    ) -> Result<usize, E> {
        self.room = self.room.max(ROOM_MIN);
        self.make_room(self.room);
        let room = &mut self.memory[self.range.end..];
        let (size, count) = (room.len(), receive(room)?);
        self.range.end += count.min(size);
        if count == size {
            self.room = (self.room * 2).min(ROOM_MAX);
        }
        Ok(count)
    }

    /// Adds bytes, by a copy.
    pub(crate) fn append(&mut self, bytes: &[u8]) {
        self.make_room(bytes.len());
        let end = self.range.end + bytes.len();
        self.memory[self.range.end..end].copy_from_slice(bytes);
        self.range.end = end;
    }

    /// What has come.
    pub(crate) fn held(&mut self) -> &mut [u8] {
        &mut self.memory[self.range.clone()]
    }

    /// Bytes that have come.
    pub(crate) fn len(&self) -> usize {
        self.range.len()
    }

    /// Forgets the first `count` bytes.
    pub(crate) fn discard(&mut self, count: usize) {
        self.range.start = (self.range.start + count).min(self.range.end);
        if self.range.is_empty() {
            self.range = 0..0;
        }
    }

    /// Sees to it that `count` bytes fit behind what has come. That is the beginning of one record, as a rule, and moves to the front.
    fn make_room(&mut self, count: usize) {
        if self.memory.len() - self.range.end >= count {
            return;
        }
        self.memory.copy_within(self.range.clone(), 0);
        self.range = 0..self.range.len();
        let size = self.range.end + count;
        if self.memory.len() < size {
            self.memory.resize(size, 0);
        }
    }
}
