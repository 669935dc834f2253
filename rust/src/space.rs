//! Room for received bytes, filled by the operating system directly.

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
    /// Bytes at its start that have been received already.
    received: usize,
    /// Views that are not released yet.
    views: usize,
}

impl Space {
    /// Room in `room` behind the bytes received already.
    pub(crate) fn new(room: BytesMut, received: usize) -> Self {
        let layout = Layout::line(room.len().saturating_sub(received));
        Self { layout, state: Mutex::new(State { room: Some(room), received, views: 0 }) }
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
        let received = state.received;
        let room = state.room.as_mut().and_then(|room| room.get_mut(received..));
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
