//! What one client is shown.

use std::sync::Arc;

use spice_canvas::Region;
use spice_proto::Channel;
use spice_wire::messages::display::StreamReport;

use crate::counters::Counters;
use crate::dictionary::{Dictionary, Share};
use crate::gallery::Gallery;
use crate::heat::Heat;
use crate::link::Link;
use crate::message;
use crate::order::{Order, Plan};
use crate::screen::{Look, Screen};
use crate::settings::{Compression, Settings};
use crate::stale::Stale;
use crate::stream::Streams;

/// How much may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Messages.
    pub messages: u64,
    /// Bytes; the last message may go beyond it.
    pub bytes: usize,
}

/// How far a step came.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Shown {
    /// Messages sent.
    pub sent: usize,
    /// Something is due, but the window or the budget is used up.
    pub more: bool,
    /// When there is something to do even if nothing changes.
    pub again: Option<f64>,
    /// The client has been sent all there is, without loss.
    pub exact: bool,
}

/// One client's side of a screen.
#[derive(Debug)]
pub struct View {
    pub(crate) place: usize,
    pub(crate) settings: Settings,
    /// What the client asked for, which goes before the settings.
    pub(crate) preferred: Option<Compression>,
    /// Which size of the screen the client has a surface for; 0 for none.
    pub(crate) generation: u64,
    /// What was never sent since the surface was made. MARK waits for it.
    pub(crate) unsent: Region,
    pub(crate) owes_mark: bool,
    pub(crate) images: u64,
    /// The row where the last step left off.
    pub(crate) resume: i32,
    /// What the client shows with a loss.
    pub(crate) lossy: Region,
    pub(crate) heat: Heat,
    pub(crate) streams: Streams,
    pub(crate) gallery: Gallery,
    /// Its part of the client's GLZ dictionary, if the client has one.
    pub(crate) share: Option<Arc<Share>>,
    pub(crate) link: Link,
    /// The time of the last plan.
    pub(crate) now: f64,
    pub(crate) counters: Counters,
}

impl View {
    /// A client that has seen nothing. It must be taken from the screen by [`View::leave`].
    pub fn new(screen: &mut Screen, settings: Settings) -> Self {
        Self {
            place: screen.attach(),
            preferred: None,
            generation: 0,
            unsent: Region::default(),
            owes_mark: false,
            images: 0,
            resume: 0,
            lossy: Region::default(),
            heat: Heat::default(),
            streams: Streams::new(settings.streaming),
            gallery: Gallery::new(settings.cache_pixels),
            share: None,
            link: Link::new(settings.bandwidth),
            now: 0.0,
            counters: Counters::default(),
            settings,
        }
    }

    /// Lets GLZ refer to what the client was sent on all its displays, before anything is planned.
    pub fn share(&mut self, dictionary: &Arc<Dictionary>) {
        self.share = Some(Arc::new(Share::new(Arc::clone(dictionary))));
    }

    /// Takes the view from its screen.
    pub fn leave(&mut self, screen: &mut Screen) {
        screen.detach(self.place);
        self.share = None;
    }

    /// The client's own wish; nothing to follow the settings again.
    pub fn prefer(&mut self, compression: Option<Compression>) {
        self.preferred = compression;
    }

    /// How many bytes a second the way to the client takes, as found by somebody else. What is measured here goes before that.
    pub fn expect(&mut self, bandwidth: f64) {
        self.link.expect(bandwidth);
    }

    /// How many bytes a second the line has carried lately; `at_least` so many where it was not always busy.
    pub fn carried(&mut self, rate: f64, at_least: bool) {
        self.link.carried(rate, at_least);
    }

    /// The client tells how a video fares. What it says may be anything.
    pub fn report(&mut self, report: &StreamReport) {
        self.streams.reported(report, self.now);
    }

    /// Pixels that the client has not been shown as they are now, moves included.
    pub fn due_pixels(&self, screen: &mut Screen) -> usize {
        screen.look(self.place).map_or(0, |look| look.stale.pixels())
    }

    /// Whether the client has been sent all there is, without loss.
    pub fn is_up_to_date(&self, screen: &mut Screen) -> bool {
        let known = self.generation;
        let shown = |look: Look<'_>| look.stale.generation == known && look.stale.is_empty();
        screen.look(self.place).is_none_or(shown) && self.lossy.is_empty()
    }

    /// What was sent so far, by name.
    pub fn counters(&self) -> Vec<(String, u64)> {
        let rate = ("bytes_per_second".to_owned(), self.link.rate() as u64);
        self.counters.by_name().into_iter().chain([rate]).collect()
    }

