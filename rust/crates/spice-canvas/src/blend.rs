//! Drawing a premultiplied picture over a surface, with the rounding of the library that the reference draws with:
//! a product of two bytes is divided by 255 and rounded to the nearest.

/// Draws `source`, multiplied by the constant `alpha`, over `destination`. All are premultiplied.
pub fn over(destination: &mut [u32], source: &[u32], alpha: u8) {
    match alpha {
        u8::MAX => destination.iter_mut().zip(source).for_each(|(d, s)| *d = over_pixel(*d, *s)),
        0 => {}
        _ => destination
            .iter_mut()
            .zip(source)
            .for_each(|(d, s)| *d = over_pixel(*d, scaled(*s, alpha.into()))),
    }
}

#[inline(always)]
fn over_pixel(destination: u32, source: u32) -> u32 {
    match source >> 24 {
        0xff => source,
        0 if source == 0 => destination,
        alpha => add(scaled(destination, 0xff - alpha), source),
    }
}

/// Every component times `factor` / 255.
#[inline(always)]
fn scaled(pixel: u32, factor: u32) -> u32 {
    let half = |pixel: u32| {
        let product = (pixel & PAIR) * factor + 0x0080_0080;
        (product + (product >> 8 & PAIR)) >> 8 & PAIR
    };
    half(pixel) | half(pixel >> 8) << 8
}

/// Component by component, at most 255 each: pictures need not be premultiplied correctly.
#[inline(always)]
fn add(one: u32, other: u32) -> u32 {
    let half = |one: u32, other: u32| {
        let sum = (one & PAIR) + (other & PAIR);
        let carry = sum >> 8 & 0x0001_0001;
        (sum | (carry << 8) - carry) & PAIR
    };
    half(one, other) | half(one >> 8, other >> 8) << 8
}

/// Two components with room for a carry.
const PAIR: u32 = 0x00ff_00ff;
