//! The ways in which an image can be coded.

use bytes::Bytes;
use spice_codec::{PixelFormat, Source, lz, lz4, quic};
use spice_wire::messages::image::ImageType;

use crate::message;

/// How an image is to be coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Coding {
    /// BITMAP of 32 bits.
    Raw,
    /// LZ_RGB.
    Lz,
    /// QUIC.
    Quic,
    /// LZ4.
    Lz4,
}

impl Coding {
    /// All of them, in the order of [`Coding::index`].
    pub(crate) const ALL: [Self; 4] = [Self::Raw, Self::Lz, Self::Quic, Self::Lz4];

    /// Its place in tables.
    pub(crate) fn index(self) -> usize {
        match self {
            Self::Raw => 0,
            Self::Lz => 1,
            Self::Quic => 2,
            Self::Lz4 => 3,
        }
    }

    /// Whether an image of this size can be coded so.
    pub(crate) fn takes(self, width: usize, height: usize) -> bool {
        self != Self::Quic || (width >= 3 && height >= 3)
    }

    /// Its name in counters.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Lz => "lz",
            Self::Quic => "quic",
            Self::Lz4 => "lz4",
        }
    }
}

/// A coded image: what stands in a DRAW_COPY behind the image's descriptor.
#[derive(Debug)]
pub(crate) struct Coded {
    /// What it became: raw, where coding would have made it larger.
    pub(crate) coding: Coding,
    pub(crate) kind: ImageType,
    /// Its fields before the data.
    pub(crate) head: Vec<u8>,
    pub(crate) data: Bytes,
}

impl Coded {
    /// An image without compression, over the bytes of its rows.
    pub(crate) fn raw(width: usize, height: usize, data: Bytes) -> Self {
        Self { coding: Coding::Raw, kind: ImageType::BITMAP, head: message::bitmap_head(width, height), data }
    }

    /// An image whose fields are nothing but the size of the data.
    fn sized(coding: Coding, kind: ImageType, data: Vec<u8>) -> Self {
        let head = (data.len() as u32).to_le_bytes().to_vec();
        Self { coding, kind, head, data: Bytes::from(data) }
    }

    /// Bytes of it.
    pub(crate) fn len(&self) -> usize {
        self.head.len() + self.data.len()
    }
}

/// Encoders with the memory that they work in.
#[derive(Default)]
pub(crate) struct Coders {
    lz: lz::Encoder,
    quic: quic::Encoder,
    lz4: lz4::Encoder,
}

impl Coders {
    /// Codes a picture, expecting about `expected` bytes. Nothing if it is to stay raw.
    pub(crate) fn encode(&mut self, coding: Coding, source: &Source<'_>, expected: usize) -> Option<Coded> {
        let mut out = Vec::with_capacity(expected);
        let kind = match coding {
            Coding::Raw => return None,
            Coding::Lz => {
                self.lz.encode(source, PixelFormat::Xrgb, &mut out);
                ImageType::LZ_RGB
            }
            Coding::Quic => {
                self.quic.encode(source, PixelFormat::Xrgb, &mut out);
                ImageType::QUIC
            }
            Coding::Lz4 => {
                self.lz4.encode(source, PixelFormat::Xrgb, &mut out);
                ImageType::LZ4
            }
        };
        let raw = source.width() * source.height() * 4;
        (out.len() < raw).then(|| Coded::sized(coding, kind, out))
    }
}
