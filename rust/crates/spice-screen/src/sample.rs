//! What kind of picture an area holds, told by a few of its pixels.

use spice_canvas::Area;

use crate::shadow::Shadow;

/// Kinds of content that codings behave alike on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Content {
    /// Mostly plain: text, windows, drawings.
    Plain,
    /// Neighbours are alike: photographs, gradients.
    Smooth,
    /// Neighbours have nothing to do with each other.
    Noisy,
    /// Some of everything.
    Mixed,
}

impl Content {
    /// All of them, in the order of [`Content::index`].
    pub(crate) const COUNT: usize = 4;

    /// Its place in tables.
    pub(crate) fn index(self) -> usize {
        match self {
            Self::Plain => 0,
            Self::Smooth => 1,
            Self::Noisy => 2,
            Self::Mixed => 3,
        }
    }
}

/// Rows and columns looked at of an area.
const ROWS: usize = 24;
const COLUMNS: usize = 40;

/// The kind of content of an area.
pub(crate) fn content(shadow: &Shadow, area: Area) -> Content {
    let (mut equal, mut near, mut all) = (0, 0, 0);
    let rows = spread(area.height().saturating_sub(1), ROWS);
    for y in rows {
        let here = shadow.row(area.top as usize + y, area.left as usize, area.right as usize);
        let below = shadow.row(area.top as usize + y + 1, area.left as usize, area.right as usize);
        for x in spread(area.width().saturating_sub(1), COLUMNS) {
            for other in [here[x + 1], below[x]] {
                all += 1;
                equal += usize::from(here[x] == other);
                near += usize::from(here[x] != other && difference(here[x], other) < NEAR);
            }
        }
    }
    match all {
        all if equal * 2 >= all => Content::Plain,
        all if near * 20 >= 11 * all => Content::Smooth,
        all if (all - equal - near) * 2 >= all => Content::Noisy,
        _ => Content::Mixed,
    }
}

/// At most `most` numbers below `count`, evenly spread.
fn spread(count: usize, most: usize) -> impl Iterator<Item = usize> {
    let numbers = count.min(most);
    (0..numbers).map(move |index| (2 * index + 1) * count / (2 * numbers))
}

/// How gradual the reference finds a picture: whether it would code it with QUIC (`protocol.md` 5.2).
pub(crate) fn is_gradual(shadow: &Shadow, area: Area) -> bool {
    let (width, height) = (area.width(), area.height());
    if width < 2 || height < 2 {
        return false;
    }
    let (left, right) = (area.left as usize, area.right as usize);
    let step = if width.is_multiple_of(15) { 14 } else { 15 };
    let (mut score, mut compared) = (0.0, 0usize);
    // The places are counted through all rows, beginning in the middle of the first.
    let mut place = width / 2;
    while place < width * (height - 1) {
        let (x, y) = (place % width, area.top as usize + place / width);
        if x + 1 < width {
            let (here, below) = (shadow.row(y, left, right), shadow.row(y + 1, left, right));
            let pixel = here[x];
            let others = [here[x + 1], below[x], below[x + 1]];
            if others.iter().any(|other| *other != pixel) {
                score += others.iter().map(|other| contrast(pixel, *other)).sum::<f64>();
            }
            compared += others.len();
        }
        place += step;
    }
    compared > 0 && score / (compared as f64) < -0.03
}

fn contrast(one: u32, other: u32) -> f64 {
    match difference(one, other) {
        0 => 0.5,
        small if small < NEAR => -0.25,
        _ => 1.0,
    }
}

/// The largest difference of a component.
fn difference(one: u32, other: u32) -> u8 {
    let ([a, b, c, _], [d, e, f, _]) = (one.to_le_bytes(), other.to_le_bytes());
    a.abs_diff(d).max(b.abs_diff(e)).max(c.abs_diff(f))
}

/// Differences of components below this are gradual.
const NEAR: u8 = 60;
