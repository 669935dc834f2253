//! The symbols that deflate has for lengths and distances, and the bits that follow them.

/// A symbol and what follows it: the value of so many bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Symbol {
    pub number: usize,
    pub extra: u64,
    pub bits: u32,
}

/// The symbol of a length, less the shortest one.
#[inline(always)]
pub(crate) fn length(length: u8) -> Symbol {
    if length == u8::MAX {
        // The longest of all has a symbol of its own.
        return Symbol { number: LENGTHS + 28, extra: 0, bits: 0 };
    }
    let symbol = stepped(u32::from(length), 4);
    Symbol { number: LENGTHS + symbol.number, ..symbol }
}

/// The symbol of a distance, less one.
#[inline(always)]
pub(crate) fn distance(distance: u16) -> Symbol {
    stepped(u32::from(distance), 2)
}

/// Both go in groups of `steps` symbols, a power of two: those of the first two groups stand for one number each, those of
/// each group after that for twice as many as before.
#[inline(always)]
fn stepped(number: u32, steps: u32) -> Symbol {
    if number < 2 * steps {
        return Symbol { number: number as usize, extra: 0, bits: 0 };
    }
    let bits = number.ilog2() - steps.ilog2();
    let within = number >> bits;
    let extra = u64::from(number & ((1 << bits) - 1));
    Symbol { number: (bits * steps + within) as usize, extra, bits }
}

/// The symbol behind the last token of a block.
pub(crate) const END: usize = 256;

/// The symbol of the shortest length.
const LENGTHS: usize = 257;

/// Symbols for bytes, the end, and lengths.
pub(crate) const ALPHABET: usize = 286;

/// Symbols for distances.
pub(crate) const DISTANCES: usize = 30;
