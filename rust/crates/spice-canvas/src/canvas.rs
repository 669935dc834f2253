//! One display: its surfaces, and the messages that draw on them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use spice_codec::{glz, zlib_glz};
use spice_wire::Limits;
use spice_wire::messages::base::WaitForChannel;
use spice_wire::messages::display::{FromServer, Head, InvalAllPixmaps, InvalList, ResourceType};
use spice_wire::messages::image::{Image, ImageData, ImageType};

use crate::cache::PaletteCache;
use crate::copy::Copy;
use crate::counters::Counters;
use crate::decode::{DecodeJob, Decoded};
use crate::error::{Error, ErrorKind, Result};
use crate::images::is_wanted_later;
use crate::messages::{base, images, mask, name, source};
use crate::picture::Pool;
use crate::place::clipped;
use crate::progress::{Blocked, Outcome, Progress, Stop};
use crate::region::{Area, Region};
use crate::report::Reports;
use crate::rop::Rop;
use crate::shared::Shared;
use crate::stream::Stream;
use crate::surface::Surface;

/// Surfaces of one display channel.
#[derive(Debug)]
pub struct Canvas {
    pub(crate) shared: Arc<Shared>,
    pub(crate) limits: Limits,
    pub(crate) surfaces: HashMap<u32, Surface>,
    /// Zeros for the next surface, if it has that many pixels.
    pub(crate) ready: Option<Vec<u32>>,
    /// Pixels of all surfaces.
    pub(crate) surface_pixels: usize,
    pub(crate) primary: Option<u32>,
    pub(crate) marked: bool,
    pub(crate) monitors: Vec<Head>,
    /// The largest version of a surface that is gone.
    pub(crate) last_version: u64,
    pub(crate) palettes: PaletteCache,
    pub(crate) streams: BTreeMap<u32, Stream>,
    pub(crate) reports: Reports,
    pub(crate) counters: Counters,
    pub(crate) pool: Pool,
    /// A row of converted pixels.
    pub(crate) scratch: Vec<u32>,
    /// The last inflated GLZ data.
    pub(crate) inflated: Vec<u8>,
    /// GLZ pictures of the present message, for when it is repeated: each may be decoded once only.
    pub(crate) held: Vec<(u64, Arc<glz::Picture>)>,
    /// What the last message waited for.
    waiting: Option<Vec<WaitForChannel>>,
}

impl Canvas {
    /// A display without surfaces.
    pub fn new(shared: Arc<Shared>, limits: Limits) -> Self {
        Self {
            palettes: PaletteCache::new(&limits),
            shared,
            limits,
            surfaces: HashMap::new(),
            ready: None,
            surface_pixels: 0,
            primary: None,
            marked: false,
            monitors: Vec::new(),
            last_version: 0,
            streams: BTreeMap::new(),
            reports: Reports::default(),
            counters: Counters::default(),
            pool: Pool::default(),
            scratch: Vec::new(),
            inflated: Vec::new(),
            held: Vec::new(),
            waiting: None,
        }
    }

    /// Carries out a message. `decoded` is what the message's [`Self::job`] made, if it was run.
    ///
    /// A message that is blocked has changed nothing that is seen and is to be repeated. Where it was blocked on
    /// serials, repeating it says that they have been reached.
    ///
    /// # Errors
    /// When the message cannot be carried out. It is counted, its area is not exact any more, and the next message may
    /// follow.
    pub fn apply(&mut self, message: &FromServer, decoded: Option<Decoded>) -> Result<Progress> {
        let result = match self.dispatch(message, decoded) {
            Ok(Progress::Done) => {
                self.spread_doubt(message);
                Ok(Progress::Done)
            }
            Ok(progress) => Ok(progress),
            Err(Stop::Blocked(blocked)) => return Ok(Progress::Blocked(blocked)),
            Err(Stop::Failed(error)) => Err(self.fail(message, error)),
        };
        self.held.clear();
        result
    }

