//! The tables: one file per channel, named as in the protocol.

pub mod base;
pub mod cursor;
pub mod display;
pub mod draw;
pub mod image;
pub mod inputs;
pub mod main;
pub mod playback;
pub mod port;
pub mod record;
pub mod smartcard;
pub mod usbredir;
pub mod webdav;

use crate::schema::{ChannelSchema, MessageSchema, Sender};

wire_enum! {
    /// The kinds of channel (`protocol.md` 2).
    ChannelType: u8 {
        1 MAIN,
        2 DISPLAY,
        3 INPUTS,
        4 CURSOR,
        5 PLAYBACK,
        6 RECORD,
        7 TUNNEL,
        8 SMARTCARD,
        9 USBREDIR,
        10 PORT,
        11 WEBDAV,
    }
}

/// What every channel has, then each channel in the order of its number.
pub static CHANNELS: &[&ChannelSchema] = &[
    &base::CHANNEL,
    &main::CHANNEL,
    &display::CHANNEL,
    &inputs::CHANNEL,
    &cursor::CHANNEL,
    &playback::CHANNEL,
    &record::CHANNEL,
    &smartcard::CHANNEL,
    &usbredir::CHANNEL,
    &port::CHANNEL,
    &webdav::CHANNEL,
];

/// The message `id` that `sender` sends on a channel of this kind, base messages included.
pub fn find(channel: ChannelType, sender: Sender, id: u16) -> Option<&'static MessageSchema> {
    candidates(channel, sender).find(|message| message.id == id)
}

/// The message called `name` that `sender` sends on a channel of this kind, base messages included.
pub fn find_named(channel: ChannelType, sender: Sender, name: &str) -> Option<&'static MessageSchema> {
    candidates(channel, sender).find(|message| message.body.name == name)
}

fn candidates(channel: ChannelType, sender: Sender) -> impl Iterator<Item = &'static MessageSchema> {
    let own = CHANNELS.iter().filter(move |schema| schema.number == channel.0 && channel.0 != 0);
    let tables = own.copied().chain([&base::CHANNEL]);
    tables.flat_map(move |schema| schema.messages(sender))
}

/// Enumerations that no field refers to: the capability numbers, which stand in words of bits, and the like.
pub static LOOSE_ENUMS: &[&crate::schema::EnumSchema] =
    &[&crate::agent::AgentCap::SCHEMA, &crate::link::AuthMechanism::SCHEMA];

/// Structs that stand outside any channel: the link stage, the headers and the agent's framing.
pub static STANDALONE: &[Standalone] = &[
    standalone::<crate::link::LinkHeader>(),
    standalone::<crate::link::LinkMessage>(),
    standalone::<crate::link::LinkReply>(),
    standalone::<crate::header::FullHeader>(),
    standalone::<crate::header::MiniHeader>(),
    standalone::<crate::agent::AgentHeader>(),
    standalone::<crate::agent::ChunkHeader>(),
];

/// A struct that is read and written by its name.
#[derive(Debug)]
pub struct Standalone {
    /// What the declaration says.
    pub shape: crate::schema::Shape,
    /// Reads it from the start of some bytes.
    pub read: fn(&mut crate::Reader<'_>) -> crate::Result<crate::Value>,
    /// Appends it.
    pub write: fn(&crate::Value, &mut crate::Writer) -> crate::Result<()>,
}

const fn standalone<T: crate::Wire>() -> Standalone {
    Standalone {
        shape: T::SHAPE,
        read: |reader| T::read(reader).map(|found| found.to_value()),
        write: |value, writer| T::from_value(value).map(|found| found.write(writer)),
    }
}
