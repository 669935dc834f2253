//! One end of a connection.

use std::sync::Arc;

use crate::client::{self, Presented, Recorder};
use crate::connection::{Connection, Turn, Words};
use crate::error::Error;
use crate::inbox::Inbox;
use crate::offer::{self, Offer};
use crate::outbox::Outbox;
use crate::server::Identity;

/// Ciphertext of a handshake that may wait to be understood: a server with the largest chain that is read at all, in small records.
const HANDSHAKE_MAX: usize = 256 << 10;

/// Bytes of the peer's first words that are kept, to tell what it speaks if it is not TLS.
const OPENING: usize = 16;

/// One end of a connection: ciphertext in, plaintext out, and back.
pub struct Pipe {
    connection: Connection,
    recorder: Option<Arc<Recorder>>,
    stage: Stage,
    inbox: Inbox,
    outbox: Outbox,
    /// Plaintext that found no room; only what is behind `taken` counts.
    kept: Vec<u8>,
    taken: usize,
    opening: Vec<u8>,
    ended: bool,
}

enum Stage {
    Handshake,
    /// The handshake is complete; nothing goes through before the caller has trusted the peer.
    Judging(Presented),
    Open,
    Closed,
    Broken(Error),
}

/// How far a handshake is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handshake {
    /// Bytes of the peer are missing.
    Waiting,
    /// The server has shown itself, and [`Pipe::trust`] is to be called, or not.
    Judging,
    /// It is complete.
    Complete,
}

/// What [`Pipe::read`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// So many bytes of plaintext, at least one.
    Data(usize),
    /// More ciphertext has to come.
    Nothing,
    /// The peer has said that nothing more comes.
    End,
}

impl Pipe {
    /// A client's end. `name` is told to the server if it is a host's name.
    pub fn client(offer: &Offer, name: Option<&str>) -> Result<Self, Error> {
        let (connection, recorder) = client::connect(offer, name)?;
        Ok(Self::new(Connection::Client(Box::new(connection)), Some(recorder)))
    }

    /// A server's end.
    pub fn server(identity: &Identity) -> Result<Self, Error> {
        Ok(Self::new(Connection::Server(Box::new(identity.accept()?)), None))
    }

    fn new(connection: Connection, recorder: Option<Arc<Recorder>>) -> Self {
        Self {
            connection,
            recorder,
            stage: Stage::Handshake,
            inbox: Inbox::default(),
            outbox: Outbox::default(),
            kept: Vec::new(),
            taken: 0,
            opening: Vec::new(),
            ended: false,
        }
    }

    // Ciphertext.

    /// Lets `receive` put ciphertext into the room for it; it gives how many bytes that are.
    pub fn fill<E>(&mut self, receive: impl FnOnce(&mut [u8]) -> Result<usize, E>) -> Result<usize, E> {
        let count = self.inbox.fill(receive)?;
        self.note_opening(count);
        Ok(count)
    }

    /// Takes ciphertext by a copy.
    pub fn receive(&mut self, bytes: &[u8]) {
        self.inbox.append(bytes);
        self.note_opening(bytes.len());
    }

    /// Bytes of ciphertext that wait: the beginning of a record, once everything that can be read has been.
    pub fn held(&self) -> usize {
        self.inbox.len()
    }

    /// Bytes that [`Pipe::read`] can give out at most before more has to come.
    pub fn readable(&self) -> usize {
        self.kept.len() - self.taken + self.inbox.len()
    }

    /// Ciphertext to be sent, in this order. What has been is to be told to [`Pipe::sent`].
    pub fn outgoing(&self) -> &[u8] {
        self.outbox.held()
    }

    /// The first `count` bytes of what is outgoing have been sent.
    pub fn sent(&mut self, count: usize) {
        self.outbox.discard(count);
    }

    /// The first bytes that the peer has sent: what it speaks, if that is not TLS.
    pub fn opening(&self) -> &[u8] {
        &self.opening
    }

