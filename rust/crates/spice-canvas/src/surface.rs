//! A surface: pixels that are drawn on, and snapshots of them that never change.

use std::sync::Arc;

use spice_codec::Rows;

use crate::format::Format;
use crate::history::History;
use crate::mask::Stencil;
use crate::picture::Picture;
use crate::region::{Area, Region};
use crate::stale::Stale;

/// Pixels of one surface.
///
/// INVARIANT: `pixels` holds `width * height` pixels, rows without a gap; bits that `format` does not have are 0.
#[derive(Debug)]
pub struct Surface {
    width: usize,
    height: usize,
    format: Format,
    pixels: Arc<Vec<u32>>,
    /// The pixels are those of a picture, and stay with whoever else has that.
    adopted: bool,
    spares: Vec<Spare>,
    version: u64,
    /// A snapshot of this version exists, so the next drawing makes a new one.
    observed: bool,
    history: History,
    inexact: Region,
}

/// A buffer that was given to a snapshot; once nobody reads it, it is brought up to date and drawn on again.
#[derive(Debug)]
struct Spare {
    pixels: Arc<Vec<u32>>,
    stale: Stale,
}

/// The pixels of a surface at one moment.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pixels: Arc<Vec<u32>>,
    /// Pixels in a row; rows follow each other without a gap.
    pub width: usize,
    /// Number of rows.
    pub height: usize,
    /// What the pixels mean.
    pub format: Format,
    /// Larger for later moments; the same as long as nothing was drawn.
    pub version: u64,
    /// Everything in it was drawn as the server said.
    pub exact: bool,
}

impl Snapshot {
    /// A picture that comes from elsewhere: `width * height` pixels 0x00RRGGBB.
    pub fn of(pixels: Vec<u32>, width: usize, height: usize, version: u64) -> Self {
        Self { pixels: Arc::new(pixels), width, height, format: Format::Xrgb, version, exact: true }
    }

    /// The pixels, 0xAARRGGBB.
    pub fn pixels(&self) -> &[u32] {
        &self.pixels
    }

    /// The pixels as bytes: blue, green, red and the top byte.
    pub fn bytes(&self) -> &[u8] {
        bytemuck::cast_slice(&self.pixels)
    }
}

impl Surface {
    /// A surface of `zeros`, `width * height` of them. The caller knows that the limits allow it; `version` is larger than any used before.
    pub fn new(zeros: Vec<u32>, width: usize, height: usize, format: Format, version: u64) -> Self {
        Self {
            width,
            height,
            format,
            pixels: Arc::new(zeros),
            adopted: false,
            spares: Vec::new(),
            version,
            observed: false,
            history: History::starting_at(version),
            inexact: Region::default(),
        }
    }

    /// What its pixels can hold.
    pub fn format(&self) -> Format {
        self.format
    }

    /// All of it.
    pub fn bounds(&self) -> Area {
        Area::sized(self.width, self.height)
    }

    /// The present version.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The pixels as they are now; no later drawing changes them.
    pub fn snapshot(&mut self) -> Snapshot {
        self.observed = true;
        Snapshot {
            pixels: Arc::clone(&self.pixels),
            width: self.width,
            height: self.height,
            format: self.format,
            version: self.version,
            exact: self.inexact.is_empty(),
        }
    }

    /// What changed after `version`, everything where that is not known any more.
    pub fn damage_since(&self, version: u64) -> Region {
        match self.history.since(version) {
            _ if version > self.version => Region::from(self.bounds()),
            Some(region) => region,
            None => Region::from(self.bounds()),
        }
    }

    /// The pixels as the source of a drawing on another surface.
    pub fn as_picture(&self) -> Picture {
        Picture::plain(Arc::clone(&self.pixels), self.width, self.height, self.format.as_picture())
    }

    /// A copy of some of the pixels, as the source of a drawing on this surface. The area lies inside.
    pub fn copy_of(&self, area: &Area, mut buffer: Vec<u32>) -> Picture {
        buffer.clear();
        for y in area.top..area.bottom {
            let start = y as usize * self.width + area.left as usize;
            buffer.extend_from_slice(&self.pixels[start..][..area.width()]);
        }
        Picture::plain(Arc::new(buffer), area.width(), area.height(), self.format.as_picture())
    }

    /// Calls `paint` with each run of pixels of `region` where `stencil` lets through, and where the run begins.
    ///
    /// `opaque` says that `paint` sets every pixel, whatever was there. The region lies inside of the surface.
    pub fn paint(
        &mut self,
        region: &Region,
        stencil: Option<&Stencil>,
        opaque: bool,
        mut paint: impl FnMut(&mut [u32], usize, usize),
    ) {
        let opaque = opaque && stencil.is_none();
        let Some(first) = region.areas().first() else { return };
        let stride = self.width;
        let pixels = self.writable(first, opaque);
        for area in region.areas() {
            let (left, width) = (area.left as usize, area.width());
            for y in area.top as usize..area.bottom as usize {
                let row = &mut pixels[y * stride + left..][..width];
                match stencil {
                    None => paint(row, left, y),
                    Some(stencil) => stencil.runs(left, y, width, |start, length| {
                        paint(&mut row[start..][..length], left + start, y);
                    }),
                }
            }
        }
        self.drawn(region, opaque);
    }

