//! The pipe of TLS: what its peer says may be cut and changed anywhere; and authorities, who are shown anything.

use std::iter::repeat_n;
use std::mem::take;

use spice_tls::{Authorities, Error, Handshake, Identity, Offer, Pipe, Received};

const CERTIFICATE: &[u8] = include_bytes!("../../spice-tls/tests/data/certificate.der");
const KEY: &[u8] = include_bytes!("../../spice-tls/tests/data/key.der");

/// A time at which the certificate is valid.
const NOW: u64 = 1_800_000_000;

/// Rounds that a conversation may take: no handshake needs half as many.
const ROUNDS: usize = 8;

/// What each end says once it may.
const WORDS: &[u8] = b"nobody else is to read this";

/// First byte: the version, who is lied to, whether the ends hear one byte at a time, and who takes what it hears where it lies. The rest is what becomes of what is said:
/// a place of two bytes, what is done there, and with which byte.
pub fn tls(data: &[u8]) {
    let [choice, edits @ ..] = data else { return };
    let offer =
        Offer::only([if choice & 1 == 0 { "1.2" } else { "1.3" }], []).expect("both versions are known");
    let identity =
        Identity::new(vec![CERTIFICATE.to_vec()], KEY.to_vec(), &offer).expect("a good certificate");
    let piece = if choice & 4 == 0 { usize::MAX } else { 1 };
    let in_place = choice & 8 == 0;
    let mut client = End::new(Pipe::client(&offer, Some("localhost")).expect("a client"), piece, in_place);
    let mut server = End::new(Pipe::server(&identity).expect("a server"), piece, !in_place);
    let mut liar = Liar { edits, said: 0, changed: false };
    let lies_to_client = choice & 2 == 0;
    client.go_on();
    for _ in 0..ROUNDS {
        let words = client.say();
        server.hear(&if lies_to_client { words } else { liar.change(words) });
        let words = server.say();
        client.hear(&if lies_to_client { liar.change(words) } else { words });
    }
    for end in [&mut client, &mut server] {
        end.check(liar.changed);
    }
}

/// Authorities are shown anything for a certificate, or are themselves anything: they believe only what they have issued.
pub fn certificate(data: &[u8]) {
    let Ok(authorities) = Authorities::new(&[CERTIFICATE], &[]) else { unreachable!("a good certificate") };
    for chain in [&[data][..], &[data, CERTIFICATE], &[CERTIFICATE, data]] {
        for name in ["localhost", "example.org", "127.0.0.1"] {
            let own = chain.first().is_some_and(|own| *own == CERTIFICATE);
            let believed = authorities.judge(chain, name, NOW).is_ok();
            assert!(!believed || (own && name != "example.org"), "{name}");
            assert!(believed || !own || name == "example.org", "what comes beside it does not matter");
        }
    }
    if let Ok(strange) = Authorities::new(&[data], &[]) {
        assert!(
            data == CERTIFICATE
                || strange.judge(&[CERTIFICATE], "localhost", NOW).is_err()
                || is_same_key(data)
        );
    }
    if let Ok(revoking) = Authorities::new(&[CERTIFICATE], &[data]) {
        let _ = revoking.judge(&[CERTIFICATE], "localhost", NOW);
    }
}

/// Whether an authority has the key that the certificate was signed with: its name and that are all that counts.
fn is_same_key(authority: &[u8]) -> bool {
    const POINT: usize = 65;
    let at = CERTIFICATE.windows(4).position(|head| head == [3, 0x42, 0, 4]).map_or(0, |at| at + 3);
    let point = CERTIFICATE.get(at..at + POINT).unwrap_or_default();
    authority.windows(POINT).any(|window| window == point)
}

/// An honest end.
struct End {
    pipe: Pipe,
    piece: usize,
    in_place: bool,
    heard: Vec<u8>,
    has_spoken: bool,
    failed: Option<Error>,
}

impl End {
    fn new(pipe: Pipe, piece: usize, in_place: bool) -> Self {
        Self { pipe, piece, in_place, heard: Vec::new(), has_spoken: false, failed: None }
    }

    fn say(&mut self) -> Vec<u8> {
        let words = self.pipe.outgoing().to_vec();
        self.pipe.sent(words.len());
        words
    }

    fn hear(&mut self, words: &[u8]) {
        for part in words.chunks(self.piece) {
            self.pipe.receive(part);
            self.go_on();
        }
    }

    fn go_on(&mut self) {
        if let Err(error) = self.step() {
            self.failed.get_or_insert(error);
        }
    }

    /// Goes as far as it can: a client trusts whom it is shown, and each says its words.
    fn step(&mut self) -> Result<(), Error> {
        match self.pipe.handshake()? {
            Handshake::Waiting => return Ok(()),
            Handshake::Judging => {
                let shown = self.pipe.presented().map(|shown| shown.certificates.clone());
                assert_eq!(shown.unwrap_or_default(), [CERTIFICATE], "changed, and nobody has noticed");
                self.pipe.trust()?;
            }
            Handshake::Complete => {}
        }
        if !take(&mut self.has_spoken) {
            self.pipe.write(WORDS)?;
        }
        self.has_spoken = true;
        while self.hear_some()? {}
        Ok(())
    }

    /// Takes a few bytes of what has been said; whether there were any.
    fn hear_some(&mut self) -> Result<bool, Error> {
        let mut room = [0; 7];
        if !self.in_place {
            let Received::Data(count) = self.pipe.read(&mut room)? else { return Ok(false) };
            self.heard.extend_from_slice(&room[..count]);
            return Ok(true);
        }
        let Received::Data(count) = self.pipe.decipher(room.len())? else { return Ok(false) };
        assert_eq!(self.pipe.plain().len(), count);
        let some = &self.pipe.plain()[..count.min(room.len())];
        self.heard.extend_from_slice(some);
        let taken = some.len();
        self.pipe.taken(taken);
        Ok(true)
    }

    fn check(&mut self, was_changed: bool) {
        // Whatever was done: what is heard is what was said.
        assert!(WORDS.starts_with(&self.heard), "{:?}", self.heard);
        if !was_changed {
            assert_eq!((self.failed.as_ref(), &self.heard[..]), (None, WORDS));
        }
        if let Err(error) = self.pipe.handshake() {
            assert!(!error.to_string().is_empty());
            assert_eq!(self.pipe.handshake().err(), Some(error), "for good");
        }
    }
}

/// Somebody in between.
struct Liar<'a> {
    edits: &'a [u8],
    /// Bytes that have gone by, as they were said.
    said: usize,
    changed: bool,
}

impl Liar<'_> {
    fn change(&mut self, mut words: Vec<u8>) -> Vec<u8> {
        let start = self.said;
        self.said += words.len();
        for edit in self.edits.chunks_exact(4) {
            let place = usize::from(u16::from_le_bytes([edit[0], edit[1]]));
            let Some(at) = place.checked_sub(start).filter(|at| *at < words.len()) else { continue };
            self.changed = true;
            match edit[2] % 4 {
                0 => words[at] ^= edit[3] | 1,
                1 => words.truncate(at),
                2 => words.insert(at, edit[3]),
                _ => drop(words.splice(at..at, repeat_n(edit[3], 64 * usize::from(edit[3])))),
            }
        }
        words
    }
}
