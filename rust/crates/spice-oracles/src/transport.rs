//! The channel transport: the same packets for every cutting.

use spice_proto::{Channel, HeaderKind, Packet, Role};
use spice_wire::messages::ChannelType;
use spice_wire::{Error, Limits};

/// First byte: header kind and role; second: size of the pieces. The rest is what is received.
pub fn transport(data: &[u8]) {
    let [choice, size, stream @ ..] = data else { return };
    let whole = outcome(*choice, stream, stream.len().max(1));
    let pieces = outcome(*choice, stream, usize::from(*size).max(1));
    assert_eq!(whole, pieces);
}

/// Everything that comes out: packets, the error that ends them, and the bytes to be sent.
type Outcome = (Vec<Packet>, Option<Error>, Vec<u8>);

fn outcome(choice: u8, stream: &[u8], size: usize) -> Outcome {
    let header = if choice & 1 == 0 { HeaderKind::Mini } else { HeaderKind::Full };
    let role = if choice & 2 == 0 { Role::Client } else { Role::Server };
    let mut channel = Channel::new(role, ChannelType::DISPLAY, header, Limits::DEFAULT);
    let mut packets = Vec::new();
    for piece in stream.chunks(size) {
        channel.receive(piece);
        loop {
            match channel.next_packet() {
                Ok(Some(packet)) => packets.push(packet),
                Ok(None) => break,
                Err(error) => return (packets, Some(error), channel.pending()),
            }
        }
    }
    (packets, None, channel.pending())
}
