//! The ways in which an image can be coded.

use bytes::Bytes;
use spice_codec::palette::Indexed;
use spice_codec::{PixelFormat, Source, jpeg, lz, lz4, quic, zlib_glz};
use spice_wire::messages::image::ImageType;

use crate::dictionary::{Owed, Share};
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
    /// LZ_PLT where a picture has at most 256 colours, else LZ_RGB.
    Palette,
    /// JPEG of a quality up to 100. It loses something.
    Jpeg(u8),
    /// GLZ_RGB: LZ that refers to what the client was sent before.
    Glz,
    /// ZLIB_GLZ_RGB: the same, deflated where that makes it smaller.
    ZlibGlz,
}

impl Coding {
    /// All of them, in the order of [`Coding::index`].
    pub(crate) const ALL: [Self; 8] = [
        Self::Raw,
        Self::Lz,
        Self::Quic,
        Self::Lz4,
        Self::Palette,
        Self::Jpeg(QUALITY),
        Self::Glz,
        Self::ZlibGlz,
    ];

    /// Its place in tables.
    pub(crate) fn index(self) -> usize {
        match self {
            Self::Raw => 0,
            Self::Lz => 1,
            Self::Quic => 2,
            Self::Lz4 => 3,
            Self::Palette => 4,
            Self::Jpeg(_) => 5,
            Self::Glz => 6,
            Self::ZlibGlz => 7,
        }
    }

    /// Whether an image of this size can be coded so.
    pub(crate) fn takes(self, width: usize, height: usize) -> bool {
        self != Self::Quic || (width >= 3 && height >= 3)
    }

    /// Whether the picture comes out a little different.
    pub(crate) fn is_lossy(self) -> bool {
        matches!(self, Self::Jpeg(_))
    }

    /// Whether it refers to other pictures, so that it is for one client, once, and in its turn.
    pub(crate) fn refers(self) -> bool {
        matches!(self, Self::Glz | Self::ZlibGlz)
    }

    /// Its name in counters.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Lz => "lz",
            Self::Quic => "quic",
            Self::Lz4 => "lz4",
            Self::Palette => "palette",
            Self::Jpeg(_) => "jpeg",
            Self::Glz => "glz",
            Self::ZlibGlz => "zlib_glz",
        }
    }
}

/// The quality of images that are no videos, as in the reference.
pub(crate) const QUALITY: u8 = 85;

/// A coded image: what stands in a DRAW_COPY behind the image's descriptor.
#[derive(Debug)]
pub(crate) struct Coded {
    /// What it became: raw, where coding would have made it larger.
    pub(crate) coding: Coding,
    pub(crate) kind: ImageType,
    /// Its fields before the data. Where there is a palette, the last one says where that is, as soon as it is known.
    pub(crate) head: Vec<u8>,
    pub(crate) data: Bytes,
    /// The palette, which stands behind the data.
    pub(crate) palette: Vec<u8>,
    /// Set where it must be sent.
    pub(crate) owed: Option<Owed>,
}

impl Coded {
    /// An image without compression, over the bytes of its rows.
    pub(crate) fn raw(width: usize, height: usize, data: Bytes) -> Self {
        let (head, palette) = (message::bitmap_head(width, height), Vec::new());
        Self { coding: Coding::Raw, kind: ImageType::BITMAP, head, data, palette, owed: None }
    }

    /// An image whose fields are nothing but the size of the data.
    fn sized(coding: Coding, kind: ImageType, data: Vec<u8>) -> Self {
        let head = (data.len() as u32).to_le_bytes().to_vec();
        Self { coding, kind, head, data: Bytes::from(data), palette: Vec::new(), owed: None }
    }

    /// GLZ data inside of zlib, which inflate to so many bytes.
    fn deflated(inflated: usize, data: Vec<u8>) -> Self {
        let mut coded = Self::sized(Coding::ZlibGlz, ImageType::ZLIB_GLZ_RGB, data);
        coded.head.splice(..0, (inflated as u32).to_le_bytes());
        coded
    }

