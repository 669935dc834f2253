//! Flow control by acknowledgement windows, both halves (`protocol.md` 1.9).

/// The receiver's half: when to acknowledge.
#[derive(Debug, Default)]
pub(crate) struct Receiving {
    window: u32,
    received: u32,
}

impl Receiving {
    /// SET_ACK arrived; counting starts with the message after it.
    pub(crate) fn set(&mut self, window: u32) {
        *self = Self { window, received: 0 };
    }

    /// One more message arrived; whether an ACK is due.
    pub(crate) fn count(&mut self) -> bool {
        if self.window == 0 {
            return false;
        }
        self.received = self.received.saturating_add(1);
        let due = self.received >= self.window;
        if due {
            self.received = 0;
        }
        due
    }
}

/// The sender's half: how much may be sent.
#[derive(Debug, Default)]
pub(crate) struct Sending {
    generation: u32,
    synced: bool,
    window: u32,
    unacknowledged: u64,
}

impl Sending {
    /// SET_ACK is sent: ACKs count again once ACK_SYNC names this generation.
    pub(crate) fn set(&mut self, generation: u32, window: u32) {
        *self = Self { generation, synced: false, window, unacknowledged: 0 };
    }

    /// ACK_SYNC arrived.
    pub(crate) fn sync(&mut self, generation: u32) {
        self.synced = generation == self.generation;
    }

    /// ACK arrived; one of an older generation changes nothing.
    pub(crate) fn acknowledged(&mut self) {
        if self.synced {
            self.unacknowledged = self.unacknowledged.saturating_sub(u64::from(self.window));
        }
    }

    /// One more message was sent.
    pub(crate) fn count(&mut self) {
        self.unacknowledged = self.unacknowledged.saturating_add(u64::from(self.window != 0));
    }

    /// How many messages are not acknowledged; nothing without a window.
    pub(crate) fn under_way(&self) -> Option<u64> {
        (self.window != 0).then_some(self.unacknowledged)
    }

    /// How many more messages may be sent: at most one more than twice the window may be under way.
    pub(crate) fn room(&self) -> u64 {
        if self.window == 0 {
            return u64::MAX;
        }
        u64::from(self.window).saturating_mul(2).saturating_add(1).saturating_sub(self.unacknowledged)
    }
}
