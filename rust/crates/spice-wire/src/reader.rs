//! A forward-only cursor over one message body that can follow offsets.

use bytes::Bytes;

use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;

/// Which optional prefixes the guest agent's clipboard messages carry; agreed by capabilities of both ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgentForm {
    /// Clipboard messages start with the selection they are about.
    pub selection: bool,
    /// CLIPBOARD_GRAB carries a serial number.
    pub grab_serial: bool,
}

impl Default for AgentForm {
    fn default() -> Self {
        Self { selection: true, grab_serial: true }
    }
}

/// Reads one body from front to back. Offsets are followed with a reader of their own, so that reading never goes back.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    body: &'a Bytes,
    position: usize,
    limits: &'a Limits,
    agent: AgentForm,
}

impl<'a> Reader<'a> {
    /// A reader at the start of `body`.
    pub fn new(body: &'a Bytes, limits: &'a Limits) -> Self {
        Self { body, position: 0, limits, agent: AgentForm::default() }
    }

    /// The same reader for agent messages of the given form.
    #[must_use]
    pub fn with_agent(mut self, agent: AgentForm) -> Self {
        self.agent = agent;
        self
    }

    /// The agent form in force.
    pub fn agent(&self) -> AgentForm {
        self.agent
    }

    /// The limits in force.
    pub fn limits(&self) -> &'a Limits {
        self.limits
    }

    /// Bytes read so far, counted from the start of the body.
    pub fn position(&self) -> usize {
        self.position
    }

    /// Bytes not read yet.
    pub fn remaining(&self) -> usize {
        self.body.len().saturating_sub(self.position)
    }

    /// The next `count` bytes, sharing the body's memory.
    pub fn bytes(&mut self, count: usize) -> Result<Bytes> {
        let start = self.position;
        self.skip(count)?;
        Ok(self.body.slice(start..self.position))
    }

    /// Everything up to the end of the body.
    pub fn rest(&mut self) -> Bytes {
        let start = self.position.min(self.body.len());
        self.position = self.body.len();
        self.body.slice(start..)
    }

    /// The next `N` bytes as an array.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (start, body) = (self.position, self.body);
        self.skip(N)?;
        let found = body.get(start..self.position).and_then(|bytes| bytes.try_into().ok());
        found.ok_or_else(|| self.error(ErrorKind::Truncated, "internal length"))
    }

    /// A reader at `offset` bytes from the start of the body (`protocol.md` 2.1).
    pub fn at(&self, offset: u32) -> Result<Self> {
        let position = usize::try_from(offset).unwrap_or(usize::MAX);
        if position >= self.body.len() {
            let what = format!("offset {offset} outside the body of {} bytes", self.body.len());
            return Err(self.error(ErrorKind::BadOffset, what));
        }
        Ok(Self { position, ..self.clone() })
    }

    /// Checks that a list of `count` items of at least `least` bytes each is allowed and can be there at all.
    pub fn list(&self, count: usize, least: usize) -> Result<()> {
        if count > self.limits.list {
            let what = format!("{count} entries, {} allowed", self.limits.list);
            return Err(self.error(ErrorKind::Limit, what));
        }
        self.available(count.saturating_mul(least))
    }

    /// An error at the present position.
    pub fn error(&self, kind: ErrorKind, what: impl Into<String>) -> Error {
        Error::new(kind, self.position, what)
    }

    fn available(&self, count: usize) -> Result<()> {
        if count > self.remaining() {
            let what = format!("{} bytes left, {count} needed", self.remaining());
            return Err(self.error(ErrorKind::Truncated, what));
        }
        Ok(())
    }

    fn skip(&mut self, count: usize) -> Result<()> {
        self.available(count)?;
        self.position = self.position.saturating_add(count);
        Ok(())
    }
}
