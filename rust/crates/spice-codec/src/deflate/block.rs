//! The blocks of a stream, each with codes of its own, or with those that everybody knows, or stored as it is.

use crate::deflate::Token;
use crate::deflate::bits::Bits;
use crate::deflate::code::{Code, MOST};
use crate::deflate::symbols::{ALPHABET, DISTANCES, END, distance, length};

/// Writes blocks.
#[derive(Debug)]
pub(crate) struct Writer<'a> {
    bits: Bits<'a>,
}

/// The codes of a block, for bytes and lengths and for distances.
struct Codes {
    alphabet: Code<ALPHABET>,
    distances: Code<DISTANCES>,
}

/// How often each symbol occurs in a block, and the bits that follow symbols.
struct Counts {
    alphabet: [u32; ALPHABET],
    distances: [u32; DISTANCES],
    extra: usize,
}

impl<'a> Writer<'a> {
    /// A stream behind what `out` holds already.
    pub(crate) fn new(out: &'a mut Vec<u8>) -> Self {
        Self { bits: Bits::new(out) }
    }

    /// Where the next byte goes.
    pub(crate) fn len(&self) -> usize {
        self.bits.len()
    }

    /// Writes one block: `tokens`, which mean `bytes`.
    pub(crate) fn block(&mut self, tokens: &[Token], bytes: &[u8], last: bool) {
        let counts = Counts::new(tokens);
        let own = Codes::for_counts(&counts);
        let head = Head::new(&own);
        let own_size = head.size() + own.size(&counts);
        // A long block always gains what its own codes take.
        let fixed = (bytes.len() < SMALL).then(Codes::fixed).filter(|fixed| fixed.size(&counts) <= own_size);
        if (bytes.len() + 5) * 8 < fixed.as_ref().map_or(own_size, |fixed| fixed.size(&counts)) {
            return self.stored(bytes, last);
        }
        self.bits.reserve(own_size + 64);
        if let Some(fixed) = fixed {
            self.bits.put(u64::from(last) | FIXED << 1, 3);
            self.tokens(tokens, &fixed);
        } else {
            self.bits.put(u64::from(last) | DYNAMIC << 1, 3);
            head.write(&mut self.bits);
            self.tokens(tokens, &own);
        }
    }

    /// Ends the stream with a whole byte.
    pub(crate) fn end(self) {
        self.bits.end();
    }

    fn tokens(&mut self, tokens: &[Token], codes: &Codes) {
        let lengths = codes.lengths();
        for &token in tokens {
            match token {
                Token::Literal(byte) => {
                    let (bits, count) = codes.alphabet.get(usize::from(byte));
                    self.bits.put(bits, count);
                }
                Token::Repetition(length, back) => {
                    let (length, length_bits) = lengths[usize::from(length)];
                    let symbol = distance(back);
                    let (bits, count) = codes.distances.get(symbol.number);
                    let back = bits | symbol.extra << count;
                    self.bits.put(u64::from(length) | back << length_bits, length_bits + count + symbol.bits);
                }
            }
        }
        let (bits, count) = codes.alphabet.get(END);
        self.bits.put(bits, count);
    }

    fn stored(&mut self, bytes: &[u8], last: bool) {
        let mut parts = bytes.chunks(usize::from(u16::MAX)).peekable();
        while let Some(part) = parts.next() {
            let last = last && parts.peek().is_none();
            self.bits.reserve(64);
            self.bits.put(u64::from(last) | STORED << 1, 3);
            self.bits.align();
            let length = part.len() as u16;
            self.bits.bytes(&[length.to_le_bytes(), (!length).to_le_bytes()].concat());
            self.bits.bytes(part);
        }
    }
}

impl Counts {
    fn new(tokens: &[Token]) -> Self {
        let mut counts = Self { alphabet: [0; ALPHABET], distances: [0; DISTANCES], extra: 0 };
        counts.alphabet[END] = 1;
        for &token in tokens {
            match token {
                Token::Literal(byte) => counts.alphabet[usize::from(byte)] += 1,
                Token::Repetition(steps, back) => {
                    let (length, distance) = (length(steps), distance(back));
                    counts.alphabet[length.number] += 1;
                    counts.distances[distance.number] += 1;
                    counts.extra += (length.bits + distance.bits) as usize;
                }
            }
        }
        counts
    }
}

impl Codes {
    fn for_counts(counts: &Counts) -> Self {
        Self {
            alphabet: Code::for_counts(&counts.alphabet, MOST),
            distances: Code::for_counts(&counts.distances, MOST),
        }
    }

