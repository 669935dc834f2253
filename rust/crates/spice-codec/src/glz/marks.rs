//! Where the units of many pictures stand.
//!
//! Every sixteenth place of all pictures is marked by a hash of the units that begin there. A search looks for marks at
//! every place that it comes to, so within sixteen units it meets one of what it reads, if that was anywhere before. So the
//! table is small, and marking costs little, also what repeats and is passed over by the search.

use crate::lz::unit::Unit;

/// The table. A mark is the number of its place, counted in sixteens over all pictures, and some bits of its hash. Marks of
/// pictures that are forgotten stay until they are written over: whatever they lead to is compared.
#[derive(Debug)]
pub(crate) struct Marks {
    table: Box<[u32; 1 << BITS]>,
}

impl Default for Marks {
    fn default() -> Self {
        Self { table: vec![0; 1 << BITS].try_into().expect("the length is that of the type") }
    }
}

impl Marks {
    /// Marks the places of `units` from `from` to below `to`; `from` and `start`, the place of the first of all, are
    /// multiples of [`EVERY`]. Gives where to go on.
    pub(crate) fn note<U: Unit>(&mut self, units: &[U], start: u64, from: usize, to: usize) -> usize {
        let mut at = from;
        while at < to.min(units.len().saturating_sub(EVERY)) {
            if let Some(hash) = U::mark(&units[at..]) {
                let number = (start + at as u64) / EVERY as u64;
                self.table[place(hash)] = (number as u32) << CHECK | check(hash);
            }
            at += EVERY;
        }
        at
    }

    /// A place before `at`, counted over all pictures, that could have the units that `ahead` begins with.
    #[inline(always)]
    pub(crate) fn look<U: Unit>(&self, ahead: &[U], at: u64) -> Option<u64> {
        let hash = U::mark(ahead)?;
        let mark = self.table[place(hash)];
        if mark & CHECKED != check(hash) {
            return None;
        }
        let now = at / EVERY as u64;
        let back = (now as u32).wrapping_sub(mark >> CHECK) & u32::MAX >> CHECK;
        Some(now.checked_sub(u64::from(back))? * EVERY as u64)
    }
}

fn place(hash: u64) -> usize {
    (hash >> (64 - BITS)) as usize
}

fn check(hash: u64) -> u32 {
    (hash >> (64 - BITS - CHECK)) as u32 & CHECKED
}

/// Units from one mark to the next.
pub(crate) const EVERY: usize = 16;

/// Marks of the table, as a power of two: half a megabyte, which the second cache holds.
const BITS: u32 = 17;

/// Bits of the hash in a mark. The others are enough for twice as many units as the largest window has.
const CHECK: u32 = 10;

const CHECKED: u32 = (1 << CHECK) - 1;
