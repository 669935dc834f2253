//! Images of messages to pictures: decoded, out of the caches, or made of another surface.

use std::sync::Arc;

use spice_codec::{ErrorKind as CodecErrorKind, glz, zlib_glz};
use spice_wire::messages::draw::{Brush, BrushData, Pattern, QMask};
use spice_wire::messages::image::{
    BitmapFlags, Image, ImageData, ImageFlags, ImageType, Palette, PaletteRef,
};
use spice_wire::shapes::Ptr;

use crate::cache::is_coverage;
use crate::canvas::Canvas;
use crate::decode::{Decoded, decode_picture, layout};
use crate::error::{Error, ErrorKind};
use crate::format::{Format, expand_555};
use crate::mask::{Bits, Stencil};
use crate::picture::Picture;
use crate::progress::{Blocked, Outcome, Stop};

/// The image that a pointer must lead to.
pub fn required(image: &Ptr<Image>) -> Result<&Image, Error> {
    image.0.as_deref().ok_or_else(|| Error::new(ErrorKind::BadValue, "image is missing"))
}

/// The pattern of a brush, if it has one.
pub fn pattern(brush: &Brush) -> Option<&Pattern> {
    match &brush.data {
        BrushData::Pattern(pattern) => Some(pattern),
        _ => None,
    }
}

/// Whether the image must be decoded even if nothing of it is seen, because later messages depend on it.
pub fn is_wanted_later(image: &Image) -> bool {
    wants_cache(image)
        || matches!(image.kind, ImageType::GLZ_RGB | ImageType::ZLIB_GLZ_RGB)
        || match &image.data {
            ImageData::Bitmap(bitmap) => bitmap.flags.contains(BitmapFlags::PAL_CACHE_ME),
            ImageData::LzPlt(plt) => plt.flags.contains(BitmapFlags::PAL_CACHE_ME),
            _ => false,
        }
}

/// Whether the image is coded by itself and nothing else happens with it.
pub fn is_plain(image: &Image) -> bool {
    let dependent = matches!(image.data, ImageData::Surface(_) | ImageData::ZlibGlz(_) | ImageData::None);
    !dependent && image.kind != ImageType::GLZ_RGB && !wants_cache(image)
}

fn wants_cache(image: &Image) -> bool {
    let caching = ImageFlags::CACHE_ME.0 | ImageFlags::CACHE_REPLACE_ME.0;
    let cached = [ImageType::FROM_CACHE, ImageType::FROM_CACHE_LOSSLESS, ImageType::SURFACE];
    image.flags.0 & caching != 0 && !cached.contains(&image.kind)
}

impl Canvas {
    /// The picture of an image that is drawn on a surface of `format`.
    pub(crate) fn picture(
        &mut self,
        image: &Image,
        format: Format,
        decoded: Option<Decoded>,
    ) -> Outcome<Picture> {
        let picture = match image.kind {
            ImageType::FROM_CACHE => self.shared.images().picture(image.id)?,
            ImageType::FROM_CACHE_LOSSLESS => {
                let found = self.shared.images().lossless(image.id);
                found.ok_or(Stop::Blocked(Blocked::Lossless(image.id)))?
            }
            ImageType::SURFACE => self.surface_picture(image)?,
            _ => {
                let picture = self.decoded_picture(image, format, decoded)?;
                self.remember(image, &picture)?;
                picture
            }
        };
        Ok(picture)
    }

    /// Decodes an image of which nothing is seen, if later messages depend on it.
    pub(crate) fn touch(
        &mut self,
        image: &Ptr<Image>,
        format: Format,
        decoded: Option<Decoded>,
    ) -> Outcome<()> {
        if let Some(image) = image.0.as_deref().filter(|image| is_wanted_later(image)) {
            let picture = self.picture(image, format, decoded)?;
            self.pool.give_picture(picture);
        }
        Ok(())
    }

    /// The same for the pattern of a brush.
    pub(crate) fn touch_brush(&mut self, brush: &Brush, format: Format) -> Outcome<()> {
        if let Some(pattern) = pattern(brush).filter(|pattern| is_wanted_later(&pattern.image.0)) {
            let picture = self.picture(&pattern.image.0, format, None)?;
            self.pool.give_picture(picture);
        }
        Ok(())
    }

