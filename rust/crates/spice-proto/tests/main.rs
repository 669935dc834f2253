//! The transport seen from outside: any cutting, both headers, hostile sizes.

use std::slice::from_ref;

use bytes::Bytes;
use proptest::prelude::*;
use spice_proto::{Channel, Framer, HeaderKind, Packet, Role};
use spice_wire::messages::ChannelType;
use spice_wire::{ErrorKind, Limits};

fn client(header: HeaderKind) -> Channel {
    Channel::new(Role::Client, ChannelType::DISPLAY, header, Limits::default())
}

fn server(header: HeaderKind) -> Channel {
    Channel::new(Role::Server, ChannelType::DISPLAY, header, Limits::default())
}

fn drain(channel: &mut Channel) -> Vec<Packet> {
    std::iter::from_fn(|| channel.next_packet().expect("the stream is sound")).collect()
}

fn message(id: u16, body: &[u8]) -> Vec<u8> {
    [&id.to_le_bytes()[..], &(body.len() as u32).to_le_bytes(), body].concat()
}

proptest! {
    #[test]
    fn any_cutting_gives_the_same_packets(
        bodies in prop::collection::vec((100u16..400, prop::collection::vec(any::<u8>(), 0..300)), 1..20),
        cuts in prop::collection::vec(1usize..64, 1..100),
        full in any::<bool>(),
    ) {
        let header = if full { HeaderKind::Full } else { HeaderKind::Mini };
        let mut sender = server(header);
        for (id, body) in &bodies {
            sender.send(*id, body);
        }
        let bytes = sender.pending();
        let mut whole = client(header);
        whole.receive(&bytes);
        let mut cut = client(header);
        let (mut rest, mut sizes) = (&bytes[..], cuts.iter().cycle());
        while !rest.is_empty() {
            let (now, later) = rest.split_at((*sizes.next().unwrap()).min(rest.len()));
            let space = cut.space();
            space[..now.len()].copy_from_slice(now);
            cut.filled(now.len());
            rest = later;
        }
        let packets = drain(&mut whole);
        prop_assert_eq!(&packets, &drain(&mut cut));
        prop_assert_eq!(packets.len(), bodies.len());
        for (number, (packet, (id, body))) in packets.iter().zip(&bodies).enumerate() {
            prop_assert_eq!((packet.id, &packet.body[..], packet.serial), (*id, &body[..], number as u64 + 1));
        }
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000), full in any::<bool>()) {
        let mut channel = client(if full { HeaderKind::Full } else { HeaderKind::Mini });
        channel.receive(&bytes);
        while let Ok(Some(_)) = channel.next_packet() {}
    }
}

#[test]
fn a_large_message_takes_memory_only_as_it_arrives() {
    let mut framer = Framer::new(HeaderKind::Mini, &Limits::default());
    framer.receive(&[48, 1, 0, 0, 0, 8]);
    assert!(framer.space().len() <= 256 << 10, "128 MiB were announced and 6 bytes received");
    framer.receive(&vec![0; 1 << 20]);
    assert!(framer.space().len() <= (3 << 20) + 18, "three times what has arrived");
    assert_eq!(framer.next_packet(), Ok(None));
    assert_eq!(framer.partial_bytes(), (1 << 20) + 6);
}

#[test]
fn room_for_a_large_message_ends_with_it() {
    let mut framer = Framer::new(HeaderKind::Mini, &Limits::default());
    framer.receive(&message(304, &vec![7; 3 << 20])[..2 << 20]);
    assert_eq!(framer.space().len(), (1 << 20) + 6);
}

#[test]
fn a_big_message_is_received_into_the_memory_of_the_last_one() {
    let mut framer = Framer::new(HeaderKind::Mini, &Limits::default());
    let mut addresses = Vec::new();
    for round in 0u8..3 {
        framer.receive(&message(304, &vec![round; 2 << 20]));
        let packet = framer.next_packet().unwrap().unwrap();
        assert!(packet.body.iter().all(|&byte| byte == round));
        addresses.push(packet.body.as_ptr());
    }
    assert_eq!(addresses[1], addresses[2]);
}

#[test]
fn a_big_message_begins_where_the_last_one_did() {
    let mut framer = Framer::new(HeaderKind::Mini, &Limits::default());
    for round in 0u8..4 {
        let bytes = message(304, &vec![round; (2 << 20) + 1000 * usize::from(round)]);
        let room = framer.space().len();
        assert!(round < 2 || room > bytes.len(), "round {round}: room for {room} of {}", bytes.len());
        framer.receive(&bytes);
        assert!(framer.next_packet().unwrap().unwrap().body.iter().all(|&byte| byte == round));
    }
    let held: Vec<Packet> = (0u8..3)
        .map(|round| {
            framer.receive(&message(304, &[round; 10]));
            framer.next_packet().unwrap().unwrap()
        })
        .collect();
    assert!((0u8..3).zip(&held).all(|(round, packet)| packet.body[..] == [round; 10]));
}

