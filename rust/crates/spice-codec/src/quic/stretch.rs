//! One row, encoded: the twin of [`super::segment`].

use super::ahead::Ahead;
use super::code::Words;
use super::model::Model;
use super::packed::{mean, split, subtract};
use super::plane::{Plane, RUN_BITS, learn};
use crate::put::{Put, State};

impl<const N: usize, const BPC: u32> Plane<Words, N, BPC> {
    /// Encode a row; the top row has none `above`.
    pub(super) fn put_row(&mut self, put: &mut Put, row: &[u32], above: Option<&[u32]>) {
        let mut start = 0;
        while start < row.len() {
            let end = self.stretch(start, row.len());
            match self.is_dense() {
                true => self.put_segment::<true>(put, row, above, start, end),
                false => self.put_segment::<false>(put, row, above, start, end),
            }
            self.passed(end - start);
            start = end;
        }
    }

    /// Encode the columns from `start` to `end`; with `DENSE` every pixel is a sample.
    ///
    /// One long function on purpose, as the decoder's: what it works with stays in registers.
    #[inline(never)]
    fn put_segment<const DENSE: bool>(
        &mut self,
        put: &mut Put,
        row: &[u32],
        above: Option<&[u32]>,
        start: usize,
        end: usize,
    ) {
        let mut x = start;
        while x < end.min(3) {
            self.put_early::<DENSE>(put, row, above, x);
            x += 1;
        }
        let (words, mut state) = put.lend();
        let mut ahead = Ahead::new();
        let mut run_start = 0;
        while x < end {
            if x >= ahead.end() {
                ahead.look(row, above, x);
            }
            let known = end.min(ahead.end());
            let run = ahead.next_run(if x == run_start { x + 1 } else { x }, known);
            state = self.put_pixels::<DENSE>(words, state, ahead.differences(x, run), x);
            x = run;
            if run < known {
                run_start = run;
                x = ahead.run_end(row, run, end);
                self.put_run(words, &mut state, x - run);
            }
        }
        put.resume(state);
    }

    /// Encode one of the first three pixels of a row, at which no run begins. The very first has only the one above to
    /// go by.
    #[inline(never)]
    fn put_early<const DENSE: bool>(&mut self, put: &mut Put, row: &[u32], above: Option<&[u32]>, x: usize) {
        let predicted = match (x.checked_sub(1), above) {
            (None, None) => 0,
            (None, Some(above)) => above[0],
            (Some(left), None) => row[left],
            (Some(left), Some(above)) => mean(row[left], above[x]),
        };
        let (words, mut state) = put.lend();
        let context = self.differences[x.saturating_sub(1)];
        let difference = subtract(row[x], predicted);
        put_pixel::<DENSE, N, BPC>(words, &mut state, &self.models, context, difference);
        self.differences[x] = difference;
        if self.sampling.wait > 0 {
            self.sampling.wait -= 1;
        } else {
            self.learn::<DENSE>(context, difference);
            self.sampling.wait = self.sampling.draw();
        }
        put.resume(state);
    }

    /// Encode the pixels from column `x` on, which have these differences, and learn where a sample lies.
    #[inline(always)]
    fn put_pixels<const DENSE: bool>(
        &mut self,
        words: &mut [u32],
        mut state: State,
        mut differences: &[u32],
        mut x: usize,
    ) -> State {
        while self.sampling.wait < differences.len() {
            let (until_sample, rest) = differences.split_at(self.sampling.wait + 1);
            state = self.put_many::<DENSE>(words, state, until_sample, x);
            x += until_sample.len();
            self.learn::<DENSE>(self.differences[x - 2], self.differences[x - 1]);
            self.sampling.wait = self.sampling.draw();
            differences = rest;
        }
        self.sampling.wait -= differences.len();
        if differences.len() <= FEW {
            self.put_unsampled::<DENSE>(words, state, differences, x)
        } else {
            self.put_many::<DENSE>(words, state, differences, x)
        }
    }

    /// The same as [`Plane::put_unsampled`]. Not inlined, so that it has all registers for itself.
    #[inline(never)]
    fn put_many<const DENSE: bool>(
        &mut self,
        words: &mut [u32],
        state: State,
        differences: &[u32],
        x: usize,
    ) -> State {
        self.put_unsampled::<DENSE>(words, state, differences, x)
    }

