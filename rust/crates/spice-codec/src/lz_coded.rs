//! The coded bytes of LZ and GLZ, read forward only.

use crate::lz_units::Unit;
use crate::{Error, ErrorKind, Result};

/// The data of a picture and how far they are read.
pub(crate) struct Coded<'a> {
    data: &'a [u8],
    at: usize,
    codec: &'static str,
}

impl<'a> Coded<'a> {
    /// The data of `codec` behind their header of `header` bytes.
    pub(crate) fn new(codec: &'static str, data: &'a [u8], header: usize) -> Self {
        Self { data, at: header, codec }
    }

    /// The next byte.
    #[inline(always)]
    pub(crate) fn next(&mut self) -> Result<usize> {
        let Some(byte) = self.data.get(self.at) else { return Err(self.truncated()) };
        self.at += 1;
        Ok(usize::from(*byte))
    }

    /// The coded length of a match whose control byte says `start`: 7 goes on in further bytes, up to and including the
    /// first that is not 255. Much more than `most` is refused before the sum can overflow.
    #[inline(always)]
    pub(crate) fn length(&mut self, start: usize, most: usize) -> Result<usize> {
        let mut length = start;
        if start < 7 {
            return Ok(length);
        }
        loop {
            let more = self.next()?;
            length += more;
            if more < 255 {
                return Ok(length);
            }
            if length > most.saturating_add(7) {
                return Err(self.corrupt("match past the last pixel"));
            }
        }
    }

    /// Expands `count` literal units into the first pixels of `pixels` and says how many pixels that are.
    #[inline(always)]
    pub(crate) fn literals<U: Unit>(&mut self, unit: &U, count: usize, pixels: &mut [u32]) -> Result<usize> {
        if count * U::PIXELS > pixels.len() {
            return Err(self.corrupt("literals past the last pixel"));
        }
        let coded = &self.data[self.at..];
        if count * U::BYTES > coded.len() {
            return Err(self.truncated());
        }
        if !unit.literals(coded, pixels, count) {
            return Err(self.corrupt("index without a palette entry"));
        }
        self.at += count * U::BYTES;
        Ok(count * U::PIXELS)
    }

    /// Agrees only when everything is read.
    pub(crate) fn end(self) -> Result<()> {
        if self.at == self.data.len() { Ok(()) } else { Err(self.corrupt("data behind the last pixel")) }
    }

    /// The data say what no encoder says.
    #[cold]
    pub(crate) fn corrupt(&self, what: &'static str) -> Error {
        Error::new(ErrorKind::Corrupt, self.codec, what, self.at)
    }

    /// `error`, found here.
    #[cold]
    pub(crate) fn locate(&self, error: Error) -> Error {
        Error { offset: self.at, ..error }
    }

    #[cold]
    fn truncated(&self) -> Error {
        Error::new(ErrorKind::Truncated, self.codec, "data end before the picture", self.at)
    }
}
