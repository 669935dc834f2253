//! Received bytes to whole packets, for both kinds of data header (`protocol.md` 1.8).

use std::collections::VecDeque;
use std::ops::Range;

use bytes::{Bytes, BytesMut};
use spice_wire::header::{FullHeader, MiniHeader};
use spice_wire::{Error, ErrorKind, Limits, Reader, Result, Wire};

/// Most room offered for one read when nothing bigger is under way.
const READ_SIZE: usize = 256 << 10;
/// Least: small messages are received into the same memory again and again, which then is in the processor's cache.
const READ_LEAST: usize = 64 << 10;
/// Messages from this size on leave their memory to the next such message.
const BIG: usize = 128 << 10;
/// Messages from this size on do not: that is two uncompressed 1080p frames.
const BIG_KEPT: usize = 16 << 20;
/// Room below which new memory is taken rather than the rest of the old used up.
const LEAST_ROOM: usize = 16 << 10;

/// Which header stands before each message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeaderKind {
    /// 6 bytes; serials are counted.
    Mini,
    /// 18 bytes; serials stand in the header.
    Full,
}

impl HeaderKind {
    /// Its size on the wire.
    pub fn size(self) -> usize {
        match self {
            Self::Mini => MiniHeader::SIZE,
            Self::Full => FullHeader::SIZE,
        }
    }
}

/// One received message, not parsed. The body shares the memory it was received into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// The message's number.
    pub id: u16,
    /// Counted from 1 with the mini header, the peer's own with the full one.
    pub serial: u64,
    /// The body.
    pub body: Bytes,
    /// Offset of a sub-message list in the body, 0 for none; only the full header has it.
    pub sub_list: u32,
}

/// Cuts a byte stream into packets.
///
/// INVARIANT: the packets are the same for every cutting of the input.
#[derive(Debug)]
pub struct Framer {
    kind: HeaderKind,
    most: usize,
    /// Received bytes that are no packet yet, then room for more, zeroed.
    chunk: BytesMut,
    filled: usize,
    /// Room for one read: more while reads fill it.
    read_size: usize,
    /// The last big message; once nobody reads it any more, the next one is received into its memory, which spares
    /// zeroing it again.
    last_big: Option<Bytes>,
    serial: u64,
    ready: VecDeque<Packet>,
    ready_bytes: usize,
    failed: Option<Error>,
}

impl Framer {
    /// A framer at the start of a stream.
    pub fn new(kind: HeaderKind, limits: &Limits) -> Self {
        Self {
            kind,
            most: limits.message,
            chunk: BytesMut::new(),
            filled: 0,
            read_size: READ_LEAST,
            last_big: None,
            serial: 0,
            ready: VecDeque::new(),
            ready_bytes: 0,
            failed: None,
        }
    }

    /// Room for the next bytes: what the message under way still wants, within reason.
    pub fn space(&mut self) -> &mut [u8] {
        let range = self.room();
        self.chunk.get_mut(range).unwrap_or_default()
    }

    /// Makes room and says where in the chunk it is. The room of a big message ends with it, so that what follows need
    /// not be moved out of its way.
    fn room(&mut self) -> Range<usize> {
        let missing = self.missing();
        let total = self.filled.saturating_add(missing);
        if self.filled == 0 && self.last_big.is_some() {
            // What is left of the chunk may be the rear of that memory, and would keep it from being used again.
            self.chunk = BytesMut::new();
            self.recycle(0);
        } else if self.chunk.len() < total && missing > LEAST_ROOM {
            self.recycle(total);
        }
        let room = self.chunk.len().saturating_sub(self.filled);
        let wanted = self.wanted(missing);
        if room < wanted.min(LEAST_ROOM) || (room < wanted && wanted > READ_SIZE) {
            self.chunk.truncate(self.filled);
            self.chunk.reserve(wanted.saturating_add(self.slack(missing, wanted)));
            self.chunk.resize(self.filled.saturating_add(wanted), 0);
        }
        let end = if missing > READ_SIZE { total } else { usize::MAX };
        self.filled..self.chunk.len().min(end)
    }

    /// Room to allocate behind a big message of which all is wanted: the next one is often a little longer, and the better
    /// for beginning where this one did.
    fn slack(&self, missing: usize, wanted: usize) -> usize {
        let total = self.filled.saturating_add(missing);
        if (BIG..BIG_KEPT).contains(&total) && wanted == missing { (total / 4).min(READ_SIZE) } else { 0 }
    }

    /// Goes on in the last big message's memory, if that is large enough and nobody reads it any more.
    fn recycle(&mut self, size: usize) {
        let fits = |last: &mut Bytes| last.len() >= size && last.is_unique();
        let last = self.last_big.take_if(fits);
        let Some(mut chunk) = last.and_then(|last| last.try_into_mut().ok()) else { return };
        chunk.resize(chunk.capacity(), 0);
        let filled = self.chunk.get(..self.filled).unwrap_or_default();
        if let Some(start) = chunk.get_mut(..filled.len()) {
            start.copy_from_slice(filled);
            self.chunk = chunk;
        }
    }

