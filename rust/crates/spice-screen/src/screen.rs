//! The picture that is shown, and everybody who looks at it.

use std::fmt;
use std::sync::Arc;

use spice_canvas::{Area, Region, Snapshot};
use spice_wire::Limits;

use crate::change::{self, Given};
use crate::patience::Patience;
use crate::pixels::Pixels;
use crate::print::Key;
use crate::shadow::Shadow;
use crate::stale::{Move, Stale};
use crate::store::Store;
use crate::workshop::Workshop;

/// A screen that cannot be, or a place outside of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error(String);

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

/// The picture that a server shows. All clients of a display look at the same one.
#[derive(Debug)]
pub struct Screen {
    pub(crate) shadow: Shadow,
    pub(crate) patience: Patience,
    /// Memory for the fingerprints of the next picture.
    pub(crate) sketch: Vec<u64>,
    /// What each view has not been shown; a place is free after its view is gone.
    stale: Vec<Option<Stale>>,
    /// The parts of the picture that are monitors, at least one.
    monitors: Vec<Area>,
    /// Grows with each change of size.
    generation: u64,
    most_pixels: usize,
    store: Store,
    workshop: Arc<Workshop>,
}

/// What a view needs of its screen to plan what it sends.
pub(crate) struct Look<'a> {
    pub(crate) shadow: &'a Shadow,
    pub(crate) monitors: &'a [Area],
    /// What the view's client has not been shown.
    pub(crate) stale: &'a mut Stale,
    pub(crate) store: &'a mut Store,
    pub(crate) workshop: &'a Arc<Workshop>,
    /// There are other views, who may want the same pieces.
    pub(crate) shared: bool,
}

impl Screen {
    /// A black screen. What has changed is told by fingerprints with `key`, which should be random where strangers may draw.
    ///
    /// # Errors
    /// When a side is 0 or above 32767, or the screen has more pixels than the limits allow.
    pub fn new(width: usize, height: usize, limits: &Limits, key: &Key) -> Result<Self, Error> {
        check_size(width, height, limits.pixels)?;
        let shadow = Shadow::new(width, height, key);
        let monitors = vec![shadow.bounds()];
        Ok(Self {
            shadow,
            patience: Patience::default(),
            sketch: Vec::new(),
            stale: Vec::new(),
            monitors,
            generation: 1,
            most_pixels: limits.pixels,
            store: Store::default(),
            workshop: Arc::default(),
        })
    }

    /// Width and height.
    pub fn size(&self) -> (usize, usize) {
        (self.shadow.bounds().width(), self.shadow.bounds().height())
    }

    /// Grows with each change.
    pub fn version(&self) -> u64 {
        self.shadow.version()
    }

    /// A copy of all pixels, 0x00RRGGBB, rows without a gap.
    pub fn pixels(&self) -> Vec<u32> {
        self.shadow.all()
    }

    /// A copy of the picture.
    pub fn snapshot(&self) -> Snapshot {
        let (width, height) = self.size();
        Snapshot::of(self.pixels(), width, height, self.version())
    }

    /// Shows a picture with its corner at a place; what lies outside of the screen is left out. Whether something changed.
    pub fn draw(&mut self, pixels: &impl Pixels, left: i32, top: i32) -> bool {
        let whole = Area::sized(pixels.width(), pixels.height()).moved(left.into(), top.into());
        let target = whole.intersect(&self.shadow.bounds());
        if target.is_empty() {
            return false;
        }
        let change = change::show(self, Given { pixels, origin: (left, top) }, target);
        self.tell(&change.taken);
        change.any
    }

    /// Makes an area one colour, 0x00RRGGBB. Whether something changed.
    pub fn fill(&mut self, area: Area, colour: u32) -> bool {
        let area = area.intersect(&self.shadow.bounds());
        let changed = !area.is_empty() && self.shadow.fill(area, colour);
        if changed {
            self.tell(&[area]);
        }
        changed
    }

    /// Copies an area to where its corner will be at a place. Only what comes from the screen and lands on it counts.
    pub fn copy(&mut self, area: Area, to_left: i32, to_top: i32) {
        let (dx, dy) = (i64::from(to_left) - i64::from(area.left), i64::from(to_top) - i64::from(area.top));
        let bounds = self.shadow.bounds();
        let target = area.intersect(&bounds).moved(dx, dy).intersect(&bounds);
        if target.is_empty() || (dx, dy) == (0, 0) {
            return;
        }
        // Both ends lie on the screen, so that the way between them fits.
        self.shift(Move { target, dx: dx as i32, dy: dy as i32 });
    }

