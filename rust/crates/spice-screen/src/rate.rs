//! How good and how often the pictures of a video are, so that the client can take them.

use spice_wire::messages::display::StreamReport;

/// Qualities of JPEG that are used.
const BEST: u8 = 80;
const WORST: u8 = 20;
const STEP: u8 = 10;
/// Pictures a second.
const MOST: f64 = 30.0;
const LEAST: f64 = 1.0;
/// Part of the link that videos may use, and how much less it becomes when the client complains.
const SHARE: f64 = 0.8;
const LESS: f64 = 0.75;
const MORE: f64 = 1.1;
/// Seconds between improvements.
const PATIENCE: f64 = 1.0;
/// Milliseconds that a picture may come too late, and that it should come early.
const LATE: f64 = -15.0;
const EARLY: f64 = 40.0;
/// Most milliseconds that pictures are dated ahead.
const MOST_AHEAD: f64 = 1000.0;

/// The rate of one video.
#[derive(Debug)]
pub(crate) struct Rate {
    quality: u8,
    /// Pictures a second.
    frames: f64,
    /// Bytes of a picture, on average; 0 before the first.
    size: f64,
    /// Part of the link's speed.
    share: f64,
    /// When it became better or worse last.
    changed: f64,
    /// By how many milliseconds pictures are dated ahead, so that they come before they are to be shown.
    ahead: f64,
}

impl Rate {
    /// A rate to begin with, on a link of so many bytes a second, for pictures of so many pixels.
    pub(crate) fn new(link: f64, pixels: usize, now: f64) -> Self {
        // Photographs have about a quarter of a byte for a pixel.
        let affordable = SHARE * link / (pixels as f64 * 0.25);
        let quality = if affordable >= MOST {
            BEST
        } else if affordable >= MOST / 2.0 {
            50
        } else {
            WORST
        };
        let frames = affordable.clamp(LEAST, MOST);
        Self { quality, frames, size: 0.0, share: SHARE, changed: now, ahead: 2.0 * EARLY }
    }

    /// The quality of the next picture.
    pub(crate) fn quality(&self) -> u8 {
        self.quality
    }

    /// Seconds from one picture to the next.
    pub(crate) fn interval(&self) -> f64 {
        1.0 / self.frames
    }

    /// The media time of a picture that is sent now.
    pub(crate) fn stamp(&self, now: f64) -> u32 {
        // The media clock counts milliseconds and begins again after 2^32 of them.
        (now * 1000.0 + self.ahead) as i64 as u32
    }

    /// A picture of so many bytes was sent, over a link of so many bytes a second.
    pub(crate) fn sent(&mut self, bytes: usize, link: f64, now: f64) {
        let weight = if self.size == 0.0 { 1.0 } else { 1.0 / 3.0 };
        self.size += weight * (bytes as f64 - self.size);
        let affordable = self.share * link / self.size.max(1.0);
        if affordable < self.frames {
            self.worse(affordable, now);
        } else if affordable > 1.5 * self.frames && now - self.changed >= PATIENCE {
            self.better(now);
        }
    }

    /// The client tells how it fares.
    pub(crate) fn reported(&mut self, report: &StreamReport, now: f64) {
        let delay = f64::from(report.last_frame_delay);
        self.ahead = (self.ahead + (EARLY - delay) / 2.0).clamp(0.0, MOST_AHEAD);
        let many = report.num_drops > report.num_frames / 10;
        if many || delay < LATE {
            self.share = (self.share * LESS).max(0.05);
            self.worse(self.frames * LESS, now);
        } else {
            self.share = (self.share * MORE).min(SHARE);
        }
    }

    /// Lowers the quality first; pictures become fewer only when that is not enough.
    fn worse(&mut self, affordable: f64, now: f64) {
        self.changed = now;
        match self.quality {
            WORST => self.frames = affordable.clamp(LEAST, MOST),
            quality => {
                self.quality = quality - STEP;
                self.size *= 0.8;
            }
        }
    }

    fn better(&mut self, now: f64) {
        self.changed = now;
        match self.frames < MOST {
            true => self.frames = (self.frames * 1.4).min(MOST),
            false => self.quality = (self.quality + STEP).min(BEST),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends pictures over a link for a minute; what a picture costs grows with its quality.
    fn settled(link: f64) -> Rate {
        let mut rate = Rate::new(link, 300_000, 0.0);
        let mut now = 0.0;
        while now < 60.0 {
            now += rate.interval();
            rate.sent(usize::from(rate.quality()) * 1000, link, now);
        }
        rate
    }

    fn report(num_frames: u32, num_drops: u32, last_frame_delay: i32) -> StreamReport {
        StreamReport {
            stream_id: 0,
            unique_id: 0,
            start_frame_time: 5,
            end_frame_time: 0,
            num_frames,
            num_drops,
            last_frame_delay,
            audio_delay: u32::MAX,
        }
    }

    #[test]
    fn a_fast_link_has_it_all_and_a_slow_one_less() {
        let fast = settled(1e8);
        assert_eq!((fast.quality(), fast.interval()), (BEST, 1.0 / MOST));
        let slow = settled(1e6);
        assert!(slow.quality() < BEST && slow.quality() >= WORST);
        let slower = settled(1e5);
        assert_eq!(slower.quality(), WORST);
        assert!(slower.interval() > 0.2, "{}", slower.interval());
    }

    #[test]
    fn complaints_make_it_worse_and_peace_better() {
        let mut rate = settled(1e8);
        (0..4).for_each(|_| rate.reported(&report(5, 4, -200), 60.0));
        assert!(rate.quality() < BEST);
        (0..400).for_each(|frame| rate.sent(10_000, 1e8, 60.0 + f64::from(frame)));
        assert_eq!(rate.quality(), BEST);
    }

    #[test]
    fn pictures_are_dated_so_that_they_come_in_time() {
        let mut rate = settled(1e8);
        let mut network = 300.0;
        for _ in 0..20 {
            let delay = rate.stamp(0.0) as f64 - network;
            rate.reported(&report(5, 0, delay as i32), 60.0);
        }
        assert!((rate.stamp(0.0) as f64 - network - EARLY).abs() < 5.0);
        network = f64::from(i32::MAX);
        rate.reported(&report(u32::MAX, 0, -network as i32), 60.0);
        assert_eq!(rate.stamp(0.0), MOST_AHEAD as u32);
    }
}