    /// The mask of a message, laid over the surface so that its position lies on `corner`.
    pub(crate) fn stencil(&mut self, mask: &QMask, corner: (i32, i32)) -> Outcome<Option<Stencil>> {
        use spice_wire::messages::draw::MaskFlags;
        let Some(image) = mask.bitmap.0.as_deref() else { return Ok(None) };
        let bits = match &image.data {
            ImageData::Bitmap(bitmap) if !wants_cache(image) => {
                let layout = layout(bitmap)?;
                Bits::Mask(spice_codec::mask::Mask::decode(&bitmap.data.0, &layout, &self.limits)?)
            }
            ImageData::Bitmap(bitmap) => {
                let bits = spice_codec::mask::Mask::decode(&bitmap.data.0, &layout(bitmap)?, &self.limits)?;
                let picture = Picture::of_mask(&bits);
                self.remember(image, &picture)?;
                Bits::Mask(bits)
            }
            ImageData::Surface(_) | ImageData::None => {
                let picture = self.picture(image, Format::A1, None)?;
                if !is_coverage(&picture) {
                    return Err(Error::new(ErrorKind::BadValue, "mask has colours").into());
                }
                Bits::Coverage(picture)
            }
            _ => return Err(Error::new(ErrorKind::Unsupported, "compressed mask").into()),
        };
        let position = (mask.position.x, mask.position.y);
        Ok(Some(Stencil::new(bits, mask.flags.contains(MaskFlags::INVERS), position, corner)))
    }

    /// The colours of an image that has a palette; remembers the palette if it is to be.
    pub(crate) fn palette(&mut self, image: &Image, format: Format) -> Result<Option<Arc<[u32]>>, Error> {
        let (reference, flags) = match &image.data {
            ImageData::Bitmap(bitmap) => (&bitmap.palette, bitmap.flags),
            ImageData::LzPlt(plt) => (&plt.palette, plt.flags),
            _ => return Ok(None),
        };
        let entries = match reference {
            PaletteRef::Cached(id) => self.palettes.palette(*id)?,
            PaletteRef::Inline(Ptr(None)) => return Ok(None),
            PaletteRef::Inline(Ptr(Some(palette))) => self.inline_palette(palette, flags),
        };
        Ok(Some(match format.is_16_bit() {
            true => entries.iter().map(|&entry| expand_555(entry)).collect(),
            false => entries,
        }))
    }

    fn inline_palette(&mut self, palette: &Palette, flags: BitmapFlags) -> Arc<[u32]> {
        // No index has more than eight bits.
        let entries: Arc<[u32]> = palette.entries.items.iter().copied().take(256).collect();
        if flags.contains(BitmapFlags::PAL_CACHE_ME) {
            self.palettes.put(palette.unique, Arc::clone(&entries));
        }
        entries
    }

    fn surface_picture(&self, image: &Image) -> Result<Picture, Error> {
        match &image.data {
            ImageData::Surface(source) => Ok(self.surface(source.surface_id)?.as_picture()),
            _ => Err(Error::new(ErrorKind::BadValue, "surface image without a surface")),
        }
    }

    fn decoded_picture(
        &mut self,
        image: &Image,
        format: Format,
        decoded: Option<Decoded>,
    ) -> Outcome<Picture> {
        let high_bits = image.flags.contains(ImageFlags::HIGH_BITS_SET);
        match (&image.data, image.kind) {
            (ImageData::Coded(blob), ImageType::GLZ_RGB) => {
                Ok(Picture::glz(self.glz(&blob.bytes)?).with_high_bits(high_bits))
            }
            (ImageData::ZlibGlz(zlib), _) => {
                let size = usize::try_from(zlib.glz_size).unwrap_or(usize::MAX);
                let mut data = std::mem::take(&mut self.inflated);
                let inflated = zlib_glz::inflate_into(&zlib.data.bytes, size, &mut data, &self.limits);
                let picture = inflated.map_err(Stop::from).and_then(|()| self.glz(&data));
                self.inflated = data;
                Ok(Picture::glz(picture?).with_high_bits(high_bits))
            }
            _ => match decoded {
                Some(Decoded(picture)) => Ok(picture?),
                None => {
                    let palette = self.palette(image, format)?;
                    let pool = &mut self.pool;
                    Ok(decode_picture(image, palette.as_deref(), &self.limits, |length| pool.take(length))?)
                }
            },
        }
    }

    fn glz(&mut self, data: &[u8]) -> Outcome<Arc<glz::Picture>> {
        let id = glz::header(data)?.id;
        if let Some(index) = self.held.iter().position(|(held, _)| *held == id) {
            return Ok(Arc::clone(&self.held[index].1));
        }
        match glz::decode(data, &mut self.shared.window(), &self.limits) {
            Ok(picture) => {
                self.held.push((id, Arc::clone(&picture)));
                Ok(picture)
            }
            Err(error) => Err(match error.kind {
                CodecErrorKind::Missing(id) => Stop::Blocked(Blocked::Glz(id)),
                _ => error.into(),
            }),
        }
    }

    fn remember(&mut self, image: &Image, picture: &Picture) -> Result<(), Error> {
        if !wants_cache(image) {
            return Ok(());
        }
        let lossy = matches!(image.kind, ImageType::JPEG | ImageType::JPEG_ALPHA);
        if lossy && !image.flags.contains(ImageFlags::CACHE_ME) {
            return Err(Error::new(ErrorKind::BadValue, "lossy image cannot replace a cached one"));
        }
        if self.shared.images().put(image.id, picture.clone(), lossy).is_err() {
            // What is drawn now is right; the image fails when it is asked for.
            self.counters.failed("cache");
        }
        Ok(())
    }
}
