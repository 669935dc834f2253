//! Both ends of a pipe in memory: handshakes, data, cuts anywhere, and peers that break the rules.

use spice_tls::{Authorities, ErrorKind, Handshake, Identity, Offer, Pipe, Reason, Received};

const CERTIFICATE: &[u8] = include_bytes!("data/certificate.der");
const OTHER: &[u8] = include_bytes!("data/other.der");
const KEY: &[u8] = include_bytes!("data/key.der");

/// A time at which the certificate is valid.
const NOW: u64 = 1_800_000_000;

fn identity(offer: &Offer) -> Identity {
    Identity::new(vec![CERTIFICATE.to_vec()], KEY.to_vec(), offer).unwrap()
}

fn ends(offer: &Offer) -> (Pipe, Pipe) {
    (Pipe::client(offer, Some("localhost")).unwrap(), Pipe::server(&identity(offer)).unwrap())
}

/// Carries what one end has to say to the other, in pieces of `size` bytes.
fn carry(from: &mut Pipe, to: &mut Pipe, size: usize) {
    let bytes = from.outgoing().to_vec();
    from.sent(bytes.len());
    bytes.chunks(size).for_each(|piece| to.receive(piece));
}

fn shake(client: &mut Pipe, server: &mut Pipe, size: usize) {
    while client.handshake().unwrap() == Handshake::Waiting
        || server.handshake().unwrap() != Handshake::Complete
    {
        carry(client, server, size);
        server.handshake().unwrap();
        carry(server, client, size);
    }
}

fn connected(version: &str) -> (Pipe, Pipe) {
    let (mut client, mut server) = ends(&Offer::only([version], []).unwrap());
    shake(&mut client, &mut server, usize::MAX);
    client.trust().unwrap();
    (client, server)
}

fn read_all(pipe: &mut Pipe, room: usize) -> Vec<u8> {
    let (mut all, mut out) = (Vec::new(), vec![0; room]);
    while let Received::Data(count) = pipe.read(&mut out).unwrap() {
        all.extend_from_slice(&out[..count]);
    }
    all
}

#[test]
fn data_goes_both_ways_in_both_versions() {
    for version in ["1.2", "1.3"] {
        let (mut client, mut server) = connected(version);
        let data: Vec<u8> = (0..100_000_u32).map(|i| (i.wrapping_mul(i) >> 7) as u8).collect();
        client.write(&data).unwrap();
        carry(&mut client, &mut server, usize::MAX);
        assert_eq!(read_all(&mut server, 1 << 20), data, "{version}");
        server.write(&data).unwrap();
        carry(&mut server, &mut client, usize::MAX);
        assert_eq!(read_all(&mut client, 1000), data, "{version}");
        assert_eq!(client.cipher().unwrap().0, version);
        assert_eq!(client.cipher(), server.cipher());
    }
}

#[test]
fn any_cutting_of_the_input_gives_the_same() {
    for size in [1, 2, 3, 5, 7, 100, 4096] {
        let (mut client, mut server) = ends(&Offer::default());
        shake(&mut client, &mut server, size);
        client.trust().unwrap();
        let data = vec![7; 40_000];
        for piece in data.chunks(11_111) {
            client.write(piece).unwrap();
        }
        client.close().unwrap();
        let (bytes, mut all, mut out) = (client.outgoing().to_vec(), Vec::new(), [0; 300]);
        for piece in bytes.chunks(size) {
            server.receive(piece);
            while let Received::Data(count) = server.read(&mut out).unwrap() {
                all.extend_from_slice(&out[..count]);
            }
        }
        assert_eq!(all, data);
        assert_eq!(server.read(&mut out).unwrap(), Received::End);
    }
}

#[test]
fn what_is_deciphered_waits_until_it_is_taken() {
    let (mut client, mut server) = connected("1.3");
    let data: Vec<u8> = (0..100_000_u32).map(|i| (i.wrapping_mul(i) >> 7) as u8).collect();
    client.write(&data).unwrap();
    client.close().unwrap();
    carry(&mut client, &mut server, 999);
    let mut all = Vec::new();
    while let Received::Data(count) = server.decipher(1000).unwrap() {
        assert_eq!(count, server.plain().len());
        assert!((1..1000 + (16 << 10)).contains(&count), "as much as is asked for, and the rest of a record");
        let taken = count.min(1000);
        all.extend_from_slice(&server.plain()[..taken]);
        server.taken(taken);
    }
    assert_eq!(all, data);
    assert_eq!(server.decipher(1000).unwrap(), Received::End);
    assert!(server.plain().is_empty());
}

