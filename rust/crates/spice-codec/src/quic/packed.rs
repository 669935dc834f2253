//! Arithmetic on the components of a pixel, one in each byte of a `u32`.

/// A pixel without its alpha, which the rows of an image may have beside the colours.
pub(super) const COLOUR: u32 = 0x00ff_ffff;

/// The component-wise mean, rounded down.
#[inline(always)]
pub(super) fn mean(a: u32, b: u32) -> u32 {
    (a & b) + (((a ^ b) & 0xfefe_fefe) >> 1)
}

/// The component-wise sum modulo the components' range.
#[inline(always)]
pub(super) fn add<const BPC: u32>(a: u32, b: u32) -> u32 {
    let sum = (a & 0x7f7f_7f7f).wrapping_add(b & 0x7f7f_7f7f) ^ ((a ^ b) & 0x8080_8080);
    if BPC == 8 { sum } else { sum & 0x1f1f_1f1f }
}

/// The component-wise difference modulo 256.
#[inline(always)]
pub(super) fn subtract(a: u32, b: u32) -> u32 {
    (a | 0x8080_8080).wrapping_sub(b & 0x7f7f_7f7f) ^ ((a ^ !b) & 0x8080_8080)
}

/// The components of a packed pixel in stream order: the topmost byte first.
#[inline(always)]
pub(super) fn split<const N: usize>(pixel: u32) -> [u8; N] {
    std::array::from_fn(|c| (pixel >> (8 * (N - 1 - c))) as u8)
}

/// The reverse of [`split`].
#[inline(always)]
pub(super) fn join<const N: usize>(components: [u8; N]) -> u32 {
    components.iter().fold(0, |pixel, &component| pixel << 8 | u32::from(component))
}

/// Spread components of 5 bits over 8 by repeating their top bits.
pub(super) fn expand_5_bits(row: &mut [u32]) {
    for pixel in row {
        *pixel = (*pixel << 3) & 0x00f8_f8f8 | (*pixel >> 2) & 0x0007_0707;
    }
}

/// Give the pixels their alpha.
pub(super) fn put_alpha(row: &mut [u32], alpha: &[u32]) {
    for (pixel, alpha) in row.iter_mut().zip(alpha) {
        *pixel = *pixel & 0x00ff_ffff | alpha << 24;
    }
}

/// Put the pixels' alpha into bytes of their own.
pub(super) fn take_alpha(row: &[u32], alpha: &mut Vec<u32>) {
    alpha.clear();
    alpha.extend(row.iter().map(|pixel| pixel >> 24));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_stands_for_itself() {
        for a in 0..=255u8 {
            for b in 0..=255u8 {
                let (left, right) = (u32::from_le_bytes([a, b, a, 0]), u32::from_le_bytes([b, a, 255, 0]));
                let sum = [a.wrapping_add(b), a.wrapping_add(b), a.wrapping_sub(1), 0];
                assert_eq!(add::<8>(left, right), u32::from_le_bytes(sum));
                let difference = [a.wrapping_sub(b), b.wrapping_sub(a), a.wrapping_add(1), 0];
                assert_eq!(subtract(left, right), u32::from_le_bytes(difference));
                let middle = ((u16::from(a) + u16::from(b)) / 2) as u8;
                let expected = [middle, middle, ((u16::from(a) + 255) / 2) as u8, 0];
                assert_eq!(mean(left, right), u32::from_le_bytes(expected));
            }
        }
    }
}
