//! The files under `tests/data`.
#![allow(dead_code, reason = "each test program uses its own part")]

/// The bytes of the file `name`.
pub fn bytes(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The little-endian words of the file `name`.
pub fn words(name: &str) -> Vec<u32> {
    bytes(name).as_chunks::<4>().0.iter().map(|&word| u32::from_le_bytes(word)).collect()
}

/// A repeatable sequence of numbers that look random.
pub struct Random(pub u64);

impl Random {
    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % bound
    }

    /// `data` with up to four bytes changed.
    pub fn damage(&mut self, data: &[u8]) -> Vec<u8> {
        let mut damaged = data.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(damaged.len());
            match self.below(3) {
                0 => damaged[at] ^= 1 << self.below(8),
                1 => damaged[at] = 0xff,
                _ => damaged[at] = self.below(256) as u8,
            }
        }
        damaged
    }
}

/// The parts of the file `name`, each behind its length as a little-endian word.
pub fn list(name: &str) -> Vec<Vec<u8>> {
    let bytes = bytes(name);
    let (mut rest, mut parts) = (&bytes[..], Vec::new());
    while let Some((length, tail)) = rest.split_first_chunk::<4>() {
        let (part, tail) = tail.split_at(u32::from_le_bytes(*length) as usize);
        parts.push(part.to_vec());
        rest = tail;
    }
    parts
}
