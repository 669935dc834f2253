//! How often it is worth looking for what has moved: not in every picture of a film.

/// Counts searches in vain. The more there were, the more pictures go by before the next one.
#[derive(Debug, Default)]
pub(crate) struct Patience {
    vain: u32,
    pause: u32,
}

/// Searches in vain that count. After as many, one picture of eight is searched: whoever begins to scroll waits for a fraction
/// of a second.
const MOST: u32 = 4;

impl Patience {
    /// Whether the next picture is to be searched.
    pub(crate) fn lasts(&self) -> bool {
        self.pause == 0
    }

    /// A picture was searched.
    pub(crate) fn searched(&mut self, found: bool) {
        self.vain = if found { 0 } else { (self.vain + 1).min(MOST) };
        self.pause = (1 << self.vain.saturating_sub(1)) - 1;
    }

    /// A picture went by in which something may have moved.
    pub(crate) fn passed(&mut self) {
        self.pause = self.pause.saturating_sub(1);
    }
}
