//! Builds one message body: the fixed part first, then everything that offsets point to.

use crate::error::{Error, ErrorKind, Result};
use crate::reader::AgentForm;

/// Appends a body. Out-of-line parts are collected and placed behind the fixed part when the body is finished.
#[derive(Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
    parts: Vec<Part>,
    agent: AgentForm,
    overflow: Option<usize>,
}

/// Something that an offset at `patch` points to.
#[derive(Debug)]
struct Part {
    patch: usize,
    body: Writer,
}

impl Writer {
    /// A writer for agent messages of the given form.
    pub fn with_agent(agent: AgentForm) -> Self {
        Self { agent, ..Self::default() }
    }

    /// The agent form in force.
    pub fn agent(&self) -> AgentForm {
        self.agent
    }

    /// Appends bytes as they are.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Appends a count of `size` bytes, little-endian; one that does not fit makes [`Writer::finish`] fail.
    pub fn count(&mut self, count: usize, size: usize) {
        let bytes = u64::try_from(count).unwrap_or(u64::MAX).to_le_bytes();
        let (low, high) = bytes.split_at(size.min(bytes.len()));
        if high.iter().any(|&byte| byte != 0) {
            self.overflow = Some(count);
        }
        self.bytes(low);
    }

    /// Appends a null offset.
    pub fn null(&mut self) {
        self.bytes(&[0; 4]);
    }

    /// Appends an offset to what `write` writes.
    pub fn offset_to(&mut self, write: impl FnOnce(&mut Writer)) {
        let mut body = Writer::with_agent(self.agent);
        write(&mut body);
        self.parts.push(Part { patch: self.bytes.len(), body });
        self.null();
    }

    /// The whole body.
    ///
    /// # Errors
    /// [`ErrorKind::BadValue`] when a list or blob is longer than its count field can say.
    pub fn finish(self) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        self.place(&mut out)?;
        Ok(out)
    }

    fn place(self, out: &mut Vec<u8>) -> Result<()> {
        if let Some(count) = self.overflow {
            let what = format!("{count} entries are more than the count field holds");
            return Err(Error::new(ErrorKind::BadValue, out.len(), what));
        }
        let base = out.len();
        out.extend_from_slice(&self.bytes);
        for part in self.parts {
            let target = u32::try_from(out.len()).unwrap_or(u32::MAX).to_le_bytes();
            let patch = base.saturating_add(part.patch);
            if let Some(offset) = out.get_mut(patch..patch.saturating_add(4)) {
                offset.copy_from_slice(&target);
            }
            part.body.place(out)?;
        }
        Ok(())
    }
}
