//! What the server is told about how its video streams are shown.

use std::collections::BTreeMap;

use spice_wire::messages::display::{StreamActivateReport, StreamReport};

use crate::canvas::Canvas;

/// Reports that the server asked for, and those that are due.
#[derive(Debug, Default)]
pub struct Reports {
    wanted: BTreeMap<u32, Tally>,
    due: Vec<StreamReport>,
    now: u32,
}

/// Frames since the last report of a stream.
#[derive(Debug)]
struct Tally {
    unique_id: u32,
    window: u32,
    timeout: u32,
    frames: u32,
    drops: u32,
    drops_in_a_row: u32,
    first_frame: u32,
    last_frame: u32,
    /// When the first frame came.
    started: u32,
    delay: i32,
}

impl Reports {
    /// Forgets what was asked for, and what was not fetched.
    pub fn clear(&mut self) {
        self.wanted.clear();
        self.due.clear();
    }

    /// Forgets all streams.
    pub fn forget_all(&mut self) {
        self.wanted.clear();
    }

    /// Forgets one stream.
    pub fn forget(&mut self, stream: u32) {
        self.wanted.remove(&stream);
    }

    /// A frame for media time `time` was shown; one that came too late counts as a drop.
    pub fn frame(&mut self, stream: u32, time: u32) {
        let now = self.now;
        let Some(tally) = self.wanted.get_mut(&stream) else { return };
        tally.add(time, now);
        if tally.frames >= tally.window.max(1) || tally.drops_in_a_row >= DROPS || tally.is_old(now) {
            let report = tally.take(stream);
            report.into_iter().for_each(|report| self.add_due(report));
        }
    }

    /// Says that a stream cannot be decoded.
    pub fn cannot_decode(&mut self, stream: u32) {
        let unique_id = self.wanted.get(&stream).map_or(0, |tally| tally.unique_id);
        self.add_due(StreamReport { num_drops: u32::MAX, ..empty(stream, unique_id) });
    }

    fn add_due(&mut self, report: StreamReport) {
        if self.due.len() < MOST_DUE {
            self.due.push(report);
        }
    }
}

impl Tally {
    fn add(&mut self, time: u32, now: u32) {
        if self.frames == 0 {
            (self.first_frame, self.started) = (time, now);
        }
        self.frames += 1;
        self.last_frame = time;
        // Media time wraps around; a frame time of 0 means "at once".
        self.delay = if time == 0 { 0 } else { time.wrapping_sub(now).cast_signed() };
        self.drops_in_a_row = if self.delay < 0 { self.drops_in_a_row + 1 } else { 0 };
        self.drops += u32::from(self.delay < 0);
    }

    fn is_old(&self, now: u32) -> bool {
        self.frames > 0 && now.wrapping_sub(self.started) >= self.timeout
    }

    fn take(&mut self, stream: u32) -> Option<StreamReport> {
        let report = StreamReport {
            start_frame_time: self.first_frame,
            end_frame_time: self.last_frame,
            num_frames: self.frames,
            num_drops: self.drops,
            last_frame_delay: self.delay,
            ..empty(stream, self.unique_id)
        };
        (self.drops, self.drops_in_a_row) = (0, 0);
        (std::mem::take(&mut self.frames) > 0).then_some(report)
    }
}

impl Canvas {
    /// Says what time it is, in milliseconds of the server's media time. Frames that come from now on are early or late
    /// by it.
    pub fn set_time(&mut self, now_mm: u32) {
        self.reports.now = now_mm;
    }

    /// The reports that are due now.
    pub fn stream_reports(&mut self, now_mm: u32) -> Vec<StreamReport> {
        self.set_time(now_mm);
        let Reports { wanted, due, now } = &mut self.reports;
        due.extend(
            wanted
                .iter_mut()
                .filter(|(_, tally)| tally.is_old(*now))
                .filter_map(|(id, tally)| tally.take(*id)),
        );
        std::mem::take(due)
    }

    pub(crate) fn stream_activate_report(&mut self, message: &StreamActivateReport) {
        let cannot = match self.streams.get(&message.stream_id) {
            Some(stream) => !stream.is_decoded(),
            None => true,
        };
        let tally = Tally {
            unique_id: message.unique_id,
            window: message.max_window_size,
            timeout: message.timeout_ms,
            frames: 0,
            drops: 0,
            drops_in_a_row: 0,
            first_frame: 0,
            last_frame: 0,
            started: 0,
            delay: 0,
        };
        if self.streams.contains_key(&message.stream_id) {
            self.reports.wanted.insert(message.stream_id, tally);
        }
        if cannot {
            self.reports.cannot_decode(message.stream_id);
        }
    }
}

fn empty(stream_id: u32, unique_id: u32) -> StreamReport {
    StreamReport {
        stream_id,
        unique_id,
        start_frame_time: 0,
        end_frame_time: 0,
        num_frames: 0,
        num_drops: 0,
        last_frame_delay: 0,
        audio_delay: u32::MAX,
    }
}

/// Late frames one after the other that the reference client reports at once.
const DROPS: u32 = 3;

/// Reports that wait to be fetched; what the server says makes any number of them.
const MOST_DUE: usize = 256;
