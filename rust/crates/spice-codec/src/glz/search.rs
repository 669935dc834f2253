//! Finds in a picture what repeats earlier pictures, or itself.
//!
//! Beside what LZ looks at there are two ways to other pictures: marks, and the ways that were followed last. A window that
//! moved, or a page that scrolled, lies at the same distance row by row, so what was interrupted often goes on behind.

use std::ops::Range;

use crate::equal::equal;
use crate::glz::dictionary::{Image, Past, Plane};
use crate::glz::marks::Marks;
use crate::lz::output::Output;
use crate::lz::search::{self as near, END, HEAD, PATIENCE, TAIL};

/// A way from places of a picture to those of an earlier one, or to its own earlier places.
#[derive(Clone, Copy)]
struct Way<'a, U> {
    units: &'a [U],
    /// How many pictures before.
    back: usize,
    /// What to add to a place.
    offset: isize,
}

/// What repeats, as it is written.
struct Found {
    length: usize,
    /// How many of these units are before the place where it was found.
    before: usize,
    back: usize,
    /// The place in that picture, or the distance less one where it is the same.
    place: usize,
}

/// A search in one stream of a picture.
struct Walk<'a, U> {
    near: &'a mut near::Search,
    image: &'a Image,
    units: &'a [U],
    past: Past<'a>,
    /// The ways to earlier pictures that were followed last, the latest first.
    ways: [Way<'a, U>; WAYS],
    /// How often marks were looked for in vain, and the place of the next look.
    missed: usize,
    next_look: usize,
}

/// Appends one stream of `image`, which has these units, to `out` and marks its places, if it is one that is kept.
pub(crate) fn encode<U: Plane>(
    near: &mut near::Search,
    marks: &mut Marks,
    image: &Image,
    units: &[U],
    past: Past<'_>,
    out: &mut Vec<u8>,
) {
    let mut walk = Walk::new(near, image, units, past);
    let mut output = Output::new(out);
    let (last, end) = (units.len().saturating_sub(TAIL), units.len().saturating_sub(END));
    let (mut literal, mut at, mut marked) = (0, HEAD, 0);
    while at < last {
        let Some(found) = walk.find(marks, at..end, literal) else {
            at += 1 + ((at - literal) >> PATIENCE).min(STRIDE);
            continue;
        };
        output.literals(units, literal..at - found.before);
        output.reference::<U>(found.length, found.back as u64, found.place);
        at += found.length - found.before;
        literal = at;
        walk.near.note(units, at - 1);
        if image.is_kept() {
            marked = marks.note(units, image.start, marked, at);
        }
    }
    output.literals(units, literal..units.len());
    output.end();
    if image.is_kept() {
        marks.note(units, image.start, marked, units.len());
    }
}

impl<'a, U: Plane> Walk<'a, U> {
    fn new(near: &'a mut near::Search, image: &'a Image, units: &'a [U], past: Past<'a>) -> Self {
        near.start();
        let nowhere = Way { units: &[], back: 0, offset: 0 };
        let mut ways = [nowhere; WAYS];
        // Most frames are the last one, but for some places.
        if let Some(back) = past.last(image) {
            ways[0] = Way { units: past.units(back, image), back, offset: 0 };
        }
        // Of what is not kept, and before which there was nothing, there are no marks.
        let next_look = if image.is_kept() || past.count() > 0 { 0 } else { usize::MAX };
        Self { near, image, units, past, ways, missed: 0, next_look }
    }

    /// What repeats at the start of `range`; literals are pending from `literal` on.
    #[inline(always)]
    fn find(&mut self, marks: &Marks, range: Range<usize>, literal: usize) -> Option<Found> {
        let at = range.start;
        let ahead = &self.units[range.clone()];
        let (mut length, mut way) = self.followed(ahead, at);
        if length < LONG {
            let near = self.near.find::<U, MIDDLE, { usize::MAX }>(
                self.units,
                range,
                self.image.width,
                literal == at,
            );
            let near_length = near.as_ref().map_or(0, |near| near.length);
            if near_length < LONG {
                self.look(marks, ahead, at, near_length, &mut length, &mut way);
            }
            if let Some(near) = near
                && near.length >= U::LEAST_NEAR
                && length < near.length + DEARER
            {
                let near::Repetition { length, distance } = near;
                return Some(Found { length, before: 0, back: 0, place: distance - 1 });
            }
        }
        (length >= U::LEAST_OTHER).then(|| self.found(way, length, at, literal))
    }

