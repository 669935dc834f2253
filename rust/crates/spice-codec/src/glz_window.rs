//! The GLZ window: decoded pictures that later ones refer to.
//!
//! Pictures carry consecutive ids, over all displays of a session together, and come on several connections, so a lower id
//! may come after a higher one. Below the lowest id that is still missing, the *gap*, pictures are *settled*: each says
//! how far back references still go, and what is older is freed. Pictures above the gap are *early*; they free nothing,
//! since the missing ones may refer to anything.
//!
//! A server keeps all that it may refer to within the window which the client announced, so settled pictures fit into
//! it always; if they do not, the oldest are forgotten. How far displays run ahead of each other is bounded by nobody but
//! us: early pictures get as much room again, and beyond that they wait for the gap. The picture at the gap never waits, so
//! waiting ends.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use spice_wire::limits::Limits;

use crate::glz::{Header, Picture};
use crate::glz_pool::Pool;
use crate::{Error, ErrorKind, Result};

/// The pictures of one session that GLZ data may refer to, shared by all its displays.
///
/// INVARIANT: settled and early pictures have at most `capacity` pixels each, and at most `capacity / 8` entries each.
#[derive(Debug)]
pub struct Window {
    /// Pictures with ids from `oldest` to below the gap, none missing.
    settled: VecDeque<Slot>,
    oldest: u64,
    settled_pixels: usize,
    /// Pictures below this id were freed although the server may refer to them.
    forgotten: u64,
    /// Pictures above the gap.
    early: BTreeMap<u64, Slot>,
    early_pixels: usize,
    pool: Pool,
    capacity: usize,
}

/// What is known of an id that has come.
#[derive(Debug)]
struct Slot {
    /// The lowest id that this picture and later ones may refer to.
    head: u64,
    /// `None` where the data could not be decoded or never came.
    picture: Option<Arc<Picture>>,
}

impl Window {
    /// An empty window, as large as `limits` say (and the display channel's INIT announces).
    pub fn new(limits: &Limits) -> Self {
        Self {
            settled: VecDeque::new(),
            oldest: 0,
            settled_pixels: 0,
            forgotten: 0,
            early: BTreeMap::new(),
            early_pixels: 0,
            pool: Pool::default(),
            capacity: limits.glz_window_pixels,
        }
    }

    /// Forgets all pictures, so that the next has id 0 again; their buffers wait for new ones.
    pub fn clear(&mut self) {
        while self.free_oldest() {}
        self.early_pixels = 0;
        for slot in std::mem::take(&mut self.early).into_values() {
            self.recycle_slot(slot);
        }
        (self.oldest, self.forgotten) = (0, 0);
    }

    /// The lowest id that has not come yet.
    pub fn gap(&self) -> u64 {
        self.oldest + self.settled.len() as u64
    }

    /// Declares that the picture `id` will never come, because the connection that should bring it has ended.
    ///
    /// Whoever waits for it gets an error when trying again. Nothing happens where `id` has come already.
    pub fn give_up(&mut self, id: u64) {
        self.lose(id, 0);
    }

    /// Pixels held in memory, pooled buffers included.
    pub fn pixels(&self) -> usize {
        self.settled_pixels + self.early_pixels + self.pool.pixels()
    }

    /// Ids that are remembered, with or without a picture.
    pub fn entries(&self) -> usize {
        self.settled.len() + self.early.len()
    }

    /// A buffer for the picture with this header, once the rules of the window admit it.
    pub(crate) fn admit(&mut self, header: &Header) -> Result<Vec<u32>> {
        let (gap, pixels) = (self.gap(), header.pixels());
        if header.id < gap || self.early.contains_key(&header.id) {
            return Err(refused(ErrorKind::Corrupt, "picture id came twice"));
        }
        if pixels > self.capacity {
            return Err(refused(ErrorKind::Limit, "picture larger than the window"));
        }
        if header.id > gap {
            let full = self.early_pixels + pixels > self.capacity || self.early.len() >= self.most_entries();
            if full {
                return Err(refused(ErrorKind::Missing(gap), "too far ahead of a missing picture"));
            }
        } else {
            // Nothing below is missing, so nothing older than the head can be referred to any more.
            self.free_below(header.head);
            self.forget_surplus(pixels);
        }
        let buffer = self.pool.take(pixels);
        self.pool.shrink(self.capacity.saturating_sub(self.settled_pixels + self.early_pixels + pixels));
        Ok(buffer)
    }

