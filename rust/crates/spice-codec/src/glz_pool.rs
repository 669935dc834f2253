//! Buffers of freed GLZ pictures, for the next ones.

/// Buffers that wait for use: a fresh one of 8 MB costs more page faults than a scrolled screen costs to decode.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    buffers: Vec<Vec<u32>>,
    pixels: usize,
}

impl Pool {
    /// Pixels of all buffers.
    pub(crate) fn pixels(&self) -> usize {
        self.pixels
    }

    /// A buffer of `pixels` pixels with any content.
    pub(crate) fn take(&mut self, pixels: usize) -> Vec<u32> {
        let fits = |capacity: usize| capacity >= pixels && capacity - pixels <= pixels / 4;
        let best = self.buffers.iter().enumerate().filter(|(_, buffer)| fits(buffer.capacity()));
        let Some((index, _)) = best.min_by_key(|(_, buffer)| buffer.capacity()) else {
            return vec![0; pixels];
        };
        let mut buffer = self.buffers.swap_remove(index);
        self.pixels -= buffer.capacity();
        buffer.resize(pixels, 0);
        buffer
    }

    /// Keeps `buffer` if it is worth it and all buffers together stay within `most` pixels.
    pub(crate) fn give(&mut self, buffer: Vec<u32>, most: usize) {
        let worth = buffer.capacity() >= SMALLEST && self.buffers.len() < MOST_BUFFERS;
        if worth && self.pixels + buffer.capacity() <= most {
            self.pixels += buffer.capacity();
            self.buffers.push(buffer);
        }
    }

    /// Drops buffers, the oldest first, until all together have at most `most` pixels.
    pub(crate) fn shrink(&mut self, most: usize) {
        let mut drop = 0;
        while self.pixels > most && drop < self.buffers.len() {
            self.pixels -= self.buffers[drop].capacity();
            drop += 1;
        }
        self.buffers.drain(..drop);
    }
}

/// Smaller buffers come from the allocator's own lists without a page fault.
const SMALLEST: usize = 16 << 10;

/// So that looking through them stays cheap.
const MOST_BUFFERS: usize = 32;
