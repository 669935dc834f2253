//! What an encoder counts: the units of a stream.

use bytemuck::Pod;

/// One type of stream; the counterpart of what the decoders know of it.
pub(crate) trait Unit: Pod {
    /// Bytes of one literal unit.
    const BYTES: usize;
    /// What a coded length counts from: the shortest repetition that can be said.
    const LEAST: usize;
    /// The shortest repetition that is worth the bytes of a far distance.
    const LEAST_FAR: usize;
    /// The bits of eight bytes of units that count.
    const MASK: u64;

    /// The units at the start of `units` that a repetition must have at least, as one number. There are eight bytes.
    fn key(units: &[Self]) -> u64;

    /// A hash of more units at the start of `units`, 16 bytes at most; `None` where they are all the same.
    fn mark(units: &[Self]) -> Option<u64>;

    /// Whether both are the same in a stream.
    fn same(a: Self, b: Self) -> bool;

    /// Writes the bytes of `units`, [`RUN`] at most, to the start of `room`, which has four bytes for each.
    fn put(units: &[Self], room: &mut [u8]);

    /// As [`Unit::put`], without a loop.
    fn put_few(units: &[Self; FEW], room: &mut [u8]);
}

/// Literals that one control byte announces at most.
pub(crate) const RUN: usize = 32;

/// Literals that are written at once.
pub(crate) const FEW: usize = 8;

/// Colour: a pixel, of which the top byte means nothing.
impl Unit for u32 {
    const BYTES: usize = 3;
    const LEAST: usize = 1;
    const LEAST_FAR: usize = 2;
    const MASK: u64 = 0x00ff_ffff_00ff_ffff;

    #[inline(always)]
    fn key(units: &[Self]) -> u64 {
        (u64::from(units[0]) | u64::from(units[1]) << 32) & Self::MASK
    }

    #[inline(always)]
    fn mark(units: &[Self]) -> Option<u64> {
        let (a, b) = (Self::key(units), Self::key(&units[2..]));
        (a != b || a != a.rotate_left(32)).then(|| spread(spread(a) ^ b))
    }

    #[inline(always)]
    fn same(a: Self, b: Self) -> bool {
        u64::from(a ^ b) & Self::MASK == 0
    }

    #[inline(always)]
    fn put(units: &[Self], room: &mut [u8]) {
        for (unit, bytes) in units.iter().zip(room.as_chunks_mut::<3>().0) {
            let [blue, green, red, _] = unit.to_le_bytes();
            *bytes = [blue, green, red];
        }
    }

    #[inline(always)]
    fn put_few(units: &[Self; FEW], room: &mut [u8]) {
        for (n, &[a, b]) in units.as_chunks::<2>().0.iter().enumerate() {
            let two = u64::from(a & 0x00ff_ffff) | u64::from(b) << 24;
            room[6 * n..][..8].copy_from_slice(&two.to_le_bytes());
        }
    }
}

/// Alpha, and the indices of a picture with a palette.
impl Unit for u8 {
    const BYTES: usize = 1;
    const LEAST: usize = 3;
    const LEAST_FAR: usize = 5;
    const MASK: u64 = u64::MAX;

    #[inline(always)]
    fn key(units: &[Self]) -> u64 {
        u64::from(u32::from_le_bytes([0, units[0], units[1], units[2]]))
    }

    #[inline(always)]
    fn mark(units: &[Self]) -> Option<u64> {
        let [a, b] = [0, 4].map(|n| u32::from_le_bytes([units[n], units[n + 1], units[n + 2], units[n + 3]]));
        (a != b || a != a.rotate_left(8)).then(|| spread(u64::from(a) | u64::from(b) << 32))
    }

    #[inline(always)]
    fn same(a: Self, b: Self) -> bool {
        a == b
    }

    #[inline(always)]
    fn put(units: &[Self], room: &mut [u8]) {
        room[..units.len()].copy_from_slice(units);
    }

    #[inline(always)]
    fn put_few(units: &[Self; FEW], room: &mut [u8]) {
        room[..FEW].copy_from_slice(units);
    }
}

/// A hash: the product with 2 to the 64th divided by the golden ratio spreads well over the upper bits.
#[inline(always)]
pub(crate) fn spread(number: u64) -> u64 {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