    /// The longest repetition on the ways that were followed last.
    #[inline(always)]
    fn followed(&self, ahead: &[U], at: usize) -> (usize, Way<'a, U>) {
        let mut best = (0, self.ways[0]);
        if self.past.count() > 0 {
            for way in self.ways {
                let length = way.length(ahead, at);
                if length > best.0 {
                    best = (length, way);
                }
            }
        }
        best
    }

    /// Replaces `length` and `way` where a mark leads to more, and to enough more than `near`.
    #[inline(always)]
    fn look(
        &mut self,
        marks: &Marks,
        ahead: &[U],
        at: usize,
        near: usize,
        length: &mut usize,
        way: &mut Way<'a, U>,
    ) {
        if at < self.next_look {
            return;
        }
        if let Some(place) = marks.look(ahead, self.image.start + at as u64)
            && let Some(marked) = self.way(place, at)
        {
            let better = marked.length(ahead, at);
            if better > *length && better >= near + DEARER {
                (*length, *way) = (better, marked);
                self.missed = 0;
                return;
            }
        }
        // In what is new, as a photograph, a look at some of the places will do.
        self.missed = (self.missed + 1).min(MISSES);
        self.next_look = at + self.missed / (MISSES / PAUSE);
    }

    /// The way from `at` to `place`, which is counted over all pictures.
    #[inline(never)]
    fn way(&self, place: u64, at: usize) -> Option<Way<'a, U>> {
        if let Some(place) = place.checked_sub(self.image.start) {
            let offset = place as isize - at as isize;
            return (offset < 0).then_some(Way { units: self.units, back: 0, offset });
        }
        let (back, place) = self.past.locate(place)?;
        let units = self.past.units(back, self.image);
        Some(Way { units, back, offset: place as isize - at as isize })
    }

    /// That `length` units at `at` repeat what lies on `way`, and what is before them as well.
    #[inline(always)]
    fn found(&mut self, way: Way<'a, U>, length: usize, at: usize, literal: usize) -> Found {
        let before = way.equal_before(&self.units[..at], literal.max(HEAD));
        let place = (at - before).wrapping_add_signed(way.offset);
        if way.back > 0 {
            self.follow(way);
        }
        let place = if way.back > 0 { place } else { way.offset.unsigned_abs() - 1 };
        Found { length: length + before, before, back: way.back, place }
    }

    /// Puts `way` first.
    #[inline(always)]
    fn follow(&mut self, way: Way<'a, U>) {
        let same = |known: &Way<'a, U>| (known.back, known.offset) == (way.back, way.offset);
        let known = self.ways.iter().position(same).unwrap_or(WAYS - 1);
        self.ways[..=known].rotate_right(1);
        self.ways[0] = way;
    }
}

impl<U: Plane> Way<'_, U> {
    /// How many units of `ahead`, which stand at `at`, repeat what lies on this way.
    #[inline(always)]
    fn length(&self, ahead: &[U], at: usize) -> usize {
        let place = at.wrapping_add_signed(self.offset);
        match self.units.get(place..) {
            Some(behind) if behind.len() >= ENOUGH && U::key(behind) == U::key(ahead) => {
                equal(bytemuck::cast_slice(behind), bytemuck::cast_slice(ahead), U::MASK) / size_of::<U>()
            }
            _ => 0,
        }
    }

    /// How many units at the end of `units`, but not before `from`, repeat what lies on this way.
    #[inline(always)]
    fn equal_before(&self, units: &[U], from: usize) -> usize {
        let there = &self.units[..units.len().wrapping_add_signed(self.offset)];
        let pairs = units[from..].iter().rev().zip(there.iter().rev());
        pairs.take_while(|(a, b)| U::same(**a, **b)).count()
    }
}

/// Ways that are remembered: one for what moved and one for what lies around it.
const WAYS: usize = 2;

/// A repetition of this length is good enough.
const LONG: usize = 32;

/// Units by which a repetition of another picture must be longer, since it takes two bytes more.
const DEARER: usize = 2;

/// Distances in the picture itself from here on take one more byte.
const MIDDLE: usize = 1 << 17;

/// Places that are left out at once at most. With the one that follows they are odd, so that all marks are met.
const STRIDE: usize = 14;

/// Places from one look for marks to the next at most; odd, so that all marks are met.
const PAUSE: usize = 15;

/// Looks in vain after which the pauses are longest.
const MISSES: usize = PAUSE << 3;

/// Units that must be left of a picture, so that keys can be read without looking.
const ENOUGH: usize = 8;
