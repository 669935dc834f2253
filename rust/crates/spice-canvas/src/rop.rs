//! Raster operations: what a source bit and a destination bit become.

use spice_wire::messages::draw::Ropd;

/// One of the sixteen functions of a source and a destination bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Rop {
    Clear,
    And,
    AndReverse,
    Copy,
    AndInverted,
    Noop,
    Xor,
    Or,
    Nor,
    Equiv,
    Invert,
    OrReverse,
    CopyInverted,
    OrInverted,
    Nand,
    Set,
}

/// Which flag inverts the operand that is written as destination in the operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operands {
    /// Fill: a brush and the destination.
    BrushAndDestination,
    /// Copy and blend: an image and the destination.
    SourceAndDestination,
    /// Opaque: a brush and the image that was copied to the destination before.
    BrushAndSource,
}

impl Rop {
    /// The operation of a message (`protocol.md` 2.4): the first one present in a fixed order, none is a plain copy.
    pub fn of(flags: Ropd, operands: Operands) -> Self {
        let has = |flag| flags.contains(flag);
        let (first, second) = match operands {
            Operands::BrushAndDestination => (Ropd::INVERS_BRUSH, Ropd::INVERS_DEST),
            Operands::SourceAndDestination => (Ropd::INVERS_SRC, Ropd::INVERS_DEST),
            Operands::BrushAndSource => (Ropd::INVERS_BRUSH, Ropd::INVERS_SRC),
        };
        let inverted = (has(first), has(second), has(Ropd::INVERS_RES));
        if has(Ropd::OP_PUT) {
            return Self::put(inverted.0 != inverted.2);
        }
        match [Ropd::OP_OR, Ropd::OP_AND, Ropd::OP_XOR].map(has) {
            [true, ..] => Self::or(inverted),
            // By De Morgan: a and b = not (not a or not b).
            [_, true, _] => Self::or((!inverted.0, !inverted.1, !inverted.2)),
            [.., true] => Self::xor(inverted.0 ^ inverted.1 ^ inverted.2),
            _ if has(Ropd::OP_BLACKNESS) => Self::Clear,
            _ if has(Ropd::OP_WHITENESS) => Self::Set,
            _ if has(Ropd::OP_INVERS) => Self::Invert,
            _ => Self::Copy,
        }
    }

    /// Whether the result does not depend on what was there.
    pub fn is_opaque(self) -> bool {
        matches!(self, Self::Clear | Self::Copy | Self::CopyInverted | Self::Set)
    }

    /// Combines a row of the source into a row of the destination; both have only bits of `mask`.
    #[inline]
    pub fn row(self, destination: &mut [u32], source: &[u32], mask: u32) {
        match self {
            Self::Copy => destination.copy_from_slice(source),
            Self::Clear => destination.fill(0),
            Self::Set => destination.fill(mask),
            Self::Noop => {}
            Self::And => zip(destination, source, |s, d| s & d),
            Self::AndReverse => zip(destination, source, |s, d| s & !d),
            Self::AndInverted => zip(destination, source, |s, d| !s & d),
            Self::Xor => zip(destination, source, |s, d| s ^ d),
            Self::Or => zip(destination, source, |s, d| s | d),
            Self::Nor => zip(destination, source, |s, d| !(s | d) & mask),
            Self::Equiv => zip(destination, source, |s, d| !(s ^ d) & mask),
            Self::Invert => zip(destination, source, |_, d| !d & mask),
            Self::OrReverse => zip(destination, source, |s, d| (s | !d) & mask),
            Self::CopyInverted => zip(destination, source, |s, _| !s & mask),
            Self::OrInverted => zip(destination, source, |s, d| (!s | d) & mask),
            Self::Nand => zip(destination, source, |s, d| !(s & d) & mask),
        }
    }

    /// Combines one colour into a row of the destination.
    #[inline]
    pub fn fill(self, destination: &mut [u32], colour: u32, mask: u32) {
        match self {
            Self::Copy => destination.fill(colour),
            Self::CopyInverted => destination.fill(!colour & mask),
            Self::Clear => destination.fill(0),
            Self::Set => destination.fill(mask),
            Self::Noop => {}
            // Every other operation sets, keeps or inverts each bit, as the colour's bit says.
            _ => {
                let of = |d: u32| {
                    let mut result = [d];
                    self.row(&mut result, &[colour], u32::MAX);
                    result[0]
                };
                let (from_zeros, from_ones) = (of(0), of(u32::MAX));
                let (keep, flip) = (from_zeros ^ from_ones, from_zeros);
                destination.iter_mut().for_each(|d| *d = (*d & keep ^ flip) & mask);
            }
        }
    }

    fn put(inverted: bool) -> Self {
        if inverted { Self::CopyInverted } else { Self::Copy }
    }

    fn or((source, destination, result): (bool, bool, bool)) -> Self {
        match (source, destination, result) {
            (false, false, false) => Self::Or,
            (false, false, true) => Self::Nor,
            (false, true, false) => Self::OrReverse,
            (false, true, true) => Self::AndInverted,
            (true, false, false) => Self::OrInverted,
            (true, false, true) => Self::AndReverse,
            (true, true, false) => Self::Nand,
            (true, true, true) => Self::And,
        }
    }

    fn xor(inverted: bool) -> Self {
        if inverted { Self::Equiv } else { Self::Xor }
    }
}

#[inline]
fn zip(destination: &mut [u32], source: &[u32], operation: impl Fn(u32, u32) -> u32) {
    destination.iter_mut().zip(source).for_each(|(d, s)| *d = operation(*s, *d));
}
