//! Memory that Python sees without a copy, through the buffer protocol: the only holder of `unsafe`.
//!
//! Memory that Python lends to us is a [`Picture`]: it is read through its pointer while we are attached, and no reference to
//! it is ever made, because somebody without the interpreter's lock could be writing there.
//!
//! Lent memory is described by a [`Layout`] that stands in the object that owns the memory, and the view holds a
//! reference to that object. So both outlive the view.

use std::ffi::{c_int, c_void};
use std::ptr;

use pyo3::buffer::PyBuffer;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::pyclass::PyClass;
use pyo3::pyclass::boolean_struct::True;
use spice_screen::Pixels;

use crate::errors;

/// Shape of lent memory: unsigned bytes in up to three dimensions, the last one dense.
#[derive(Debug)]
pub(crate) struct Layout {
    dimensions: c_int,
    shape: [isize; 3],
    strides: [isize; 3],
    bytes: usize,
}

impl Layout {
    /// Pixels of `depth` bytes in dense rows.
    pub(crate) fn picture(height: usize, width: usize, depth: usize) -> Self {
        let row = width.saturating_mul(depth);
        Self {
            dimensions: 3,
            shape: [signed(height), signed(width), signed(depth)],
            strides: [signed(row), signed(depth), 1],
            bytes: row.saturating_mul(height),
        }
    }

    /// Bytes described.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

/// An object that lends memory to Python. [`lends_memory!`] makes the class's methods of it.
pub(crate) trait Lends {
    /// The memory and its shape. It stays where it is, and does not change, while its owner lives.
    fn lent(&self) -> PyResult<Memory<'_>>;
}

/// Memory to be lent.
pub(crate) struct Memory<'a> {
    start: *const u8,
    layout: &'a Layout,
}

impl<'a> Memory<'a> {
    /// Memory that does not change while its owner lives.
    pub(crate) fn fixed(bytes: &'a [u8], layout: &'a Layout) -> PyResult<Self> {
        let bytes =
            bytes.get(..layout.bytes).ok_or_else(|| errors::buffer("memory shorter than its shape"))?;
        Ok(Self { start: bytes.as_ptr(), layout })
    }
}

/// The `#[pymethods]` of a class that lends memory: those given, and that of the buffer protocol.
macro_rules! lends_memory {
    ($class:ident { $($methods:tt)* }) => {
        // What PyO3 generates calls the unsafe method from unsafe functions, and seems to be written here.
        #[allow(unsafe_op_in_unsafe_fn)]
        const _: () = {
            #[pyo3::pymethods]
            impl $class {
                $($methods)*

                unsafe fn __getbuffer__(
                    slf: pyo3::Bound<'_, Self>,
                    view: *mut pyo3::ffi::Py_buffer,
                    flags: std::ffi::c_int,
                ) -> pyo3::PyResult<()> {
                    // SAFETY: the interpreter hands over a view that nobody else uses until this call returns.
                    unsafe { crate::buffers::lend(slf, view, flags) }
                }
            }
        };
    };
}
pub(crate) use lends_memory;

/// Fills a view of what `owner` lends.
///
/// # Safety
/// `view` is null, or points to a `Py_buffer` that nobody else uses until this returns.
pub(crate) unsafe fn lend<T>(owner: Bound<'_, T>, view: *mut ffi::Py_buffer, flags: c_int) -> PyResult<()>
where
    T: Lends + PyClass<Frozen = True> + Sync,
{
    if view.is_null() {
        return Err(errors::buffer("no view to fill"));
    }
    let lent = match refusal(flags) {
        Some(reason) => Err(errors::buffer(reason)),
        None => owner.get().lent(),
    };
    let asked = |wanted: c_int| flags & wanted == wanted;
    // SAFETY: the caller vouches for `view`. `start` is valid for `layout.bytes` bytes, and `layout` lies in `owner`, to
    // which the view gets a reference of its own: every pointer written here stays valid until the view is released.
    unsafe {
        (*view).obj = ptr::null_mut();
        let Memory { start, layout } = lent?;
        (*view).buf = start.cast_mut().cast::<c_void>();
        (*view).len = signed(layout.bytes);
        (*view).readonly = 1;
        (*view).itemsize = 1;
        (*view).format = if asked(ffi::PyBUF_FORMAT) { c"B".as_ptr().cast_mut() } else { ptr::null_mut() };
        (*view).ndim = if asked(ffi::PyBUF_ND) { layout.dimensions } else { 1 };
        (*view).shape = if asked(ffi::PyBUF_ND) { layout.shape.as_ptr().cast_mut() } else { ptr::null_mut() };
        (*view).strides =
            if asked(ffi::PyBUF_STRIDES) { layout.strides.as_ptr().cast_mut() } else { ptr::null_mut() };
        (*view).suboffsets = ptr::null_mut();
        (*view).internal = ptr::null_mut();
        (*view).obj = owner.into_ptr();
    }
    Ok(())
}

/// Why a view cannot be given as it was asked for.
fn refusal(flags: c_int) -> Option<&'static str> {
    // The bits that these requests have beside those for strides.
    let columns_first = ffi::PyBUF_F_CONTIGUOUS & !ffi::PyBUF_STRIDES;
    if flags & ffi::PyBUF_WRITABLE == ffi::PyBUF_WRITABLE {
        return Some("a picture is read-only");
    }
    (flags & columns_first != 0).then_some("pixels stand row by row")
}

