//! The link stage: the first bytes of each connection (`protocol.md` 1.1 to 1.6).

use crate::caps::Caps;
use crate::messages::ChannelType;
use crate::shapes::Array;

/// The first four bytes of both directions.
pub const MAGIC: [u8; 4] = *b"REDQ";
/// The major version that is spoken.
pub const VERSION_MAJOR: u32 = 2;
/// The minor version that is spoken; no peer compares it.
pub const VERSION_MINOR: u32 = 2;
/// Most bytes that a link message may have, as in the reference server.
pub const LINK_MESSAGE_MAX: u32 = 4096;
/// Bytes of the ticket: one block of RSA with 1024 bits.
pub const TICKET_SIZE: usize = 128;
/// Bytes of the server's public key.
pub const PUBLIC_KEY_SIZE: usize = 162;

wire_enum! {
    /// Why a link was refused, or a channel ended (`protocol.md` 1.3).
    LinkErrorCode: u32 {
        0 OK,
        1 ERROR,
        2 INVALID_MAGIC,
        3 INVALID_DATA,
        4 VERSION_MISMATCH,
        5 NEED_SECURED,
        6 NEED_UNSECURED,
        7 PERMISSION_DENIED,
        8 BAD_CONNECTION_ID,
        9 CHANNEL_NOT_AVAILABLE,
    }

    /// How the client proves who it is.
    AuthMechanism: u32 { 1 SPICE, 2 SASL }
}

wire! {
    /// What stands before the link message and the link reply.
    LinkHeader {
        /// "REDQ".
        magic: Array<4>,
        major_version: u32,
        minor_version: u32,
        /// Bytes that follow.
        size: u32,
    }

    /// What the client asks for.
    LinkMessage {
        /// 0 for a new session, else the session id of MAIN INIT.
        connection_id: u32,
        channel_type: ChannelType,
        channel_id: u8,
        caps: Caps,
    }

    /// What the server answers.
    LinkReply {
        error: LinkErrorCode,
        /// RSA key of 1024 bits as DER SubjectPublicKeyInfo; zeros with SASL.
        public_key: Array<162>,
        caps: Caps,
    }
}
