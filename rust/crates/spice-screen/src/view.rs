//! What one client is shown.

use std::sync::Arc;

use spice_canvas::{Area, Region};
use spice_proto::Channel;
use spice_wire::messages::image::ImageFlags;

use crate::cut::cut;
use crate::message;
use crate::order::{Order, Plan};
use crate::piece::Piece;
use crate::screen::Screen;
use crate::shadow::Shadow;

/// What a client can do and how it wants to be shown the screen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// It understands MONITORS_CONFIG.
    pub monitors: bool,
}

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
}

/// One client's side of a screen.
#[derive(Debug)]
pub struct View {
    place: usize,
    settings: Settings,
    /// Which size of the screen the client has a surface for; 0 for none.
    generation: u64,
    /// What was never sent since the surface was made. MARK waits for it.
    unsent: Region,
    owes_mark: bool,
    images: u64,
}

impl View {
    /// A client that has seen nothing. It must be taken from the screen by [`View::leave`].
    pub fn new(screen: &mut Screen, settings: Settings) -> Self {
        let place = screen.attach();
        Self { place, settings, generation: 0, unsent: Region::default(), owes_mark: false, images: 0 }
    }

    /// Takes the view from its screen.
    pub fn leave(&mut self, screen: &mut Screen) {
        screen.detach(self.place);
    }

    /// Pixels that the client has not been shown as they are now, moves included.
    pub fn due_pixels(&self, screen: &mut Screen) -> usize {
        screen.look(self.place).map_or(0, |(.., stale)| stale.pixels())
    }

    /// Whether the client has been sent all there is.
    pub fn is_up_to_date(&self, screen: &mut Screen) -> bool {
        let known = self.generation;
        screen.look(self.place).is_none_or(|(.., stale)| stale.generation == known && stale.is_empty())
    }

    /// Sends what is due and fits.
    pub fn step(&mut self, screen: &mut Screen, channel: &mut Channel, now: f64, budget: usize) -> Shown {
        let mut shown = Shown::default();
        let start = channel.pending_len();
        loop {
            let bytes = budget.saturating_sub(channel.pending_len() - start);
            let plan = self.plan(screen, now, Room { messages: channel.window_room(), bytes });
            shown.more = plan.more();
            if plan.is_empty() {
                return shown;
            }
            plan.pieces().into_iter().for_each(Piece::encode);
            shown.sent += self.send(&plan, channel);
        }
    }

    /// What is to be sent next. The screen may change before it is sent.
    pub fn plan(&mut self, screen: &mut Screen, _now: f64, room: Room) -> Plan {
        let mut plan = Plan::new(room);
        let Some((shadow, monitors, stale)) = screen.look(self.place) else { return plan };
        self.begin(shadow.bounds(), stale.generation, &mut plan);
        if self.generation == stale.generation {
            let moved = stale.moves.iter().take_while(|motion| plan.say(message::copy_bits(motion))).count();
            stale.moves.drain(..moved);
            if stale.moves.is_empty() {
                // Some programs take the first thing drawn for the whole picture (spicy-screenshot does): then it is.
                let most = if self.owes_mark { usize::MAX } else { STRIPE };
                let drawn = draw(shadow, cut(&stale.dirty, most), &mut plan);
                stale.dirty = stale.dirty.subtract(&drawn);
                self.unsent = self.unsent.subtract(&drawn);
            }
            if self.mark(&mut plan) && stale.monitors {
                stale.monitors = self.settings.monitors && !plan.say(message::monitors_config(monitors));
            }
        }
        plan.more =
            self.generation != stale.generation || !stale.is_empty() || self.owes_mark || stale.monitors;
        plan
    }

    /// Queues the messages of a plan. How many there were.
    pub fn send(&mut self, plan: &Plan, channel: &mut Channel) -> usize {
        for order in &plan.orders {
            match order {
                Order::Message(message) => channel.send(message.id, &message.body),
                Order::Piece(piece) => self.send_piece(piece, channel),
            };
        }
        plan.orders.len()
    }

    /// Makes a surface of the screen's present size, if the client has none.
    fn begin(&mut self, bounds: Area, generation: u64, plan: &mut Plan) {
        if self.generation == generation {
            return;
        }
        if self.generation != 0 && plan.say(message::surface_destroy()) {
            self.generation = 0;
        }
        if self.generation == 0 && plan.say(message::surface_create(bounds)) {
            self.generation = generation;
            self.unsent = Region::from(bounds);
            self.owes_mark = true;
        }
    }

    /// Says that the picture can be shown, as soon as all of it has been sent once; whether that is said.
    fn mark(&mut self, plan: &mut Plan) -> bool {
        if self.unsent.is_empty() && self.owes_mark {
            self.owes_mark = !plan.say(message::mark());
        }
        !self.owes_mark
    }

    fn send_piece(&mut self, piece: &Piece, channel: &mut Channel) -> u64 {
        let coded = piece.coded();
        self.images += 1;
        let mut message = message::draw_copy(piece.area(), self.images, coded.kind, ImageFlags(0));
        message.body.extend_from_slice(&coded.head);
        channel.send_parts(message.id, &message.body, std::slice::from_ref(&coded.data))
    }
}

/// Plans to draw the first of some areas; which.
fn draw(shadow: &Shadow, areas: Vec<Area>, plan: &mut Plan) -> Region {
    let drawn = areas.into_iter().take_while(|area| draw_area(shadow, *area, plan));
    Region::of(drawn, usize::MAX).unwrap_or_default()
}

/// Plans to draw an area, if there is room; whether there was.
fn draw_area(shadow: &Shadow, area: Area, plan: &mut Plan) -> bool {
    if plan.is_full() {
        return false;
    }
    match solid(shadow, area) {
        Some(colour) => plan.say(message::draw_fill(area, colour)),
        None => {
            let piece = Piece::new(area, copy_of(shadow, area));
            plan.add(Order::Piece(Arc::new(piece)), area.pixels() * 4)
        }
    }
}

/// The colour of an area that has only one.
fn solid(shadow: &Shadow, area: Area) -> Option<u32> {
    let first = *shadow.rows(area).next()?.first()?;
    shadow.rows(area).all(|row| row.iter().all(|pixel| *pixel == first)).then_some(first)
}

fn copy_of(shadow: &Shadow, area: Area) -> Vec<u32> {
    let mut pixels = Vec::with_capacity(area.pixels());
    shadow.rows(area).for_each(|row| pixels.extend_from_slice(row));
    pixels
}

/// Pixels of a piece at most.
const STRIPE: usize = 1 << 18;