#[test]
fn memory_that_is_still_read_is_left_alone() {
    let mut framer = Framer::new(HeaderKind::Mini, &Limits::default());
    let mut packets = Vec::new();
    for round in 0u8..3 {
        framer.receive(&message(304, &vec![round; 2 << 20]));
        packets.push(framer.next_packet().unwrap().unwrap());
    }
    for (round, packet) in (0u8..).zip(&packets) {
        assert!(packet.body.iter().all(|&byte| byte == round));
    }
}

#[test]
fn what_is_missing_is_known_once_the_header_is_there() {
    let mut framer = Framer::new(HeaderKind::Mini, &Limits::default());
    let bytes = message(304, &[0; 100]);
    framer.receive(&bytes[..5]);
    assert_eq!(framer.missing(), 0);
    framer.receive(&bytes[5..50]);
    assert_eq!(framer.missing(), 56);
}

#[test]
fn a_message_over_the_limit_fails_after_what_came_before_it() {
    let mut channel = Channel::new(
        Role::Client,
        ChannelType::DISPLAY,
        HeaderKind::Mini,
        Limits { message: 1000, ..Limits::default() },
    );
    channel.receive(&[message(101, b"good"), message(304, &[0; 1001])].concat());
    assert_eq!(channel.next_packet().unwrap().unwrap().body, "good");
    for _ in 0..2 {
        let error = channel.next_packet().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit);
        assert_eq!(error.what(), "message 304 announces 1001 bytes, 1000 allowed");
    }
}

#[test]
fn ack_sync_comes_at_once_and_ack_after_each_window() {
    let mut channel = client(HeaderKind::Mini);
    channel.receive(&message(3, &[9, 0, 0, 0, 3, 0, 0, 0]));
    assert_eq!(drain(&mut channel), []);
    assert_eq!(channel.pending(), message(1, &[9, 0, 0, 0]));
    for round in 0..3 {
        channel.receive(&[message(102, &[]), message(102, &[])].concat());
        assert_eq!(drain(&mut channel).len(), 2);
        assert_eq!(channel.pending(), [], "round {round}");
        channel.receive(&message(102, &[]));
        assert_eq!(drain(&mut channel).len(), 1);
        assert_eq!(channel.pending(), message(2, &[]), "round {round}");
    }
    channel.receive(&[message(3, &[10, 0, 0, 0, 0, 0, 0, 0]), message(102, &[]).repeat(50)].concat());
    drain(&mut channel);
    assert_eq!(channel.pending(), message(1, &[10, 0, 0, 0]), "window 0 means no ACK");
}

#[test]
fn the_senders_window_closes_and_opens() {
    let (mut sender, mut receiver) = (server(HeaderKind::Mini), client(HeaderKind::Mini));
    sender.set_ack(1, 5);
    let mut sent = 0;
    while sender.window_is_open() {
        sender.send(102, &[]);
        sent += 1;
    }
    assert_eq!(sent, 11, "more than twice the window stops");
    receiver.receive(&sender.pending());
    drain(&mut receiver);
    sender.receive(&receiver.pending());
    assert_eq!(drain(&mut sender), []);
    assert!(sender.window_is_open());
}

#[test]
fn an_ack_of_an_older_generation_changes_nothing() {
    let mut sender = server(HeaderKind::Mini);
    sender.set_ack(2, 1);
    (0..4).for_each(|_| {
        sender.send(102, &[]);
    });
    sender.receive(&[message(1, &[1, 0, 0, 0]), message(2, &[]).repeat(4)].concat());
    drain(&mut sender);
    assert!(!sender.window_is_open());
}

#[test]
fn ping_is_answered_without_its_padding() {
    let mut channel = client(HeaderKind::Mini);
    let echo = [1, 0, 0, 0, 8, 7, 6, 5, 4, 3, 2, 1];
    channel.receive(&message(4, &[&echo[..], &[0; 5000]].concat()));
    assert_eq!(drain(&mut channel), []);
    assert_eq!(channel.pending(), message(3, &echo));
}

