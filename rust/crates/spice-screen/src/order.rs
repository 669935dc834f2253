//! What one step of a view sends.

use std::sync::Arc;

use crate::message::Message;
use crate::piece::Piece;
use crate::view::Room;

/// One message to be.
#[derive(Debug)]
pub(crate) enum Order {
    /// Something without an image.
    Message(Message),
    /// DRAW_COPY of a piece; the client is to keep it if it has an id.
    Piece(Arc<Piece>, Option<u64>),
    /// STREAM_DATA of a piece: the id of the video and the media time.
    Frame(Arc<Piece>, u32, u32),
}

/// Messages in the order in which they must be sent. Until then their pieces can be coded.
#[derive(Debug)]
pub struct Plan {
    pub(crate) orders: Vec<Order>,
    /// What may still be added.
    pub(crate) room: Room,
    /// Something is due that had no room.
    pub(crate) more: bool,
    /// When there is something to do even if nothing changes.
    pub(crate) again: Option<f64>,
    /// With it the client has everything, without loss.
    pub(crate) exact: bool,
}

/// Pieces to be coded by one thread.
#[derive(Debug)]
pub enum Job<'a> {
    /// One that needs no other.
    Alone(&'a Piece),
    /// All that refer to each other, in the order in which they are sent.
    Chain(Vec<&'a Piece>),
}

impl Job<'_> {
    /// Pixels that are still to be coded.
    pub fn work(&self) -> usize {
        match self {
            Self::Alone(piece) => piece.work(),
            Self::Chain(pieces) => pieces.iter().map(|piece| piece.work()).sum(),
        }
    }

    /// Codes them, unless that was done; waits if somebody else is about it. `clock` says the time in seconds.
    pub fn encode(&self, clock: impl Fn() -> f64) {
        match self {
            Self::Alone(piece) => piece.encode(clock),
            Self::Chain(pieces) => pieces.iter().for_each(|piece| piece.encode(&clock)),
        }
    }
}

impl Plan {
    /// Whether there is nothing to send.
    pub fn is_empty(&self) -> bool {
        self.orders.is_empty()
    }

    /// Whether something is due that the room did not allow.
    pub fn more(&self) -> bool {
        self.more
    }

    /// When there is something to do even if nothing changes.
    pub fn again(&self) -> Option<f64> {
        self.again
    }

    /// All pieces, in the order in which they are sent.
    pub fn pieces(&self) -> impl Iterator<Item = &Piece> {
        self.orders.iter().filter_map(|order| match order {
            Order::Piece(piece, _) | Order::Frame(piece, ..) => Some(&**piece),
            Order::Message(_) => None,
        })
    }

    /// What is to be done before it is sent, in any order and by any number of threads.
    pub fn jobs(&self) -> Vec<Job<'_>> {
        let (referring, others): (Vec<&Piece>, Vec<&Piece>) =
            self.pieces().partition(|piece| piece.choice().coding.refers());
        let chain = (!referring.is_empty()).then_some(Job::Chain(referring));
        chain.into_iter().chain(others.into_iter().map(Job::Alone)).collect()
    }

    /// Whether the client has everything without loss, once this is sent.
    pub fn exact(&self) -> bool {
        self.exact
    }

    pub(crate) fn new(room: Room) -> Self {
        Self { orders: Vec::new(), room, more: false, again: None, exact: false }
    }

    /// There is something to do at some moment.
    pub(crate) fn call_again(&mut self, at: f64) {
        self.again = Some(self.again.map_or(at, |before| before.min(at)));
    }

    /// Whether nothing can be added.
    pub(crate) fn is_full(&self) -> bool {
        self.room.messages == 0 || self.room.bytes == 0
    }

    /// Adds a message, if there is room for one; whether there was.
    pub(crate) fn say(&mut self, message: Message) -> bool {
        self.add(Order::Message(message), 0)
    }

    /// Adds something that will have about so many bytes, if there is room for a message; whether there was.
    pub(crate) fn add(&mut self, order: Order, bytes: usize) -> bool {
        let fits = !self.is_full();
        if fits {
            self.room.messages -= 1;
            self.room.bytes = self.room.bytes.saturating_sub(bytes);
            self.orders.push(order);
        }
        fits
    }
}
