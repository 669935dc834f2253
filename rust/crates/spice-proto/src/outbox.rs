//! Bytes on their way out, in as few pieces as possible and with as few copies.

use bytes::Bytes;

/// Parts from this size on are handed on as they are; smaller ones are cheaper to copy than to write apart.
const WORTH_SHARING: usize = 16 << 10;

/// What waits to be written.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    done: Vec<Bytes>,
    /// Bytes behind all of `done`.
    open: Vec<u8>,
    length: usize,
}

impl Outbox {
    /// Appends a copy.
    pub(crate) fn copy(&mut self, bytes: &[u8]) {
        self.length = self.length.saturating_add(bytes.len());
        self.open.extend_from_slice(bytes);
    }

    /// Appends the bytes themselves.
    pub(crate) fn share(&mut self, part: &Bytes) {
        if part.len() < WORTH_SHARING {
            return self.copy(part);
        }
        self.length = self.length.saturating_add(part.len());
        self.close();
        self.done.push(part.clone());
    }

    /// Bytes that wait.
    pub(crate) fn len(&self) -> usize {
        self.length
    }

    /// Everything, in order.
    pub(crate) fn take(&mut self) -> Vec<Bytes> {
        self.close();
        self.length = 0;
        std::mem::take(&mut self.done)
    }

    fn close(&mut self) {
        if !self.open.is_empty() {
            self.done.push(Bytes::from(std::mem::take(&mut self.open)));
        }
    }
}