#[test]
fn nothing_goes_through_before_the_server_is_trusted() {
    let (mut client, mut server) = ends(&Offer::default());
    assert!(client.read(&mut [0; 9]).is_err(), "before the handshake");
    shake(&mut client, &mut server, usize::MAX);
    carry(&mut client, &mut server, usize::MAX);
    server.write(b"listen").unwrap();
    carry(&mut server, &mut client, usize::MAX);
    let presented = client.presented().unwrap();
    assert_eq!(presented.certificates, [CERTIFICATE]);
    assert!(!presented.message.is_empty() && !presented.signature.is_empty());
    let refused = client.read(&mut [0; 9]).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Misuse);
    assert_eq!(client.write(b"password").unwrap_err().kind(), ErrorKind::Misuse);
    client.trust().unwrap();
    assert_eq!(read_all(&mut client, 9), b"listen");
    assert!(client.trust().is_err(), "twice");
}

#[test]
fn data_of_a_pipe_that_is_closed_before_trust_is_never_seen() {
    let (mut client, mut server) = ends(&Offer::default());
    shake(&mut client, &mut server, usize::MAX);
    carry(&mut client, &mut server, usize::MAX);
    server.write(b"listen").unwrap();
    carry(&mut server, &mut client, usize::MAX);
    client.close().unwrap();
    assert!(client.trust().is_err());
    let mut out = [0; 9];
    assert!(!matches!(client.read(&mut out), Ok(Received::Data(_))), "{out:?}");
}

#[test]
fn a_changed_record_ends_the_connection_behind_what_came_before() {
    let (mut client, mut server) = connected("1.3");
    client.write(b"first").unwrap();
    carry(&mut client, &mut server, usize::MAX);
    client.write(b"second").unwrap();
    let mut bytes = client.outgoing().to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    server.receive(&bytes);
    let mut out = [0; 99];
    assert_eq!(server.read(&mut out).unwrap(), Received::Data(5));
    assert_eq!(server.read(&mut out).unwrap_err().kind(), ErrorKind::Broken);
    assert_eq!(server.read(&mut out).unwrap_err().kind(), ErrorKind::Broken, "for good");
    carry(&mut server, &mut client, usize::MAX);
    let told = client.read(&mut out).unwrap_err();
    assert_eq!(told.alert(), Some("bad record mac"));
}

#[test]
fn what_is_no_tls_is_called_so_and_its_first_words_are_kept() {
    let (mut client, _) = ends(&Offer::default());
    client.handshake().unwrap();
    for byte in b"REDQ\x02\0\0\0 rest is too long" {
        client.receive(&[*byte]);
    }
    assert_eq!(client.handshake().unwrap_err().kind(), ErrorKind::NotTls);
    assert_eq!(client.opening(), b"REDQ\x02\0\0\0 rest is");
    let (_, mut server) = ends(&Offer::default());
    server.receive(b"GET / HTTP/1.1\r\n\r\n");
    assert_eq!(server.handshake().unwrap_err().kind(), ErrorKind::NotTls);
}

#[test]
fn ends_with_nothing_in_common_say_so() {
    let mut client = Pipe::client(&Offer::only(["1.2"], []).unwrap(), None).unwrap();
    let mut server = Pipe::server(&identity(&Offer::only(["1.3"], []).unwrap())).unwrap();
    client.handshake().unwrap();
    carry(&mut client, &mut server, usize::MAX);
    assert_eq!(server.handshake().unwrap_err().kind(), ErrorKind::Incompatible);
    carry(&mut server, &mut client, usize::MAX);
    let error = client.handshake().unwrap_err();
    assert_eq!((error.kind(), error.alert()), (ErrorKind::Incompatible, Some("protocol version")));
}

