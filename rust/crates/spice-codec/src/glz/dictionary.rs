//! Pictures to GLZ data, and the pictures that these may refer to.

use std::collections::VecDeque;

use crate::glz::marks::{EVERY, Marks};
use crate::glz::search;
use crate::glz_pool::Pool;
use crate::lz::search::Search;
use crate::lz::unit::Unit;
use crate::lz::{Kind, MAGIC, VERSION};
use crate::{PixelFormat, Source};

/// What has been sent to one client and what its window still holds, so that new pictures may refer to it; shared by all
/// its displays.
///
/// A client decodes the pictures in the order of their ids: what was encoded must be sent, whatever else is dropped.
///
/// INVARIANT: the pictures are at most `window` pixels together, and there are at most [`Dictionary::most_images`].
#[derive(Debug)]
pub struct Dictionary {
    /// Their ids are consecutive; `next` follows.
    images: VecDeque<Image>,
    next: u64,
    /// Where the next picture starts, counted over all pictures.
    start: u64,
    pixels: usize,
    window: usize,
    pool: Pool,
    near: Search,
    colours: Marks,
    /// Made for the first picture that has alpha.
    alphas: Option<Marks>,
}

/// A picture that later ones may refer to.
#[derive(Debug)]
pub(crate) struct Image {
    pub kind: Kind,
    /// The place of its first unit, counted over all pictures, a multiple of [`EVERY`].
    pub start: u64,
    pub width: usize,
    /// Which display shows it.
    display: u32,
    /// How many units it has.
    count: usize,
    /// Empty where it is not kept.
    pixels: Vec<u32>,
    /// Empty where the picture has none.
    alphas: Vec<u8>,
}

/// The pictures before one, which are counted backwards: 1 is the last.
#[derive(Clone, Copy)]
pub(crate) struct Past<'a> {
    images: &'a VecDeque<Image>,
}

/// One of the two streams that a picture may have.
pub(crate) trait Plane: Unit {
    /// The shortest repetition of the picture itself that is worth the three bytes it takes.
    const LEAST_NEAR: usize;
    /// The shortest repetition of another picture that is worth the five or six bytes it takes.
    const LEAST_OTHER: usize;

    /// The units of `image`.
    fn of(image: &Image) -> &[Self];
}

impl Dictionary {
    /// An empty dictionary for a client whose window has so many pixels.
    pub fn new(window_pixels: usize) -> Self {
        Self {
            images: VecDeque::new(),
            next: 0,
            start: 0,
            pixels: 0,
            window: window_pixels.min(MOST_PIXELS),
            pool: Pool::default(),
            near: Search::default(),
            colours: Marks::default(),
            alphas: None,
        }
    }

    /// Forgets all pictures, so that the next has id 0 again; their buffers wait for new ones.
    pub fn clear(&mut self) {
        while self.forget() {}
        (self.next, self.start) = (0, 0);
    }

    /// Pixels of the window that are taken.
    pub fn pixels(&self) -> usize {
        self.pixels
    }

    /// Lets the window have at most so many pixels from now on.
    pub fn shrink(&mut self, window_pixels: usize) {
        self.window = self.window.min(window_pixels);
        while self.pixels > self.window || self.images.len() > self.most_images() {
            self.forget();
        }
        self.pool.shrink(self.window - self.pixels);
    }

    /// Appends `source` to `out`, as RGBA where `format` has alpha, else as RGB32, and remembers it.
    ///
    /// False, with nothing done, where it is larger than the window.
    pub fn encode(&mut self, source: &Source<'_>, format: PixelFormat, out: &mut Vec<u8>) -> bool {
        self.encode_for(0, source, format, out)
    }

    /// As [`Dictionary::encode`], for a display by its number: only its own pictures are referred to. Each display has a
    /// connection of its own, so that a client would otherwise wait on one of them for what comes on another.
    pub fn encode_for(
        &mut self,
        display: u32,
        source: &Source<'_>,
        format: PixelFormat,
        out: &mut Vec<u8>,
    ) -> bool {
        let pixels = source.width() * source.height();
        if pixels > self.window {
            return false;
        }
        while self.pixels + pixels > self.window || self.images.len() >= self.most_images() {
            self.forget();
        }
        let mut image = self.head(display, source, format);
        // Where it takes most of the window, the next one like it drives it out before anything was found in it.
        let colours = source.contiguous().filter(|_| image.kind == Kind::Rgb32 && pixels > self.window / 2);
        if colours.is_none() {
            self.fill(&mut image, source);
        }
        self.header(&image, source.height(), out);
        let past = Past { images: &self.images };
        let colours = colours.unwrap_or(&image.pixels);
        search::encode::<u32>(&mut self.near, &mut self.colours, &image, colours, past, out);
        if image.kind == Kind::Rgba {
            let marks = self.alphas.get_or_insert_default();
            search::encode::<u8>(&mut self.near, marks, &image, &image.alphas, past, out);
        }
        self.start += pixels.next_multiple_of(EVERY) as u64;
        self.pixels += pixels;
        self.images.push_back(image);
        self.next += 1;
        true
    }