    /// Whether this many pixels may be made ready for the first surface.
    pub fn wants_ready(&self, pixels: usize) -> bool {
        self.surfaces.is_empty() && self.ready.is_none() && pixels <= self.limits.surface_pixels
    }

    /// Takes memory for the next surface, in case that has just so many pixels. All of them are 0.
    pub fn keep_ready(&mut self, zeros: Vec<u32>) {
        self.ready = Some(zeros);
    }

    /// The decoding of a message's image, if it depends on nothing but the message.
    pub fn job(&self, message: &FromServer) -> Option<DecodeJob> {
        DecodeJob::new(source(message)?.0, &self.limits)
    }

    /// A buffer for [`DecodeJob::run_in`]; it comes back when the job's message has been carried out.
    pub fn spare(&mut self) -> Vec<u32> {
        self.pool.spare()
    }

    /// Ends the waiting for a message that is blocked on what can never come.
    pub fn give_up(&mut self, message: &FromServer, reason: &str) -> Error {
        self.held.clear();
        self.waiting = None;
        if let FromServer::InvalAllPixmaps(_) = message {
            // The server will not refer to them any more, whatever it wanted to be waited for.
            self.shared.images().clear();
        }
        self.fail(message, Error::new(ErrorKind::GivenUp, reason))
    }

    /// Whether what was drawn may be shown.
    pub fn marked(&self) -> bool {
        self.marked
    }

    /// Which parts of surfaces are monitors; empty where the server has not said so.
    pub fn monitors(&self) -> &[Head] {
        &self.monitors
    }

