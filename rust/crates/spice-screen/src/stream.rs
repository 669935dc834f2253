//! The videos that a client is shown: areas that change all the time, sent as pictures one after the other.

use spice_canvas::{Area, Region};
use spice_wire::messages::display::StreamReport;

use crate::heat::{Heat, Video};
use crate::rate::Rate;
use crate::settings::Streaming;

/// Videos at once; as in the reference.
const MOST: usize = 50;
/// Pixels of the smallest video, where it has to look like one and where not.
const SMALLEST: usize = 96 * 96;
const TINY: usize = 32 * 32;
/// Seconds after which a video that does not change is over, and a part of one is left out.
const SILENCE: f64 = 1.0;
/// Seconds between looks at which parts are left out.
const LOOK: f64 = 0.5;

/// One video.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) id: u32,
    /// Tells it from others that had the same id.
    pub(crate) unique: u32,
    pub(crate) area: Area,
    /// Where its pictures are seen; elsewhere in its area nothing changes at present.
    pub(crate) clip: Region,
    pub(crate) rate: Rate,
    /// When it changed last, and when a picture was sent last.
    changed: f64,
    sent: f64,
    looked: f64,
}

/// All videos of a view.
#[derive(Debug)]
pub(crate) struct Streams {
    mode: Streaming,
    list: Vec<Stream>,
    opened: u32,
}

impl Stream {
    /// Whether a picture may be sent.
    pub(crate) fn is_due(&self, now: f64) -> bool {
        now >= self.due()
    }

    /// When the next picture may be sent.
    pub(crate) fn due(&self) -> f64 {
        self.sent + self.rate.interval()
    }

    /// A picture is sent.
    pub(crate) fn send(&mut self, now: f64) {
        self.sent = now;
    }

    /// Where its pictures should be seen, if that is to be said anew.
    pub(crate) fn new_clip(&mut self, heat: &Heat, now: f64) -> Option<Region> {
        if now - self.looked < LOOK {
            return None;
        }
        self.looked = now;
        let clip = heat.moving(self.area, SILENCE, now);
        (clip != self.clip && !clip.is_empty()).then_some(clip)
    }
}

impl Streams {
    /// No videos yet.
    pub(crate) fn new(mode: Streaming) -> Self {
        Self { mode, list: Vec::new(), opened: 0 }
    }

    /// The videos.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Stream> {
        self.list.iter_mut()
    }

    /// The id of some video.
    pub(crate) fn any(&self) -> Option<u32> {
        self.list.first().map(|stream| stream.id)
    }

    /// A video by its id.
    pub(crate) fn get_mut(&mut self, id: u32) -> Option<&mut Stream> {
        self.list.iter_mut().find(|stream| stream.id == id)
    }

    /// Where videos are seen.
    pub(crate) fn covered(&self) -> Region {
        self.list.iter().fold(Region::default(), |all, stream| all.union(&stream.clip))
    }

    /// All of the areas of videos.
    pub(crate) fn areas(&self) -> impl Iterator<Item = Area> {
        self.list.iter().map(|stream| stream.area)
    }

    /// Something has changed.
    pub(crate) fn changed(&mut self, news: &Region, now: f64) {
        for stream in self.list.iter_mut().filter(|stream| !news.within(&stream.area).is_empty()) {
            stream.changed = now;
        }
    }

    /// The video that is to end, if one is: it is silent, a larger one takes its place, or the client cannot show it.
    pub(crate) fn ending(&self, larger: &[Video], now: f64) -> Option<u32> {
        let is_over = |stream: &&Stream| {
            let replaced = larger.iter().any(|video| !video.area.intersect(&stream.area).is_empty());
            self.mode == Streaming::Off || replaced || stream.changed + SILENCE <= now
        };
        self.list.iter().find(is_over).map(|stream| stream.id)
    }

    /// When the next video will be over if nothing changes.
    pub(crate) fn silent_at(&self) -> Option<f64> {
        self.list.iter().map(|stream| stream.changed + SILENCE).min_by(f64::total_cmp)
    }

    /// Ends a video; its area.
    pub(crate) fn remove(&mut self, id: u32) -> Option<Area> {
        let index = self.list.iter().position(|stream| stream.id == id)?;
        Some(self.list.swap_remove(index).area)
    }

    /// Areas that should be videos and are not.
    pub(crate) fn wanted(&self, heat: &Heat, now: f64) -> Vec<Video> {
        if self.mode == Streaming::Off || self.list.len() >= MOST {
            return Vec::new();
        }
        let known = |part: Area| self.list.iter().any(|stream| stream.area.contains(&part));
        let mut videos = heat.videos(now, known);
        videos.retain(|video| match self.mode {
            Streaming::Off => false,
            Streaming::Filter => video.is_picture && video.area.pixels() >= SMALLEST,
            Streaming::All => video.area.pixels() >= TINY,
        });
        videos.truncate(MOST - self.list.len());
        // What overlaps with others becomes one with them.
        for video in &mut videos {
            let met = self.list.iter().filter(|stream| !stream.area.intersect(&video.area).is_empty());
            video.area = met.fold(video.area, |area, stream| area.bounding(&stream.area));
        }
        videos
    }

    /// Begins a video, on a link of so many bytes a second.
    pub(crate) fn begin(&mut self, area: Area, link: f64, now: f64) -> &Stream {
        let is_free = |id: &u32| self.list.iter().all(|stream| stream.id != *id);
        let id = (0..).find(is_free).unwrap_or(0);
        self.opened = self.opened.wrapping_add(1);
        let rate = Rate::new(link, area.pixels(), now);
        self.list.push(Stream {
            id,
            unique: self.opened,
            area,
            clip: Region::from(area),
            rate,
            changed: now,
            sent: f64::MIN,
            looked: now,
        });
        &self.list[self.list.len() - 1]
    }

    /// The client tells how a video fares.
    pub(crate) fn reported(&mut self, report: &StreamReport, now: f64) {
        if report.num_frames == 0 && report.num_drops == u32::MAX {
            // It cannot show our videos at all.
            self.mode = Streaming::Off;
        }
        let is_meant =
            |stream: &&mut Stream| stream.id == report.stream_id && stream.unique == report.unique_id;
        if let Some(stream) = self.list.iter_mut().find(is_meant) {
            stream.rate.reported(report, now);
        }
    }
}
