//! What the tables say about themselves: shapes, fields, messages and channels as data.
//!
//! The generator makes the Python classes and the reference pages from it, the binding converts by it and the
//! property tests draw random values from it.

use bytes::Bytes;

use crate::error::Result;
use crate::reader::Reader;
use crate::value::Value;
use crate::writer::Writer;

/// How one field stands on the wire.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// Unsigned little-endian integer of so many bits.
    UInt(u32),
    /// Signed little-endian integer of so many bits.
    Int(u32),
    /// A named open enumeration.
    Enum(&'static EnumSchema),
    /// A named set of bits.
    Flags(&'static EnumSchema),
    /// So many bytes.
    Array(usize),
    /// Bytes whose number stands in another field, before them, or is what is left of the body.
    Bytes(&'static str),
    /// UTF-8 text; the string says how its length is known.
    Text(&'static str),
    /// Items one after the other.
    List(&'static str, &'static Shape),
    /// A u32 offset to the thing; null where `true`.
    Pointer(bool, &'static Shape),
    /// Fields one after the other.
    Struct(&'static StructSchema),
    /// Depends on the first of the field's tags: name of the rule, and what can stand there.
    Choice(&'static str, &'static [Choice]),
}

/// One arm of a choice.
#[derive(Debug, Clone, Copy)]
pub struct Choice {
    /// Which tags select it.
    pub when: When,
    /// What stands there; nothing for `None`.
    pub shape: Option<Shape>,
}

/// Which values of a tag select an arm. The arms are tried in order.
#[derive(Debug, Clone, Copy)]
pub enum When {
    /// One of these values.
    Is(&'static [u64]),
    /// One of these bits is set.
    Has(u64),
    /// Whatever the arms before did not take.
    Otherwise,
}

/// A count that is on the wire before a field and not in the struct.
#[derive(Debug)]
pub struct CountField {
    /// Its name.
    pub name: &'static str,
    /// Its integer type.
    pub integer: &'static str,
    /// The field whose entries it counts.
    pub counts: &'static str,
}

/// A named enumeration or set of flags. Values show it as its name alone.
pub struct EnumSchema {
    /// The Rust module that declares it.
    pub module: &'static str,
    /// Its name in Rust and Python.
    pub name: &'static str,
    /// Its documentation.
    pub doc: &'static [&'static str],
    /// Bits on the wire.
    pub bits: u32,
    /// Value, name and documentation of each member.
    pub members: &'static [(u64, &'static str, &'static [&'static str])],
}

impl std::fmt::Debug for EnumSchema {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// One field of a struct.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Its documentation.
    pub doc: &'static [&'static str],
    /// How it stands on the wire.
    pub shape: Shape,
    /// Counts that stand directly before it; none or one.
    pub before: &'static [CountField],
    /// The earlier fields and counts that say how it is to be read.
    pub tags: &'static [&'static str],
}

/// A struct or message body. Values show it as its name alone.
pub struct StructSchema {
    /// The Rust module that declares it.
    pub module: &'static str,
    /// Its name in Rust and Python.
    pub name: &'static str,
    /// Its documentation.
    pub doc: &'static [&'static str],
    /// Its fields in the order of the wire.
    pub fields: &'static [Field],
}

impl std::fmt::Debug for StructSchema {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// One message of one direction.
#[derive(Debug)]
pub struct MessageSchema {
    /// Its number in the data header.
    pub id: u16,
    /// The body.
    pub body: &'static StructSchema,
    /// Reads a body into a value.
    pub read: fn(&mut Reader<'_>) -> Result<Value>,
    /// Writes a value as a body.
    pub write: fn(&Value, &mut Writer) -> Result<()>,
}

/// One channel: its number and its messages, without those that every channel has.
#[derive(Debug)]
pub struct ChannelSchema {
    /// Its name.
    pub name: &'static str,
    /// Its documentation.
    pub doc: &'static [&'static str],
    /// Its type number in the link message; 0 for the messages that every channel has.
    pub number: u8,
    /// Messages from the server.
    pub server: &'static [MessageSchema],
    /// Messages from the client.
    pub client: &'static [MessageSchema],
}

/// Who sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sender {
    /// The server sends to the client.
    Server,
    /// The client sends to the server.
    Client,
}

impl StructSchema {
    /// The last part of the declaring module's path: where its Python class is.
    pub fn python_module(&self) -> &'static str {
        self.module.rsplit("::").next().unwrap_or(self.module)
    }
}

impl ChannelSchema {
    /// The messages that `sender` sends on this channel.
    pub fn messages(&self, sender: Sender) -> &'static [MessageSchema] {
        match sender {
            Sender::Server => self.server,
            Sender::Client => self.client,
        }
    }
}

impl MessageSchema {
    /// Reads a whole body; bytes behind the last field are ignored, as the reference does.
    ///
    /// # Errors
    /// Names the message, the field and the offset.
    pub fn read_body(&self, body: &Bytes, limits: &crate::Limits) -> Result<Value> {
        (self.read)(&mut Reader::new(body, limits)).map_err(|error| error.in_message(self.body.name))
    }

    /// Writes a whole body.
    ///
    /// # Errors
    /// Names the message and the field whose value cannot be written.
    pub fn write_body(&self, value: &Value) -> Result<Vec<u8>> {
        let mut writer = Writer::default();
        (self.write)(value, &mut writer)
            .and_then(|()| writer.finish())
            .map_err(|error| error.in_message(self.body.name))
    }
}
