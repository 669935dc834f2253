//! The pointer as the cursor channel describes it: shape, place and whether it is to be seen.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use spice_codec::cursor;
use spice_wire::Limits;
use spice_wire::messages::cursor::{Cursor, CursorFlags, CursorShape, FromServer};
use spice_wire::messages::draw::Point16;

use crate::error::{Error, ErrorKind, Result};
use crate::progress::Progress;

/// A shape and the pixel of it that points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PointerShape {
    /// The server's name for it.
    pub id: u64,
    /// Its pixels.
    pub image: cursor::Shape,
    /// Column of the pixel that points.
    pub hot_x: u16,
    /// Row of the pixel that points.
    pub hot_y: u16,
}

/// The pointer of one cursor channel.
#[derive(Debug)]
pub struct Pointer {
    shape: Option<Arc<PointerShape>>,
    position: (i16, i16),
    visible: bool,
    trail: (u16, u16),
    version: u64,
    cache: Cache,
    limits: Limits,
}

impl Pointer {
    /// An invisible pointer.
    pub fn new(limits: Limits) -> Self {
        Self {
            shape: None,
            position: (0, 0),
            visible: false,
            trail: (0, 0),
            version: 0,
            cache: Cache::default(),
            limits,
        }
    }

    /// What it looks like; `None` where the server gave no shape.
    pub fn shape(&self) -> Option<&Arc<PointerShape>> {
        self.shape.as_ref()
    }

    /// Where it points, in pixels of the display.
    pub fn position(&self) -> (i16, i16) {
        self.position
    }

    /// Whether it is to be seen.
    pub fn visible(&self) -> bool {
        self.visible
    }

    /// Length and frequency of its trail.
    pub fn trail(&self) -> (u16, u16) {
        self.trail
    }

    /// Larger after every message that changed something.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Carries out a message.
    ///
    /// # Errors
    /// When a shape is invalid or not remembered. The pointer then keeps its shape; everything else in the message
    /// counts.
    pub fn apply(&mut self, message: &FromServer) -> Result<Progress> {
        let name = match message {
            FromServer::Init(_) => "Init",
            FromServer::Set(_) => "Set",
            _ => "cursor message",
        };
        match message {
            FromServer::Init(message) => {
                self.cache = Cache::default();
                self.trail = (message.trail_length, message.trail_frequency);
                self.place(&message.position, message.visible != 0);
                self.set(&message.cursor).map_err(|error| error.in_message(name))?;
            }
            FromServer::Set(message) => {
                self.place(&message.position, message.visible != 0);
                self.set(&message.cursor).map_err(|error| error.in_message(name))?;
            }
            FromServer::Reset(_) => {
                self.cache = Cache::default();
                self.shape = None;
                self.place(&Point16 { x: self.position.0, y: self.position.1 }, false);
            }
            // The server regards a hidden pointer that it moves as shown again.
            FromServer::Move(message) => self.place(&message.position, true),
            FromServer::Hide(_) => self.place(&Point16 { x: self.position.0, y: self.position.1 }, false),
            FromServer::Trail(message) => self.trail = (message.length, message.frequency),
            FromServer::InvalOne(message) => self.cache.forget(message.id),
            FromServer::InvalAll(_) => self.cache = Cache::default(),
            FromServer::Unknown { .. } => return Ok(Progress::Ignored),
        }
        Ok(Progress::Done)
    }

    fn place(&mut self, position: &Point16, visible: bool) {
        self.version += 1;
        self.position = (position.x, position.y);
        self.visible = visible;
    }

    fn set(&mut self, cursor: &Cursor) -> Result<()> {
        self.shape = match &cursor.shape.0 {
            None => None,
            Some(shape) if cursor.flags.contains(CursorFlags::FROM_CACHE) => {
                Some(self.cache.shape(shape.unique)?)
            }
            Some(shape) => {
                let decoded = Arc::new(self.decode(shape)?);
                if cursor.flags.contains(CursorFlags::CACHE_ME) {
                    self.cache.put(Arc::clone(&decoded), &self.limits);
                }
                Some(decoded)
            }
        };
        Ok(())
    }

    fn decode(&self, shape: &CursorShape) -> Result<PointerShape> {
        let (width, height) = (shape.width.into(), shape.height.into());
        let image = cursor::decode(shape.kind.0, width, height, &shape.data.0, &self.limits)?;
        Ok(PointerShape { id: shape.unique, image, hot_x: shape.hot_x, hot_y: shape.hot_y })
    }
}

/// Shapes by id. The server says what to forget; where it does not, the oldest go.
#[derive(Debug, Default)]
struct Cache {
    shapes: HashMap<u64, Arc<PointerShape>>,
    order: VecDeque<u64>,
    pixels: usize,
}

impl Cache {
    fn put(&mut self, shape: Arc<PointerShape>, limits: &Limits) {
        let (id, pixels) = (shape.id, shape.image.pixels.len());
        self.forget(id);
        self.shapes.insert(id, shape);
        self.order.push_back(id);
        self.pixels += pixels;
        let most = limits.cursor_pixels.saturating_mul(SHAPES_OF_FULL_SIZE);
        while (self.order.len() > limits.cursors || self.pixels > most)
            && let Some(&oldest) = self.order.front()
        {
            self.forget(oldest);
        }
    }

    fn shape(&self, id: u64) -> Result<Arc<PointerShape>> {
        let missing = || Error::new(ErrorKind::NoCursor(id), format!("cursor {id:#x} is not in the cache"));
        self.shapes.get(&id).cloned().ok_or_else(missing)
    }

    fn forget(&mut self, id: u64) {
        if let Some(shape) = self.shapes.remove(&id) {
            self.pixels -= shape.image.pixels.len();
            self.order.retain(|&other| other != id);
        }
    }
}

/// Shapes of the largest size that are remembered; real ones are smaller by far.
const SHAPES_OF_FULL_SIZE: usize = 4;
