//! Commands that bring an image onto a surface.

use std::sync::Arc;

use spice_codec::PixelFormat;
use spice_wire::messages::display::{DrawAlphaBlend, DrawOpaque, DrawTransparent};
use spice_wire::messages::draw::{AlphaFlags, DisplayBase, ImageScaleMode, QMask, Rect, Ropd};
use spice_wire::messages::image::{Image, ImageData};
use spice_wire::shapes::Ptr;

use crate::blend::over;
use crate::canvas::Canvas;
use crate::decode::{Decoded, decode, size};
use crate::error::Error;
use crate::format::Format;
use crate::images::{is_plain, required};
use crate::mask::Stencil;
use crate::picture::Picture;
use crate::place::Place;
use crate::progress::Outcome;
use crate::region::Area;
use crate::rop::{Operands, Rop};
use crate::source::Source;

/// What COPY and BLEND have in common, which is everything.
#[derive(Debug)]
pub(crate) struct Copy<'a> {
    pub(crate) base: &'a DisplayBase,
    pub(crate) source: &'a Ptr<Image>,
    pub(crate) area: &'a Rect,
    pub(crate) rop: Ropd,
    pub(crate) scale: ImageScaleMode,
    pub(crate) mask: &'a QMask,
}

impl Canvas {
    /// COPY, and BLEND, which the reference treats alike.
    pub(crate) fn draw_copy(&mut self, message: &Copy<'_>, decoded: Option<Decoded>) -> Outcome<()> {
        let place = match self.place(message.base) {
            Ok(place) => place,
            Err(error) => {
                self.touch(message.source, Format::Xrgb, decoded)?;
                return Err(error.into());
            }
        };
        let image = required(message.source)?;
        let stencil = self.stencil(message.mask, place.corner())?;
        let rop = Rop::of(message.rop, Operands::SourceAndDestination);
        if rop == Rop::Noop || place.region.is_empty() {
            return self.touch(message.source, place.format, decoded);
        }
        let area = Area::from(message.area);
        if rop == Rop::Copy && stencil.is_none() && decoded.is_none() && self.is_direct(image, &place, &area)
        {
            return self.copy_direct(image, &place);
        }
        let source = self.source(image, message.area, &place, message.scale, decoded)?;
        if rop == Rop::Copy && stencil.is_none() && self.adopt(image, &place, &source) {
            return Ok(());
        }
        Ok(self.copy(&place, stencil.as_ref(), source, rop)?)
    }

    pub(crate) fn draw_opaque(&mut self, message: &DrawOpaque, decoded: Option<Decoded>) -> Outcome<()> {
        let place = match self.place(&message.base) {
            Ok(place) => place,
            Err(error) => {
                self.touch(&message.source, Format::Xrgb, decoded)?;
                self.touch_brush(&message.brush, Format::Xrgb)?;
                return Err(error.into());
            }
        };
        let image = required(&message.source)?;
        let stencil = self.stencil(&message.mask, place.corner())?;
        let rop = Rop::of(message.rop, Operands::BrushAndSource);
        if rop == Rop::Noop || place.region.is_empty() {
            self.touch(&message.source, place.format, decoded)?;
            return self.touch_brush(&message.brush, place.format);
        }
        let source = self.source(image, &message.source_area, &place, message.scale, decoded)?;
        let paint = self.paint(&message.brush, &place)?;
        self.copy(&place, stencil.as_ref(), source, Rop::Copy)?;
        Ok(self.fill(&place, stencil.as_ref(), paint, rop)?)
    }

    /// Copies all pixels but those of one colour. The colour that counts is the true one, in the surface's format.
    pub(crate) fn draw_transparent(
        &mut self,
        message: &DrawTransparent,
        decoded: Option<Decoded>,
    ) -> Outcome<()> {
        let touch = |canvas: &mut Self, format| canvas.touch(&message.source, format, None);
        let Some(place) = self.place_or_touch(&message.base, touch)? else { return Ok(()) };
        let image = required(&message.source)?;
        let source = self.source(image, &message.source_area, &place, ImageScaleMode::NEAREST, decoded)?;
        let format = place.format;
        let (key, compared) = match format {
            // The reference has no colour for coverage: nothing is left out but nothing.
            Format::A1 | Format::A8 => (0, format.mask()),
            _ => (format.store(message.true_color) & COLOURS, COLOURS),
        };
        self.with_source(&place, None, source, false, |row, pixels| {
            let visible = row.iter_mut().zip(pixels).filter(|(_, s)| *s & compared != key);
            visible.for_each(|(d, s)| *d = *s);
        })?;
        Ok(())
    }

    pub(crate) fn draw_alpha_blend(
        &mut self,
        message: &DrawAlphaBlend,
        decoded: Option<Decoded>,
    ) -> Outcome<()> {
        let touch = |canvas: &mut Self, format| canvas.touch(&message.source, format, None);
        let Some(place) = self.place_or_touch(&message.base, touch)? else { return Ok(()) };
        if message.alpha == 0 {
            return self.touch(&message.source, place.format, decoded);
        }
        let image = required(&message.source)?;
        let mut source =
            self.source(image, &message.source_area, &place, ImageScaleMode::NEAREST, decoded)?;
        if matches!(image.data, ImageData::Surface(_))
            && message.flags.contains(AlphaFlags::SRC_SURFACE_HAS_ALPHA)
        {
            source = source.with_alpha();
        }
        let clears_top = place.format == Format::Xrgb && !message.flags.contains(AlphaFlags::DEST_HAS_ALPHA);
        Ok(self.blend(&place, source, message.alpha, clears_top)?)
    }