    // The handshake.

    /// Goes on with the handshake as far as the ciphertext goes that has come.
    pub fn handshake(&mut self) -> Result<Handshake, Error> {
        while let Stage::Handshake = self.stage {
            let before = self.inbox.len();
            match self.turn(&Words::Nothing, &mut [], &mut 0)? {
                Turn::Again => {}
                Turn::Blocked if before > HANDSHAKE_MAX => {
                    return Err(self.fail(Error::broken("the peer's part of the handshake is too long")));
                }
                Turn::Blocked => return Ok(Handshake::Waiting),
                Turn::Idle if self.connection.common().is_handshaking() => return Ok(Handshake::Waiting),
                Turn::Idle => self.complete()?,
                Turn::PeerClosed | Turn::Closed => {
                    return Err(self.fail(Error::broken(
                        "the peer closed the connection in the middle of the handshake",
                    )));
                }
            }
        }
        match &self.stage {
            Stage::Judging(_) => Ok(Handshake::Judging),
            Stage::Broken(error) => Err(error.clone()),
            _ => Ok(Handshake::Complete),
        }
    }

    fn complete(&mut self) -> Result<(), Error> {
        self.stage = match &self.recorder {
            None => Stage::Open,
            Some(recorder) => match recorder.presented() {
                Some(presented) => Stage::Judging(presented),
                None => return Err(self.fail(Error::broken("the server has not shown who it is"))),
            },
        };
        Ok(())
    }

    /// What the server has shown, while it waits for judgement.
    pub fn presented(&self) -> Option<&Presented> {
        match &self.stage {
            Stage::Judging(presented) => Some(presented),
            _ => None,
        }
    }

    /// Lets data through: the caller has looked at [`Pipe::presented`] and found it right.
    pub fn trust(&mut self) -> Result<(), Error> {
        match self.stage {
            Stage::Judging(_) => {
                self.stage = Stage::Open;
                Ok(())
            }
            _ => Err(Error::misuse("nobody waits for judgement")),
        }
    }

    /// Version (`1.2`, `1.3`), name of the cipher and bits of its key; None while they are not agreed.
    pub fn cipher(&self) -> Option<(&'static str, String, u16)> {
        let common = self.connection.common();
        let version =
            if common.protocol_version()? == rustls::ProtocolVersion::TLSv1_2 { "1.2" } else { "1.3" };
        let suite = common.negotiated_cipher_suite()?.suite();
        Some((version, offer::name(suite), offer::bits(suite)))
    }

    // Plaintext.

    /// Deciphers into `out` what has come.
    pub fn read(&mut self, out: &mut [u8]) -> Result<Received, Error> {
        self.check_open()?;
        let mut count = self.take_kept(out);
        while count < out.len() && self.read_on(out, &mut count)? {}
        Ok(self.received(count))
    }

    /// Deciphers what has come until `enough` bytes wait in [`Pipe::plain`]; how many do.
    pub fn decipher(&mut self, enough: usize) -> Result<Received, Error> {
        self.check_open()?;
        while self.plain().len() < enough && self.read_on(&mut [], &mut 0)? {}
        Ok(self.received(self.plain().len()))
    }

    /// Deciphered bytes that wait. Those that need no longer are to be told to [`Pipe::taken`].
    pub fn plain(&self) -> &[u8] {
        self.kept.get(self.taken..).unwrap_or_default()
    }

    /// The first `count` bytes of what waits have been taken.
    pub fn taken(&mut self, count: usize) {
        self.taken += count;
        if self.taken >= self.kept.len() {
            self.kept.clear();
            self.taken = 0;
        }
    }