#[test]
fn a_handshake_without_end_is_not_waited_for() {
    let (_, mut server) = ends(&Offer::default());
    // A handshake message that is announced as 60000 bytes long, a byte in each record.
    server.receive(&[22, 3, 1, 0, 4, 1, 0, 0xea, 0x60]);
    let mut error = None;
    for _ in 0..60_000 {
        server.receive(&[22, 3, 1, 0, 1, 0]);
        if let Err(found) = server.handshake() {
            error = Some(found);
            break;
        }
    }
    assert_eq!(error.unwrap().kind(), ErrorKind::Broken);
}

#[test]
fn garbage_at_any_place_of_a_handshake_is_an_error_and_no_panic() {
    let (mut client, mut server) = ends(&Offer::default());
    client.handshake().unwrap();
    carry(&mut client, &mut server, usize::MAX);
    server.handshake().unwrap();
    let flight = server.outgoing().to_vec();
    for at in (0..flight.len()).step_by(3) {
        let (mut client, _) = ends(&Offer::default());
        client.handshake().unwrap();
        let mut flight = flight.clone();
        flight[at] ^= 0x55;
        client.receive(&flight);
        // It was meant for another client: it cannot succeed, whatever is changed.
        assert!(!matches!(client.handshake(), Ok(Handshake::Judging | Handshake::Complete)));
    }
}

#[test]
fn ciphers_are_known_by_both_of_their_names() {
    for name in ["TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"] {
        let (mut client, mut server) = ends(&Offer::only(["1.2"], [name]).unwrap());
        shake(&mut client, &mut server, usize::MAX);
        let agreed = ("1.2", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256".to_owned(), 128);
        assert_eq!(client.cipher(), Some(agreed));
    }
    let chacha = Offer::only(["1.2"], ["ECDHE-ECDSA-CHACHA20-POLY1305"]).unwrap();
    let (mut client, mut server) = ends(&chacha);
    shake(&mut client, &mut server, usize::MAX);
    assert_eq!(client.cipher().unwrap().2, 256);
    let unknown = Offer::only([], ["RC4-MD5"]).unwrap_err();
    assert!(unknown.to_string().contains("TLS_AES_256_GCM_SHA384"), "{unknown}");
    assert!(Offer::only(["1.2", "1.3"], ["TLS_AES_128_GCM_SHA256"]).is_err(), "none is left for 1.2");
    assert!(Offer::only(["1.1"], []).is_err());
}

#[test]
fn authorities_judge_chains_and_names() {
    let believed = Authorities::new(&[CERTIFICATE], &[]).unwrap();
    let others = Authorities::new(&[OTHER], &[]).unwrap();
    let reason = |authorities: &Authorities, name, now| {
        authorities.judge(&[CERTIFICATE], name, now).err().map(|distrust| distrust.reason)
    };
    assert_eq!(reason(&believed, "localhost", NOW), None);
    assert_eq!(reason(&believed, "127.0.0.1", NOW), None);
    assert_eq!(reason(&believed, "127.0.0.2", NOW), Some(Reason::Name));
    assert_eq!(reason(&believed, "example.org", NOW), Some(Reason::Name));
    assert_eq!(reason(&believed, "no name at all", NOW), Some(Reason::Name));
    assert_eq!(reason(&believed, "localhost", 0), Some(Reason::NotYetValid));
    assert_eq!(reason(&believed, "localhost", NOW * 4), Some(Reason::Expired));
    assert_eq!(reason(&others, "localhost", NOW), Some(Reason::UnknownIssuer));
    assert_eq!(believed.judge(&[b"nothing"], "localhost", NOW).unwrap_err().reason, Reason::Unusable);
    assert_eq!(believed.judge(&[], "localhost", NOW).unwrap_err().reason, Reason::Unusable);
}

#[test]
fn what_cannot_be_used_is_an_error_of_the_callers() {
    assert!(Identity::new(vec![], KEY.to_vec(), &Offer::default()).is_err());
    assert!(Identity::new(vec![CERTIFICATE.to_vec()], b"no key".to_vec(), &Offer::default()).is_err());
    assert!(Authorities::new(&[], &[]).is_err());
    assert!(Authorities::new(&[b"no certificate"], &[]).is_err());
    assert!(Authorities::new(&[CERTIFICATE], &[b"no list"]).is_err());
}
