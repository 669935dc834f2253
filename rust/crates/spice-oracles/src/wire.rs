//! Messages: what is accepted can be written, and reads back as the same.

use bytes::Bytes;
use spice_wire::messages::{CHANNELS, STANDALONE};
use spice_wire::schema::MessageSchema;
use spice_wire::{Limits, Reader, Sender, Value, Writer};

/// First byte: which message of which channel and direction. The rest is its body.
pub fn message(data: &[u8]) {
    let all = CHANNELS.iter().flat_map(|channel| both(channel));
    pick(data, &all.collect::<Vec<_>>());
}

/// First byte: which message of the guest agent. The rest is its body.
pub fn agent(data: &[u8]) {
    pick(data, &both(&spice_wire::agent::CHANNEL).collect::<Vec<_>>());
}

/// First byte: which struct outside any channel. The rest is what it is read from.
pub fn structs(data: &[u8]) {
    let Some((&choice, body)) = data.split_first() else { return };
    let chosen = &STANDALONE[usize::from(choice) % STANDALONE.len()];
    holds(body, chosen.read, chosen.write);
}

fn both(channel: &spice_wire::schema::ChannelSchema) -> impl Iterator<Item = &'static MessageSchema> {
    channel.messages(Sender::Server).iter().chain(channel.messages(Sender::Client))
}

fn pick(data: &[u8], messages: &[&'static MessageSchema]) {
    let Some((&choice, body)) = data.split_first() else { return };
    let chosen = messages[usize::from(choice) % messages.len()];
    holds(body, chosen.read, chosen.write);
}

type Read = fn(&mut Reader<'_>) -> spice_wire::Result<Value>;
type Write = fn(&Value, &mut Writer) -> spice_wire::Result<()>;

fn holds(body: &[u8], read: Read, write: Write) {
    let limits = Limits::DEFAULT;
    let Ok(first) = read(&mut Reader::new(&Bytes::copy_from_slice(body), &limits)) else { return };
    let mut writer = Writer::default();
    write(&first, &mut writer).expect("what was read can be written");
    let written = Bytes::from(writer.finish().expect("what was read fits its counts"));
    let second = read(&mut Reader::new(&written, &limits)).expect("what was written can be read");
    assert_eq!(first, second);
}
