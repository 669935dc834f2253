//! What was not drawn, and why.

use std::collections::BTreeMap;

/// Counts by name: of a message, a codec, or what was missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counters {
    /// Messages that are known and not drawn: `DrawText`, `stream H264`, …
    pub undrawn: BTreeMap<&'static str, u64>,
    /// Messages that failed, by the codec or the thing that failed: `quic`, `surface`, `cache`, …
    pub failed: BTreeMap<&'static str, u64>,
}

impl Counters {
    pub(crate) fn undrawn(&mut self, name: &'static str) {
        *self.undrawn.entry(name).or_default() += 1;
    }

    pub(crate) fn failed(&mut self, name: &'static str) {
        *self.failed.entry(name).or_default() += 1;
    }
}
