//! ZLIB_GLZ: GLZ data once more through deflate.

use flate2::{Decompress, FlushDecompress, Status};
use spice_wire::limits::Limits;

use crate::deflate::Encoder;
use crate::{Error, ErrorKind, Result};

/// Inflates `data` to the `glz_size` bytes that the message announces; [`crate::glz::decode`] takes them.
pub fn inflate(data: &[u8], glz_size: usize, limits: &Limits) -> Result<Vec<u8>> {
    let mut glz = Vec::new();
    inflate_into(data, glz_size, &mut glz, limits)?;
    Ok(glz)
}

/// As [`inflate`], into `glz`, whose memory is used again and whose content is replaced; with nothing, where it fails.
pub fn inflate_into(data: &[u8], glz_size: usize, glz: &mut Vec<u8>, limits: &Limits) -> Result<()> {
    let result = replace(data, glz_size, glz, limits);
    if result.is_err() {
        glz.clear();
    }
    result
}

fn replace(data: &[u8], glz_size: usize, glz: &mut Vec<u8>, limits: &Limits) -> Result<()> {
    if glz_size > limits.message {
        return Err(Error::new(ErrorKind::Limit, CODEC, "too many bytes", 0));
    }
    if glz_size / MOST_EXPANSION > data.len() {
        return Err(Error::new(ErrorKind::Mismatch, CODEC, "no data inflate to the announced size", 0));
    }
    // All of it is overwritten: what is there from before needs no zeros first.
    glz.resize(glz_size, 0);
    let mut inflater = Decompress::new(true);
    let status = inflater.decompress(data, glz, FlushDecompress::Finish);
    let (read, written) = (inflater.total_in() as usize, inflater.total_out() as usize);
    let error = |kind, what| Err(Error::new(kind, CODEC, what, read));
    match status {
        Err(_) => error(ErrorKind::Corrupt, "not a zlib stream"),
        Ok(Status::StreamEnd) if written == glz_size => Ok(()),
        Ok(Status::StreamEnd) => error(ErrorKind::Mismatch, "inflated to less than announced"),
        Ok(_) if written == glz_size => error(ErrorKind::Mismatch, "inflates to more than announced"),
        Ok(_) => error(ErrorKind::Truncated, "data end before the stream"),
    }
}

/// Deflates GLZ data; what it needs of memory is kept from one picture to the next.
#[derive(Debug, Default)]
pub struct Deflater {
    encoder: Encoder,
}

impl Deflater {
    /// A deflater that has seen nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends `glz`, deflated, to `out` and says so; or does nothing, where there is too little of it or it does not
    /// become smaller. Then the GLZ data are to be sent as they are.
    pub fn deflate(&mut self, glz: &[u8], out: &mut Vec<u8>) -> bool {
        glz.len() >= LEAST && self.encoder.encode(glz, glz.len() - 1, out)
    }
}

const CODEC: &str = "zlib_glz";

/// Deflate makes at most 258 bytes of two bits.
const MOST_EXPANSION: usize = 1032;

/// Below so many bytes the reference does not try either.
const LEAST: usize = 100;
