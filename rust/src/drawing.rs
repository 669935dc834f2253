//! Takes messages out of a channel and carries them out. Knows nothing of Python: it runs detached.

use std::sync::Mutex;

use spice_canvas::{Blocked, Decoded, Progress};
use spice_proto::Packet;
use spice_wire::messages::display::FromServer;

use crate::ahead::Ahead;
use crate::channel::Channel;
use crate::sync::lock;

/// Failures kept of one step; more are only counted.
const FAILURES: usize = 64;

/// The surfaces of a display, and what is on its way onto them.
pub(crate) struct Drawing {
    /// Held for one message at a time, so that frames can be had in between.
    canvas: Mutex<spice_canvas::Canvas>,
    /// Held by whoever draws. Always taken before `canvas`.
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    blocked: Option<Turn>,
    ahead: Ahead,
    failures: Vec<Failure>,
}

/// A message whose turn it is.
struct Turn {
    packet: Packet,
    message: FromServer,
}

/// How far drawing came.
#[derive(Default)]
pub(crate) struct Outcome {
    /// Messages taken.
    pub drawn: usize,
    /// A message that is not drawing.
    pub packet: Option<Packet>,
    /// What the next message waits for.
    pub blocked: Option<Blocked>,
    /// Messages that could not be read, all of them.
    pub unreadable: u64,
    /// What went wrong on the way.
    pub failures: Vec<Failure>,
}

/// Why a message was not drawn.
pub(crate) enum Failure {
    /// It could not be read.
    Unreadable(spice_wire::Error),
    /// It could not be carried out.
    Undrawable(spice_canvas::Error),
}

impl Drawing {
    /// A display without surfaces.
    pub(crate) fn new(canvas: spice_canvas::Canvas) -> Self {
        Self { canvas: Mutex::new(canvas), queue: Mutex::default() }
    }

    /// The surfaces.
    pub(crate) fn canvas(&self) -> &Mutex<spice_canvas::Canvas> {
        &self.canvas
    }

    /// Draws what waits, in order, until none waits, one is not drawing, or one is blocked.
    pub(crate) fn run(&self, channel: &Channel) -> spice_wire::Result<Outcome> {
        let mut queue = lock(&self.queue);
        let mut outcome = Outcome { failures: std::mem::take(&mut queue.failures), ..Outcome::default() };
        let mut next = queue.blocked.take().map(|turn| (turn, None));
        channel.hold(None);
        loop {
            if let Some((turn, decoded)) = next.take() {
                self.apply(turn, decoded, channel, &mut queue, &mut outcome);
            }
            if outcome.packet.is_some() || outcome.blocked.is_some() {
                return Ok(outcome);
            }
            queue.ahead.look(channel, &self.canvas);
            let Some(packet) = lock(channel.transport()).next_packet()? else { return Ok(outcome) };
            outcome.drawn += 1;
            match turn(packet, channel, &mut queue.ahead) {
                Ok(turn) => next = Some(turn),
                Err(error) => {
                    outcome.unreadable += 1;
                    outcome.fail(Failure::Unreadable(error));
                }
            }
        }
    }

    /// Ends the waiting for a blocked message.
    pub(crate) fn give_up(&self, reason: &str) {
        let mut queue = lock(&self.queue);
        if let Some(turn) = queue.blocked.take() {
            let error = lock(&self.canvas).give_up(&turn.message, reason);
            queue.failures.push(Failure::Undrawable(error));
        }
    }

    fn apply(
        &self,
        turn: Turn,
        decoded: Option<Decoded>,
        channel: &Channel,
        queue: &mut Queue,
        outcome: &mut Outcome,
    ) {
        // What is dropped under the lock would keep readers waiting; the message lives on outside of it.
        let progress = lock(&self.canvas).apply(&turn.message, decoded);
        match progress {
            Ok(Progress::Done) => {}
            Ok(Progress::Ignored) => outcome.packet = Some(turn.packet),
            Ok(Progress::Blocked(blocked)) => {
                channel.hold(Some(turn.packet.serial));
                outcome.blocked = Some(blocked);
                queue.blocked = Some(turn);
            }
            Err(error) => outcome.fail(Failure::Undrawable(error)),
        }
    }
}

impl Outcome {
    /// Whether there is something that only Python can do.
    pub(crate) fn needs_attention(&self) -> bool {
        self.packet.is_some() || self.blocked.is_some() || !self.failures.is_empty()
    }

    fn fail(&mut self, failure: Failure) {
        if self.failures.len() < FAILURES {
            self.failures.push(failure);
        }
    }
}

/// Reads a packet, unless that was done ahead.
fn turn(packet: Packet, channel: &Channel, ahead: &mut Ahead) -> spice_wire::Result<(Turn, Option<Decoded>)> {
    if let Some((message, decoded)) = ahead.take(&packet) {
        return Ok((Turn { packet, message }, decoded));
    }
    let message = FromServer::read(packet.id, &packet.body, &channel.origin().limits)?;
    Ok((Turn { packet, message }, None))
}
