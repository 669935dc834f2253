//! GLZ: LZ whose matches may point into pictures sent before.
//!
//! A server has a [`Dictionary`] for each client, and a client a [`Window`] for each server. This is how a client decodes:
//!
//! ```text
//! loop {
//!     match glz::decode(data, &mut window.lock(), &limits) {
//!         Err(error) if matches!(error.kind, ErrorKind::Missing(_)) => wait until window.gap() has moved,
//!         Ok(picture) => draw picture.row(y) for each y,
//!         Err(error) => this picture is lost,
//!     }
//! }
//! ```
//!
//! A decode that returns `Missing` has changed nothing and holds nothing. Whoever waits must also notice that the other
//! displays have ended, and then call [`Window::give_up`].
//!
//! Data behind the last unit are ignored, as in the reference client: refusing the picture would harm all that refer to it.

mod dictionary;
mod marks;
mod search;

use std::sync::Arc;

use spice_wire::limits::Limits;

pub use crate::glz::dictionary::Dictionary;
pub use crate::glz_window::Window;
use crate::lz::{Kind, MAGIC, VERSION};
use crate::lz_coded::Coded;
use crate::lz_planes::{copy, repeat};
use crate::lz_units::{AlphaByte, Bgr, Bgr555, Unit};
use crate::{Error, ErrorKind, PixelFormat, Result, Rows};

/// What the data say of themselves before the first unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// What the picture is made of: RGB16, RGB24, RGB32 or RGBA.
    pub kind: Kind,
    /// The first row on the wire is the top one.
    pub top_down: bool,
    /// Pixels in a row.
    pub width: u32,
    /// Number of rows.
    pub height: u32,
    /// The picture's place in the row of all pictures of the session.
    pub id: u64,
    /// The lowest id that this picture and later ones may refer to.
    pub head: u64,
}

/// A decoded picture, which the window keeps as long as others may refer to it.
#[derive(Debug)]
pub struct Picture {
    kind: Kind,
    top_down: bool,
    width: usize,
    height: usize,
    /// In the order of the wire, since references count in it. Shared with whoever shows the picture as it is.
    pixels: Arc<Vec<u32>>,
}

/// Reads the header of GLZ data.
pub fn header(data: &[u8]) -> Result<Header> {
    let truncated = Error::new(ErrorKind::Truncated, CODEC, "data end within the header", data.len());
    let bytes = data.first_chunk::<HEADER>().ok_or(truncated)?;
    let word = |at: usize| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    if word(0) != MAGIC || word(4) != VERSION {
        return Err(corrupt("not glz data of a known version", 0));
    }
    let kind = match Kind::from_wire(u32::from(bytes[8] & 15)) {
        Some(kind @ (Kind::Rgb16 | Kind::Rgb24 | Kind::Rgb32 | Kind::Rgba)) => kind,
        _ => return Err(corrupt("picture type that glz does not have", 8)),
    };
    let (width, height) = (word(9), word(13));
    if width == 0 || height == 0 {
        return Err(corrupt("picture without pixels", 9));
    }
    let id = u64::from(word(21)) << 32 | u64::from(word(25));
    let head = id.checked_sub(u64::from(word(29))).ok_or(corrupt("window begins before the first id", 29))?;
    if id == u64::MAX {
        return Err(corrupt("picture id without a successor", 21));
    }
    Ok(Header { kind, top_down: bytes[8] >> 4 != 0, width, height, id, head })
}

/// Decodes `data` and puts the picture into `window`.
///
/// [`ErrorKind::Missing`] means that the window has not changed and the same call may succeed later. After any other
/// error behind the header the id counts as come, and references to it fail.
pub fn decode(data: &[u8], window: &mut Window, limits: &Limits) -> Result<Arc<Picture>> {
    let header = header(data)?;
    let result = decode_admitted(&header, data, window, limits);
    match &result {
        Ok(picture) => window.keep(&header, Arc::clone(picture)),
        Err(error) if matches!(error.kind, ErrorKind::Missing(_)) => {}
        Err(_) => window.fail(&header),
    }
    result
}

/// The picture alone, not yet in the window.
fn decode_admitted(
    header: &Header,
    data: &[u8],
    window: &mut Window,
    limits: &Limits,
) -> Result<Arc<Picture>> {
    if header.checked_pixels().is_none_or(|pixels| pixels > limits.pixels) {
        return Err(Error::new(ErrorKind::Limit, CODEC, "too many pixels", 9));
    }
    let mut pixels = window.admit(header)?;
    match streams(header, data, window, &mut pixels) {
        Ok(()) => Ok(Arc::new(Picture::new(header, pixels))),
        Err(error) => {
            window.recycle(pixels);
            Err(error)
        }
    }
}

impl Header {
    /// Pixels of the picture; the caller knows that the product fits.
    pub(crate) fn pixels(&self) -> usize {
        self.width as usize * self.height as usize
    }

    fn checked_pixels(&self) -> Option<usize> {
        (self.width as usize).checked_mul(self.height as usize)
    }
}

impl Picture {
    fn new(header: &Header, pixels: Vec<u32>) -> Self {
        Self {
            kind: header.kind,
            top_down: header.top_down,
            width: header.width as usize,
            height: header.height as usize,
            pixels: Arc::new(pixels),
        }
    }

    /// Pixels in a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Number of rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// What the pixels mean.
    pub fn format(&self) -> PixelFormat {
        self.kind.format()
    }

