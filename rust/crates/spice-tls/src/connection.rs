//! The library's connection, of either role, and one turn of its crank.

use rustls::client::{ClientConnectionData, UnbufferedClientConnection};
use rustls::server::{ServerConnectionData, UnbufferedServerConnection};
use rustls::unbuffered::{
    ConnectionState, EncodeError, EncryptError, InsufficientSizeError, UnbufferedStatus, WriteTraffic,
};
use rustls::{CommonState, Error as TlsError};

use crate::error::Error;
use crate::inbox::Inbox;
use crate::outbox::Outbox;

/// Bytes of a record around its data at most: header, nonce or type, tag.
const RECORD_EXTRA: usize = 5 + 8 + 1 + 16;

/// Bytes of data in one record at most.
const RECORD_DATA: usize = 16 << 10;

/// The library's connection.
pub(crate) enum Connection {
    /// A client's.
    Client(Box<UnbufferedClientConnection>),
    /// A server's.
    Server(Box<UnbufferedServerConnection>),
}

/// How far one turn came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// There is more to do.
    Again,
    /// More bytes have to come, before the handshake is complete.
    Blocked,
    /// The handshake is complete; nothing is left to decipher, and data may be sent.
    Idle,
    /// The peer has said that nothing more comes.
    PeerClosed,
    /// Both ends have said so.
    Closed,
}

/// What a connection is to send once it is idle.
pub(crate) enum Words<'a> {
    Nothing,
    Data(&'a [u8]),
    Goodbye,
}

impl Connection {
    /// What both roles have in common.
    pub(crate) fn common(&self) -> &CommonState {
        match self {
            Self::Client(connection) => connection,
            Self::Server(connection) => connection,
        }
    }

    /// Deals with the next thing in `inbox`: deciphered data goes to `deciphered`, what is to be sent behind `outbox`.
    pub(crate) fn turn(
        &mut self,
        inbox: &mut Inbox,
        outbox: &mut Outbox,
        words: &Words<'_>,
        deciphered: impl FnMut(&[u8]),
    ) -> Result<Turn, Error> {
        let (discard, turn) = match self {
            Self::Client(connection) => {
                settle_client(connection.process_tls_records(inbox.held()), outbox, words, deciphered)
            }
            Self::Server(connection) => {
                settle_server(connection.process_tls_records(inbox.held()), outbox, words, deciphered)
            }
        };
        inbox.discard(discard);
        turn
    }
}

fn settle_client(
    status: UnbufferedStatus<'_, '_, ClientConnectionData>,
    outbox: &mut Outbox,
    words: &Words<'_>,
    deciphered: impl FnMut(&[u8]),
) -> (usize, Result<Turn, Error>) {
    settle(status, outbox, words, deciphered)
}

fn settle_server(
    status: UnbufferedStatus<'_, '_, ServerConnectionData>,
    outbox: &mut Outbox,
    words: &Words<'_>,
    deciphered: impl FnMut(&[u8]),
) -> (usize, Result<Turn, Error>) {
    settle(status, outbox, words, deciphered)
}

fn settle<Data>(
    status: UnbufferedStatus<'_, '_, Data>,
    outbox: &mut Outbox,
    words: &Words<'_>,
    mut deciphered: impl FnMut(&[u8]),
) -> (usize, Result<Turn, Error>) {
    let mut discard = status.discard;
    let turn = status.state.map_err(Error::from).and_then(|state| match state {
        ConnectionState::ReadTraffic(mut traffic) => {
            while let Some(record) = traffic.next_record() {
                let record = record?;
                discard += record.discard;
                deciphered(record.payload);
            }
            Ok(Turn::Again)
        }
        ConnectionState::EncodeTlsData(mut data) => {
            append(outbox, 0, |room| data.encode(room).map_err(too_small))?;
            Ok(Turn::Again)
        }
        ConnectionState::TransmitTlsData(data) => {
            // It stands in the outbox, whose order is kept.
            data.done();
            Ok(Turn::Again)
        }
        ConnectionState::WriteTraffic(traffic) => {
            write(traffic, outbox, words)?;
            Ok(Turn::Idle)
        }
        ConnectionState::BlockedHandshake => Ok(Turn::Blocked),
        ConnectionState::PeerClosed => Ok(Turn::PeerClosed),
        ConnectionState::Closed => Ok(Turn::Closed),
        // Early data is never offered, and no state that came later can be met without asking for it.
        _ => Err(TlsError::General("an unknown state of the connection".into()).into()),
    });
    (discard, turn)
}

fn write<Data>(
    mut traffic: WriteTraffic<'_, Data>,
    outbox: &mut Outbox,
    words: &Words<'_>,
) -> Result<(), Error> {
    match words {
        Words::Nothing => Ok(()),
        Words::Data(data) => {
            let records = data.len() / RECORD_DATA + 1;
            let size = data.len() + records * RECORD_EXTRA;
            append(outbox, size, |room| traffic.encrypt(data, room).map_err(exhausted))
        }
        Words::Goodbye => append(outbox, 64, |room| traffic.queue_close_notify(room).map_err(exhausted)),
    }
}

/// Why something could not be put into a buffer: it lacks room, or it is not possible at all.
type Failure = Result<InsufficientSizeError, Error>;

/// Lets `fill` write behind what is in `outbox`, with `guess` bytes of room at first.
fn append(
    outbox: &mut Outbox,
    guess: usize,
    mut fill: impl FnMut(&mut [u8]) -> Result<usize, Failure>,
) -> Result<(), Error> {
    let written = match outbox.append(guess, &mut fill) {
        Err(Ok(lack)) => outbox.append(lack.required_size, fill),
        other => other,
    };
    written.map_err(|failure| failure.err().unwrap_or_else(|| Error::broken("an alert of no known size")))
}

fn too_small(error: EncodeError) -> Failure {
    match error {
        EncodeError::InsufficientSize(lack) => Ok(lack),
        EncodeError::AlreadyEncoded => Err(Error::broken("a message to be sent twice")),
    }
}

fn exhausted(error: EncryptError) -> Failure {
    match error {
        EncryptError::InsufficientSize(lack) => Ok(lack),
        EncryptError::EncryptExhausted => Err(Error::broken("the keys of this connection are used up")),
    }
}
