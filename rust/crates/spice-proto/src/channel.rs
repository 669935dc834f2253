//! One channel's transport: answers that have exactly one right form are given here and merely wait to be sent.

use std::collections::VecDeque;
use std::ops::Range;

use bytes::{Bytes, BytesMut};
use spice_wire::header::{FullHeader, MiniHeader};
use spice_wire::messages::{ChannelType, base};
use spice_wire::shapes::PtrList;
use spice_wire::{Error, ErrorKind, Limits, Reader, Result, Sender, Wire, Writer};

use crate::ack::{Receiving, Sending};
use crate::framer::{Framer, HeaderKind, Packet};
use crate::outbox::Outbox;

/// Which end of the link this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// We are the client: the server's messages arrive.
    Client,
    /// We are the server: the client's messages arrive.
    Server,
}

impl Role {
    /// Who sends what arrives here.
    pub fn peer(self) -> Sender {
        match self {
            Self::Client => Sender::Server,
            Self::Server => Sender::Client,
        }
    }

    /// Who sends what leaves here.
    pub fn own(self) -> Sender {
        match self {
            Self::Client => Sender::Client,
            Self::Server => Sender::Server,
        }
    }
}

/// The transport of one linked channel.
#[derive(Debug)]
pub struct Channel {
    role: Role,
    channel_type: ChannelType,
    header: HeaderKind,
    limits: Limits,
    framer: Framer,
    /// Messages taken out of a list, to be handed out before anything else.
    listed: VecDeque<Packet>,
    receiving: Receiving,
    sending: Sending,
    sent_serial: u64,
    taken_serial: u64,
    outbox: Outbox,
}

impl Channel {
    /// A channel right after the link stage.
    pub fn new(role: Role, channel_type: ChannelType, header: HeaderKind, limits: Limits) -> Self {
        Self {
            role,
            channel_type,
            header,
            framer: Framer::new(header, &limits),
            limits,
            listed: VecDeque::new(),
            receiving: Receiving::default(),
            sending: Sending::default(),
            sent_serial: 0,
            taken_serial: 0,
            outbox: Outbox::default(),
        }
    }

    /// Which end this is.
    pub fn role(&self) -> Role {
        self.role
    }

    /// What kind of channel it is.
    pub fn channel_type(&self) -> ChannelType {
        self.channel_type
    }

    /// The limits in force.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// What was received and is no packet taken yet.
    pub fn framer(&self) -> &Framer {
        &self.framer
    }

    /// Room for the next bytes.
    pub fn space(&mut self) -> &mut [u8] {
        self.framer.space()
    }

    /// The first `count` bytes of [`Channel::space`] have been received.
    pub fn filled(&mut self, count: usize) {
        self.framer.filled(count);
    }

    /// Takes the room out, as [`Framer::lend`].
    pub fn lend(&mut self) -> (BytesMut, Range<usize>) {
        self.framer.lend()
    }

    /// Brings lent room back, as [`Framer::restore`].
    pub fn restore(&mut self, room: BytesMut, count: usize) {
        self.framer.restore(room, count);
    }

    /// Takes received bytes over by copying them.
    pub fn receive(&mut self, data: &[u8]) {
        self.framer.receive(data);
    }

    /// The next packet that is not answered here: SET_ACK, PING, ACK_SYNC and ACK never come out, lists are taken apart.
    ///
    /// # Errors
    /// When the stream cannot be understood any more; every further call gives the same error. Packets that arrived
    /// whole before are handed out first.
    pub fn next_packet(&mut self) -> Result<Option<Packet>> {
        loop {
            let packet = match self.listed.pop_front() {
                Some(packet) => packet,
                None => match self.framer.next_packet()? {
                    Some(packet) => self.count(packet),
                    None => return Ok(None),
                },
            };
            if let Some(packet) = self.answer(packet)? {
                return Ok(Some(packet));
            }
        }
    }

    /// Packets that [`Channel::next_packet`] will hand out as they are, for looking ahead.
    pub fn ahead(&self) -> impl Iterator<Item = &Packet> {
        self.listed.iter().chain(self.framer.waiting())
    }

    /// Serial of the packet that was handed out last.
    pub fn taken_serial(&self) -> u64 {
        self.taken_serial
    }

    /// Serial of the message that was sent last.
    pub fn sent_serial(&self) -> u64 {
        self.sent_serial
    }

    /// Queues a message; its serial.
    pub fn send(&mut self, id: u16, body: &[u8]) -> u64 {
        self.send_parts(id, body, &[])
    }

    /// Queues a message whose body is `head` and then all of `parts`, whose memory is shared where that is worth it; its
    /// serial.
    pub fn send_parts(&mut self, id: u16, head: &[u8], parts: &[Bytes]) -> u64 {
        self.sending.count();
        self.queue(id, head, parts);
        self.sent_serial
    }

    /// Queues SET_ACK: from now on [`Channel::window_is_open`] follows the peer's ACKs.
    pub fn set_ack(&mut self, generation: u32, window: u32) {
        self.sending.set(generation, window);
        let message = base::SetAck { generation, window };
        self.queue_message(3, &message);
    }

    /// Whether the peer has acknowledged enough to be sent more; always without a window.
    pub fn window_is_open(&self) -> bool {
        self.sending.room() > 0
    }

