//! What coding needs beside the picture: encoders, buffers, and what is known of their costs. All views share it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::coding::Coders;
use crate::costs::Costs;

/// Encoders and buffers that wait for work.
#[derive(Default)]
pub(crate) struct Workshop {
    coders: Mutex<Vec<Coders>>,
    buffers: Mutex<Vec<Vec<u32>>>,
    costs: Mutex<Costs>,
}

/// Encoders kept; so many threads seldom code at once.
const CODERS: usize = 8;
/// Pixels of the buffers kept, all together.
const PIXELS: usize = 1 << 22;

impl Workshop {
    /// Calls `work` with encoders that nobody else uses meanwhile.
    pub(crate) fn with_coders<T>(&self, work: impl FnOnce(&mut Coders) -> T) -> T {
        let idle = lock(&self.coders).pop();
        let mut coders = idle.unwrap_or_default();
        let result = work(&mut coders);
        let mut idle = lock(&self.coders);
        if idle.len() < CODERS {
            idle.push(coders);
        }
        result
    }

    /// An empty buffer, with room for some pixels if possible.
    pub(crate) fn buffer(&self, pixels: usize) -> Vec<u32> {
        let mut buffers = lock(&self.buffers);
        let fits = buffers.iter().rposition(|buffer| buffer.capacity() >= pixels);
        let last = buffers.len().checked_sub(1);
        let mut buffer = fits.or(last).map(|index| buffers.swap_remove(index)).unwrap_or_default();
        buffer.clear();
        buffer.reserve(pixels);
        buffer
    }

    /// Takes a buffer back.
    pub(crate) fn give(&self, buffer: Vec<u32>) {
        let mut buffers = lock(&self.buffers);
        let kept: usize = buffers.iter().map(Vec::capacity).sum();
        if buffer.capacity() > 0 && kept + buffer.capacity() <= PIXELS {
            buffers.push(buffer);
        }
    }

    /// What codings have cost.
    pub(crate) fn costs(&self) -> MutexGuard<'_, Costs> {
        lock(&self.costs)
    }
}

impl std::fmt::Debug for Workshop {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Workshop").finish_non_exhaustive()
    }
}

/// What is locked here is valid after every step, so that a panic elsewhere does not matter.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
