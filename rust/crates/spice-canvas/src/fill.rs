//! Commands without an image: fills, and pixels moved inside of a surface.

use spice_wire::messages::display::{CopyBits, DrawFill};
use spice_wire::messages::draw::{Brush, BrushData, DisplayBase, Pattern, QMask};
use spice_wire::messages::image::ImageData;

use crate::canvas::Canvas;
use crate::error::Error;
use crate::mask::Stencil;
use crate::picture::Picture;
use crate::place::Place;
use crate::progress::Outcome;
use crate::rop::{Operands, Rop};

/// A brush whose image, if it has one, is decoded.
#[derive(Debug)]
pub(crate) enum Paint {
    Colour(u32),
    Tile { picture: Picture, x: i32, y: i32 },
}

impl Canvas {
    pub(crate) fn draw_fill(&mut self, message: &DrawFill) -> Outcome<()> {
        let Some(place) =
            self.place_or_touch(&message.base, |canvas, format| canvas.touch_brush(&message.brush, format))?
        else {
            return Ok(());
        };
        let stencil = self.stencil(&message.mask, place.corner())?;
        let rop = Rop::of(message.rop, Operands::BrushAndDestination);
        if rop == Rop::Noop {
            return self.touch_brush(&message.brush, place.format);
        }
        let paint = self.paint(&message.brush, &place)?;
        Ok(self.fill(&place, stencil.as_ref(), paint, rop)?)
    }

    /// BLACKNESS, WHITENESS and INVERS.
    pub(crate) fn draw_rop(&mut self, base: &DisplayBase, mask: &QMask, rop: Rop) -> Outcome<()> {
        let Some(place) = self.place_or_touch(base, |_, _| Ok(()))? else { return Ok(()) };
        let stencil = self.stencil(mask, place.corner())?;
        Ok(self.fill(&place, stencil.as_ref(), Paint::Colour(0), rop)?)
    }

    pub(crate) fn copy_bits(&mut self, message: &CopyBits) -> Outcome<()> {
        let mut place = self.place(&message.base)?;
        let offset = |there: i32, here: i32| i64::from(there) - i64::from(here);
        let dx = offset(place.bounds.left, message.source_position.x);
        let dy = offset(place.bounds.top, message.source_position.y);
        let surface = self.surface_mut(place.surface)?;
        place.region = place.region.within(&surface.bounds().moved(dx, dy));
        let (Ok(dx), Ok(dy)) = (i32::try_from(dx), i32::try_from(dy)) else { return Ok(()) };
        if (dx, dy) == (0, 0) {
            return Ok(());
        }
        if let [area] = place.region.areas() {
            surface.scroll(area, dx, dy);
            return Ok(());
        }
        let mut areas = place.region.areas().to_vec();
        // No area may be written before all that are copied from it have been.
        areas.sort_by_key(|area| {
            let along = |value: i32, by: i32| if by > 0 { -i64::from(value) } else { value.into() };
            (along(area.top, dy), along(area.left, dx))
        });
        areas.iter().for_each(|area| surface.scroll(area, dx, dy));
        Ok(())
    }

    /// The brush of a message for a surface.
    pub(crate) fn paint(&mut self, brush: &Brush, place: &Place) -> Outcome<Paint> {
        match &brush.data {
            BrushData::None => Ok(Paint::Colour(0)),
            BrushData::Solid(colour) => Ok(Paint::Colour(place.format.brush_colour(*colour))),
            BrushData::Pattern(pattern) => self.tile(pattern, place),
        }
    }

    fn tile(&mut self, pattern: &Pattern, place: &Place) -> Outcome<Paint> {
        let picture = match &pattern.image.0.data {
            ImageData::Surface(source) if source.surface_id == place.surface => {
                let buffer = self.pool.take(0);
                let surface = self.surface(place.surface)?;
                surface.copy_of(&surface.bounds(), buffer)
            }
            _ => self.picture(&pattern.image.0, place.format, None)?,
        };
        Ok(Paint::Tile { picture, x: pattern.position.x, y: pattern.position.y })
    }

    /// Combines a brush with what is there.
    pub(crate) fn fill(
        &mut self,
        place: &Place,
        stencil: Option<&Stencil>,
        paint: Paint,
        rop: Rop,
    ) -> Result<(), Error> {
        let (format, mask) = (place.format, place.format.mask());
        let Self { surfaces, scratch, pool, .. } = self;
        let surface = surfaces.get_mut(&place.surface).ok_or_else(|| Error::no_surface(place.surface))?;
        match paint {
            Paint::Colour(colour) => {
                surface
                    .paint(&place.region, stencil, rop.is_opaque(), |row, _, _| rop.fill(row, colour, mask));
            }
            Paint::Tile { picture, x: left, y: top } => {
                let (width, height) = picture.bounds().size();
                let index =
                    |at: usize, origin: i32, length: i64| (at as i64 - i64::from(origin)).rem_euclid(length);
                surface.paint(&place.region, stencil, rop.is_opaque(), |mut row, x, y| {
                    let line = index(y, top, height) as usize;
                    let mut start = index(x, left, width) as usize;
                    while !row.is_empty() {
                        // Only what the run needs: a mask may make very many runs over a very wide tile.
                        let length = row.len().min(width as usize - start);
                        let (now, rest) = row.split_at_mut(length);
                        rop.row(now, picture.stored(start, line, length, format, scratch), mask);
                        (row, start) = (rest, 0);
                    }
                });
                pool.give_picture(picture);
            }
        }
        Ok(())
    }

    /// The place of a message; where that is empty or there is no surface, `touch` sees to images that later messages
    /// depend on.
    pub(crate) fn place_or_touch(
        &mut self,
        base: &DisplayBase,
        touch: impl FnOnce(&mut Self, crate::format::Format) -> Outcome<()>,
    ) -> Outcome<Option<Place>> {
        match self.place(base) {
            Ok(place) if !place.region.is_empty() => Ok(Some(place)),
            Ok(place) => touch(self, place.format).map(|()| None),
            Err(error) => {
                touch(self, crate::format::Format::Xrgb)?;
                Err(error.into())
            }
        }
    }
}