fn signed(size: usize) -> isize {
    isize::try_from(size).unwrap_or(isize::MAX)
}

/// Pixels that belong to Python: (height, width, 3 or 4) unsigned bytes, blue first. Rows may stand anywhere.
///
/// INVARIANT: `start` and `stride` lead to `height` rows of `width * depth` bytes, all of them in the memory of `_view`.
pub(crate) struct Picture<'py> {
    start: *const u8,
    stride: isize,
    width: usize,
    height: usize,
    depth: usize,
    /// Keeps the memory where it is.
    _view: PyBuffer<u8>,
    /// Keeps us attached, so that no Python code changes the pixels meanwhile.
    _attached: Python<'py>,
}

impl<'py> Picture<'py> {
    /// The pixels of an array. Raises TypeError for what has no bytes, ValueError for another shape.
    pub(crate) fn of(pixels: &Bound<'py, PyAny>) -> PyResult<Self> {
        let view = PyBuffer::<u8>::get(pixels)
            .map_err(|error| errors::wrong_type(format!("pixels have to be an array of uint8: {error}")))?;
        let (shape, strides) = (view.shape().to_vec(), view.strides().to_vec());
        let (&[height, width, depth], &[stride, step, 1]) = (&shape[..], &strides[..]) else {
            return Err(odd_shape(&shape));
        };
        if !matches!(depth, 3 | 4) || step != signed(depth) || height == 0 || width == 0 {
            return Err(odd_shape(&shape));
        }
        let start = view.buf_ptr().cast::<u8>().cast_const();
        Ok(Self { start, stride, width, height, depth, _view: view, _attached: pixels.py() })
    }

    /// Where a pixel stands, if `count` of them follow in its row.
    fn place(&self, left: usize, y: usize, count: usize) -> *const u8 {
        assert!(
            y < self.height && left.saturating_add(count) <= self.width,
            "a pixel outside of the picture"
        );
        // SAFETY: by the assertion and the invariant this stays inside of the lent memory.
        unsafe { self.start.offset(self.stride * signed(y)).add(left * self.depth) }
    }
}

impl Pixels for Picture<'_> {
    fn width(&self) -> usize {
        self.width
    }

    fn height(&self) -> usize {
        self.height
    }

    fn read(&self, left: usize, y: usize, out: &mut [u32]) {
        let place = self.place(left, y, out.len());
        if self.depth == 4 {
            // A loop of our own: `memmove` is slow on some processors where both ends lie alike in their pages, and here it would
            // be a second pass.
            for (index, out) in out.iter_mut().enumerate() {
                // SAFETY: `place` leads to as many pixels of four bytes as `out` has. What another thread might be writing
                // there comes out torn; every value is a pixel.
                let pixel = unsafe { place.add(index * 4).cast::<u32>().read_unaligned() };
                *out = u32::from_le(pixel) & COLOUR;
            }
            return;
        }
        for (index, out) in out.iter_mut().enumerate() {
            // SAFETY: as above, with three bytes a pixel.
            let bytes = unsafe { place.add(index * 3).cast::<[u8; 3]>().read() };
            *out = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0]);
        }
    }

    fn same(&self, left: usize, y: usize, pixels: &[u32]) -> bool {
        let mut buffer = [0; CHUNK];
        let place = self.place(left, y, pixels.len());
        pixels.chunks(CHUNK).enumerate().all(|(number, pixels)| {
            if self.depth == 3 {
                let read = &mut buffer[..pixels.len()];
                self.read(left + number * CHUNK, y, read);
                return read == pixels;
            }
            let differing = pixels.iter().enumerate().fold(0, |all, (index, old)| {
                // SAFETY: as in `read`: the chunk lies in the row.
                let given = unsafe { place.add((number * CHUNK + index) * 4).cast::<u32>().read_unaligned() };
                all | (u32::from_le(given) ^ old)
            });
            differing & COLOUR == 0
        })
    }
}

fn odd_shape(shape: &[usize]) -> PyErr {
    errors::value(format!(
        "pixels of shape {shape:?}: (height, width, 4) or (height, width, 3) uint8, blue first, wanted, each row dense"
    ))
}

/// Pixels compared at once.
const CHUNK: usize = 128;

/// The bits of a pixel that are colour.
const COLOUR: u32 = 0x00ff_ffff;
