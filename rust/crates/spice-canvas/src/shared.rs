//! What the displays of one session have in common.

use std::sync::{Mutex, MutexGuard, PoisonError};

use spice_codec::glz::Window;
use spice_wire::Limits;

use crate::cache::ImageCache;

/// The image cache and the GLZ window of a session. No lock is held while anything waits.
#[derive(Debug)]
pub struct Shared {
    images: Mutex<ImageCache>,
    window: Mutex<Window>,
}

impl Shared {
    /// Both empty, as large as the display channel's INIT announces.
    pub fn new(limits: &Limits) -> Self {
        Self { images: Mutex::new(ImageCache::new(limits)), window: Mutex::new(Window::new(limits)) }
    }

    /// The image cache. A panic elsewhere cannot leave it half changed.
    pub(crate) fn images(&self) -> MutexGuard<'_, ImageCache> {
        self.images.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The GLZ window.
    pub(crate) fn window(&self) -> MutexGuard<'_, Window> {
        self.window.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Pixels in the cache; `Shared.cached_pixels` in Python.
    pub fn cached_pixels(&self) -> usize {
        self.images().pixels()
    }

    /// Pixels in the GLZ window; `Shared.glz_pixels` in Python.
    pub fn glz_pixels(&self) -> usize {
        self.window().pixels()
    }

    /// Images in the cache.
    pub fn cached_images(&self) -> usize {
        self.images().count()
    }
}