    /// Sends what is due and fits.
    pub fn step(&mut self, screen: &mut Screen, channel: &mut Channel, now: f64, budget: usize) -> Shown {
        let (mut shown, mut bytes) = (Shown::default(), budget);
        self.begin_step(channel, now);
        loop {
            let plan = self.plan(screen, now, Room { messages: channel.window_room(), bytes });
            (shown.more, shown.again, shown.exact) = (plan.more(), plan.again(), plan.exact());
            if plan.is_empty() {
                break;
            }
            plan.jobs().iter().for_each(|job| job.encode(|| now));
            let before = channel.pending_len();
            shown.sent += self.send(&plan, channel);
            bytes = bytes.saturating_sub(channel.pending_len() - before);
        }
        self.end_step(channel, budget - bytes, shown.more, now);
        shown
    }

    /// A step begins.
    pub fn begin_step(&mut self, channel: &Channel, now: f64) {
        if let Some(serial) = channel.acknowledged_serial() {
            self.link.begin(serial, now);
        }
    }

    /// A step ends in which about so many bytes were sent, and perhaps there is `more`.
    pub fn end_step(&mut self, channel: &Channel, bytes: usize, more: bool, now: f64) {
        if channel.acknowledged_serial().is_some() {
            self.link.end(channel.sent_serial(), bytes, more, now);
        }
    }

    /// What is to be sent next. The screen may change before it is sent.
    pub fn plan(&mut self, screen: &mut Screen, now: f64, room: Room) -> Plan {
        self.now = now;
        let mut plan = Plan::new(room);
        let Some(mut look) = screen.look(self.place) else { return plan };
        if !self.make_surface(&look, &mut plan) {
            plan.more = true;
            return plan;
        }
        self.hear(&mut look, now);
        if self.move_pixels(look.stale, &mut plan, now) {
            self.show_videos(&mut look, &mut plan, now);
            self.draw(&mut look, &mut plan);
        }
        self.say_complete(&mut look, &mut plan);
        self.refine(&mut look, &mut plan, now);
        plan.exact = look.stale.is_empty() && self.lossy.is_empty();
        plan
    }

    /// Queues the messages of a plan. How many there were.
    pub fn send(&mut self, plan: &Plan, channel: &mut Channel) -> usize {
        for order in &plan.orders {
            match order {
                Order::Message(message) => channel.send(message.id, &message.body),
                Order::Piece(piece, kept) => self.send_piece(piece, *kept, channel),
                Order::Frame(piece, stream, time) => self.send_frame(piece, *stream, *time, channel),
            };
        }
        plan.orders.len()
    }

    /// Makes a surface of the screen's present size, if the client has none. Whether it has one.
    fn make_surface(&mut self, look: &Look<'_>, plan: &mut Plan) -> bool {
        let (bounds, generation) = (look.shadow.bounds(), look.stale.generation);
        if self.generation == generation {
            return true;
        }
        while let Some(id) = self.streams.any() {
            if !self.end_video(id, plan) {
                return false;
            }
        }
        if self.generation != 0 && plan.say(message::surface_destroy()) {
            self.generation = 0;
        }
        if self.generation == 0 && plan.say(message::surface_create(bounds)) {
            self.generation = generation;
            self.unsent = Region::from(bounds);
            self.heat = Heat::new(bounds);
            self.lossy = match self.settings.draws_late {
                true => self.lossy.within(&bounds),
                false => Region::default(),
            };
            self.heat.touched(bounds, self.now);
            self.owes_mark = true;
        }
        self.generation == generation
    }

    /// Sends the moves; whether there was room for all.
    fn move_pixels(&mut self, stale: &mut Stale, plan: &mut Plan, now: f64) -> bool {
        let moved = stale.moves.iter().take_while(|motion| plan.say(message::copy_bits(motion))).count();
        for motion in stale.moves.drain(..moved) {
            self.counters.moved();
            self.carry(&motion, &mut stale.dirty, now);
        }
        plan.more |= !stale.moves.is_empty();
        stale.moves.is_empty()
    }

    /// Says that the picture can be shown, as soon as all of it has been sent once, and what its monitors are.
    fn say_complete(&mut self, look: &mut Look<'_>, plan: &mut Plan) {
        if self.unsent.is_empty() && self.owes_mark {
            self.owes_mark = !plan.say(message::mark());
        }
        if !self.owes_mark && look.stale.monitors {
            look.stale.monitors =
                self.settings.monitors && !plan.say(message::monitors_config(look.monitors));
        }
        plan.more |= self.unsent.is_empty() && (self.owes_mark || look.stale.monitors);
    }
}