    /// Puts a decoded picture into its place.
    pub(crate) fn keep(&mut self, header: &Header, picture: Arc<Picture>) {
        self.insert(header.id, Slot { head: header.head, picture: Some(picture) });
    }

    /// Notes that the picture with this header came but could not be decoded, so that nobody waits for it.
    pub(crate) fn fail(&mut self, header: &Header) {
        self.lose(header.id, header.head);
    }

    /// Takes back the buffer of a picture that was not decoded.
    pub(crate) fn recycle(&mut self, buffer: Vec<u32>) {
        let held = self.settled_pixels + self.early_pixels;
        self.pool.give(buffer, self.capacity.saturating_sub(held));
    }

    /// The picture `id`, which is lower than that of the picture that refers to it.
    pub(crate) fn picture(&self, id: u64) -> Result<&Picture> {
        let Some(index) = id.checked_sub(self.oldest) else {
            if id < self.forgotten {
                return Err(refused(ErrorKind::Limit, "reference beyond the window"));
            }
            return Err(refused(ErrorKind::Corrupt, "reference to a freed picture"));
        };
        let settled = usize::try_from(index).ok().and_then(|index| self.settled.get(index));
        let Some(slot) = settled.or_else(|| self.early.get(&id)) else {
            return Err(refused(ErrorKind::Missing(id), "reference to a picture that has not come"));
        };
        slot.picture.as_deref().ok_or(refused(ErrorKind::Corrupt, "reference to a picture that failed"))
    }

    fn lose(&mut self, id: u64, head: u64) {
        let known = id < self.gap() || self.early.contains_key(&id);
        let full = id > self.gap() && self.early.len() >= self.most_entries();
        if !known && !full {
            self.insert(id, Slot { head, picture: None });
        }
    }

    fn insert(&mut self, id: u64, slot: Slot) {
        let pixels = slot.pixels();
        if id != self.gap() {
            self.early_pixels += pixels;
            self.early.insert(id, slot);
            return;
        }
        let mut head = slot.head;
        self.settled_pixels += pixels;
        self.settled.push_back(slot);
        while let Some(slot) = self.early.remove(&self.gap()) {
            self.early_pixels -= slot.pixels();
            self.settled_pixels += slot.pixels();
            head = slot.head;
            self.settled.push_back(slot);
        }
        self.free_below(head);
        self.forget_surplus(0);
    }

    fn free_below(&mut self, head: u64) {
        while self.oldest < head && self.free_oldest() {}
    }

    /// Makes room for a picture of `pixels` pixels where the server keeps more than the window, which none may.
    fn forget_surplus(&mut self, pixels: usize) {
        while self.settled_pixels + pixels > self.capacity || self.settled.len() > self.most_entries() {
            if !self.free_oldest() {
                return;
            }
            self.forgotten = self.oldest;
        }
    }

    fn free_oldest(&mut self) -> bool {
        let Some(slot) = self.settled.pop_front() else { return false };
        self.oldest += 1;
        self.settled_pixels -= slot.pixels();
        self.recycle_slot(slot);
        true
    }

    /// Takes the buffer of a freed picture, unless somebody still draws from it or shows it.
    fn recycle_slot(&mut self, slot: Slot) {
        if let Some(pixels) = slot.picture.and_then(Arc::into_inner).and_then(Picture::into_pixels) {
            self.recycle(pixels);
        }
    }

    /// Pictures of fewer than 8 pixels on average are refused: entries cost memory too. The reference server sends no
    /// picture below 54 bytes.
    fn most_entries(&self) -> usize {
        self.capacity / 8
    }
}

impl Slot {
    fn pixels(&self) -> usize {
        self.picture.as_ref().map_or(0, |picture| picture.pixels().len())
    }
}

const fn refused(kind: ErrorKind, what: &'static str) -> Error {
    Error::new(kind, "glz", what, 0)
}
