//! How fast a client takes what it is sent, told by its acknowledgements.

use std::collections::VecDeque;

/// Messages under way that are remembered.
const MOST: usize = 256;
/// How much a measurement counts.
const WEIGHT: f64 = 0.5;
/// Fewer bytes say nothing of the speed.
const LEAST_BYTES: f64 = 16_384.0;
/// No clock and no scheduler is better than this.
const LEAST_TIME: f64 = 0.000_2;

/// What is known of the way to a client.
///
/// How fast acknowledgements come says how fast the link is only while it is the link that everything waits for, and not
/// our encoders or whoever draws. So the time is counted in which there was more to send and nobody asked for it.
#[derive(Debug)]
pub(crate) struct Link {
    /// Bytes a second.
    rate: f64,
    /// It was measured here.
    measured: bool,
    under_way: VecDeque<Sent>,
    /// Where the bytes now stand that were sent and acknowledged.
    sent: u64,
    progress: Progress,
    /// Since when there is more to send and nobody asks for it.
    waiting_since: Option<f64>,
}

/// Bytes acknowledged at some moment, and seconds that were spent waiting up to then.
#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    delivered: u64,
    waited: f64,
    at: f64,
}

/// A message that was not acknowledged yet.
#[derive(Debug)]
struct Sent {
    serial: u64,
    /// Bytes sent with it and before it.
    bytes: u64,
    /// How far things had come when it was sent.
    before: Progress,
}

impl Link {
    /// A link of which `rate` bytes a second are expected.
    pub(crate) fn new(rate: f64) -> Self {
        let progress = Progress::default();
        Self { rate, measured: false, under_way: VecDeque::new(), sent: 0, progress, waiting_since: None }
    }

    /// Somebody else has found out how many bytes a second it takes; what is measured here goes before that.
    pub(crate) fn expect(&mut self, rate: f64) {
        if !self.measured {
            self.rate = rate;
        }
    }

    /// Bytes a second.
    pub(crate) fn rate(&self) -> f64 {
        self.rate
    }

    /// The system says how many bytes a second the line has taken; where it had nothing to send for a part of the time, that is the
    /// least it takes.
    pub(crate) fn carried(&mut self, rate: f64, at_least: bool) {
        if !at_least || rate > self.rate {
            self.rate += WEIGHT * (rate - self.rate);
        }
    }

    /// Somebody asks for what is to be sent; messages up to `acknowledged` have arrived.
    pub(crate) fn begin(&mut self, acknowledged: u64, now: f64) {
        if let Some(since) = self.waiting_since.take() {
            self.progress.waited += (now - since).max(0.0);
        }
        let mut newest = None;
        while self.under_way.front().is_some_and(|sent| sent.serial <= acknowledged) {
            newest = self.under_way.pop_front();
        }
        if let Some(sent) = newest {
            self.progress.delivered = sent.bytes;
            self.progress.at = now;
            self.measured(&sent.before);
        }
    }

    /// Messages up to a serial were handed out, with so many more bytes than before; and perhaps there is `more`.
    pub(crate) fn end(&mut self, serial: u64, bytes: usize, more: bool, now: f64) {
        self.waiting_since = more.then_some(now);
        if bytes == 0 {
            return;
        }
        if self.under_way.is_empty() {
            self.progress.at = now;
        }
        self.sent += bytes as u64;
        self.under_way.push_back(Sent { serial, bytes: self.sent, before: self.progress });
        if self.under_way.len() > MOST {
            self.under_way.pop_front();
        }
    }

    fn measured(&mut self, before: &Progress) {
        let bytes = (self.progress.delivered - before.delivered) as f64;
        let time = (self.progress.at - before.at).max(LEAST_TIME);
        let limited = (self.progress.waited - before.waited) * 2.0 >= time;
        let rate = bytes / time;
        if bytes >= LEAST_BYTES && (limited || rate > self.rate) {
            self.rate += WEIGHT * (rate - self.rate);
            self.measured = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Link;

    /// Sends `size` bytes every `interval` over a link of `rate` bytes a second, and says what it is thought to do.
    fn after(rate: f64, size: usize, interval: f64, more: bool) -> f64 {
        let mut link = Link::new(12.5e6);
        let (mut now, mut arrived) = (0.0, Vec::new());
        for serial in 1..200 {
            let free: f64 = arrived.last().copied().unwrap_or(0.0);
            arrived.push(free.max(now) + size as f64 / rate);
            link.end(serial, size, more, now);
            now += if more { size as f64 / rate } else { interval };
            link.begin(arrived.iter().filter(|at| **at <= now).count() as u64, now);
        }
        link.rate()
    }

    #[test]
    fn a_link_that_everything_waits_for_is_measured() {
        for rate in [1e5, 1e6, 1e8] {
            let found = after(rate, 100_000, 0.0, true);
            assert!((found / rate - 1.0).abs() < 0.2, "{found} for {rate}");
        }
    }

    #[test]
    fn a_link_that_waits_for_us_is_not_thought_slow() {
        assert!(after(1e8, 100_000, 1.0, false) >= 12.5e6);
    }
}
