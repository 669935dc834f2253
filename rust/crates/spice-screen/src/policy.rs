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
            Compression::Glz | Compression::Lz | Compression::Lz4 => Coding::Lz,
            Compression::AutoGlz | Compression::AutoLz if is_gradual(shadow, area) => Coding::Quic,
            Compression::AutoGlz | Compression::AutoLz => Coding::Lz,
            Compression::Auto => self.cheapest(area, content, costs),
        };
        let fits = coding.takes(area.width(), area.height());
        Choice { coding: if fits { coding } else { Coding::Raw }, content }
    }

    /// The coding that takes the least time on its way from here to the client's screen.
    fn cheapest(&self, area: Area, content: Content, costs: &Costs) -> Coding {
        let time = |coding: &Coding| {
            let cost = costs.of(*coding, content);
            cost.nanoseconds + decoding(*coding, content) + cost.bytes * 1e9 / self.rate
        };
        let possible = |coding: &Coding| {
            coding.takes(area.width(), area.height()) && (*coding != Coding::Lz4 || self.lz4)
        };
        let codings = Coding::ALL.into_iter().filter(possible);
        codings.min_by(|one, other| time(one).total_cmp(&time(other))).unwrap_or(Coding::Raw)
    }
}
