//! What changed since when: a bounded record of the areas that were drawn on.

use std::collections::VecDeque;

use crate::region::{Area, Region};

/// Areas drawn on, by the version that they made.
///
/// INVARIANT: at most `EPOCHS` versions of at most `AREAS` areas each; what is older is "everything".
#[derive(Debug)]
pub struct History {
    epochs: VecDeque<Epoch>,
    /// The changes after this version are all known.
    known_since: u64,
}

#[derive(Debug)]
struct Epoch {
    version: u64,
    areas: Vec<Area>,
}

impl History {
    /// A record that starts with `version`, of which nobody knows how it came to be.
    pub fn starting_at(version: u64) -> Self {
        Self { epochs: VecDeque::new(), known_since: version }
    }

    /// Notes that `area` changed on the way to `version`, which never goes back.
    pub fn add(&mut self, version: u64, area: Area) {
        match self.epochs.back_mut() {
            Some(epoch) if epoch.version == version => epoch.add(area),
            _ => self.open(version, area),
        }
    }

    /// What changed after `version`, perhaps with pixels around it; `None` where that is not known any more.
    pub fn since(&self, version: u64) -> Option<Region> {
        if version < self.known_since {
            return None;
        }
        let newer = self.epochs.iter().rev().take_while(|epoch| epoch.version > version);
        let areas = newer.flat_map(|epoch| epoch.areas.iter().copied());
        let mut region = Region::of(areas, EPOCHS * AREAS)?;
        region.coarsen(AREAS * 2);
        Some(region)
    }

    fn open(&mut self, version: u64, area: Area) {
        let oldest = if self.epochs.len() >= EPOCHS { self.epochs.pop_front() } else { None };
        let mut areas = Vec::with_capacity(1);
        if let Some(oldest) = oldest {
            self.known_since = oldest.version;
            areas = oldest.areas;
            areas.clear();
        }
        areas.push(area);
        self.epochs.push_back(Epoch { version, areas });
    }
}

impl Epoch {
    fn add(&mut self, area: Area) {
        if self.areas.iter().rev().any(|known| known.contains(&area)) {
            return;
        }
        if self.areas.len() < AREAS {
            return self.areas.push(area);
        }
        let growth = |known: &Area| known.bounding(&area).pixels().saturating_sub(known.pixels());
        if let Some(nearest) = self.areas.iter_mut().min_by_key(|known| growth(known)) {
            *nearest = nearest.bounding(&area);
        }
    }
}

/// Versions remembered: a reader that comes once a second at 60 versions a second still learns what changed.
const EPOCHS: usize = 64;

/// Areas of one version; more are merged with the one that grows least.
const AREAS: usize = 32;