    /// How many messages the peer's window still takes; `u64::MAX` without a window.
    pub fn window_room(&self) -> u64 {
        self.sending.room()
    }

    /// Serial of the last message that the peer is known to have received; nothing without a window.
    pub fn acknowledged_serial(&self) -> Option<u64> {
        self.sending.under_way().map(|count| self.sent_serial.saturating_sub(count))
    }

    /// The bytes to be written now.
    pub fn pending(&mut self) -> Vec<u8> {
        self.outbox.take().concat()
    }

    /// The bytes to be written now, in pieces that follow each other; big ones share their memory with their maker.
    pub fn pending_parts(&mut self) -> Vec<Bytes> {
        self.outbox.take()
    }

    /// As [`Channel::pending_parts`], but the last message stays, if it is not all there is.
    pub fn pending_before_last(&mut self) -> Vec<Bytes> {
        self.outbox.take_before_last()
    }

    /// The same without taking them: [`Channel::written`] says how many have left. The last message begins a piece.
    pub fn unwritten(&self) -> impl Iterator<Item = &[u8]> {
        self.outbox.parts()
    }

    /// The first `count` bytes to be written have left.
    pub fn written(&mut self, count: usize) {
        self.outbox.gone(count);
    }

    /// How many bytes are to be written now.
    pub fn pending_len(&self) -> usize {
        self.outbox.len()
    }

    /// Counts a message off the wire; a list with everything in it counts as one.
    fn count(&mut self, packet: Packet) -> Packet {
        self.taken_serial = packet.serial;
        if self.receiving.count() {
            self.queue(2, &[], &[]);
        }
        packet
    }

    /// Answers what has exactly one answer; anything else is handed out.
    fn answer(&mut self, packet: Packet) -> Result<Option<Packet>> {
        match (self.role, packet.id) {
            (Role::Client, 3) => self.answer_set_ack(&packet.body)?,
            (Role::Client, 4) => self.answer_ping(&packet.body)?,
            (Role::Client, 8) => self.listed.extend(self.sub_messages(&packet, 0)?),
            (Role::Client, _) if packet.sub_list != 0 => {
                self.listed.extend(self.sub_messages(&packet, packet.sub_list)?);
                self.listed.push_back(Packet { sub_list: 0, ..packet });
            }
            (Role::Server, 1) => {
                self.sending.sync(self.read::<base::AckSync>(&packet.body, "AckSync")?.generation)
            }
            (Role::Server, 2) => self.sending.acknowledged(),
            _ => return Ok(Some(packet)),
        }
        Ok(None)
    }

    fn answer_set_ack(&mut self, body: &Bytes) -> Result<()> {
        let base::SetAck { generation, window } = self.read(body, "SetAck")?;
        self.receiving.set(window);
        self.queue_message(1, &base::AckSync { generation });
        Ok(())
    }

    fn answer_ping(&mut self, body: &Bytes) -> Result<()> {
        let base::Ping { id, timestamp, .. } = self.read(body, "Ping")?;
        self.queue_message(3, &base::Pong { id, timestamp });
        Ok(())
    }

    /// The messages of a list at `offset`, each with the serial of what carries them. Lists do not nest.
    fn sub_messages(&self, packet: &Packet, offset: u32) -> Result<Vec<Packet>> {
        let reader = Reader::new(&packet.body, &self.limits);
        let list = reader.at(offset).and_then(|mut reader| PtrList::<base::SubMessage>::read(&mut reader));
        let messages = list.map_err(|error| error.in_field("messages").in_message("MessageList"))?.0;
        if messages.iter().any(|message| message.id == 8) {
            let what = "a list inside a list";
            return Err(Error::new(ErrorKind::BadValue, 0, what).in_message("MessageList"));
        }
        let unpack = |message: base::SubMessage| Packet {
            id: message.id,
            serial: packet.serial,
            body: message.body.0,
            sub_list: 0,
        };
        Ok(messages.into_iter().map(unpack).collect())
    }

    fn read<T: Wire>(&self, body: &Bytes, name: &'static str) -> Result<T> {
        T::read(&mut Reader::new(body, &self.limits)).map_err(|error| error.in_message(name))
    }

    fn queue_message(&mut self, id: u16, message: &impl Wire) {
        let mut writer = Writer::default();
        message.write(&mut writer);
        // The answers given here have no lists, so that nothing in them can be too long to be written.
        if let Ok(body) = writer.finish() {
            self.queue(id, &body, &[]);
        }
    }

    fn queue(&mut self, id: u16, head: &[u8], parts: &[Bytes]) {
        self.sent_serial = self.sent_serial.saturating_add(1);
        let (serial, message_type) = (self.sent_serial, id);
        let length = parts.iter().fold(head.len(), |sum, part| sum.saturating_add(part.len()));
        let size = u32::try_from(length).unwrap_or(u32::MAX);
        let mut header = Writer::default();
        match self.header {
            HeaderKind::Mini => MiniHeader { message_type, size }.write(&mut header),
            HeaderKind::Full => FullHeader { serial, message_type, size, sub_list: 0 }.write(&mut header),
        }
        self.outbox.begin();
        self.outbox.copy(&header.finish().unwrap_or_default());
        self.outbox.copy(head);
        parts.iter().for_each(|part| self.outbox.share(part));
    }
}
