//! The images that a client keeps for us, in the measure that it allows (`protocol.md` 2.5 and 5.5).
//!
//! Several displays of a client may share one cache there. Here each has a gallery of its own: ids are unique in the whole
//! process, a display refers only to what it has sent itself, and each gets its part of the client's allowance. So nothing
//! ever waits for another channel.

use std::collections::{BTreeMap, HashMap};

/// What a client keeps.
#[derive(Debug)]
pub(crate) struct Gallery {
    /// Pixels that may be kept.
    allowance: usize,
    kept: HashMap<u128, Kept>,
    /// Fingerprints by when they were used last.
    used: BTreeMap<u64, u128>,
    pixels: usize,
    /// Uses so far.
    clock: u64,
}

#[derive(Debug, Clone, Copy)]
struct Kept {
    id: u64,
    pixels: usize,
    used: u64,
}

/// Pixels of an image that is worth keeping: below, it costs no less to name it than to send it; above, it would cost many
/// others their place, and hardly ever comes again.
const WORTH: std::ops::RangeInclusive<usize> = 1024..=1 << 17;

/// How much is forgotten at once when there is no room, as a part of the allowance, so that it need not be said too often.
const AT_ONCE: usize = 8;

impl Gallery {
    /// A gallery for a client that keeps so many pixels.
    pub(crate) fn new(allowance: usize) -> Self {
        let (kept, used) = (HashMap::new(), BTreeMap::new());
        Self { allowance, kept, used, pixels: 0, clock: 0 }
    }

    /// Whether an image of so many pixels may be kept.
    pub(crate) fn takes(&self, pixels: usize) -> bool {
        WORTH.contains(&pixels) && pixels * AT_ONCE <= self.allowance
    }

    /// The id of an image that the client has.
    pub(crate) fn find(&mut self, print: u128) -> Option<u64> {
        let kept = self.kept.get_mut(&print)?;
        self.used.remove(&kept.used);
        self.clock += 1;
        kept.used = self.clock;
        self.used.insert(self.clock, print);
        Some(kept.id)
    }

    /// The client will keep an image. The ids of those that it must forget before that.
    pub(crate) fn keep(&mut self, print: u128, id: u64, pixels: usize) -> Vec<u64> {
        let forgotten = match self.pixels + pixels > self.allowance {
            true => self.make_room(pixels + self.allowance / AT_ONCE),
            false => Vec::new(),
        };
        self.clock += 1;
        self.pixels += pixels;
        self.used.insert(self.clock, print);
        self.kept.insert(print, Kept { id, pixels, used: self.clock });
        forgotten
    }

    /// Forgets what was used least lately, until there is room for so many pixels.
    fn make_room(&mut self, room: usize) -> Vec<u64> {
        let mut forgotten = Vec::new();
        while self.pixels + room > self.allowance && forgotten.len() < usize::from(u16::MAX) {
            let Some((_, print)) = self.used.pop_first() else { break };
            if let Some(kept) = self.kept.remove(&print) {
                self.pixels -= kept.pixels;
                forgotten.push(kept.id);
            }
        }
        forgotten
    }
}
