//! Components that are coded together: the three colours, or alpha alone.

use super::code::Code;
use super::model::Model;

/// Everything that lasts from row to row.
pub(super) struct Plane<T: Code, const N: usize, const BPC: u32> {
    /// One model a component, in stream order.
    pub(super) models: [Model<T, BPC>; N],
    /// The differences from the prediction in each column as last coded, packed like a pixel. Runs leave what stood
    /// there before: the context after a run comes from an earlier row.
    pub(super) differences: Vec<u32>,
    /// What tells where the models learn.
    pub(super) sampling: Sampling,
    /// Index into [`RUN_BITS`]: how long runs have been lately.
    pub(super) run_class: u8,
}

impl<T: Code, const N: usize, const BPC: u32> Plane<T, N, BPC> {
    /// A plane before its first row.
    pub(super) fn new(width: usize) -> Self {
        let models = std::array::from_fn(|_| Model::new());
        Self { models, differences: vec![0; width], sampling: Sampling::new(), run_class: 0 }
    }

    /// Make it what [`Plane::new`] gives, in the memory it has.
    pub(super) fn reset(&mut self, width: usize) {
        let mut differences = std::mem::take(&mut self.differences);
        differences.clear();
        differences.resize(width, 0);
        *self = Self { differences, ..Self::new(0) };
    }

    /// Where the stretch from column `start` on ends in which samples are as frequent as there.
    pub(super) fn stretch(&self, start: usize, width: usize) -> usize {
        if self.sampling.class == LAST_CLASS { width } else { width.min(start + self.sampling.left) }
    }

    /// Account for `length` pixels, a stretch or a part of one.
    pub(super) fn passed(&mut self, length: usize) {
        if self.sampling.class == LAST_CLASS {
            return;
        }
        self.sampling.left -= length;
        if self.sampling.left == 0 {
            if self.sampling.class == 0 {
                self.models.iter_mut().for_each(Model::settle);
            }
            self.sampling.class += 1;
            self.sampling.left = PIXELS_PER_CLASS;
        }
    }

    /// Whether every pixel is a sample, as in the first class, in which the models do not settle.
    pub(super) fn is_dense(&self) -> bool {
        self.sampling.class == 0
    }
}

impl<T: Code, const N: usize, const BPC: u32> Default for Plane<T, N, BPC> {
    fn default() -> Self {
        Self::new(0)
    }
}

/// Let the models know which differences came after which.
///
/// By reference, since the compiler packs small arrays that are passed by value into one register and spends a tenth
/// of all time on taking them apart.
#[inline(always)]
pub(super) fn learn<const DENSE: bool, T: Code, const N: usize, const BPC: u32>(
    models: &mut [Model<T, BPC>; N],
    context: &[u8; N],
    coded: &[u8; N],
    trigger: i16,
) {
    for c in 0..N {
        if DENSE {
            models[c].update_unsettled(context[c], coded[c], trigger);
        } else {
            models[c].update(context[c], coded[c], trigger);
        }
    }
}

/// Where the models learn: at every pixel first, later about every 32nd.
pub(super) struct Sampling {
    /// 0 to [`LAST_CLASS`], the distance between samples being below two to this power.
    class: u8,
    /// Pixels until the next class.
    left: usize,
    /// Pixels until the next sample, as the last segment left it.
    pub(super) wait: usize,
    seed: u8,
}

impl Sampling {
    fn new() -> Self {
        Self { class: 0, left: PIXELS_PER_CLASS, wait: 0, seed: 255 }
    }

    /// Draw the number of pixels to skip.
    #[inline(always)]
    pub(super) fn draw(&mut self) -> usize {
        self.seed = self.seed.wrapping_add(1);
        usize::from(CHAOS[usize::from(self.seed)] & ((1 << self.class) - 1))
    }

    /// The cost above which a model halves its counters (protocol.md 4.3).
    pub(super) fn trigger(&self) -> i16 {
        TRIGGERS[usize::from(self.class & 7)]
    }
}

/// Run lengths are counted in steps of two to this power.
pub(super) const RUN_BITS: [u8; 32] =
    [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15];

