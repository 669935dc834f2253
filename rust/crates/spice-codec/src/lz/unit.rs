//! What an encoder counts: the units of a stream.

use bytemuck::Pod;

/// One type of stream; the counterpart of what the decoders know of it.
pub(crate) trait Unit: Pod + Eq {
    /// Bytes of one literal unit.
    const BYTES: usize;
    /// Units of the shortest match.
    const LEAST: usize;

    /// A number of `bits` bits that tells units at the start of `units` from others. There are at least [`Self::SEEN`].
    fn hash(units: &[Self], bits: u32) -> usize;

    /// Writes the bytes of `units`, 32 at most, to the start of `room`, which has four bytes for each.
    fn put(units: &[Self], room: &mut [u8]);
}

/// Colour: the pixel with its top byte 0.
impl Unit for u32 {
    const BYTES: usize = 3;
    const LEAST: usize = 1;

    #[inline(always)]
    fn hash(units: &[Self], bits: u32) -> usize {
        let two = u64::from(units[0]) | u64::from(units[1]) << 24;
        (two.wrapping_mul(SPREAD) >> (64 - bits)) as usize
    }

    #[inline(always)]
    fn put(units: &[Self], room: &mut [u8]) {
        for (unit, bytes) in units.iter().zip(room.as_chunks_mut::<3>().0) {
            let [blue, green, red, _] = unit.to_le_bytes();
            *bytes = [blue, green, red];
        }
    }
}

/// Alpha, and the indices of a picture with a palette.
impl Unit for u8 {
    const BYTES: usize = 1;
    const LEAST: usize = 3;

    #[inline(always)]
    fn hash(units: &[Self], bits: u32) -> usize {
        let three = u64::from(u32::from_le_bytes([0, units[0], units[1], units[2]]));
        (three.wrapping_mul(SPREAD) >> (64 - bits)) as usize
    }

    #[inline(always)]
    fn put(units: &[Self], room: &mut [u8]) {
        room[..units.len()].copy_from_slice(units);
    }
}

/// 2 to the 64th divided by the golden ratio: its products spread well over the upper bits.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
