//! Pictures that never change, for Python.

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use spice_canvas::{Format, Snapshot};
use spice_codec::{PixelFormat, Source, jpeg, png};

use crate::buffers::{Layout, Lends, Memory, lends_memory};
use crate::canvas::Rectangle;
use crate::errors;

/// The bits of a pixel that are colour.
const COLOUR: u32 = 0x00ff_ffff;

/// A picture that never changes: (height, width, 4) uint8 in the order blue, green, red, unused or alpha.
#[pyclass(frozen, module = "spice_rs._core")]
pub(crate) struct Frame {
    snapshot: Snapshot,
    layout: Layout,
    damage: Vec<Rectangle>,
    all_read: bool,
}

impl Frame {
    /// A snapshot, what changed in it, and whether every message before it could be read.
    pub(crate) fn new(snapshot: Snapshot, damage: Vec<Rectangle>, all_read: bool) -> Self {
        let layout = Layout::picture(snapshot.height, snapshot.width, 4);
        Self { snapshot, layout, damage, all_read }
    }

    fn row(&self, y: usize) -> &[u32] {
        let start = y * self.snapshot.width;
        &self.snapshot.pixels()[start..start + self.snapshot.width]
    }

    fn area(&self, region: Option<Rectangle>) -> (usize, usize, usize, usize) {
        let (width, height) = (self.snapshot.width, self.snapshot.height);
        let Some((left, top, right, bottom)) = region else { return (0, 0, width, height) };
        let inside = |value: i32, most: usize| usize::try_from(value).unwrap_or(0).min(most);
        (inside(left, width), inside(top, height), inside(right, width), inside(bottom, height))
    }

    fn shows_the_same(&self, other: &Self, region: Option<Rectangle>) -> bool {
        let area @ (left, top, right, bottom) = self.area(region);
        if area != other.area(region) {
            return false;
        }
        let both_alpha = self.snapshot.format == Format::Argb && other.snapshot.format == Format::Argb;
        let mask = if both_alpha { u32::MAX } else { COLOUR };
        let columns = left..right.max(left);
        (top..bottom).all(|y| {
            let (ours, theirs) = (&self.row(y)[columns.clone()], &other.row(y)[columns.clone()]);
            ours == theirs || ours.iter().zip(theirs).all(|(a, b)| (a ^ b) & mask == 0)
        })
    }
}

impl Lends for Frame {
    fn lent(&self) -> PyResult<Memory<'_>> {
        Memory::fixed(self.snapshot.bytes(), &self.layout)
    }
}

lends_memory! {
    Frame {
        #[getter]
        fn width(&self) -> usize {
            self.snapshot.width
        }

        #[getter]
        fn height(&self) -> usize {
            self.snapshot.height
        }

        /// Width and height.
        #[getter]
        fn size(&self) -> (usize, usize) {
            (self.snapshot.width, self.snapshot.height)
        }

        #[getter]
        fn version(&self) -> u64 {
            self.snapshot.version
        }

        /// Whether everything the server drew here was drawn.
        #[getter]
        fn exact(&self) -> bool {
            self.snapshot.exact && self.all_read
        }

        /// What changed since the reader's last frame: (left, top, right, bottom).
        #[getter]
        fn damage(&self) -> Vec<Rectangle> {
            self.damage.clone()
        }

        /// A copy as (height, width, 3) uint8 in the order red, green, blue.
        fn rgb(&self, py: Python<'_>) -> Rgb {
            py.detach(|| Rgb::new(&self.snapshot))
        }

        /// The picture as a PNG file.
        fn png<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
            let Snapshot { width, height, format, .. } = self.snapshot;
            png_bytes(py, self.snapshot.pixels(), width, height, format.as_picture())
        }

        fn _repr_png_<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
            self.png(py)
        }

        /// The picture as a JPEG file, without alpha, of a quality from 1 to 100.
        #[pyo3(signature = (quality = 85))]
        fn jpeg<'py>(&self, py: Python<'py>, quality: u8) -> PyResult<Bound<'py, PyBytes>> {
            if !(1..=100).contains(&quality) {
                return Err(errors::value(format!("quality {quality} is not from 1 to 100")));
            }
            let Snapshot { width, height, .. } = self.snapshot;
            let source = Source::new(self.snapshot.pixels(), width, height, width)
                .filter(|_| width.max(height) <= usize::from(u16::MAX))
                .ok_or_else(|| errors::value(format!("a JPEG file has no room for {width}x{height} pixels")))?;
            let mut file = Vec::new();
            py.detach(|| jpeg::Encoder::new().encode(&source, quality, &mut file));
            Ok(PyBytes::new(py, &file))
        }

        /// Whether both show the same colours, in the whole picture or in a region (left, top, right, bottom).
        #[pyo3(signature = (other, region = None))]
        fn same(&self, py: Python<'_>, other: &Bound<'_, Self>, region: Option<Rectangle>) -> bool {
            let other = other.get();
            py.detach(|| self.shows_the_same(other, region))
        }

        fn __repr__(&self) -> String {
            let (width, height) = self.size();
            let doubt = if self.exact() { "" } else { ", not exact" };
            format!("<Frame {width}x{height}, version {}{doubt}>", self.snapshot.version)
        }
    }
}

/// A picture as (height, width, 3) uint8, red first; numpy sees it without a copy.
#[pyclass(frozen, module = "spice_rs._core")]
pub(crate) struct Rgb {
    bytes: Vec<u8>,
    layout: Layout,
}

impl Rgb {
    fn new(snapshot: &Snapshot) -> Self {
        let layout = Layout::picture(snapshot.height, snapshot.width, 3);
        let mut bytes = vec![0; layout.bytes()];
        for (out, pixel) in bytes.as_chunks_mut::<3>().0.iter_mut().zip(snapshot.pixels()) {
            let [blue, green, red, _] = pixel.to_le_bytes();
            *out = [red, green, blue];
        }
        Self { bytes, layout }
    }
}

impl Lends for Rgb {
    fn lent(&self) -> PyResult<Memory<'_>> {
        Memory::fixed(&self.bytes, &self.layout)
    }
}

lends_memory! { Rgb {} }

/// Pixels as a PNG file, made detached.
pub(crate) fn png_bytes<'py>(
    py: Python<'py>,
    pixels: &[u32],
    width: usize,
    height: usize,
    format: PixelFormat,
) -> PyResult<Bound<'py, PyBytes>> {
    let picture = png::Picture { pixels, width, height, stride: width, format };
    let file = py.detach(|| png::encode(&picture)).map_err(|error| errors::unencodable(&error))?;
    Ok(PyBytes::new(py, &file))
}
