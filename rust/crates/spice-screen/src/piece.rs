//! A part of the picture at one moment, on its way to being coded.

use std::sync::{Mutex, OnceLock, PoisonError};

use bytes::Bytes;
use spice_canvas::Area;
use spice_wire::messages::image::ImageType;

use crate::message;

/// A part of the picture at one moment. Views with the same settings share it, so that it is coded once for all.
#[derive(Debug)]
pub struct Piece {
    area: Area,
    pixels: Mutex<Vec<u32>>,
    coded: OnceLock<Coded>,
}

/// A coded image: what stands in a DRAW_COPY behind the image's descriptor.
#[derive(Debug)]
pub(crate) struct Coded {
    pub(crate) kind: ImageType,
    /// Its fields before the data.
    pub(crate) head: Vec<u8>,
    pub(crate) data: Bytes,
}

impl Piece {
    /// A piece over the pixels of an area, rows without a gap.
    pub(crate) fn new(area: Area, pixels: Vec<u32>) -> Self {
        Self { area, pixels: Mutex::new(pixels), coded: OnceLock::new() }
    }

    /// Where it belongs.
    pub(crate) fn area(&self) -> Area {
        self.area
    }

    /// Codes it, unless that was done; waits if somebody else is about it.
    pub fn encode(&self) {
        self.coded();
    }

    /// The coded image.
    pub(crate) fn coded(&self) -> &Coded {
        self.coded.get_or_init(|| {
            let pixels = std::mem::take(&mut *self.pixels.lock().unwrap_or_else(PoisonError::into_inner));
            let (width, height) = (self.area.width(), self.area.height());
            Coded {
                kind: ImageType::BITMAP,
                head: message::bitmap_head(width, height),
                data: Bytes::from_owner(RawPixels(pixels)),
            }
        })
    }
}

/// Pixels as the bytes that they are.
struct RawPixels(Vec<u32>);

impl AsRef<[u8]> for RawPixels {
    fn as_ref(&self) -> &[u8] {
        bytemuck::cast_slice(&self.0)
    }
}