    /// Changes the size: what is in both stays, the rest is black.
    ///
    /// # Errors
    /// As [`Screen::new`].
    pub fn resize(&mut self, width: usize, height: usize) -> Result<(), Error> {
        check_size(width, height, self.most_pixels)?;
        if (width, height) == self.size() {
            return Ok(());
        }
        self.shadow = self.shadow.resized(width, height);
        self.store.clear();
        self.monitors = vec![self.shadow.bounds()];
        self.generation += 1;
        let everything = || Stale::everything(self.generation, self.shadow.bounds());
        self.stale.iter_mut().flatten().for_each(|stale| *stale = everything());
        Ok(())
    }

    /// Says which parts of the picture are monitors, in their order; none means one that shows all of it. A new size of the screen
    /// forgets them.
    ///
    /// # Errors
    /// When a part is empty or does not lie on the screen, or there are more than 256.
    pub fn arrange(&mut self, monitors: Vec<Area>) -> Result<(), Error> {
        let bounds = self.shadow.bounds();
        if monitors.len() > MOST_MONITORS {
            return Err(Error(format!(
                "a screen has at most {MOST_MONITORS} monitors, not {}",
                monitors.len()
            )));
        }
        if let Some(Area { left, top, right, bottom }) =
            monitors.iter().find(|part| part.is_empty() || !bounds.contains(part))
        {
            let (width, height) = self.size();
            let part = format!("({left}, {top}, {right}, {bottom})");
            return Err(Error(format!("{part} is no part of a screen of {width}x{height}")));
        }
        self.monitors = if monitors.is_empty() { vec![bounds] } else { monitors };
        self.stale.iter_mut().flatten().for_each(|stale| stale.monitors = true);
        Ok(())
    }

    /// The monitors, at least one.
    pub fn monitors(&self) -> &[Area] {
        &self.monitors
    }

    /// A place for another view, to whom everything is new.
    pub(crate) fn attach(&mut self) -> usize {
        let stale = Some(Stale::everything(self.generation, self.shadow.bounds()));
        match self.stale.iter().position(Option::is_none) {
            Some(free) => {
                self.stale[free] = stale;
                free
            }
            None => {
                self.stale.push(stale);
                self.stale.len() - 1
            }
        }
    }

    /// Forgets a view.
    pub(crate) fn detach(&mut self, place: usize) {
        if let Some(stale) = self.stale.get_mut(place) {
            *stale = None;
        }
    }

    /// What the view at a place needs.
    pub(crate) fn look(&mut self, place: usize) -> Option<Look<'_>> {
        Some(Look {
            shared: self.stale.iter().flatten().count() > 1,
            shadow: &self.shadow,
            monitors: &self.monitors,
            stale: self.stale.get_mut(place)?.as_mut()?,
            store: &mut self.store,
            workshop: &self.workshop,
        })
    }

    /// Moves pixels, here and for every view.
    pub(crate) fn shift(&mut self, motion: Move) {
        self.shadow.scroll(motion.target, motion.dx, motion.dy);
        self.stale.iter_mut().flatten().for_each(|stale| stale.moved(motion));
    }

    fn tell(&mut self, areas: &[Area]) {
        if areas.is_empty() || self.stale.iter().all(Option::is_none) {
            return;
        }
        let region = Region::of(areas.iter().copied(), usize::MAX).unwrap_or_default();
        self.stale.iter_mut().flatten().for_each(|stale| stale.changed(&region));
    }
}

fn check_size(width: usize, height: usize, most: usize) -> Result<(), Error> {
    let possible = (1..=MOST_SIDE).contains(&width) && (1..=MOST_SIDE).contains(&height);
    match possible && width * height <= most {
        true => Ok(()),
        false => Err(Error(format!(
            "a screen of {width}x{height}: sides go from 1 to {MOST_SIDE} and Limits.pixels allows {most} pixels"
        ))),
    }
}

/// What the reference server takes from clients (protocol.md 3.6).
const MOST_MONITORS: usize = 256;

/// Cursor and QUIC know 16 bits with a sign; no real screen has a longer side.
const MOST_SIDE: usize = 32767;