    /// Deals with the next thing that has come; whether more may be there.
    fn read_on(&mut self, out: &mut [u8], count: &mut usize) -> Result<bool, Error> {
        if self.ended {
            return Ok(false);
        }
        match self.turn(&Words::Nothing, out, count) {
            Ok(Turn::Again) => Ok(true),
            Ok(Turn::Idle | Turn::Blocked) => Ok(false),
            Ok(Turn::PeerClosed | Turn::Closed) => {
                self.ended = true;
                Ok(false)
            }
            Err(error) if *count == 0 && self.plain().is_empty() => Err(error),
            // What came before the fault is handed out first.
            Err(_) => Ok(false),
        }
    }

    fn received(&self, count: usize) -> Received {
        match count {
            0 if self.ended => Received::End,
            0 => Received::Nothing,
            count => Received::Data(count),
        }
    }

    /// Enciphers data, behind what is outgoing already.
    pub fn write(&mut self, data: &[u8]) -> Result<(), Error> {
        self.check_open()?;
        if let Stage::Closed = self.stage {
            return Err(Error::misuse("the connection has been closed from this side"));
        }
        self.say(&Words::Data(data))
    }

    /// Says that nothing more will come from this side, if there is anybody to hear it.
    pub fn close(&mut self) -> Result<(), Error> {
        let was_trusted = match self.stage {
            Stage::Open => true,
            Stage::Judging(_) => false,
            _ => return Ok(()),
        };
        self.stage = Stage::Closed;
        self.say(&Words::Goodbye)?;
        if !was_trusted {
            self.kept.clear();
            self.stage = Stage::Broken(Error::misuse("the server was not trusted"));
        }
        Ok(())
    }

    /// Deals with everything that has come, so that the connection says what it is told to.
    fn say(&mut self, words: &Words<'_>) -> Result<(), Error> {
        loop {
            match self.turn(words, &mut [], &mut 0)? {
                Turn::Again => {}
                Turn::PeerClosed => self.ended = true,
                Turn::Idle | Turn::Blocked | Turn::Closed => return Ok(()),
            }
        }
    }

    fn turn(&mut self, words: &Words<'_>, out: &mut [u8], count: &mut usize) -> Result<Turn, Error> {
        if let Stage::Broken(error) = &self.stage {
            return Err(error.clone());
        }
        let kept = &mut self.kept;
        let deciphered = |data: &[u8]| {
            let room = out.get_mut(*count..).unwrap_or_default();
            let fits = room.len().min(data.len());
            room[..fits].copy_from_slice(&data[..fits]);
            *count += fits;
            kept.extend_from_slice(&data[fits..]);
        };
        let turn = self.connection.turn(&mut self.inbox, &mut self.outbox, words, deciphered);
        turn.map_err(|error| self.fail(error))
    }

    fn take_kept(&mut self, out: &mut [u8]) -> usize {
        let left = self.plain();
        let count = left.len().min(out.len());
        out[..count].copy_from_slice(&left[..count]);
        self.taken(count);
        count
    }

    fn check_open(&self) -> Result<(), Error> {
        match self.stage {
            Stage::Handshake => Err(Error::misuse("the handshake comes first")),
            Stage::Judging(_) => Err(Error::misuse("nothing goes through before the server is trusted")),
            // A broken pipe still has what came before.
            Stage::Open | Stage::Closed | Stage::Broken(_) => Ok(()),
        }
    }

    /// Ends the connection: what is left to say is the alert that tells the peer.
    fn fail(&mut self, error: Error) -> Error {
        // One turn gives the alert out; another would stumble over the same bytes again.
        let _ = self.connection.turn(&mut self.inbox, &mut self.outbox, &Words::Nothing, |_| {});
        self.stage = Stage::Broken(error.clone());
        error
    }

    /// Notes the first of the `count` bytes that have just come.
    fn note_opening(&mut self, count: usize) {
        let lack = OPENING - self.opening.len();
        if lack > 0 {
            let held = self.inbox.held();
            let new = &held[held.len() - count..];
            self.opening.extend_from_slice(&new[..lack.min(count)]);
        }
    }
}