    /// The codes that need not be written.
    fn fixed() -> Self {
        let length = |symbol| match symbol {
            0..144 => 8,
            144..256 => 9,
            256..280 => 7,
            _ => 8,
        };
        // Two more symbols than can occur take part.
        let Code { lengths, bits } = Code::<288>::for_lengths(std::array::from_fn(length));
        Self {
            alphabet: Code {
                lengths: std::array::from_fn(|symbol| lengths[symbol]),
                bits: std::array::from_fn(|symbol| bits[symbol]),
            },
            distances: Code::for_lengths([5; DISTANCES]),
        }
    }

    /// Bits of a block without its head.
    fn size(&self, counts: &Counts) -> usize {
        3 + self.alphabet.size(&counts.alphabet) + self.distances.size(&counts.distances) + counts.extra
    }

    /// The code of each length together with what follows it, and how many bits that are.
    fn lengths(&self) -> [(u32, u32); 256] {
        std::array::from_fn(|steps| {
            let symbol = length(steps as u8);
            let (bits, count) = self.alphabet.get(symbol.number);
            ((bits | symbol.extra << count) as u32, count + symbol.bits)
        })
    }
}

impl<const N: usize> Code<N> {
    #[inline(always)]
    fn get(&self, symbol: usize) -> (u64, u32) {
        (self.bits[symbol].into(), self.lengths[symbol].into())
    }
}

/// The lengths of a block's codes as they are written: themselves in a code.
struct Head {
    /// Symbols of the two codes up to the last that occurs.
    sizes: [usize; 2],
    /// A symbol each, with the value and the number of the bits that follow.
    runs: Vec<(usize, u64, u32)>,
    code: Code<19>,
    /// How many lengths of `code` are written.
    count: usize,
}

impl Head {
    fn new(codes: &Codes) -> Self {
        let size = |lengths: &[u8]| lengths.iter().rposition(|&length| length > 0).map_or(0, |last| last + 1);
        let sizes = [size(&codes.alphabet.lengths).max(257), size(&codes.distances.lengths).max(1)];
        let lengths = [&codes.alphabet.lengths[..sizes[0]], &codes.distances.lengths[..sizes[1]]].concat();
        let runs: Vec<_> = lengths.chunk_by(|a, b| a == b).flat_map(run).collect();
        let mut counts = [0; 19];
        runs.iter().for_each(|&(symbol, ..)| counts[symbol] += 1);
        let code = Code::for_counts(&counts, 7);
        let count =
            ORDER.iter().rposition(|&symbol| code.lengths[symbol] > 0).map_or(4, |last| (last + 1).max(4));
        Self { sizes, runs, code, count }
    }

    /// Bits that it takes.
    fn size(&self) -> usize {
        let run =
            |&(symbol, _, bits): &(usize, u64, u32)| usize::from(self.code.lengths[symbol]) + bits as usize;
        14 + 3 * self.count + self.runs.iter().map(run).sum::<usize>()
    }

    fn write(&self, bits: &mut Bits<'_>) {
        bits.put((self.sizes[0] - 257) as u64, 5);
        bits.put((self.sizes[1] - 1) as u64, 5);
        bits.put((self.count - 4) as u64, 4);
        for symbol in &ORDER[..self.count] {
            bits.put(self.code.lengths[*symbol].into(), 3);
        }
        for &(symbol, extra, count) in &self.runs {
            let (code, length) = self.code.get(symbol);
            bits.put(code | extra << length, length + count);
        }
    }
}

/// What is written for lengths that are all the same.
fn run(lengths: &[u8]) -> Vec<(usize, u64, u32)> {
    let (length, mut left) = (usize::from(lengths[0]), lengths.len());
    let mut parts = Vec::new();
    if length > 0 {
        // The symbol for more of the same needs a first one.
        parts.push((length, 0, 0));
        left -= 1;
    }
    while left > 0 {
        let (symbol, least, most, bits) = match (length, left) {
            (_, ..3) => (length, 1, 1, 0),
            (0, ..11) => (17, 3, 10, 3),
            (0, _) => (18, 11, 138, 7),
            _ => (16, 3, 6, 2),
        };
        let taken = left.min(most);
        parts.push((symbol, (taken - least) as u64, bits));
        left -= taken;
    }
    parts
}

/// Bytes from which on the fixed codes are not tried.
const SMALL: usize = 4096;

/// The order in which the lengths of the code for lengths are written.
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// The types of blocks.
const STORED: u64 = 0;
const FIXED: u64 = 1;
const DYNAMIC: u64 = 2;
