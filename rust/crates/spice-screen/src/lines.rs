//! How far rows or columns have moved, told by fingerprints of a few of their pixels.

use std::collections::HashMap;
use std::ops::Range;

/// Part of a row or column: its fingerprint, or 0 where all its pixels are the same, because such lines are everywhere.
pub(crate) type Line = u64;

/// A part that means nothing.
pub(crate) const PLAIN: Line = 0;

/// Fewest lines that must agree on a distance, and fewest of a run that gain by being moved.
const FEWEST: usize = 8;
/// Lines that did not move between two that did, in one run.
const GAP: usize = 8;
/// Fewest lines of a run.
const SHORTEST: usize = 16;
/// Most runs.
const MOST: usize = 4;

/// Votes on how far lines have moved.
#[derive(Debug, Default)]
pub(crate) struct Votes {
    /// Votes for each distance.
    ways: HashMap<i32, usize>,
    voters: usize,
    table: Table,
}

impl Votes {
    /// Lets the lines vote that changed and stood in one place before.
    pub(crate) fn add(&mut self, old: &[Line], new: &[Line]) {
        self.table.fill(old);
        for (at, (line, _)) in
            new.iter().zip(old).enumerate().filter(|(_, (new, old))| new != old && **new != PLAIN)
        {
            self.voters += 1;
            if let Some(from) = self.table.find(*line) {
                *self.ways.entry(at as i32 - from as i32).or_default() += 1;
            }
        }
    }

    /// By how many lines most of them have moved, if enough of them agree.
    pub(crate) fn distance(&self) -> Option<i32> {
        // Of equally many votes the shorter way wins, so that the answer does not depend on the order in the map.
        let (way, count) = self.ways.iter().max_by_key(|(way, count)| (**count, -way.abs(), **way))?;
        (*count >= FEWEST && count * 5 >= self.voters).then_some(*way)
    }
}

/// Where each line stands, unless it stands in two places.
#[derive(Debug, Default)]
struct Table {
    slots: Vec<(Line, usize)>,
}

/// The place of a line that stands in several.
const SEVERAL: usize = usize::MAX;

impl Table {
    fn fill(&mut self, lines: &[Line]) {
        self.slots.clear();
        self.slots.resize(lines.len().next_power_of_two() * 2, (PLAIN, SEVERAL));
        for (at, line) in lines.iter().enumerate().filter(|(_, line)| **line != PLAIN) {
            let slot = self.slot(*line);
            let place = if self.slots[slot].0 == PLAIN { at } else { SEVERAL };
            self.slots[slot] = (*line, place);
        }
    }

    fn find(&self, line: Line) -> Option<usize> {
        Some(self.slots[self.slot(line)].1).filter(|place| *place != SEVERAL)
    }

    /// The slot that has a line, or the free one that it would have. At least half of the slots are free.
    fn slot(&self, line: Line) -> usize {
        let last = self.slots.len() - 1;
        let mut slot = line as usize & last;
        while self.slots[slot].0 != PLAIN && self.slots[slot].0 != line {
            slot = (slot + 1) & last;
        }
        slot
    }
}

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is not what was there before the distance.
    Other,
    /// It is, but it is also what was there without moving.
    Both,
    /// It is.
    Moved,
}

/// The runs of lines that moved: short gaps belong to a run, and short runs are none.
pub(crate) fn runs(fates: &[Fate]) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for at in (0..fates.len()).filter(|at| fates[*at] != Fate::Other) {
        match runs.last_mut() {
            Some(run) if at - run.end <= GAP => run.end = at + 1,
            _ => runs.push(at..at + 1),
        }
    }
    let gain = |run: &Range<usize>| fates[run.clone()].iter().filter(|fate| **fate == Fate::Moved).count();
    runs.retain(|run| run.len() >= SHORTEST && gain(run) >= FEWEST);
    runs.sort_by_key(|run| std::cmp::Reverse(gain(run)));
    runs.truncate(MOST);
    runs.sort_by_key(|run| run.start);
    runs
}

/// The lines that may differ after the runs have been moved.
pub(crate) fn rest(fates: &[Fate], runs: &[Range<usize>]) -> Vec<Range<usize>> {
    let in_a_run = |at: usize| runs.iter().any(|run| run.contains(&at));
    ranges((0..fates.len()).filter(|at| fates[*at] == Fate::Other || !in_a_run(*at)))
}

/// Numbers that grow, as ranges.
pub(crate) fn ranges(numbers: impl Iterator<Item = usize>) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for at in numbers {
        match ranges.last_mut() {
            Some(last) if last.end == at => last.end = at + 1,
            _ => ranges.push(at..at + 1),
        }
    }
    ranges
}

/// How well a line across the way of a move agrees with it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Agreement {
    /// Pixels looked at that are not what the move says.
    pub(crate) against: usize,
    /// Pixels looked at that changed, and became what the move says.
    pub(crate) gains: usize,
}

/// The longest run of lines across that agree, of which `looked` pixels each were looked at: the width of what moved.
pub(crate) fn width(agreements: &[Agreement], looked: usize) -> Range<usize> {
    let agreeing = |at: &usize| agreements[*at].against * 4 <= looked;
    let gains = |run: &Range<usize>| agreements[run.clone()].iter().map(|line| line.gains).sum::<usize>();
    let best = ranges((0..agreements.len()).filter(agreeing)).into_iter().max_by_key(gains);
    best.unwrap_or_default()
}

/// Adds pixels to a sum.
#[inline]
pub(crate) fn mix(sum: u64, pixels: u64) -> u64 {
    (sum ^ pixels).wrapping_mul(0x9fb2_1c65_1e98_df25).rotate_left(29)
}

/// The fingerprint of a line whose pixels are not all the same, from two sums.
#[inline]
pub(crate) fn finish(one: u64, two: u64) -> Line {
    let line = mix(mix(one, 3), two);
    (line ^ line >> 29).max(PLAIN + 1)
}
