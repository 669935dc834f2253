//! The coded bytes of an LZ4 block: sequences of literals and a repetition.

/// A block that grows at the end of the caller's bytes. Of what it is made of, the bits of `MASK` count.
///
/// INVARIANT: what lies behind `at` is spare room; [`Block::end`] cuts it off.
pub(crate) struct Block<'a, const MASK: u64> {
    bytes: &'a [u8],
    /// How many of `bytes` are coded.
    done: usize,
    out: &'a mut Vec<u8>,
    at: usize,
}

impl<'a, const MASK: u64> Block<'a, MASK> {
    /// A block for `bytes` behind what `out` holds already.
    pub(crate) fn new(bytes: &'a [u8], out: &'a mut Vec<u8>) -> Self {
        let at = out.len();
        Self { bytes, done: 0, out, at }
    }

    /// How many bytes are coded.
    #[inline(always)]
    pub(crate) fn done(&self) -> usize {
        self.done
    }

    /// Codes what is before `start` as literals, and then `length` bytes as a repetition of those `distance` before.
    #[inline(always)]
    pub(crate) fn repetition(&mut self, start: usize, length: usize, distance: usize) {
        let (literals, more) = (start - self.done, length - LEAST);
        if literals < MOST && more < MOST + 255 && self.done + 16 <= self.bytes.len() {
            self.short(literals, more, distance);
        } else {
            self.long(start, more, distance);
        }
        self.done = start + length;
    }

    /// A sequence with few literals, of which as many are written as can be, without looking how many count.
    #[inline(always)]
    fn short(&mut self, literals: usize, more: usize, distance: usize) {
        let [low, high] = self.masked(self.done);
        let room = self.room();
        room[0] = (literals << 4 | more.min(MOST)) as u8;
        room[1..9].copy_from_slice(&low.to_le_bytes());
        room[9..17].copy_from_slice(&high.to_le_bytes());
        room[1 + literals..][..2].copy_from_slice(&(distance as u16).to_le_bytes());
        room[3 + literals] = more.wrapping_sub(MOST) as u8;
        self.at += 3 + literals + usize::from(more >= MOST);
    }

    #[inline(never)]
    fn long(&mut self, start: usize, more: usize, distance: usize) {
        self.literals(start, more.min(MOST));
        self.push(&(distance as u16).to_le_bytes());
        self.count(more);
    }

    /// Codes the rest as literals.
    pub(crate) fn end(mut self) {
        self.literals(self.bytes.len(), 0);
        self.out.truncate(self.at);
    }

    /// The head of a sequence, with `low` as the lower half of its first byte, and the literals before `start`.
    fn literals(&mut self, start: usize, low: usize) {
        let literals = &self.bytes[self.done..start];
        self.push(&[(literals.len().min(MOST) << 4 | low) as u8]);
        self.count(literals.len());
        if literals.len() >= STEP {
            return self.very_many(literals);
        }
        for part in literals.chunks(PART) {
            let mask = mask::<MASK>(self.done);
            let room = &mut self.room()[..part.len()];
            room.copy_from_slice(part);
            let (words, rest) = room.as_chunks_mut();
            words.iter_mut().for_each(|word| *word = (u64::from_le_bytes(*word) & mask).to_le_bytes());
            rest.iter_mut().zip(mask.to_le_bytes()).for_each(|(byte, mask)| *byte &= mask);
            self.at += part.len();
        }
    }

    /// Literals for which making room and filling it one after the other would go to memory twice.
    fn very_many(&mut self, literals: &[u8]) {
        let mask = mask::<MASK>(self.done);
        let (words, rest) = literals.as_chunks();
        self.out.truncate(self.at);
        self.out.extend(words.iter().flat_map(|word| (u64::from_le_bytes(*word) & mask).to_le_bytes()));
        self.out.extend(rest.iter().zip(mask.to_le_bytes()).map(|(byte, mask)| byte & mask));
        self.at = self.out.len();
    }

    /// What a count says beyond its half byte.
    fn count(&mut self, count: usize) {
        if count >= MOST {
            let rest = count - MOST;
            (0..rest / 255).for_each(|_| self.push(&[255]));
            self.push(&[(rest % 255) as u8]);
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        self.room()[..bytes.len()].copy_from_slice(bytes);
        self.at += bytes.len();
    }

    /// The sixteen bytes at `at`.
    #[inline(always)]
    fn masked(&self, at: usize) -> [u64; 2] {
        let words = &self.bytes[at..at + 16].as_chunks().0;
        [0, 1].map(|n| u64::from_le_bytes(words[n]) & mask::<MASK>(at))
    }

    #[inline(always)]
    fn room(&mut self) -> &mut [u8; ROOM] {
        if self.out.len() - self.at < ROOM {
            self.grow();
        }
        let spare = &mut self.out[self.at..];
        spare.first_chunk_mut().expect("there is room now")
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        self.out.resize(self.at + STEP, 0);
    }
}

/// The mask for eight bytes from `at` on.
#[inline(always)]
fn mask<const MASK: u64>(at: usize) -> u64 {
    MASK.rotate_right(8 * (at as u32 & 3))
}

/// Bytes of the shortest repetition.
const LEAST: usize = 4;

/// A count that does not fit its half byte.
const MOST: usize = 15;

/// Literals that are copied at once.
const PART: usize = 256;

/// Bytes that may be written at once: a part of the literals, or a short sequence.
const ROOM: usize = PART;

/// Room is made in steps that stay in the nearest cache, since it has to be zeroed.
const STEP: usize = 16 << 10;
