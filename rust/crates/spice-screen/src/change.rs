//! What becomes of a given picture: first what has only moved is moved, then what differs is taken over.

use spice_canvas::Area;

use crate::cut::{is_one_change, join};
use crate::pixels::Pixels;
use crate::screen::Screen;
use crate::scroll::{self, Scroll, around};
use crate::sketch::Sketch;
use crate::survey::{self, Survey};

/// A picture that is given, and where its corner lies on the screen.
#[derive(Debug)]
pub(crate) struct Given<'a, P> {
    pub(crate) pixels: &'a P,
    pub(crate) origin: (i32, i32),
}

impl<P> Clone for Given<'_, P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P> Copy for Given<'_, P> {}

/// What a picture changed.
#[derive(Debug, Default)]
pub(crate) struct Change {
    /// Whether it differed at all.
    pub(crate) any: bool,
    /// What was taken over after everything that was moved.
    pub(crate) taken: Vec<Area>,
}

/// Differing pixels from which on it is worth looking for moves.
const LEAST_MOVED: usize = 1 << 14;

/// Rows from which on a picture of the screen's whole width is compared by fingerprints.
const LEAST_ROWS: usize = 16;

/// Shows `target` as it is in a picture.
pub(crate) fn show<P: Pixels>(screen: &mut Screen, given: Given<'_, P>, target: Area) -> Change {
    let whole_rows = target.width() == screen.size().0 && target.height() >= LEAST_ROWS;
    match whole_rows {
        true if screen.patience.lasts() => in_whole_rows(screen, given, target),
        true => without_search(screen, given, target),
        false => in_parts(screen, given, target),
    }
}

/// Takes over what differs, and leaves it at that.
fn without_search<P: Pixels>(screen: &mut Screen, given: Given<'_, P>, target: Area) -> Change {
    screen.shadow.straighten();
    let taken = take(screen, given, [target].into_iter());
    if pixels_of(&taken) >= LEAST_MOVED {
        screen.patience.passed();
    }
    Change { any: !taken.is_empty(), taken }
}

fn in_whole_rows<P: Pixels>(screen: &mut Screen, given: Given<'_, P>, target: Area) -> Change {
    let memory = std::mem::take(&mut screen.sketch);
    let mut sketch = Sketch::read(&mut screen.shadow, given, target, memory);
    let changed = sketch.changed(&screen.shadow);
    let scroll = match pixels_of(&changed) {
        small if small < LEAST_MOVED => None,
        _ => search(screen, given, &mut sketch, &changed),
    };
    screen.sketch = sketch.end();
    if changed.is_empty() {
        return Change::default();
    }
    let left = scroll.map_or(changed, |scroll| shift(screen, scroll));
    Change { any: true, taken: take(screen, given, left.into_iter()) }
}

fn search<P: Pixels>(
    screen: &mut Screen,
    Given { pixels, origin }: Given<'_, P>,
    sketch: &mut Sketch,
    changed: &[Area],
) -> Option<Scroll> {
    sketch.complete(&mut screen.shadow);
    let found = sketch.up_or_down(&screen.shadow, pixels, origin, changed).or_else(|| {
        let extent = changed.iter().fold(Area::default(), |all, area| all.bounding(area));
        scroll::find_sideways(&screen.shadow, pixels, extent, origin)
    });
    screen.patience.searched(found.is_some());
    found
}

fn in_parts<P: Pixels>(screen: &mut Screen, given: Given<'_, P>, target: Area) -> Change {
    let survey = Survey { shadow: &screen.shadow, given };
    let rows = survey.rows(target);
    if rows.is_empty() {
        return Change::default();
    }
    let extent = survey.extent(&rows);
    if let Some(areas) = moved(screen, given, extent) {
        // The extent is a guess: what differs beside it counts too.
        let beside = rows.iter().flat_map(|band| around(*band, extent));
        return Change { any: true, taken: take(screen, given, areas.into_iter().chain(beside)) };
    }
    let areas = differences(screen, given, rows.into_iter());
    let taken = move_apart(screen, given, extent, areas);
    // Only now, because a move must find what clients have.
    taken.iter().for_each(|area| screen.shadow.take(given.pixels, *area, given.origin));
    Change { any: true, taken }
}

/// Looks at each part that changed by itself, where they are not all of what was looked at before; what still differs.
fn move_apart<P: Pixels>(
    screen: &mut Screen,
    given: Given<'_, P>,
    extent: Area,
    areas: Vec<Area>,
) -> Vec<Area> {
    let mut left = Vec::with_capacity(areas.len());
    for part in join(&areas, is_one_change) {
        let looked_at = part.pixels() * 4 > extent.pixels() * 3;
        match if looked_at { None } else { moved(screen, given, part) } {
            Some(rest) => left.extend(differences(screen, given, rest.into_iter())),
            None => {
                left.extend(areas.iter().map(|area| area.intersect(&part)).filter(|area| !area.is_empty()))
            }
        }
    }
    left
}

/// Moves what has moved in an area, if something has; where the picture may still differ.
fn moved<P: Pixels>(screen: &mut Screen, given: Given<'_, P>, area: Area) -> Option<Vec<Area>> {
    if area.pixels() < LEAST_MOVED {
        return None;
    }
    let scroll = scroll::find(&screen.shadow, given.pixels, area, given.origin)?;
    Some(shift(screen, scroll))
}

fn shift(screen: &mut Screen, scroll: Scroll) -> Vec<Area> {
    scroll.moves.into_iter().for_each(|motion| screen.shift(motion));
    scroll.rest
}

/// Takes over what differs in areas; where that was. Pixels are compared and copied a few rows at a time, so that they come
/// out of memory once.
fn take<P: Pixels>(screen: &mut Screen, given: Given<'_, P>, areas: impl Iterator<Item = Area>) -> Vec<Area> {
    let mut taken = Vec::new();
    for band in areas.flat_map(survey::bands) {
        let differing = Survey { shadow: &screen.shadow, given }.differences(band);
        differing.iter().for_each(|area| screen.shadow.take(given.pixels, *area, given.origin));
        taken.extend(differing);
    }
    taken
}

fn differences<P: Pixels>(
    screen: &Screen,
    given: Given<'_, P>,
    areas: impl Iterator<Item = Area>,
) -> Vec<Area> {
    let survey = Survey { shadow: &screen.shadow, given };
    areas.flat_map(survey::bands).flat_map(|band| survey.differences(band)).collect()
}

fn pixels_of(areas: &[Area]) -> usize {
    areas.iter().map(Area::pixels).sum()
}
