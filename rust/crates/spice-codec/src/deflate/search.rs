//! Finds what repeats within the last 32 KiB.

use crate::deflate::{LEAST, Token};
use crate::equal::equal;
use crate::lz::unit::spread;

/// Where bytes were seen last, by the hash of three and of six.
///
/// Places are counted on from one stream to the next, with a gap as wide as the window: so what is left of the last stream is
/// too far away, and nothing has to be cleared for a short one.
#[derive(Debug)]
pub(crate) struct Search {
    three: Box<[u32; 1 << BITS]>,
    six: Box<[u32; 1 << BITS]>,
    /// What to add to a place.
    base: usize,
    /// The base of the next stream.
    next: usize,
}

/// Bytes that are equal to those `distance` before them.
struct Repetition {
    length: usize,
    distance: usize,
}

impl Default for Search {
    fn default() -> Self {
        let table = || vec![0; 1 << BITS].try_into().expect("the length is that of the type");
        Self { three: table(), six: table(), base: 0, next: GAP }
    }
}

impl Search {
    /// Begins with `bytes`, of which there are less than 2 to the 31st.
    pub(crate) fn start(&mut self, bytes: &[u8]) {
        if self.next + bytes.len() > u32::MAX as usize {
            *self = Self::default();
        }
        self.base = self.next;
        self.next += bytes.len() + GAP;
    }

    /// Appends what is to be said of `bytes` from `at` on, for one block, to `tokens`, and gives where that ends.
    pub(crate) fn tokens(&mut self, bytes: &[u8], mut at: usize, tokens: &mut Vec<Token>) -> usize {
        let last = bytes.len().saturating_sub(WORD);
        while at < last && tokens.len() < BLOCK {
            let Some(Repetition { length, distance }) = self.find(bytes, at) else {
                tokens.push(Token::Literal(bytes[at]));
                at += 1;
                continue;
            };
            tokens.push(Token::Repetition((length - LEAST) as u8, (distance - 1) as u16));
            for passed in at + 1..(at + length.min(NOTED)).min(last) {
                self.note(bytes, passed);
            }
            at += length;
        }
        if at < last {
            return at;
        }
        tokens.extend(bytes[at..].iter().map(|&byte| Token::Literal(byte)));
        bytes.len()
    }

    /// A repetition that starts at `at`: six bytes or more if the last place of such had these, else three or more.
    #[inline(always)]
    fn find(&mut self, bytes: &[u8], at: usize) -> Option<Repetition> {
        let word = word(bytes, at);
        let [three, six] = self.exchange(word, at);
        [(six, 4), (three, 3)].into_iter().find_map(|(place, least)| {
            let distance = self.base + at - place;
            if distance > FARTHEST || (self::word(bytes, at - distance) ^ word) << (64 - 8 * least) != 0 {
                return None;
            }
            let ahead = &bytes[at..(at + LONGEST).min(bytes.len())];
            Some(Repetition { length: length(&bytes[at - distance..], ahead), distance })
        })
    }

    /// Remembers the bytes at `at`.
    #[inline(always)]
    fn note(&mut self, bytes: &[u8], at: usize) {
        self.exchange(word(bytes, at), at);
    }

    /// Remembers that `word` stands at `at`, and gives the places where three and six bytes like its own stood.
    #[inline(always)]
    fn exchange(&mut self, word: u64, at: usize) -> [usize; 2] {
        let now = (self.base + at) as u32;
        let hash = |bytes: usize| (spread(word << (64 - 8 * bytes)) >> (64 - BITS)) as usize;
        let three = std::mem::replace(&mut self.three[hash(3)], now);
        let six = std::mem::replace(&mut self.six[hash(6)], now);
        [three as usize, six as usize]
    }
}

#[inline(always)]
fn word(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(*bytes[at..].first_chunk().expect("no search in the last bytes"))
}

/// How many bytes at the start of both are equal.
#[inline(always)]
fn length(behind: &[u8], ahead: &[u8]) -> usize {
    let same = equal(behind, ahead, u64::MAX);
    let rest = ahead[same..].iter().zip(&behind[same..]).take(WORD - 1);
    same + rest.take_while(|(a, b)| a == b).count()
}

/// Places that are remembered, as a power of two.
const BITS: u32 = 15;

/// Tokens of a block: its codes have to fit all of it, and take some eighty bytes.
const BLOCK: usize = 20_000;

/// Bytes of a repetition at which others may begin.
const NOTED: usize = 6;

/// Bytes of a word.
const WORD: usize = 8;

/// Bytes of the longest repetition.
const LONGEST: usize = 258;

/// The largest distance.
const FARTHEST: usize = 1 << 15;

/// What lies between the places of two streams.
const GAP: usize = FARTHEST + 1;
