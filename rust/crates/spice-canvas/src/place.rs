//! Where a message draws: which surface, and which of its pixels.

use spice_wire::messages::draw::{Clip, ClipType, DisplayBase};

use crate::canvas::Canvas;
use crate::error::{Error, ErrorKind, Result};
use crate::format::Format;
use crate::region::{Area, Region};

/// The pixels that a message may change, apart from its mask.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) surface: u32,
    pub(crate) format: Format,
    /// The box as the server said it, which may go beyond the surface.
    pub(crate) bounds: Area,
    pub(crate) region: Region,
}

impl Place {
    /// The corner that masks are laid on.
    pub(crate) fn corner(&self) -> (i32, i32) {
        (self.bounds.left, self.bounds.top)
    }
}

impl Canvas {
    /// The place that every draw command starts with.
    pub(crate) fn place(&self, base: &DisplayBase) -> Result<Place> {
        let surface = self.surface(base.surface_id)?;
        let bounds = Area::from(&base.bounds);
        let region = clipped(bounds.intersect(&surface.bounds()), &base.clip)?;
        Ok(Place { surface: base.surface_id, format: surface.format(), bounds, region })
    }
}

/// What of `area` a clip lets through.
pub(crate) fn clipped(area: Area, clip: &Clip) -> Result<Region> {
    match (clip.kind, &clip.rects.0) {
        (ClipType::RECTS, Some(rects)) => match rects.items.as_slice() {
            [one] => Ok(Region::from(area.intersect(&Area::from(one)))),
            many => Region::of(many.iter().map(|rect| area.intersect(&Area::from(rect))), MOST_AREAS)
                .ok_or_else(|| Error::new(ErrorKind::Limit, "clip of too many areas")),
        },
        _ => Ok(Region::from(area)),
    }
}

/// Areas of a clip. A few thousand rectangles that cross each other would make millions.
const MOST_AREAS: usize = 1 << 17;