    /// The image of a message, laid over its box.
    fn source(
        &mut self,
        image: &Image,
        area: &Rect,
        place: &Place,
        mode: ImageScaleMode,
        decoded: Option<Decoded>,
    ) -> Outcome<Source> {
        let area = Area::from(area);
        match &image.data {
            ImageData::Surface(source) if source.surface_id == place.surface => {
                Ok(self.own_source(&area, place, mode)?)
            }
            _ => {
                let picture = self.picture(image, place.format, decoded)?;
                Ok(Source::new(picture, &area, &place.bounds, mode))
            }
        }
    }

    /// The surface itself as source: the pixels that are needed are copied first.
    fn own_source(&mut self, area: &Area, place: &Place, mode: ImageScaleMode) -> Result<Source, Error> {
        let buffer = self.pool.take(0);
        let surface = self.surface(place.surface)?;
        let seen = area.intersect(&surface.bounds());
        if seen.is_empty() || area.size() != place.bounds.size() {
            let picture = surface.copy_of(&surface.bounds(), buffer);
            return Ok(Source::new(picture, area, &place.bounds, mode));
        }
        let picture = surface.copy_of(&seen, buffer);
        let (left, top) = (-i64::from(seen.left), -i64::from(seen.top));
        Ok(Source::new(picture, &area.moved(left, top), &place.bounds, mode))
    }

    /// Lets the screen share the pixels of a picture that is all of it; whether that could be done. Other surfaces have no
    /// buffers but those that the limits know of.
    fn adopt(&mut self, image: &Image, place: &Place, source: &Source) -> bool {
        let Some(surface) = self.surfaces.get_mut(&place.surface) else { return false };
        let is_screen = self.primary == Some(place.surface) && place.format.is_32_bit();
        let is_own = matches!(image.data, ImageData::Surface(_));
        if !is_screen || is_own || place.region.areas() != [surface.bounds()] {
            return false;
        }
        let pixels = source.whole(&surface.bounds()).map(Arc::clone);
        pixels.map(|pixels| surface.adopt(pixels)).is_some()
    }

    fn copy(
        &mut self,
        place: &Place,
        stencil: Option<&Stencil>,
        source: Source,
        rop: Rop,
    ) -> Result<(), Error> {
        let mask = place.format.mask();
        self.with_source(place, stencil, source, rop.is_opaque(), |row, pixels| rop.row(row, pixels, mask))
    }

    /// Calls `draw` with each run of the surface and what the source has for it.
    fn with_source(
        &mut self,
        place: &Place,
        stencil: Option<&Stencil>,
        source: Source,
        opaque: bool,
        draw: impl Fn(&mut [u32], &[u32]),
    ) -> Result<(), Error> {
        let region = source.region(&place.region);
        let Self { surfaces, scratch, pool, .. } = self;
        let surface = surfaces.get_mut(&place.surface).ok_or_else(|| Error::no_surface(place.surface))?;
        surface.paint(&region, stencil, opaque, |row, x, y| {
            let pixels = source.stored((x, y, row.len()), place.format, scratch);
            draw(row, pixels);
        });
        pool.give_picture(source.into_picture());
        Ok(())
    }

    fn blend(&mut self, place: &Place, source: Source, alpha: u8, clears_top: bool) -> Result<(), Error> {
        let region = source.region(&place.region);
        let format = place.format;
        let Self { surfaces, scratch, pool, .. } = self;
        let surface = surfaces.get_mut(&place.surface).ok_or_else(|| Error::no_surface(place.surface))?;
        let kept = if clears_top { COLOURS } else { u32::MAX };
        surface.paint(&region, None, false, |row, x, y| {
            over(row, source.premultiplied((x, y, row.len()), scratch), alpha, kept);
            if !format.is_32_bit() {
                row.iter_mut().for_each(|pixel| *pixel = format.store(*pixel));
            }
        });
        pool.give_picture(source.into_picture());
        Ok(())
    }

    /// Whether the image can be decoded right where it belongs.
    fn is_direct(&self, image: &Image, place: &Place, area: &Area) -> bool {
        let size = size(image, &self.limits).map(|(width, height)| Area::sized(width, height));
        is_plain(image)
            && place.format.is_32_bit()
            && place.region.areas() == [place.bounds]
            && size.is_ok_and(|size| size == *area)
            && area.size() == place.bounds.size()
    }

    fn copy_direct(&mut self, image: &Image, place: &Place) -> Outcome<()> {
        let palette = self.palette(image, place.format)?;
        let Self { surfaces, limits, .. } = self;
        let surface = surfaces.get_mut(&place.surface).ok_or_else(|| Error::no_surface(place.surface))?;
        let mut rows = surface.rows(&place.bounds).ok_or_else(|| Error::no_surface(place.surface))?;
        decode(image, palette.as_deref(), &mut rows, limits)?;
        Ok(())
    }
}

impl Source {
    /// The same pixels, their top byte meant as alpha.
    fn with_alpha(self) -> Self {
        let alpha = |picture: Picture| match picture.format() {
            PixelFormat::Xrgb => picture.meant_as(PixelFormat::Argb),
            _ => picture,
        };
        match self {
            Self::Same { picture, x, y } => Self::Same { picture: alpha(picture), x, y },
            Self::Scaled(scaler) => Self::Scaled(scaler.map_picture(alpha)),
        }
    }
}

/// The bits of a pixel that are colours.
const COLOURS: u32 = 0x00ff_ffff;
