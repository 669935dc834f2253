//! Pieces that several views may want, so that each is coded once.

use std::collections::VecDeque;
use std::sync::Arc;

use spice_canvas::Area;

use crate::piece::Piece;
use crate::policy::Choice;
use crate::shadow::Shadow;
use crate::workshop::Workshop;

/// Pieces kept at most; each view wants a few dozen at a time.
const MOST: usize = 64;

/// Pieces that were made last.
#[derive(Debug, Default)]
pub(crate) struct Store {
    pieces: VecDeque<Entry>,
    pixels: usize,
}

#[derive(Debug)]
struct Entry {
    /// The newest change of what it shows.
    version: u64,
    piece: Arc<Piece>,
}

impl Store {
    /// The piece of an area as it is now. `shared` says whether others may want it too.
    pub(crate) fn piece(
        &mut self,
        shadow: &Shadow,
        area: Area,
        choice: Choice,
        workshop: &Arc<Workshop>,
        shared: bool,
    ) -> Arc<Piece> {
        let version = shadow.newest(area);
        let wanted = |entry: &&Entry| {
            let piece = &entry.piece;
            entry.version == version && piece.area() == area && piece.choice().coding == choice.coding
        };
        if let Some(entry) = self.pieces.iter().find(wanted) {
            return Arc::clone(&entry.piece);
        }
        let piece = Arc::new(Piece::of(shadow, area, choice, workshop));
        match shared {
            true => self.keep(shadow, Entry { version, piece: Arc::clone(&piece) }),
            false => self.clear(),
        }
        piece
    }

    /// Forgets all pieces: nobody will ask for them again.
    pub(crate) fn clear(&mut self) {
        self.pieces.clear();
        self.pixels = 0;
    }

    /// Keeps a piece, and no more than would fill the screen twice.
    fn keep(&mut self, shadow: &Shadow, entry: Entry) {
        self.pixels += entry.piece.area().pixels();
        self.pieces.push_back(entry);
        while self.pieces.len() > MOST || self.pixels > 2 * shadow.bounds().pixels() {
            let Some(oldest) = self.pieces.pop_front() else { break };
            self.pixels -= oldest.piece.area().pixels();
        }
    }
}