    /// A picture without its units.
    fn head(&self, display: u32, source: &Source<'_>, format: PixelFormat) -> Image {
        let (width, count) = (source.width(), source.width() * source.height());
        let kind = if format == PixelFormat::Argb { Kind::Rgba } else { Kind::Rgb32 };
        Image { kind, start: self.start, width, display, count, pixels: Vec::new(), alphas: Vec::new() }
    }

    /// Gives a picture a copy of its units.
    fn fill(&mut self, image: &mut Image, source: &Source<'_>) {
        image.pixels = self.pool.take(image.count);
        self.pool.shrink(self.window - self.pixels - image.count);
        for (to, from) in image.pixels.chunks_exact_mut(image.width).zip(source.rows()) {
            to.iter_mut().zip(from).for_each(|(to, from)| *to = from & 0x00ff_ffff);
        }
        if image.kind == Kind::Rgba {
            image.alphas = source.rows().flatten().map(|pixel| (pixel >> 24) as u8).collect();
        }
    }

    fn most_images(&self) -> usize {
        (self.window / LEAST_PIXELS).clamp(1, MOST_IMAGES)
    }

    /// Says whether there was a picture to forget.
    fn forget(&mut self) -> bool {
        let Some(image) = self.images.pop_front() else { return false };
        self.pixels -= image.count;
        self.pool.give(image.pixels, self.window - self.pixels);
        true
    }

    fn header(&self, image: &Image, height: usize, out: &mut Vec<u8>) {
        let (width, height) = (image.width as u32, height as u32);
        let (stride, top_down) = (image.kind.stride(width) as u32, 1);
        out.extend([MAGIC, VERSION].map(u32::to_be_bytes).as_flattened());
        out.push(top_down << 4 | image.kind as u8);
        out.extend([width, height, stride].map(u32::to_be_bytes).as_flattened());
        out.extend(self.next.to_be_bytes());
        // How far back the oldest picture is that this one and later ones refer to.
        out.extend((self.images.len() as u32).to_be_bytes());
    }
}

impl Image {
    /// Whether later pictures can refer to it.
    pub(crate) fn is_kept(&self) -> bool {
        !self.pixels.is_empty()
    }

    /// Whether `from` may refer to it.
    fn suits(&self, from: &Self) -> bool {
        (self.kind, self.display) == (from.kind, from.display)
    }
}

impl<'a> Past<'a> {
    /// How many pictures there are.
    #[inline(always)]
    pub(crate) fn count(self) -> usize {
        self.images.len()
    }

    /// The units of a picture that `from` may refer to; none where it is of another kind or display.
    pub(crate) fn units<U: Plane>(self, back: usize, from: &Image) -> &'a [U] {
        let image = &self.images[self.images.len() - back];
        if image.suits(from) { U::of(image) } else { &[] }
    }

    /// The last picture that `from` may refer to, if it is not long ago.
    pub(crate) fn last(self, from: &Image) -> Option<usize> {
        let latest = self.images.iter().rev().take(MOST_BETWEEN);
        latest.zip(1..).find(|(image, _)| image.suits(from)).map(|(_, back)| back)
    }

    /// Which picture has `place`, which is counted over all pictures, and where in it that is. Behind its last unit there
    /// may be places that have nothing.
    pub(crate) fn locate(self, place: u64) -> Option<(usize, usize)> {
        let index = self.images.partition_point(|image| image.start <= place).checked_sub(1)?;
        Some((self.images.len() - index, (place - self.images[index].start) as usize))
    }
}

impl Plane for u32 {
    const LEAST_NEAR: usize = 2;
    const LEAST_OTHER: usize = 4;

    fn of(image: &Image) -> &[Self] {
        &image.pixels
    }
}

impl Plane for u8 {
    const LEAST_NEAR: usize = 4;
    const LEAST_OTHER: usize = 8;

    fn of(image: &Image) -> &[Self] {
        &image.alphas
    }
}

/// The largest window that references can express, in pixels.
const MOST_PIXELS: usize = 1 << 25;

/// Pictures of other displays behind which the last one of this display is still looked for.
const MOST_BETWEEN: usize = 16;

/// So that clients need no long lists for tiny pictures.
const MOST_IMAGES: usize = 1 << 14;

/// Pixels that each picture may take at least before there are too many for the window.
const LEAST_PIXELS: usize = 16;
