//! How a view shows videos: it begins and ends them, and sends their pictures.

use std::sync::Arc;

use spice_canvas::Region;
use spice_proto::Channel;

use crate::coding::Coding;
use crate::cut::{is_worth_joining, join};
use crate::message;
use crate::order::{Order, Plan};
use crate::piece::Piece;
use crate::policy::Choice;
use crate::sample::{Content, content};
use crate::screen::Look;
use crate::stale::Move;
use crate::view::View;

/// Pictures and milliseconds after which a client is to report.
const REPORT_FRAMES: u32 = 5;
const REPORT_MILLISECONDS: u32 = 1000;

impl View {
    /// Takes note of what has changed since the last plan.
    pub(crate) fn hear(&mut self, look: &mut Look<'_>, now: f64) {
        let news = std::mem::take(&mut look.stale.news);
        if news.is_empty() {
            return;
        }
        // What changed together is looked at together; where it changed is noted closely, so that holes are seen.
        let mut pictures = join(news.areas(), is_worth_joining);
        pictures.retain(|area| content(look.shadow, *area) != Content::Plain);
        self.heat.changed(news.areas(), now, |area| pictures.iter().any(|picture| picture.contains(&area)));
        self.streams.changed(&news, now);
    }

    /// Takes note of a move. Where a video was or comes to be, nobody knows which of its pictures the client shows at the
    /// moment of the move, so that it must be drawn again.
    pub(crate) fn carry(&mut self, motion: &Move, dirty: &mut Region, now: f64) {
        let lossy = motion.carry(&self.lossy);
        self.lossy = if self.settings.draws_late { lossy.union(&self.lossy) } else { lossy };
        self.heat.touched(motion.target, now);
        for area in self.streams.areas() {
            let from = Region::from(area.intersect(&motion.source())).moved(motion.dx, motion.dy);
            *dirty = dirty.union(&from).union(&Region::from(area.intersect(&motion.target)));
        }
    }

    /// Ends what is over, begins what is new, and sends the pictures that are due.
    pub(crate) fn show_videos(&mut self, look: &mut Look<'_>, plan: &mut Plan, now: f64) {
        let wanted = self.streams.wanted(&self.heat, now);
        while let Some(id) = self.streams.ending(&wanted, now) {
            if !self.end_video(id, plan) {
                plan.more = true;
                return;
            }
        }
        for video in wanted {
            // Two messages begin it and one brings its first picture.
            if plan.room.messages < 3 {
                plan.more = true;
                return;
            }
            let stream = self.streams.begin(video.area, self.link.rate(), now);
            plan.say(message::stream_create(stream));
            if self.settings.reports {
                plan.say(message::activate_report(stream, REPORT_FRAMES, REPORT_MILLISECONDS));
            }
        }
        self.send_pictures(look, plan, now);
    }

    /// Ends a video. What it leaves is not exact, also where its pictures should not have been seen: not every client clips.
    pub(crate) fn end_video(&mut self, id: u32, plan: &mut Plan) -> bool {
        let said = plan.say(message::stream_destroy(id));
        if said && let Some(area) = self.streams.remove(id) {
            self.lossy = self.lossy.union(&Region::from(area));
            if self.settings.draws_late {
                self.heat.touched(area, self.now);
            }
        }
        said
    }

    fn send_pictures(&mut self, look: &mut Look<'_>, plan: &mut Plan, now: f64) {
        for stream in self.streams.iter_mut() {
            if look.stale.dirty.intersect(&stream.clip).is_empty() {
                continue;
            }
            if !stream.is_due(now) {
                plan.call_again(stream.due());
                continue;
            }
            if plan.room.messages < 2 || plan.is_full() {
                plan.more = true;
                return;
            }
            if let Some(clip) = stream.new_clip(&self.heat, now) {
                stream.clip = clip;
                plan.say(message::stream_clip(stream));
            }
            let choice = Choice { coding: Coding::Jpeg(stream.rate.quality()), content: Content::Smooth };
            let piece = look.store.piece(look.shadow, stream.area, choice, look.workshop, look.shared);
            let bytes = stream.area.pixels() / 8;
            plan.add(Order::Frame(Arc::clone(&piece), stream.id, stream.rate.stamp(now)), bytes);
            stream.send(now);
            look.stale.dirty = look.stale.dirty.subtract(&stream.clip);
            self.lossy = self.lossy.union(&stream.clip);
        }
        if let Some(at) = self.streams.silent_at() {
            plan.call_again(at);
        }
    }

    /// Queues the message with a picture.
    pub(crate) fn send_frame(&mut self, piece: &Piece, id: u32, time: u32, channel: &mut Channel) -> u64 {
        let coded = piece.coded();
        self.counters.shown(coded, piece.pixels());
        if let Some(stream) = self.streams.get_mut(id) {
            stream.rate.sent(coded.data.len(), self.link.rate(), self.now);
        }
        let message = message::stream_data(id, time, coded.data.len());
        channel.send_parts(message.id, &message.body, std::slice::from_ref(&coded.data))
    }
}
