//! Which coding an area gets.

use spice_canvas::Area;

use crate::coding::{Coding, QUALITY};
use crate::costs::{Costs, decoding};
use crate::sample::{Content, content, is_gradual};
use crate::settings::{Compression, Use};
use crate::shadow::Shadow;

/// What is decided for an area.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) coding: Coding,
    pub(crate) content: Content,
}

/// What the choice depends on beside the picture.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Policy {
    pub(crate) compression: Compression,
    /// Whether images may lose something for a while.
    pub(crate) jpeg: Use,
    /// The client understands LZ4.
    pub(crate) lz4: bool,
    /// The client keeps what it was sent, so that GLZ can refer to it.
    pub(crate) glz: bool,
    /// Whether GLZ is deflated.
    pub(crate) zlib: Use,
    /// Nobody else looks at the screen, so that what is coded for this client alone is coded no more than once.
    pub(crate) alone: bool,
    /// The client understands palettes.
    pub(crate) palettes: bool,
    /// Bytes a second that the client takes.
    pub(crate) rate: f64,
}

/// Pixels below which an image stays raw: it would hardly become smaller.
const SMALL: usize = 14;

/// Pixels below which nothing is lost: the tables of a JPEG alone have more than half a kilobyte.
const SMALLEST_LOSSY: usize = 1 << 11;

/// Bytes a second below which a link is slow: 10 Mbit/s, as in the reference.
const SLOW: f64 = 10.0 * 1024.0 * 1024.0 / 8.0;

impl Policy {
    /// The coding of an area, of which nothing may be lost if it is to be `exact`.
    pub(crate) fn choose(&self, shadow: &Shadow, area: Area, exact: bool, costs: &Costs) -> Choice {
        let content = match self.compression {
            Compression::Off => Content::Mixed,
            _ => content(shadow, area),
        };
        let lossy = !exact && self.is_lossy() && area.pixels() >= SMALLEST_LOSSY;
        let coding = match self.compression {
            _ if area.pixels() < SMALL => Coding::Raw,
            Compression::Off => Coding::Raw,
            Compression::Quic => Coding::Quic,
            Compression::Lz4 if self.lz4 => Coding::Lz4,
            Compression::AutoGlz | Compression::AutoLz if is_gradual(shadow, area) => Coding::Quic,
            Compression::Auto => self.cheapest(area, content, lossy, costs),
            Compression::Glz | Compression::AutoGlz if self.glz => self.glz(),
            _ => self.lz(content),
        };
        // Where the reference would use QUIC it uses JPEG if it may.
        let coding = if coding == Coding::Quic && lossy { Coding::Jpeg(QUALITY) } else { coding };
        let fits = coding.takes(area.width(), area.height());
        Choice { coding: if fits { coding } else { Coding::Raw }, content }
    }

    fn is_lossy(&self) -> bool {
        self.does(self.jpeg)
    }

    fn does(&self, wish: Use) -> bool {
        match wish {
            Use::Always => true,
            Use::Auto => self.rate < SLOW,
            Use::Never => false,
        }
    }

    fn glz(&self) -> Coding {
        if self.does(self.zlib) { Coding::ZlibGlz } else { Coding::Glz }
    }

    /// LZ, of indices where a picture may have few colours.
    fn lz(&self, content: Content) -> Coding {
        if self.palettes && content == Content::Plain { Coding::Palette } else { Coding::Lz }
    }

    /// The coding that takes the least time on its way from here to the client's screen.
    fn cheapest(&self, area: Area, content: Content, lossy: bool, costs: &Costs) -> Coding {
        let time = |coding: &Coding| {
            let cost = costs.of(*coding, content);
            cost.nanoseconds + decoding(*coding, content) + cost.bytes * 1e9 / self.rate
        };
        let lossy = lossy && content != Content::Plain;
        if lossy && self.jpeg == Use::Always {
            return Coding::Jpeg(QUALITY);
        }
        let mut possible = vec![Coding::Raw, self.lz(content)];
        possible.extend(Some(Coding::Jpeg(QUALITY)).filter(|_| lossy));
        possible.extend(Some(Coding::Lz4).filter(|_| self.lz4));
        possible.extend(Some(self.glz()).filter(|_| self.glz && self.alone));
        possible.extend(Some(Coding::Quic).filter(|coding| coding.takes(area.width(), area.height())));
        possible.into_iter().min_by(|one, other| time(one).total_cmp(&time(other))).unwrap_or(Coding::Raw)
    }
}
