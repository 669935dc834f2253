//! How fast a line takes what is sent, and so how much may wait for it.

/// Seconds for which what waits is to last: the line shall never be idle, and what waits shall not grow old.
const LASTS: f64 = 0.02;
/// Seconds that a measurement takes at least; below them it says more about the clock than about the line.
const MEASURE: f64 = 0.002;
/// How much a new measurement counts against those before it.
const WEIGHT: f64 = 0.3;
/// How much faster a line is taken to be when it took everything at once.
const HOPE: f64 = 1.25;

const LEAST: f64 = (32 << 10) as f64;
const MOST: f64 = (4 << 20) as f64;
/// Before anything is known.
const START: f64 = (256 << 10) as f64;
/// Bytes of new pictures at most: the newest is best, and a client that stops reading shall cost little.
const MOST_NEW: usize = 1 << 20;

/// What is known of the line to one peer. Times are seconds that never go back.
#[derive(Debug)]
pub struct Flow {
    /// Bytes a second.
    rate: f64,
    /// Since when the line has been full, and how much it has taken since.
    full: Option<(f64, f64)>,
}

impl Default for Flow {
    fn default() -> Self {
        Self { rate: START / LASTS, full: None }
    }
}

impl Flow {
    /// The line took `count` bytes at once; `left` more had to wait.
    pub fn sent(&mut self, now: f64, count: usize, left: usize) {
        match &mut self.full {
            Some((_, taken)) => *taken += count as f64,
            None if left == 0 => self.took_everything(count),
            None => {}
        }
        if let Some((since, taken)) = self.full
            && now - since >= MEASURE
        {
            self.rate += WEIGHT * (taken / (now - since) - self.rate);
            self.full = None;
        }
        if left == 0 {
            self.full = None;
        } else if self.full.is_none() {
            self.full = Some((now, 0.0));
        }
    }

    /// How many bytes may wait.
    pub fn ahead(&self) -> usize {
        (self.rate * LASTS).clamp(LEAST, MOST) as usize
    }

    /// How many bytes are worth making, once there is room for them.
    pub fn budget(&self) -> usize {
        self.ahead().saturating_mul(2).min(MOST_NEW)
    }

    fn took_everything(&mut self, count: usize) {
        if count as f64 * 2.0 >= self.rate * LASTS {
            self.rate = (self.rate * HOPE).min(MOST / LASTS);
        }
    }
}