    /// Row `y`, counted from the top.
    ///
    /// # Panics
    /// When `y` is not below the height: a mistake of the caller, never of a peer.
    pub fn row(&self, y: usize) -> &[u32] {
        assert!(y < self.height, "row {y} of {}", self.height);
        let line = if self.top_down { y } else { self.height - 1 - y };
        &self.pixels[line * self.width..][..self.width]
    }

    /// All pixels, top row first; `None` where they stand the other way round.
    pub fn shared(&self) -> Option<&Arc<Vec<u32>>> {
        self.top_down.then_some(&self.pixels)
    }

    /// Writes the picture to `rows`, which must have its size.
    pub fn copy_to(&self, rows: &mut Rows<'_>) -> Result<()> {
        if (rows.width(), rows.height()) != (self.width, self.height) {
            return Err(Error::new(ErrorKind::Mismatch, CODEC, "size differs from the message's", 9));
        }
        for y in 0..self.height {
            rows.row(y).copy_from_slice(self.row(y));
        }
        Ok(())
    }

    /// All pixels in the order of the wire.
    pub(crate) fn pixels(&self) -> &[u32] {
        &self.pixels
    }

    /// The pixels themselves, if nobody else has them.
    pub(crate) fn into_pixels(self) -> Option<Vec<u32>> {
        Arc::into_inner(self.pixels)
    }
}

fn streams(header: &Header, data: &[u8], window: &Window, pixels: &mut [u32]) -> Result<()> {
    let from = From { window, id: header.id, kind: header.kind, last: (0, &[]) };
    let coded = Coded::new(CODEC, data, HEADER);
    match header.kind {
        Kind::Rgb16 => units(&Bgr555, coded, pixels, from)?,
        Kind::Rgba => {
            let coded = units(&Bgr, coded, pixels, from)?;
            units(&AlphaByte, coded, pixels, from)?
        }
        _ => units(&Bgr, coded, pixels, from)?,
    };
    Ok(())
}

/// Where references of a picture lead.
#[derive(Clone, Copy)]
struct From<'a> {
    window: &'a Window,
    id: u64,
    kind: Kind,
    /// How many ids back the last reference led, and all pixels there: most lead to the same picture as the one before.
    last: (u64, &'a [u32]),
}

impl<'a> From<'a> {
    /// Pixels from unit `start` of the picture `back` ids before this one, which is not 0; at least `length` of them.
    #[inline]
    fn pixels(&mut self, back: u64, start: usize, length: usize) -> Result<&'a [u32]> {
        if self.last.0 != back {
            self.last = (back, self.picture(back)?);
        }
        match self.last.1.get(start..) {
            Some(pixels) if pixels.len() >= length => Ok(pixels),
            _ => Err(corrupt("reference past the end of a picture", 0)),
        }
    }

    fn picture(&self, back: u64) -> Result<&'a [u32]> {
        let id = self.id.checked_sub(back).ok_or(corrupt("reference before the first picture", 0))?;
        let picture = self.window.picture(id)?;
        if picture.kind != self.kind {
            return Err(corrupt("reference to a picture of another type", 0));
        }
        Ok(&picture.pixels)
    }
}

/// Decodes one stream into all of `pixels`; gives `coded` back, read up to its end.
fn units<'a, U: Unit>(
    unit: &U,
    mut coded: Coded<'a>,
    pixels: &mut [u32],
    mut from: From<'_>,
) -> Result<Coded<'a>> {
    let mut done = 0;
    while done < pixels.len() {
        let control = coded.next()?;
        if control < 32 {
            done += coded.literals(unit, control + 1, &mut pixels[done..])?;
            continue;
        }
        let room = pixels.len() - done;
        let length = coded.length(control >> 5, room)? + U::BIAS - 1;
        let (back, place) = reference(control, &mut coded)?;
        if length > room {
            return Err(coded.corrupt("match past the last pixel"));
        }
        if back > 0 {
            let source = from.pixels(back, place, length).map_err(|error| coded.locate(error))?;
            copy::<U::Plane>(&mut pixels[done..], source, length);
        } else if place < done {
            repeat::<U::Plane>(pixels, done, place + 1, length);
        } else {
            return Err(coded.corrupt("match before the first pixel"));
        }
        done += length;
    }
    Ok(coded)
}

/// How many pictures back and at which place a match with this control byte lies.
#[inline(always)]
fn reference(control: usize, coded: &mut Coded<'_>) -> Result<(u64, usize)> {
    let low = control & 15 | coded.next()? << 4;
    let flags = coded.next()?;
    let bytes = flags >> 6;
    if control & 16 == 0 {
        return Ok(((flags & 63) as u64 | little_endian(bytes, coded)? << 6, low));
    }
    let back = little_endian(bytes, coded)?;
    let high = if flags & 32 == 0 { 0 } else { coded.next()? };
    Ok((back, high << 17 | (flags & 31) << 12 | low))
}

/// A number of `bytes` bytes, three at most.
#[inline(always)]
fn little_endian(bytes: usize, coded: &mut Coded<'_>) -> Result<u64> {
    let mut number = 0;
    for index in 0..bytes {
        number |= (coded.next()? as u64) << (8 * index);
    }
    Ok(number)
}

const fn corrupt(what: &'static str, at: usize) -> Error {
    Error::new(ErrorKind::Corrupt, CODEC, what, at)
}

const CODEC: &str = "glz";

/// Bytes of the header, which has no padding.
const HEADER: usize = 33;