    /// Rows to decode a picture into that replaces all of `area`, which lies inside.
    pub fn rows(&mut self, area: &Area) -> Option<Rows<'_>> {
        self.writable(area, true);
        self.drawn(&Region::from(*area), true);
        let (start, stride) = (area.top as usize * self.width + area.left as usize, self.width);
        Rows::new(Arc::make_mut(&mut self.pixels).get_mut(start..)?, area.width(), area.height(), stride)
    }

    /// Takes the pixels of a picture that has the surface's size, and shares them with whoever else has them.
    pub fn adopt(&mut self, pixels: Arc<Vec<u32>>) {
        self.leave(pixels);
        self.adopted = true;
        self.drawn(&Region::from(self.bounds()), true);
    }

    /// Moves the pixels that lie `(dx, dy)` before `area` there; both areas lie inside and may overlap.
    pub fn scroll(&mut self, area: &Area, dx: i32, dy: i32) {
        let source = area.moved(-i64::from(dx), -i64::from(dy));
        let stride = self.width;
        let pixels = self.writable(area, false);
        let mut copy = |y: i32| {
            let from = y as usize * stride + source.left as usize;
            let to = (y + dy) as usize * stride + area.left as usize;
            pixels.copy_within(from..from + area.width(), to);
        };
        match dy > 0 {
            true => (source.top..source.bottom).rev().for_each(&mut copy),
            false => (source.top..source.bottom).for_each(&mut copy),
        }
        let spoilt = !self.inexact.is_empty() && !self.inexact.within(&source).is_empty();
        let region = Region::from(*area);
        self.drawn(&region, !spoilt);
        if spoilt {
            self.mark_inexact(&region);
        }
    }

    /// Notes that what is in `region`, which lies inside, is not what the server says.
    pub fn mark_inexact(&mut self, region: &Region) {
        self.inexact = self.inexact.union(region);
        self.inexact.coarsen(INEXACT_AREAS);
    }

    /// Whether something in `area` is not what the server says.
    pub fn is_inexact_in(&self, area: &Area) -> bool {
        !self.inexact.is_empty() && !self.inexact.within(area).is_empty()
    }

    fn drawn(&mut self, region: &Region, opaque: bool) {
        if self.observed {
            self.observed = false;
            self.version += 1;
        }
        for area in region.areas() {
            self.history.add(self.version, *area);
            self.spares.iter_mut().for_each(|spare| spare.stale.mark(area));
        }
        if opaque && !self.inexact.is_empty() {
            self.inexact = self.inexact.subtract(region);
            self.inexact.coarsen(INEXACT_AREAS);
        }
    }

    /// Pixels that no snapshot sees. Where they were shared they are copied, except `area` if it is replaced anyhow.
    fn writable(&mut self, area: &Area, replaced: bool) -> &mut [u32] {
        if Arc::get_mut(&mut self.pixels).is_none() {
            let kept = if replaced { *area } else { Area::default() };
            self.leave_to_readers(&kept);
        }
        // Never copies: the line above has made sure that there is no other reader.
        Arc::make_mut(&mut self.pixels).as_mut_slice()
    }

    /// Goes on with another buffer.
    fn leave_to_readers(&mut self, replaced: &Area) {
        // The newest one lacks least.
        let free = self.spares.iter_mut().rposition(|spare| Arc::get_mut(&mut spare.pixels).is_some());
        let next = match free.map(|index| self.spares.remove(index)) {
            Some(spare) => self.refresh(spare, replaced),
            None if *replaced == self.bounds() => Arc::new(vec![0; self.pixels.len()]),
            None => Arc::new(self.pixels.to_vec()),
        };
        self.leave(next);
    }

    /// Goes on with `next`; the buffer is kept for later, unless it belongs to others.
    fn leave(&mut self, next: Arc<Vec<u32>>) {
        let pixels = std::mem::replace(&mut self.pixels, next);
        // Whoever has it knows it as this version, so what is drawn next must be another.
        self.observed = true;
        if std::mem::take(&mut self.adopted) {
            return;
        }
        if self.spares.len() >= SPARES {
            self.spares.remove(0);
        }
        self.spares.push(Spare { pixels, stale: Stale::new(&self.bounds()) });
    }

    /// Brings an old buffer up to date, except where it will be replaced anyhow.
    fn refresh(&self, mut spare: Spare, replaced: &Area) -> Arc<Vec<u32>> {
        let (left, right) = (replaced.left as usize, replaced.right as usize);
        let rows = replaced.top as usize..replaced.bottom as usize;
        let target: &mut Vec<u32> = Arc::make_mut(&mut spare.pixels);
        for (y, start, end) in spare.stale.stretches() {
            let end = end.min(self.width);
            if rows.contains(&y) && left <= start && end <= right {
                continue;
            }
            let range = y * self.width + start..y * self.width + end;
            target[range.clone()].copy_from_slice(&self.pixels[range]);
        }
        spare.pixels
    }
}

/// Buffers kept besides the one that is drawn on: one that a reader looks at and one that it has just let go.
const SPARES: usize = 2;

/// Areas that are remembered as not exact; more become their bounding box.
const INEXACT_AREAS: usize = 256;
