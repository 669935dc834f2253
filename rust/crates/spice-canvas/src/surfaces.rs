//! Surfaces come and go; which one is the screen.

use spice_wire::messages::display::{Mode, MonitorsConfig, SurfaceCreate, SurfaceFlags};

use crate::canvas::Canvas;
use crate::error::{Error, ErrorKind, Result};
use crate::format::Format;
use crate::region::Area;
use crate::surface::{Snapshot, Surface};

/// What a surface is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SurfaceInfo {
    /// Its number.
    pub id: u32,
    /// Pixels in a row.
    pub width: usize,
    /// Number of rows.
    pub height: usize,
    /// What its pixels mean.
    pub format: Format,
    /// It is the screen.
    pub primary: bool,
    /// The version that a snapshot would have.
    pub version: u64,
}

impl Canvas {
    /// All surfaces, by number.
    pub fn surfaces(&self) -> Vec<SurfaceInfo> {
        let info = |(&id, surface): (&u32, &Surface)| SurfaceInfo {
            id,
            width: surface.bounds().width(),
            height: surface.bounds().height(),
            format: surface.format(),
            primary: self.primary == Some(id),
            version: surface.version(),
        };
        let mut all: Vec<SurfaceInfo> = self.surfaces.iter().map(info).collect();
        all.sort_by_key(|info| info.id);
        all
    }

    /// The surface that is the screen.
    pub fn primary(&self) -> Option<u32> {
        self.primary
    }

    /// A surface as it is now. Costs nothing; later drawing copies what it needs.
    pub fn snapshot(&mut self, surface: u32) -> Option<Snapshot> {
        self.surfaces.get_mut(&surface).map(Surface::snapshot)
    }

    /// The version that a snapshot of a surface would have; it changes with the first drawing after a snapshot.
    pub fn version(&self, surface: u32) -> Option<u64> {
        self.surfaces.get(&surface).map(Surface::version)
    }

    /// What changed on a surface after a version of it: all of it, where that is not known. Areas do not overlap.
    pub fn damage_since(&self, surface: u32, version: u64) -> Vec<Area> {
        let damage = |surface: &Surface| surface.damage_since(version).areas().to_vec();
        self.surfaces.get(&surface).map(damage).unwrap_or_default()
    }

    pub(crate) fn surface(&self, id: u32) -> Result<&Surface> {
        self.surfaces.get(&id).ok_or_else(|| Error::no_surface(id))
    }

    pub(crate) fn surface_mut(&mut self, id: u32) -> Result<&mut Surface> {
        self.surfaces.get_mut(&id).ok_or_else(|| Error::no_surface(id))
    }

    pub(crate) fn surface_create(&mut self, message: &SurfaceCreate) -> Result<()> {
        let unknown = || Error::new(ErrorKind::Unsupported, format!("surface format {:?}", message.format));
        let format = Format::from_wire(message.format).ok_or_else(unknown)?;
        let primary = message.flags.contains(SurfaceFlags::PRIMARY);
        self.make_surface(message.surface_id, (message.width, message.height), format, primary)
    }

    /// MODE: the screen of servers before surfaces existed.
    pub(crate) fn mode(&mut self, message: &Mode) -> Result<()> {
        let format = match message.bits {
            16 => Format::Rgb555,
            24 | 32 => Format::Xrgb,
            bits => return Err(Error::new(ErrorKind::Unsupported, format!("screen of {bits} bits a pixel"))),
        };
        self.drop_surfaces();
        self.make_surface(0, (message.x_res, message.y_res), format, true)
    }

    pub(crate) fn surface_destroy(&mut self, id: u32) -> Result<()> {
        self.surface(id)?;
        self.drop_surface(id);
        if self.primary == Some(id) {
            self.primary = None;
            self.marked = false;
        }
        Ok(())
    }

    /// RESET: no surface, no stream, nothing remembered for this display.
    pub(crate) fn reset(&mut self) {
        self.drop_surfaces();
        self.palettes.clear();
        self.streams.clear();
        self.reports.clear();
    }

    pub(crate) fn monitors_config(&mut self, message: &MonitorsConfig) -> Result<()> {
        // The reference server has said 0 for "no limit of mine".
        if message.max_allowed != 0 && message.heads.len() > usize::from(message.max_allowed) {
            let what = format!(
                "{} monitors, {} allowed by the message itself",
                message.heads.len(),
                message.max_allowed
            );
            return Err(Error::new(ErrorKind::BadValue, what));
        }
        self.monitors.clone_from(&message.heads);
        Ok(())
    }

    fn drop_surfaces(&mut self) {
        let all: Vec<u32> = self.surfaces.keys().copied().collect();
        all.into_iter().for_each(|id| self.drop_surface(id));
        self.primary = None;
        self.marked = false;
    }

    fn drop_surface(&mut self, id: u32) {
        if let Some(surface) = self.surfaces.remove(&id) {
            self.surface_pixels -= surface.bounds().pixels();
            self.last_version = self.last_version.max(surface.version());
        }
    }

    fn make_surface(&mut self, id: u32, size: (u32, u32), format: Format, primary: bool) -> Result<()> {
        let (width, height) = (size.0 as usize, size.1 as usize);
        let same =
            |surface: &Surface| (surface.bounds(), surface.format()) == (Area::sized(width, height), format);
        if primary && self.primary == Some(id) && self.surfaces.get(&id).is_some_and(same) {
            // A screen of unchanged size keeps its pixels, as in the reference client.
            return Ok(());
        }
        self.check_surface(id, width, height)?;
        self.drop_surface(id);
        self.last_version += 1;
        self.surface_pixels += width * height;
        let ready = self.ready.take().filter(|zeros| zeros.len() == width * height);
        let zeros = ready.unwrap_or_else(|| vec![0; width * height]);
        self.surfaces.insert(id, Surface::new(zeros, width, height, format, self.last_version));
        if primary {
            self.primary = Some(id);
            self.marked = false;
        }
        Ok(())
    }

    fn check_surface(&self, id: u32, width: usize, height: usize) -> Result<()> {
        let pixels = width.saturating_mul(height);
        if pixels == 0 {
            return Err(Error::new(ErrorKind::BadValue, format!("surface {id} without pixels")));
        }
        let old = self.surfaces.get(&id).map_or(0, |surface| surface.bounds().pixels());
        let limits = &self.limits;
        let total = (self.surface_pixels - old).saturating_add(pixels);
        let too_many = old == 0 && self.surfaces.len() >= limits.surfaces;
        let side = i32::MAX as usize;
        if pixels > limits.pixels
            || total > limits.surface_pixels
            || too_many
            || width > side
            || height > side
        {
            let what =
                format!("surface {id} of {width}x{height} pixels beside {} others", self.surfaces.len());
            return Err(Error::new(ErrorKind::Limit, what));
        }
        Ok(())
    }
}