    /// The first `count` bytes of [`Framer::space`] have been received.
    pub fn filled(&mut self, count: usize) {
        if count >= self.chunk.len().saturating_sub(self.filled) {
            self.read_size = self.read_size.saturating_mul(2).min(READ_SIZE);
        } else if count < self.read_size / 4 {
            self.read_size = (self.read_size / 2).max(READ_LEAST);
        }
        self.filled = self.filled.saturating_add(count).min(self.chunk.len());
        while self.failed.is_none() && self.cut() {}
    }

    /// Takes the room out, to be filled elsewhere; [`Framer::restore`] must bring it back before anything else happens.
    /// The range says where in it the next bytes belong.
    pub fn lend(&mut self) -> (BytesMut, Range<usize>) {
        let range = self.room();
        (std::mem::take(&mut self.chunk), range)
    }

    /// Brings lent room back with `count` more bytes in it.
    pub fn restore(&mut self, room: BytesMut, count: usize) {
        self.chunk = room;
        self.filled(count);
    }

    /// Takes received bytes over by copying them.
    pub fn receive(&mut self, mut data: &[u8]) {
        while !data.is_empty() && self.failed.is_none() {
            let space = self.space();
            let count = space.len().min(data.len());
            let (now, later) = data.split_at(count);
            if let Some(target) = space.get_mut(..count) {
                target.copy_from_slice(now);
            }
            self.filled(count);
            data = later;
        }
    }

    /// The next packet, if a whole one has been received. After an error every further call gives it again.
    pub fn next_packet(&mut self) -> Result<Option<Packet>> {
        match (self.ready.pop_front(), &self.failed) {
            (Some(packet), _) => {
                self.ready_bytes = self.ready_bytes.saturating_sub(packet.body.len());
                Ok(Some(packet))
            }
            (None, Some(error)) => Err(error.clone()),
            (None, None) => Ok(None),
        }
    }

    /// Whole packets in the order of arrival, without taking them.
    pub fn waiting(&self) -> impl Iterator<Item = &Packet> {
        self.ready.iter()
    }

    /// Bytes of the bodies of whole packets that wait.
    pub fn waiting_bytes(&self) -> usize {
        self.ready_bytes
    }

    /// Whether [`Framer::next_packet`] has something to say.
    pub fn is_ready(&self) -> bool {
        !self.ready.is_empty() || self.failed.is_some()
    }

    /// Bytes received of a message that is not complete.
    pub fn partial_bytes(&self) -> usize {
        self.filled
    }

    /// Bytes that the message under way still lacks, as far as its header has come.
    pub fn missing(&self) -> usize {
        self.header().map_or(0, |header| self.total(&header).saturating_sub(self.filled))
    }

    /// How much room to offer. A big message's room grows with what has arrived of it, never with what is announced.
    fn wanted(&self, missing: usize) -> usize {
        match missing {
            small if small <= READ_SIZE => small.max(self.read_size),
            big => big.min(self.filled.saturating_mul(3).max(READ_SIZE)),
        }
    }

    /// Cuts one packet off the front; whether there was one.
    fn cut(&mut self) -> bool {
        let Some(header) = self.header() else { return false };
        if header.size > self.most {
            let what =
                format!("message {} announces {} bytes, {} allowed", header.id, header.size, self.most);
            self.failed = Some(Error::new(ErrorKind::Limit, 0, what));
            return false;
        }
        let total = self.total(&header);
        if total > self.filled {
            return false;
        }
        let mut body = self.chunk.split_to(total).freeze();
        let kept = self.last_big.as_ref().map_or(0, Bytes::len);
        if (BIG.max(kept / 2)..BIG_KEPT).contains(&total) {
            self.last_big = Some(body.clone());
        }
        self.filled = self.filled.saturating_sub(total);
        let body = body.split_off(self.kind.size());
        self.serial = header.serial.unwrap_or(self.serial.saturating_add(1));
        self.ready_bytes = self.ready_bytes.saturating_add(body.len());
        self.ready.push_back(Packet { id: header.id, serial: self.serial, body, sub_list: header.sub_list });
        true
    }

    fn total(&self, header: &Header) -> usize {
        self.kind.size().saturating_add(header.size)
    }

    fn header(&self) -> Option<Header> {
        let bytes = self.chunk.get(..self.filled)?.get(..self.kind.size())?;
        let (bytes, limits) = (Bytes::copy_from_slice(bytes), Limits::DEFAULT);
        Header::read(self.kind, &mut Reader::new(&bytes, &limits)).ok()
    }
}

/// What both kinds of header say.
struct Header {
    id: u16,
    size: usize,
    serial: Option<u64>,
    sub_list: u32,
}

impl Header {
    fn read(kind: HeaderKind, reader: &mut Reader<'_>) -> Result<Self> {
        let size = |size| usize::try_from(size).unwrap_or(usize::MAX);
        Ok(match kind {
            HeaderKind::Mini => {
                let header = MiniHeader::read(reader)?;
                Self { id: header.message_type, size: size(header.size), serial: None, sub_list: 0 }
            }
            HeaderKind::Full => {
                let FullHeader { serial, message_type, size: bytes, sub_list } = FullHeader::read(reader)?;
                Self { id: message_type, size: size(bytes), serial: Some(serial), sub_list }
            }
        })
    }
}