/// A list of WAIT_FOR_CHANNELS and INVAL_LIST whose sizes overstate, as the reference server writes it.
#[test]
fn the_last_message_begins_a_piece_wherever_writing_has_stopped() {
    let big = Bytes::from(vec![7; 40_000]);
    let bodies: [(&[u8], &[Bytes]); 4] =
        [(b"one", &[]), (b"", from_ref(&big)), (b"", &[]), (b"four", from_ref(&big))];
    for stop in 0..80_000 / 97 {
        let mut channel = server(HeaderKind::Mini);
        for (head, parts) in bodies {
            channel.send_parts(101, head, parts);
        }
        let all: Vec<u8> = channel.unwritten().flatten().copied().collect();
        channel.written(stop * 97);
        let (last, mut rest) = (6 + 4 + 40_000, channel.pending_len());
        let pieces: Vec<usize> = channel.unwritten().map(<[u8]>::len).collect();
        let begins = pieces.iter().any(|piece| {
            let here = rest == last;
            rest -= piece;
            here
        });
        assert_eq!(begins, stop * 97 <= all.len() - last, "after {}", stop * 97);
        let mut left = channel.pending_before_last().concat();
        assert_eq!(channel.pending_len(), if begins && stop * 97 < all.len() - last { last } else { 0 });
        left.extend(channel.pending_before_last().concat());
        assert_eq!(left, all[stop * 97..], "after {}", stop * 97);
    }
}

fn list(sizes: [u32; 2]) -> Vec<u8> {
    let mut body = vec![2, 0, 10, 0, 0, 0, 27, 0, 0, 0];
    body.extend([5u8, 0].iter().chain(&sizes[0].to_le_bytes()).chain(&[1, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0]));
    body.extend([105u8, 0].iter().chain(&sizes[1].to_le_bytes()).chain(&[1, 0, 1, 9, 0, 0, 0, 0, 0, 0, 0]));
    body
}

#[test]
fn a_list_is_taken_apart_and_counts_once() {
    for sizes in [[11, 11], [24, 24], [u32::MAX, u32::MAX]] {
        let mut channel = client(HeaderKind::Mini);
        channel.receive(&[message(8, &list(sizes)), message(102, &[])].concat());
        let packets = drain(&mut channel);
        assert_eq!(
            packets.iter().map(|packet| (packet.id, packet.serial)).collect::<Vec<_>>(),
            [(5, 1), (105, 1), (102, 2)]
        );
        assert_eq!(packets[1].body, &[1, 0, 1, 9, 0, 0, 0, 0, 0, 0, 0][..]);
    }
}

#[test]
fn with_the_full_header_a_list_comes_before_what_carries_it() {
    let mut channel = client(HeaderKind::Full);
    let body = list([11, 11]);
    let mut bytes = 77u64.to_le_bytes().to_vec();
    bytes.extend(
        102u16.to_le_bytes().iter().chain(&(body.len() as u32 + 1).to_le_bytes()).chain(&1u32.to_le_bytes()),
    );
    // The list's own offsets count from the start of the body, which begins with one byte of the carrier's.
    let mut shifted = body.clone();
    shifted[2] += 1;
    shifted[6] += 1;
    channel.receive(&[&bytes[..], &[0], &shifted].concat());
    let packets = drain(&mut channel);
    assert_eq!(
        packets.iter().map(|packet| (packet.id, packet.serial)).collect::<Vec<_>>(),
        [(5, 77), (105, 77), (102, 77)]
    );
}

#[test]
fn hostile_lists_are_typed_errors() {
    let nested = [&[1, 0, 6, 0, 0, 0][..], &[8, 0, 2, 0, 0, 0, 0, 0]].concat();
    for (body, field) in [(vec![255, 255], "messages"), (vec![1, 0, 99, 0, 0, 0], "messages"), (nested, "")] {
        let mut channel = client(HeaderKind::Mini);
        channel.receive(&message(8, &body));
        let error = channel.next_packet().unwrap_err();
        assert_eq!((error.message(), error.field()), ("MessageList", field), "{error}");
    }
}

proptest! {
    #[test]
    fn written_in_any_pieces_the_bytes_are_the_same(
        bodies in prop::collection::vec((any::<bool>(), 0usize..40_000), 1..8),
        counts in prop::collection::vec(1usize..30_000, 1..20),
    ) {
        let (mut whole, mut cut) = (server(HeaderKind::Mini), server(HeaderKind::Mini));
        let (mut written, mut counts) = (Vec::new(), counts.iter().cycle());
        let mut write = |channel: &mut Channel, count: usize| {
            let parts: Vec<u8> = channel.unwritten().flatten().copied().collect();
            assert_eq!(parts.len(), channel.pending_len());
            let count = count.min(parts.len());
            written.extend_from_slice(&parts[..count]);
            channel.written(count);
        };
        for (number, (shared, size)) in bodies.iter().enumerate() {
            let body = vec![number as u8; *size];
            whole.send(300, &body);
            match shared {
                true => cut.send_parts(300, &[], &[body.into()]),
                false => cut.send(300, &body),
            };
            write(&mut cut, *counts.next().unwrap());
        }
        while cut.pending_len() > 0 {
            write(&mut cut, *counts.next().unwrap());
        }
        prop_assert!(cut.pending().is_empty());
        prop_assert_eq!(written, whole.pending());
    }
}
