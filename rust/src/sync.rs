//! Locks that a panic elsewhere does not poison: what they protect is valid after every step.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks `mutex`. Nothing that holds a lock here waits for the interpreter.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
