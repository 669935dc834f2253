//! How a view draws what is stale: what has one colour is filled, what the client has kept is named, the rest is coded.

use std::sync::Arc;

use spice_canvas::{Area, Region};
use spice_proto::Channel;
use spice_wire::messages::image::{ImageFlags, ImageType};

use crate::cut::{cut, order};
use crate::message;
use crate::order::{Order, Plan};
use crate::piece::Piece;
use crate::policy::{Choice, Policy};
use crate::print::fingerprint;
use crate::screen::Look;
use crate::shadow::Shadow;
use crate::stale::simplify;
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

/// What was drawn.
#[derive(Debug, Default)]
struct Drawn {
    exact: Vec<Area>,
    lossy: Vec<Area>,
}

/// Seconds after which what has lost something and does not change any more is sent again without loss; and the same for
/// clients that need a moment to draw a JPEG, and would draw it over what came after it.
const REST: f64 = 0.4;
const LONG_REST: f64 = 1.0;

impl View {
    /// Draws as much of what is stale as there is room for, except where videos are seen.
    pub(crate) fn draw(&mut self, look: &mut Look<'_>, plan: &mut Plan) {
        let covered = self.streams.covered();
        let region = match covered.is_empty() {
            true => look.stale.dirty.clone(),
            false => look.stale.dirty.subtract(&covered),
        };
        if region.is_empty() {
            return;
        }
        // Some programs take the first thing drawn for the whole picture (spicy-screenshot does): then it is.
        let most = if self.owes_mark { usize::MAX } else { STRIPE };
        let drawn = self.draw_areas(look, cut(&region, most), false, plan);
        look.stale.dirty = look.stale.dirty.subtract(&drawn);
        self.unsent = self.unsent.subtract(&drawn);
        plan.more |= !region.subtract(&drawn).is_empty();
    }

    /// Draws again what has lost something and rests, after everything else.
    pub(crate) fn refine(&mut self, look: &mut Look<'_>, plan: &mut Plan, now: f64) {
        if self.lossy.is_empty() || plan.more {
            return;
        }
        let lossy = self.lossy.subtract(&self.streams.covered());
        let rest = if self.settings.draws_late { LONG_REST } else { REST };
        let resting = self.heat.resting(&lossy, rest, now);
        let drawn = self.draw_areas(look, cut(&resting, STRIPE), true, plan);
        plan.more |= !resting.subtract(&drawn).is_empty();
        if let Some(oldest) = self.heat.oldest(&lossy.subtract(&resting)) {
            plan.call_again(oldest + rest);
        }
    }

    /// Draws as many areas as there is room for; where. Nothing may be lost if it is drawn `again`.
    fn draw_areas(
        &mut self,
        look: &mut Look<'_>,
        mut areas: Vec<Area>,
        again: bool,
        plan: &mut Plan,
    ) -> Region {
        order(&mut areas, self.resume);
        let mut drawn = Drawn::default();
        let fitting =
            areas.iter().take_while(|area| self.draw_area(look, **area, again, &mut drawn, plan)).count();
        self.resume = areas.get(fitting).map_or(0, |area| area.top);
        let region = |areas: Vec<Area>| Region::of(areas.into_iter(), usize::MAX).unwrap_or_default();
        let (exact, lossy) = (region(drawn.exact), region(drawn.lossy));
        if !self.lossy.is_empty() || !lossy.is_empty() {
            // Where a client draws late, only what was drawn again after a rest is exact for sure.
            let certain = again || !self.settings.draws_late;
            let left = if certain { self.lossy.subtract(&exact) } else { std::mem::take(&mut self.lossy) };
            // Areas may overlap; where one of them is lossy, so is what is seen.
            self.lossy = left.union(&lossy);
            simplify(&mut self.lossy);
            lossy.areas().iter().for_each(|area| self.heat.touched(*area, self.now));
        }
        exact.union(&lossy)
    }

    /// Draws an area, if there is room; whether there was.
    fn draw_area(
        &mut self,
        look: &mut Look<'_>,
        area: Area,
        exact: bool,
        drawn: &mut Drawn,
        plan: &mut Plan,
    ) -> bool {
        if plan.is_full() {
            return false;
        }
        if let Some(colour) = look.shadow.only_colour(area) {
            self.counters.filled();
            drawn.exact.push(area);
            return plan.say(message::draw_fill(area, colour));
        }
        match self.known_image(look.shadow, area) {
            Known::Kept(id) => {
                self.counters.reused(area.pixels());
                drawn.exact.push(area);
                plan.say(message::draw_copy(area, id, ImageType::FROM_CACHE, ImageFlags(0)))
            }
            Known::New(print) => {
                let policy = self.policy(look.shared);
                let choice = policy.choose(look.shadow, area, exact, &look.workshop.costs());
                self.draw_piece(look, area, choice, print, plan);
                if choice.coding.is_lossy() {
                    drawn.lossy.push(area)
                } else {
                    drawn.exact.push(area)
                }
                true
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

    /// Draws an area as an image, which there is room for.
    fn draw_piece(
        &mut self,
        look: &mut Look<'_>,
        area: Area,
        choice: Choice,
        print: Option<u128>,
        plan: &mut Plan,
    ) {
        // What is kept may need a second message, which says what is forgotten.
        let print = print.filter(|_| !choice.coding.is_lossy() && plan.room.messages >= 2);
        let kept = print.map(|print| self.keep(print, area, plan));
        let expected = look.workshop.costs().of(choice.coding, choice.content).bytes * area.pixels() as f64;
        let piece = match self.share.as_ref().filter(|_| choice.coding.refers()) {
            Some(share) => Arc::new(Piece::of(look.shadow, area, choice, look.workshop).referring(share)),
            None => look.store.piece(look.shadow, area, choice, look.workshop, look.shared),
        };
        plan.add(Order::Piece(piece, kept), expected as usize);
    }

    fn policy(&self, shared: bool) -> Policy {
        Policy {
            compression: self.preferred.unwrap_or(self.settings.compression),
            jpeg: self.settings.jpeg,
            lz4: self.settings.lz4,
            glz: self.share.as_ref().is_some_and(|share| share.is_usable()),
            zlib: self.settings.zlib,
            alone: !shared,
            palettes: self.settings.palettes,
            rate: self.link.rate(),
        }
    }

    /// Queues the message with a piece.
    pub(crate) fn send_piece(&mut self, piece: &Piece, kept: Option<u64>, channel: &mut Channel) -> u64 {
        let coded = piece.coded();
        self.counters.drawn(coded, piece.pixels());
        if let Some(owed) = &coded.owed {
            owed.sent();
        }
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
