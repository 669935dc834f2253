//! What the server asks to remember: images for the whole session, palettes for one display.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use spice_codec::PixelFormat;
use spice_wire::Limits;

use crate::error::{Error, ErrorKind, Result};
use crate::picture::Picture;

/// Images by id. The server keeps account and says what to forget; we never forget by ourselves.
#[derive(Debug)]
pub struct ImageCache {
    entries: HashMap<u64, Entry>,
    cost: usize,
    most: usize,
}

#[derive(Debug)]
struct Entry {
    picture: Picture,
    lossy: bool,
}

impl ImageCache {
    /// An empty cache of the size that the display channel's INIT announces.
    pub fn new(limits: &Limits) -> Self {
        Self { entries: HashMap::new(), cost: 0, most: limits.cache_pixels.saturating_mul(SLACK) }
    }

    /// Remembers a picture, in place of the one that had the id before.
    ///
    /// # Errors
    /// When the server stores more than it was told to; the id is then not remembered.
    pub fn put(&mut self, id: u64, picture: Picture, lossy: bool) -> Result<()> {
        self.forget(id);
        let cost = cost(&picture);
        if self.cost.saturating_add(cost) > self.most {
            let what = format!("image cache of {} pixels is full", self.most / SLACK);
            return Err(Error::new(ErrorKind::Limit, what));
        }
        self.cost += cost;
        self.entries.insert(id, Entry { picture, lossy });
        Ok(())
    }

    /// The picture with this id.
    pub fn picture(&self, id: u64) -> Result<Picture> {
        let missing = || Error::new(ErrorKind::NotCached(id), format!("image {id:#x} is not in the cache"));
        self.entries.get(&id).map(|entry| entry.picture.clone()).ok_or_else(missing)
    }

    /// The picture with this id, unless it is still missing or lossy.
    pub fn lossless(&self, id: u64) -> Option<Picture> {
        self.entries.get(&id).filter(|entry| !entry.lossy).map(|entry| entry.picture.clone())
    }

    /// Forgets one picture.
    pub fn forget(&mut self, id: u64) {
        if let Some(entry) = self.entries.remove(&id) {
            self.cost -= cost(&entry.picture);
        }
    }

    /// Forgets all pictures.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.cost = 0;
    }

    /// Pixels of all pictures, with what each costs besides.
    pub fn pixels(&self) -> usize {
        self.cost
    }

    /// Number of pictures.
    pub fn count(&self) -> usize {
        self.entries.len()
    }
}

fn cost(picture: &Picture) -> usize {
    picture.bounds().pixels().saturating_add(ENTRY)
}

/// Palettes by id, the oldest forgotten where the server does not keep to its own limit.
#[derive(Debug)]
pub struct PaletteCache {
    palettes: HashMap<u64, Arc<[u32]>>,
    order: VecDeque<u64>,
    most: usize,
}

impl PaletteCache {
    /// An empty cache.
    pub fn new(limits: &Limits) -> Self {
        Self { palettes: HashMap::new(), order: VecDeque::new(), most: limits.palettes.saturating_mul(SLACK) }
    }

    /// Remembers a palette.
    pub fn put(&mut self, id: u64, palette: Arc<[u32]>) {
        if self.palettes.insert(id, palette).is_none() {
            self.order.push_back(id);
        }
        if self.order.len() > self.most
            && let Some(oldest) = self.order.pop_front()
        {
            self.palettes.remove(&oldest);
        }
    }

    /// The palette with this id.
    pub fn palette(&self, id: u64) -> Result<Arc<[u32]>> {
        let missing = || Error::new(ErrorKind::NoPalette(id), format!("palette {id:#x} is not in the cache"));
        self.palettes.get(&id).cloned().ok_or_else(missing)
    }

    /// Forgets one palette.
    pub fn forget(&mut self, id: u64) {
        if self.palettes.remove(&id).is_some() {
            self.order.retain(|&other| other != id);
        }
    }

    /// Forgets all palettes.
    pub fn clear(&mut self) {
        self.palettes.clear();
        self.order.clear();
    }
}

/// Whether pictures of this meaning can serve as masks.
pub fn is_coverage(picture: &Picture) -> bool {
    picture.format() == PixelFormat::A8
}

/// The server counts when it sends, we when it arrives on one of several channels: for a while we may hold more.
const SLACK: usize = 2;

/// What an entry costs besides its pixels, counted in pixels, so that tiny images are bounded too.
const ENTRY: usize = 16;
