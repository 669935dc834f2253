//! What becomes of a given picture: first what has only moved is moved, then the rest is what differs.

use spice_canvas::Area;

use crate::cut::{is_one_change, join};
use crate::pixels::Pixels;
use crate::screen::Screen;
use crate::scroll::{self, around};
use crate::sketch::Sketch;
use crate::survey::Survey;

/// How a picture differs from the screen.
#[derive(Debug, Default)]
pub(crate) struct Differing {
    /// Whether it differed at all.
    pub(crate) any: bool,
    /// Where it still does.
    pub(crate) areas: Vec<Area>,
}

/// Differing pixels from which on it is worth looking for moves.
const LEAST_MOVED: usize = 1 << 14;

/// Rows from which on a picture of the screen's whole width is compared by fingerprints.
const LEAST_ROWS: usize = 16;

/// Moves on the screen what has moved in a picture whose corner lies at `origin`, and says where in `target` they differ.
pub(crate) fn take_moves(
    screen: &mut Screen,
    pixels: &impl Pixels,
    target: Area,
    origin: (i32, i32),
) -> Differing {
    match target.width() == screen.size().0 && target.height() >= LEAST_ROWS {
        true => in_whole_rows(screen, pixels, target, origin),
        false => in_parts(screen, pixels, target, origin),
    }
}

fn in_whole_rows(screen: &mut Screen, pixels: &impl Pixels, target: Area, origin: (i32, i32)) -> Differing {
    let sketch = Sketch::read(&mut screen.shadow, pixels, target, origin);
    let changed = sketch.changed(&screen.shadow);
    if changed.is_empty() {
        return Differing::default();
    }
    let scroll = match changed.iter().map(Area::pixels).sum::<usize>() {
        small if small < LEAST_MOVED => None,
        _ => sketch.up_or_down(&screen.shadow, pixels, origin, &changed).or_else(|| {
            let extent = changed.iter().fold(Area::default(), |all, area| all.bounding(area));
            scroll::find_sideways(&screen.shadow, pixels, extent, origin)
        }),
    };
    let left = scroll.map_or(changed, |scroll| {
        scroll.moves.into_iter().for_each(|motion| screen.shift(motion));
        scroll.rest
    });
    Differing { any: true, areas: differences(screen, pixels, origin, left.into_iter()) }
}

fn in_parts(screen: &mut Screen, pixels: &impl Pixels, target: Area, origin: (i32, i32)) -> Differing {
    let survey = Survey { shadow: &screen.shadow, pixels, origin };
    let rows = survey.rows(target);
    if rows.is_empty() {
        return Differing::default();
    }
    let extent = survey.extent(&rows);
    if let Some(areas) = moved(screen, pixels, extent, origin) {
        // The extent is a guess: what differs beside it counts too.
        let beside = rows.iter().flat_map(|band| around(*band, extent));
        let areas = differences(screen, pixels, origin, areas.into_iter().chain(beside));
        return Differing { any: true, areas };
    }
    let areas = differences(screen, pixels, origin, rows.into_iter());
    Differing { any: true, areas: take_moves_apart(screen, pixels, extent, origin, areas) }
}

/// Looks at each part that changed by itself, where they are not all of what was looked at before.
fn take_moves_apart(
    screen: &mut Screen,
    pixels: &impl Pixels,
    extent: Area,
    origin: (i32, i32),
    areas: Vec<Area>,
) -> Vec<Area> {
    let mut left = Vec::with_capacity(areas.len());
    for part in join(&areas, is_one_change) {
        let looked_at = part.pixels() * 4 > extent.pixels() * 3;
        match if looked_at { None } else { moved(screen, pixels, part, origin) } {
            Some(rest) => left.extend(differences(screen, pixels, origin, rest.into_iter())),
            None => {
                left.extend(areas.iter().map(|area| area.intersect(&part)).filter(|area| !area.is_empty()))
            }
        }
    }
    left
}

/// Moves what has moved in an area, if something has; where the picture may still differ.
fn moved(screen: &mut Screen, pixels: &impl Pixels, area: Area, origin: (i32, i32)) -> Option<Vec<Area>> {
    if area.pixels() < LEAST_MOVED {
        return None;
    }
    let scroll = scroll::find(&screen.shadow, pixels, area, origin)?;
    scroll.moves.into_iter().for_each(|motion| screen.shift(motion));
    Some(scroll.rest)
}

fn differences(
    screen: &Screen,
    pixels: &impl Pixels,
    origin: (i32, i32),
    areas: impl Iterator<Item = Area>,
) -> Vec<Area> {
    let survey = Survey { shadow: &screen.shadow, pixels, origin };
    let mut found = Vec::new();
    areas.for_each(|area| survey.differences(area, &mut found));
    found
}