    /// What was not drawn.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    fn dispatch(&mut self, message: &FromServer, decoded: Option<Decoded>) -> Outcome<Progress> {
        use FromServer as M;
        match message {
            M::DrawCopy(m) => {
                let (base, source, area, mask) = (&m.base, &m.source, &m.source_area, &m.mask);
                self.draw_copy(&Copy { base, source, area, rop: m.rop, scale: m.scale, mask }, decoded)?;
            }
            M::DrawFill(message) => self.draw_fill(message)?,
            M::CopyBits(message) => self.copy_bits(message)?,
            M::DrawOpaque(message) => self.draw_opaque(message, decoded)?,
            M::DrawBlend(m) => {
                let (base, source, area, mask) = (&m.base, &m.source, &m.source_area, &m.mask);
                self.draw_copy(&Copy { base, source, area, rop: m.rop, scale: m.scale, mask }, decoded)?;
            }
            M::DrawBlackness(message) => self.draw_rop(&message.base, &message.mask, Rop::Clear)?,
            M::DrawWhiteness(message) => self.draw_rop(&message.base, &message.mask, Rop::Set)?,
            M::DrawInvers(message) => self.draw_rop(&message.base, &message.mask, Rop::Invert)?,
            M::DrawTransparent(message) => self.draw_transparent(message, decoded)?,
            M::DrawAlphaBlend(message) => self.draw_alpha_blend(message, decoded)?,
            M::DrawRop3(_) | M::DrawStroke(_) | M::DrawText(_) | M::DrawComposite(_) => {
                self.leave_out(message)?
            }
            _ => return self.dispatch_state(message),
        }
        Ok(Progress::Done)
    }

    /// Messages that do not draw by themselves.
    fn dispatch_state(&mut self, message: &FromServer) -> Outcome<Progress> {
        use FromServer as M;
        match message {
            M::Mode(message) => self.mode(message)?,
            M::Mark(_) => self.marked = true,
            M::Reset(_) => self.reset(),
            M::InvalList(message) => self.forget_images(message),
            M::InvalAllPixmaps(message) => self.forget_all_images(message)?,
            M::InvalPalette(message) => self.palettes.forget(message.id),
            M::InvalAllPalettes(_) => self.palettes.clear(),
            M::StreamCreate(message) => self.stream_create(message)?,
            M::StreamData(message) => self.stream_data(message)?,
            M::StreamDataSized(message) => self.stream_data_sized(message)?,
            M::StreamClip(message) => self.stream_clip(message)?,
            M::StreamDestroy(message) => self.stream_destroy(message.stream_id)?,
            M::StreamDestroyAll(_) => self.stream_destroy_all(),
            M::StreamActivateReport(message) => self.stream_activate_report(message),
            M::SurfaceCreate(message) => self.surface_create(message)?,
            M::SurfaceDestroy(message) => self.surface_destroy(message.surface_id)?,
            M::MonitorsConfig(message) => self.monitors_config(message)?,
            _ => return Ok(Progress::Ignored),
        }
        Ok(Progress::Done)
    }

    fn forget_images(&mut self, message: &InvalList) {
        let mut images = self.shared.images();
        let pixmaps = message.resources.items.iter().filter(|resource| resource.kind == ResourceType::PIXMAP);
        pixmaps.for_each(|resource| images.forget(resource.id));
    }

    fn forget_all_images(&mut self, message: &InvalAllPixmaps) -> Outcome<()> {
        let channels = &message.channels.items;
        if !channels.is_empty() && self.waiting.as_ref() != Some(channels) {
            self.waiting = Some(channels.clone());
            return Err(Stop::Blocked(Blocked::Serials(channels.clone())));
        }
        self.waiting = None;
        self.shared.images().clear();
        Ok(())
    }

    /// A command that is not drawn: its images still count for later ones.
    fn leave_out(&mut self, message: &FromServer) -> Outcome<()> {
        let Some((name, base)) = base(message) else { return Ok(()) };
        let format = self.surface(base.surface_id)?.format();
        for image in images(message).into_iter().filter(|image| is_wanted_later(image)) {
            self.picture(image, format, None)?;
        }
        if let Some(mask) = mask(message) {
            self.stencil(mask, (0, 0))?;
        }
        self.counters.undrawn(name);
        self.mark_inexact(message);
        Ok(())
    }

    fn fail(&mut self, message: &FromServer, error: Error) -> Error {
        self.counters.failed(error.counted_as());
        self.mark_inexact(message);
        images(message).into_iter().for_each(|image| self.lose_glz(image));
        error.in_message(name(message))
    }

    fn mark_inexact(&mut self, message: &FromServer) {
        let Some((_, base)) = base(message) else { return };
        let Some(surface) = self.surfaces.get_mut(&base.surface_id) else { return };
        let bounds = Area::from(&base.bounds).intersect(&surface.bounds());
        surface.mark_inexact(&clipped(bounds, &base.clip).unwrap_or(Region::from(bounds)));
    }

    /// What is drawn from a part of a surface that is not exact is not exact either.
    fn spread_doubt(&mut self, message: &FromServer) {
        let area = source(message).and_then(|(_, area)| area).map(Area::from);
        for image in images(message) {
            let ImageData::Surface(of) = &image.data else { continue };
            let Some(surface) = self.surfaces.get(&of.surface_id) else { continue };
            if surface.is_inexact_in(&area.unwrap_or(surface.bounds())) {
                self.mark_inexact(message);
            }
        }
    }

    /// Lets nobody wait for the GLZ image of a message that failed. Nothing happens if it was decoded before that.
    fn lose_glz(&mut self, image: &Image) {
        let id = match &image.data {
            ImageData::Coded(blob) if image.kind == ImageType::GLZ_RGB => glz::header(&blob.bytes),
            ImageData::ZlibGlz(zlib) => {
                let size = usize::try_from(zlib.glz_size).unwrap_or(usize::MAX);
                zlib_glz::inflate(&zlib.data.bytes, size, &self.limits).and_then(|data| glz::header(&data))
            }
            _ => return,
        };
        if let Ok(header) = id {
            self.shared.window().give_up(header.id);
        }
    }
}
