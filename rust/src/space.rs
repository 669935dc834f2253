//! Room for received bytes, filled by the operating system directly.

use std::ops::Range;
use std::sync::Mutex;

use bytes::BytesMut;
use pyo3::prelude::*;

use crate::buffers::{Layout, Lends, Memory, lends_memory};
use crate::errors;
use crate::sync::lock;

/// Room for received bytes: a writable buffer that belongs to one channel.
#[pyclass(frozen, module = "spice_rs._core")]
pub(crate) struct Space {
    layout: Layout,
    state: Mutex<State>,
}

struct State {
    /// The framer's memory, until the channel takes it back.
    room: Option<BytesMut>,
    /// Where in it the next bytes belong.
    range: Range<usize>,
    /// Views that are not released yet.
    views: usize,
}

impl Space {
    /// The part of `room` that `range` names.
    pub(crate) fn new(room: BytesMut, range: Range<usize>) -> Self {
        let layout = Layout::line(range.len());
        Self { layout, state: Mutex::new(State { room: Some(room), range, views: 0 }) }
    }

    /// Bytes of room.
    pub(crate) fn room(&self) -> usize {
        self.layout.bytes()
    }

    /// Takes the memory back. Refused while a view of it is alive, which could write where packets are by then.
    pub(crate) fn take(&self) -> PyResult<BytesMut> {
        let mut state = lock(&self.state);
        if state.views > 0 {
            return Err(errors::buffer("a view of the space is still in use"));
        }
        state.room.take().ok_or_else(|| errors::value("the space has been taken back already"))
    }
}

impl Lends for Space {
    const WRITABLE: bool = true;

    fn lent(&self) -> PyResult<Memory<'_>> {
        let mut state = lock(&self.state);
        let range = state.range.clone();
        let room = state.room.as_mut().and_then(|room| room.get_mut(range));
        let memory = Memory::writable(
            room.ok_or_else(|| errors::buffer("the space has been taken back"))?,
            &self.layout,
        )?;
        state.views += 1;
        Ok(memory)
    }

    fn returned(&self) {
        let mut state = lock(&self.state);
        state.views = state.views.saturating_sub(1);
    }
}

lends_memory! {
    Space {
        fn __len__(&self) -> usize {
            self.layout.bytes()
        }
    }
}
