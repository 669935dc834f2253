//! How a view draws what is stale: what has one colour is filled, what the client has kept is named, the rest is coded.

use spice_canvas::{Area, Region};
use spice_proto::Channel;
use spice_wire::messages::image::{ImageFlags, ImageType};

use crate::cut::{cut, order};
use crate::message;
use crate::order::{Order, Plan};
use crate::piece::Piece;
use crate::policy::Policy;
use crate::print::fingerprint;
use crate::screen::Look;
use crate::shadow::Shadow;
use crate::view::View;

/// Pixels of a piece at most.
const STRIPE: usize = 1 << 18;

/// Whether the client has an image.
enum Known {
    /// It has, under this id.
    Kept(u64),
    /// It has not; its fingerprint, if it is worth keeping.
    New(Option<u128>),
}

impl View {
    /// Draws as much of what is stale as there is room for.
    pub(crate) fn draw(&mut self, look: &mut Look<'_>, plan: &mut Plan) {
        // Some programs take the first thing drawn for the whole picture (spicy-screenshot does): then it is.
        let most = if self.owes_mark { usize::MAX } else { STRIPE };
        let mut areas = cut(&look.stale.dirty, most);
        order(&mut areas, self.resume);
        let fitting = areas.iter().take_while(|area| self.draw_area(look, **area, plan)).count();
        self.resume = areas.get(fitting).map_or(0, |area| area.top);
        areas.truncate(fitting);
        let drawn = Region::of(areas.into_iter(), usize::MAX).unwrap_or_default();
        look.stale.dirty = look.stale.dirty.subtract(&drawn);
        self.unsent = self.unsent.subtract(&drawn);
    }

    /// Draws an area, if there is room; whether there was.
    fn draw_area(&mut self, look: &mut Look<'_>, area: Area, plan: &mut Plan) -> bool {
        if plan.is_full() {
            return false;
        }
        if let Some(colour) = look.shadow.only_colour(area) {
            self.counters.filled();
            return plan.say(message::draw_fill(area, colour));
        }
        match self.known_image(look.shadow, area) {
            Known::Kept(id) => {
                self.counters.reused(area.pixels());
                plan.say(message::draw_copy(area, id, ImageType::FROM_CACHE, ImageFlags(0)))
            }
            Known::New(print) => {
                // What is kept may need a second message, which says what is forgotten.
                let print = print.filter(|_| plan.room.messages >= 2);
                let id = print.map(|print| self.keep(print, area, plan));
                self.draw_piece(look, area, id, plan)
            }
        }
    }

    /// Whether the client has kept an image that looks like an area.
    fn known_image(&mut self, shadow: &Shadow, area: Area) -> Known {
        if !self.gallery.takes(area.pixels()) {
            return Known::New(None);
        }
        let print = fingerprint(&self.settings.key, area.width(), shadow.rows(area));
        self.gallery.find(print).map_or(Known::New(Some(print)), Known::Kept)
    }

    /// Lets the client keep an image, and forget others for it.
    fn keep(&mut self, print: u128, area: Area, plan: &mut Plan) -> u64 {
        let id = self.next_image();
        let forgotten = self.gallery.keep(print, id, area.pixels());
        if !forgotten.is_empty() {
            plan.say(message::forget(&forgotten));
        }
        id
    }

    fn next_image(&mut self) -> u64 {
        self.images += 1;
        self.settings.first_image + self.images
    }

    fn draw_piece(&mut self, look: &mut Look<'_>, area: Area, kept: Option<u64>, plan: &mut Plan) -> bool {
        let policy = self.policy();
        let (choice, expected) = {
            let costs = look.workshop.costs();
            let choice = policy.choose(look.shadow, area, &costs);
            (choice, costs.of(choice.coding, choice.content).bytes * area.pixels() as f64)
        };
        let piece = look.store.piece(look.shadow, area, choice, look.workshop, look.shared);
        plan.add(Order::Piece(piece, kept), expected as usize)
    }

    fn policy(&self) -> Policy {
        Policy {
            compression: self.preferred.unwrap_or(self.settings.compression),
            lz4: self.settings.lz4,
            palettes: self.settings.palettes,
            rate: self.link.rate(),
        }
    }

    /// Queues the message with a piece.
    pub(crate) fn send_piece(&mut self, piece: &Piece, kept: Option<u64>, channel: &mut Channel) -> u64 {
        let coded = piece.coded();
        self.counters.drawn(coded, piece.pixels());
        let flags = if kept.is_some() { ImageFlags::CACHE_ME } else { ImageFlags(0) };
        let id = kept.unwrap_or_else(|| self.next_image());
        let mut message = message::draw_copy(piece.area(), id, coded.kind, flags);
        message.body.extend_from_slice(&coded.head);
        if coded.palette.is_empty() {
            return channel.send_parts(message.id, &message.body, std::slice::from_ref(&coded.data));
        }
        let place = (message.body.len() + coded.data.len()) as u32;
        let pointer = message.body.len() - size_of::<u32>();
        message.body[pointer..].copy_from_slice(&place.to_le_bytes());
        channel.send_parts(message.id, &message.body, &[coded.data.clone(), coded.palette.clone().into()])
    }
}