/// By class; the last is there for the index's sake only.
static TRIGGERS: [i16; 8] = [110, 550, 900, 800, 550, 400, 350, 350];

/// After this class the sampling stays as it is.
const LAST_CLASS: u8 = 6;

/// Pixels from one class to the next.
const PIXELS_PER_CLASS: usize = 2048;

/// The pseudo-random numbers both ends draw from, as far as they matter (protocol.md 4.3).
#[rustfmt::skip]
const CHAOS: [u8; 256] = [
    0x02, 0x17, 0x13, 0x15, 0x07, 0x12, 0x28, 0x0e, 0x0c, 0x20, 0x2f, 0x2c, 0x24, 0x06, 0x12, 0x0b,
    0x04, 0x13, 0x2a, 0x1d, 0x10, 0x3f, 0x39, 0x33, 0x10, 0x03, 0x05, 0x0e, 0x0f, 0x1e, 0x14, 0x09,
    0x24, 0x2d, 0x03, 0x39, 0x3d, 0x00, 0x08, 0x05, 0x29, 0x0e, 0x2b, 0x1b, 0x2b, 0x3b, 0x1f, 0x23,
    0x27, 0x3c, 0x2a, 0x26, 0x0d, 0x36, 0x3e, 0x01, 0x1a, 0x03, 0x0b, 0x3d, 0x34, 0x22, 0x07, 0x30,
    0x04, 0x3b, 0x16, 0x0c, 0x16, 0x08, 0x32, 0x04, 0x0a, 0x06, 0x2c, 0x08, 0x0b, 0x2e, 0x1f, 0x33,
    0x35, 0x11, 0x01, 0x2b, 0x2e, 0x3c, 0x24, 0x36, 0x0a, 0x1b, 0x27, 0x2c, 0x16, 0x29, 0x17, 0x02,
    0x2c, 0x00, 0x28, 0x35, 0x28, 0x30, 0x10, 0x2b, 0x20, 0x1c, 0x21, 0x0c, 0x14, 0x02, 0x38, 0x3e,
    0x37, 0x3a, 0x12, 0x14, 0x0d, 0x37, 0x26, 0x1d, 0x39, 0x13, 0x31, 0x21, 0x2f, 0x3f, 0x3b, 0x00,
    0x23, 0x3d, 0x13, 0x19, 0x2e, 0x26, 0x3c, 0x04, 0x23, 0x01, 0x1a, 0x28, 0x1c, 0x0a, 0x05, 0x0e,
    0x19, 0x12, 0x30, 0x31, 0x14, 0x3b, 0x3e, 0x22, 0x2e, 0x07, 0x21, 0x34, 0x22, 0x3a, 0x09, 0x1d,
    0x08, 0x37, 0x3e, 0x3c, 0x25, 0x24, 0x25, 0x32, 0x06, 0x03, 0x0a, 0x1c, 0x30, 0x18, 0x1a, 0x3d,
    0x39, 0x1e, 0x0b, 0x36, 0x02, 0x06, 0x32, 0x2f, 0x07, 0x11, 0x23, 0x35, 0x20, 0x0c, 0x17, 0x11,
    0x05, 0x15, 0x31, 0x37, 0x33, 0x2d, 0x34, 0x1b, 0x27, 0x19, 0x27, 0x3f, 0x16, 0x18, 0x2a, 0x34,
    0x38, 0x26, 0x29, 0x29, 0x38, 0x20, 0x0d, 0x18, 0x1a, 0x33, 0x1b, 0x38, 0x3a, 0x25, 0x18, 0x2a,
    0x0f, 0x1c, 0x11, 0x1e, 0x1f, 0x0f, 0x10, 0x17, 0x19, 0x36, 0x21, 0x22, 0x01, 0x1d, 0x1f, 0x32,
    0x35, 0x15, 0x31, 0x0f, 0x2f, 0x09, 0x00, 0x3a, 0x25, 0x2d, 0x1e, 0x0d, 0x09, 0x2d, 0x3f, 0x15,
];
