//! Which coding an area gets.

use spice_canvas::Area;

use crate::coding::Coding;
use crate::costs::{Costs, decoding};
use crate::sample::{Content, content, is_gradual};
use crate::settings::Compression;
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
    /// The client understands LZ4.
    pub(crate) lz4: bool,
    /// The client understands palettes.
    pub(crate) palettes: bool,
    /// Bytes a second that the client takes.
    pub(crate) rate: f64,
}

/// Pixels below which an image stays raw: it would hardly become smaller.
const SMALL: usize = 14;

impl Policy {
    /// The coding of an area.
    pub(crate) fn choose(&self, shadow: &Shadow, area: Area, costs: &Costs) -> Choice {
        let content = content(shadow, area);
        let coding = match self.compression {
            _ if area.pixels() < SMALL => Coding::Raw,
            Compression::Off => Coding::Raw,
            Compression::Quic => Coding::Quic,
            Compression::Lz4 if self.lz4 => Coding::Lz4,
            Compression::AutoGlz | Compression::AutoLz if is_gradual(shadow, area) => Coding::Quic,
            Compression::Auto => self.cheapest(area, content, costs),
            _ => self.lz(content),
        };
        let fits = coding.takes(area.width(), area.height());
        Choice { coding: if fits { coding } else { Coding::Raw }, content }
    }

    /// LZ, of indices where a picture may have few colours.
    fn lz(&self, content: Content) -> Coding {
        if self.palettes && content == Content::Plain { Coding::Palette } else { Coding::Lz }
    }

    /// The coding that takes the least time on its way from here to the client's screen.
    fn cheapest(&self, area: Area, content: Content, costs: &Costs) -> Coding {
        let time = |coding: &Coding| {
            let cost = costs.of(*coding, content);
            cost.nanoseconds + decoding(*coding, content) + cost.bytes * 1e9 / self.rate
        };
        let mut possible = vec![Coding::Raw, self.lz(content)];
        possible.extend(Some(Coding::Lz4).filter(|_| self.lz4));
        possible.extend(Some(Coding::Quic).filter(|coding| coding.takes(area.width(), area.height())));
        possible.into_iter().min_by(|one, other| time(one).total_cmp(&time(other))).unwrap_or(Coding::Raw)
    }
}