    /// Encode pixels while the models stay as they are.
    #[inline(always)]
    fn put_unsampled<const DENSE: bool>(
        &mut self,
        words: &mut [u32],
        mut state: State,
        differences: &[u32],
        x: usize,
    ) -> State {
        let mut context = self.differences[x - 1];
        let noted = &mut self.differences[x..x + differences.len()];
        for (noted, &difference) in noted.iter_mut().zip(differences) {
            *noted = difference;
            put_pixel::<DENSE, N, BPC>(words, &mut state, &self.models, context, difference);
            context = difference;
        }
        state
    }

    /// Let the models know which difference came after which.
    #[inline(always)]
    fn learn<const DENSE: bool>(&mut self, context: u32, difference: u32) {
        let trigger = self.sampling.trigger();
        learn::<DENSE, _, N, BPC>(&mut self.models, &split(context), &split(difference), trigger);
    }

    /// Write the length of a run: a one for each step, which makes the steps longer, then a zero, which makes them
    /// shorter, and what is left.
    #[inline(always)]
    fn put_run(&mut self, words: &mut [u32], state: &mut State, mut length: usize) {
        let class = usize::from(self.run_class & 31);
        let covered = usize::from(RUN_STARTS[class]) + length;
        if let Some(&reached) = CLASS_AT.get(covered) {
            // All steps at once: they are those from the class that runs have been of to the one reached.
            let (ones, rest) = (
                u32::from(reached - self.run_class),
                covered - usize::from(RUN_STARTS[usize::from(reached)]),
            );
            state.put(words, (1 << ones) - 1, ones);
            self.run_class = reached;
            length = rest;
        } else {
            while length >> RUN_BITS[usize::from(self.run_class & 31)] > 0 {
                length -= 1 << RUN_BITS[usize::from(self.run_class & 31)];
                self.run_class = (self.run_class + 1).min(31);
                state.put(words, 1, 1);
            }
        }
        state.put(words, length as u64, 1 + u32::from(RUN_BITS[usize::from(self.run_class & 31)]));
        self.run_class = self.run_class.saturating_sub(1);
    }
}

/// For so many pixels, a call costs more than the lack of registers does.
const FEW: usize = 3;

/// The pixels that the steps of all classes before one cover.
const RUN_STARTS: [u16; 32] = {
    let mut starts = [0; 32];
    let mut class = 1;
    while class < 32 {
        starts[class] = starts[class - 1] + (1 << RUN_BITS[class - 1]);
        class += 1;
    }
    starts
};

/// Which class so many pixels reach.
static CLASS_AT: [u8; 1024] = {
    let mut classes = [0; 1024];
    let (mut class, mut covered) = (0, 0);
    while covered < 1024 {
        if covered == RUN_STARTS[class + 1] as usize {
            class += 1;
        }
        classes[covered] = class as u8;
        covered += 1;
    }
    classes
};

/// Write a pixel by the differences of its components; `context` are those of the pixel before.
#[inline(always)]
fn put_pixel<const DENSE: bool, const N: usize, const BPC: u32>(
    words: &mut [u32],
    state: &mut State,
    models: &[Model<Words, BPC>; N],
    context: u32,
    difference: u32,
) {
    let parts = parts::<DENSE, N, BPC>(models, context, difference);
    let length = parts.iter().map(|part| part.1).sum();
    if length > 32 {
        *state = put_long_pixel::<DENSE, N, BPC>(words, *state, models, context, difference);
        return;
    }
    for (number, length) in parts {
        state.pending = state.pending.wrapping_shl(length) | u64::from(number);
    }
    state.passed(words, length);
}

/// Write a pixel of more than 32 bits. All by value, so that the caller has everything in registers.
#[cold]
#[inline(never)]
fn put_long_pixel<const DENSE: bool, const N: usize, const BPC: u32>(
    words: &mut [u32],
    mut state: State,
    models: &[Model<Words, BPC>; N],
    context: u32,
    difference: u32,
) -> State {
    for (number, length) in parts::<DENSE, N, BPC>(models, context, difference) {
        state.put(words, u64::from(number), length);
    }
    state
}

/// The number for each component and its length.
#[inline(always)]
fn parts<const DENSE: bool, const N: usize, const BPC: u32>(
    models: &[Model<Words, BPC>; N],
    context: u32,
    difference: u32,
) -> [(u8, u32); N] {
    let (context, coded): ([u8; N], [u8; N]) = (split(context), split(difference));
    std::array::from_fn(|c| {
        let code = if DENSE { models[c].unsettled_code(context[c]) } else { models[c].code(context[c]) };
        (code.numbers[usize::from(coded[c])], u32::from(code.lengths[usize::from(coded[c])]))
    })
}
