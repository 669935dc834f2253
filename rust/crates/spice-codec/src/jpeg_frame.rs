//! What a JPEG says of itself before its pixels, read without allocating anything.

use crate::{Error, ErrorKind, Result};

/// What the headers of a JPEG announce.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// Pixels in a row.
    pub width: u16,
    /// Number of rows.
    pub height: u16,
    /// 1 is grey, 3 is colour.
    pub components: u8,
    /// Huffman tables come before the pixels. Frames of MJPEG may leave out the usual ones.
    pub has_tables: bool,
    /// Offset of the marker behind which the pixels begin.
    pub scan: usize,
}

impl Frame {
    /// Reads the headers of `data` up to the pixels.
    ///
    /// What no SPICE peer sends is refused here, so that the decoder proper never sees it: other than 8 bits a sample,
    /// four components (CMYK), arithmetic or lossless coding, a height that comes only behind the pixels.
    pub fn read(data: &[u8]) -> Result<Self> {
        if !data.starts_with(&[0xff, SOI]) {
            return Err(match data.len() {
                0 | 1 => truncated(data.len()),
                _ => corrupt("not a JPEG", 0),
            });
        }
        let mut frame = None;
        let mut has_tables = false;
        let mut at = 2;
        loop {
            let (marker, body, next) = segment(data, at)?;
            match marker {
                SOS => {
                    let frame: Self = frame.ok_or(corrupt("pixels without a frame header", at))?;
                    return Ok(Self { has_tables, scan: at, ..frame });
                }
                DHT => has_tables = true,
                0xc0..=0xcf if marker != JPG && marker != DAC => {
                    if frame.is_some() {
                        return Err(corrupt("two frame headers", at));
                    }
                    frame = Some(start_of_frame(marker, body, at)?);
                }
                _ => (),
            }
            at = next;
        }
    }
}

/// The marker at or behind `at`, the bytes that belong to it, and where the next one starts.
///
/// Like every decoder's, the search passes over bytes that are no marker and over fill bytes.
fn segment(data: &[u8], mut at: usize) -> Result<(u8, &[u8], usize)> {
    loop {
        let rest = data.get(at..).unwrap_or(&[]);
        let [lead, marker, ..] = *rest else { return Err(truncated(data.len())) };
        match (lead, marker) {
            (0xff, EOI) => return Err(corrupt("no pixels", at)),
            (0xff, 0 | TEM | 0xd0..=SOI | 0xff) => at += 1,
            (0xff, _) => {
                let [high, low, ..] = rest[2..] else { return Err(truncated(data.len())) };
                let length = usize::from(u16::from_be_bytes([high, low]));
                let end = at + 2 + length;
                let body = data.get(at + 4..end).ok_or(match length {
                    0 | 1 => corrupt("length of a segment is below 2", at),
                    _ => truncated(data.len()),
                })?;
                return Ok((marker, body, end));
            }
            _ => at += 1,
        }
    }
}

fn start_of_frame(marker: u8, body: &[u8], at: usize) -> Result<Frame> {
    let [precision, h1, h0, w1, w0, components, ref samplings @ ..] = *body else {
        return Err(corrupt("frame header is too short", at));
    };
    let (width, height) = (u16::from_be_bytes([w1, w0]), u16::from_be_bytes([h1, h0]));
    match marker {
        BASELINE..=PROGRESSIVE => (),
        _ => return Err(unsupported("coding other than baseline or progressive Huffman", at)),
    }
    if precision != 8 {
        return Err(unsupported("samples of other than 8 bits", at));
    }
    if components != 1 && components != 3 {
        return Err(unsupported("other than 1 or 3 components", at));
    }
    if height == 0 {
        return Err(unsupported("height that is not in the frame header", at));
    }
    if width == 0 {
        return Err(corrupt("width is 0", at));
    }
    if !are_samplings_sane(samplings, components.into()) {
        return Err(corrupt("sampling factors outside of 1 to 4, or missing", at));
    }
    Ok(Frame { width, height, components, has_tables: false, scan: 0 })
}

fn are_samplings_sane(samplings: &[u8], components: usize) -> bool {
    let (all, rest) = samplings.as_chunks::<3>();
    rest.is_empty()
        && all.len() == components
        && all.iter().all(|[_, factors, _]| matches!((factors >> 4, factors & 15), (1..=4, 1..=4)))
}

fn corrupt(what: &'static str, offset: usize) -> Error {
    Error::new(ErrorKind::Corrupt, CODEC, what, offset)
}

fn unsupported(what: &'static str, offset: usize) -> Error {
    Error::new(ErrorKind::Unsupported, CODEC, what, offset)
}

fn truncated(offset: usize) -> Error {
    Error::new(ErrorKind::Truncated, CODEC, "data end before the pixels", offset)
}

const CODEC: &str = "jpeg";

/// Markers, second byte, as ITU-T T.81 table B.1 names them.
const TEM: u8 = 0x01;
const BASELINE: u8 = 0xc0;
const PROGRESSIVE: u8 = 0xc2;
const DHT: u8 = 0xc4;
const JPG: u8 = 0xc8;
const DAC: u8 = 0xcc;
const SOI: u8 = 0xd8;
const EOI: u8 = 0xd9;
const SOS: u8 = 0xda;