    /// An image of indices.
    fn indexed(colours: &[u32], data: Vec<u8>) -> Self {
        let (head, palette) = (message::palette_head(data.len()), message::palette(colours));
        let data = Bytes::from(data);
        Self { coding: Coding::Palette, kind: ImageType::LZ_PLT, head, data, palette, owed: None }
    }

    /// Bytes of it.
    pub(crate) fn len(&self) -> usize {
        self.head.len() + self.data.len() + self.palette.len()
    }
}

/// Encoders with the memory that they work in.
#[derive(Default)]
pub(crate) struct Coders {
    lz: lz::Encoder,
    quic: quic::Encoder,
    lz4: lz4::Encoder,
    jpeg: jpeg::Encoder,
    deflater: zlib_glz::Deflater,
}

impl Coders {
    /// Codes a picture, expecting about `expected` bytes. Nothing if it is to stay raw.
    pub(crate) fn encode(&mut self, coding: Coding, source: &Source<'_>, expected: usize) -> Option<Coded> {
        let data = Vec::with_capacity(expected);
        let coded = match coding {
            Coding::Raw => return None,
            // Without a dictionary there is nothing to refer to.
            Coding::Lz | Coding::Glz | Coding::ZlibGlz => self.lz(source, data),
            Coding::Quic => self.quic(source, data),
            Coding::Lz4 => self.lz4(source, data),
            Coding::Jpeg(quality) => return Some(self.jpeg(source, quality, data)),
            Coding::Palette => match Indexed::detect(source) {
                Some(indexed) => self.indexed(&indexed, data),
                None => self.lz(source, data),
            },
        };
        let raw = source.width() * source.height() * 4;
        (coded.len() < raw).then_some(coded)
    }

    /// Codes a picture with what the client was sent before, if that can be. Whatever becomes of it must be sent.
    pub(crate) fn encode_referring(
        &mut self,
        coding: Coding,
        source: &Source<'_>,
        share: &Share,
        expected: usize,
    ) -> Option<Coded> {
        let (mut data, mut deflated) = (Vec::with_capacity(expected), Vec::new());
        let owed = Some(share.encode(source, &mut data)?);
        let coded = match coding == Coding::ZlibGlz && self.deflater.deflate(&data, &mut deflated) {
            true => Coded::deflated(data.len(), deflated),
            false => Coded::sized(Coding::Glz, ImageType::GLZ_RGB, data),
        };
        Some(Coded { owed, ..coded })
    }

    fn lz(&mut self, source: &Source<'_>, mut data: Vec<u8>) -> Coded {
        self.lz.encode(source, PixelFormat::Xrgb, &mut data);
        Coded::sized(Coding::Lz, ImageType::LZ_RGB, data)
    }

    fn quic(&mut self, source: &Source<'_>, mut data: Vec<u8>) -> Coded {
        self.quic.encode(source, PixelFormat::Xrgb, &mut data);
        Coded::sized(Coding::Quic, ImageType::QUIC, data)
    }

    fn lz4(&mut self, source: &Source<'_>, mut data: Vec<u8>) -> Coded {
        self.lz4.encode(source, PixelFormat::Xrgb, &mut data);
        Coded::sized(Coding::Lz4, ImageType::LZ4, data)
    }

    /// Never taken back for being larger than the pixels: a video has nothing else.
    fn jpeg(&mut self, source: &Source<'_>, quality: u8, mut data: Vec<u8>) -> Coded {
        self.jpeg.encode(source, quality, &mut data);
        Coded::sized(Coding::Jpeg(quality), ImageType::JPEG, data)
    }

    fn indexed(&mut self, indexed: &Indexed, mut data: Vec<u8>) -> Coded {
        self.lz.encode_palette(indexed, &mut data);
        Coded::indexed(indexed.colours(), data)
    }
}
