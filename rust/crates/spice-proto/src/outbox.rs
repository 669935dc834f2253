//! Bytes on their way out, in as few pieces as possible and with as few copies.

use std::collections::VecDeque;

use bytes::{Buf, Bytes};

/// Parts from this size on are handed on as they are; smaller ones are cheaper to copy than to write apart.
const WORTH_SHARING: usize = 16 << 10;

/// What waits to be written.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    done: VecDeque<Bytes>,
    /// Bytes behind all of `done`.
    open: Vec<u8>,
    length: usize,
    /// Bytes in front of the message that was begun last.
    before_last: usize,
}

impl Outbox {
    /// What is appended from now on is a message of its own.
    pub(crate) fn begin(&mut self) {
        self.before_last = self.length;
    }

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
        self.done.push_back(part.clone());
    }

    /// Bytes that wait.
    pub(crate) fn len(&self) -> usize {
        self.length
    }

    /// Everything, in order.
    pub(crate) fn take(&mut self) -> Vec<Bytes> {
        self.close();
        (self.length, self.before_last) = (0, 0);
        self.done.drain(..).collect()
    }

    /// Everything but the last message, in order; that too, if it is all there is.
    pub(crate) fn take_before_last(&mut self) -> Vec<Bytes> {
        let front = self.before_last;
        if front == 0 {
            return self.take();
        }
        self.close();
        let mut left = front;
        let front_of = |part: &Bytes| {
            let size = part.len().min(left);
            left = left.saturating_sub(size);
            part.slice(..size)
        };
        let taken = self.done.iter().map(front_of).filter(|part| !part.is_empty()).collect();
        self.gone(front);
        taken
    }

    /// Everything, in order, to be written without being taken. The last message begins a part.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &[u8]> {
        let mut front = self.before_last;
        self.done
            .iter()
            .map(|part| &part[..])
            .chain([self.open.as_slice()])
            .flat_map(move |part| {
                let (before, after) = part.split_at(front.min(part.len()));
                front = front.saturating_sub(before.len());
                [before, after]
            })
            .filter(|part| !part.is_empty())
    }

    /// The first `count` bytes have been written.
    pub(crate) fn gone(&mut self, count: usize) {
        self.length = self.length.saturating_sub(count);
        self.before_last = self.before_last.saturating_sub(count);
        if self.length == 0 {
            self.done.clear();
            self.open.clear();
            return;
        }
        self.close();
        let mut left = count;
        while let Some(front) = self.done.front_mut() {
            if front.len() > left {
                return front.advance(left);
            }
            left = left.saturating_sub(front.len());
            self.done.pop_front();
        }
    }

    fn close(&mut self) {
        if !self.open.is_empty() {
            self.done.push_back(Bytes::from(std::mem::take(&mut self.open)));
        }
    }
}
