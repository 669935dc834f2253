//! Capabilities: what each end of a link can do (`protocol.md` 1.4). Number *n* is bit *n* mod 32 of word *n* / 32.

use crate::error::{ErrorKind, Result};
use crate::reader::Reader;
use crate::schema::{Field, Shape, StructSchema};
use crate::shapes::{CountInt, Wire, read_items};
use crate::value::Value;
use crate::writer::Writer;

wire_enum! {
    /// Capabilities of every channel.
    CommonCap: u16 { 0 PROTOCOL_AUTH_SELECTION, 1 AUTH_SPICE, 2 AUTH_SASL, 3 MINI_HEADER }

    /// Capabilities of the main channel.
    MainCap: u16 { 0 SEMI_SEAMLESS_MIGRATE, 1 NAME_AND_UUID, 2 AGENT_CONNECTED_TOKENS, 3 SEAMLESS_MIGRATE }

    /// Capabilities of a display channel.
    DisplayCap: u16 {
        0 SIZED_STREAM,
        1 MONITORS_CONFIG,
        2 COMPOSITE,
        3 A8_SURFACE,
        4 STREAM_REPORT,
        5 LZ4_COMPRESSION,
        6 PREF_COMPRESSION,
        7 GL_SCANOUT,
        8 MULTI_CODEC,
        9 CODEC_MJPEG,
        10 CODEC_VP8,
        11 CODEC_H264,
        12 PREF_VIDEO_CODEC_TYPE,
        13 CODEC_VP9,
        14 CODEC_H265,
        15 GL_SCANOUT2,
    }

    /// Capabilities of an inputs channel.
    InputsCap: u16 { 0 KEY_SCANCODE }

    /// Capabilities of a playback channel.
    PlaybackCap: u16 { 0 CELT_0_5_1, 1 VOLUME, 2 LATENCY, 3 OPUS }

    /// Capabilities of a record channel.
    RecordCap: u16 { 0 CELT_0_5_1, 1 VOLUME, 2 OPUS }

    /// Capabilities of the byte-stream channels usbredir, port and webdav.
    StreamCap: u16 { 0 DATA_COMPRESS_LZ4 }
}

/// Most words that one set of capabilities may have, as in the reference server.
const WORDS: usize = 1024;

/// The capability words at the end of a link message or reply: two counts and one offset to both sets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Caps {
    /// Words of common capabilities.
    pub common: Vec<u32>,
    /// Words of the channel's own capabilities.
    pub channel: Vec<u32>,
}

/// The words that hold these capability numbers.
pub fn words(numbers: impl IntoIterator<Item = u16>) -> Vec<u32> {
    let mut words = Vec::new();
    for number in numbers {
        let index = usize::from(number >> 5);
        words.resize(words.len().max(index.saturating_add(1)), 0);
        if let Some(word) = words.get_mut(index) {
            *word |= 1 << (number & 31);
        }
    }
    words
}

/// Whether `words` have capability `number`.
pub fn has(words: &[u32], number: u16) -> bool {
    words.get(usize::from(number >> 5)).is_some_and(|word| word >> (number & 31) & 1 == 1)
}

impl Caps {
    /// What the table says: there is no declaration by macro, since one offset serves two lists.
    pub const SCHEMA: StructSchema = StructSchema {
        module: module_path!(),
        name: "Caps",
        doc: &[" Capability words: bit n mod 32 of word n / 32 is capability n."],
        fields: &[
            Field {
                name: "common",
                doc: &[" Common capabilities."],
                shape: Shape::List("u32, words at the offset", &Shape::UInt(32)),
                before: &[],
                tags: &[],
            },
            Field {
                name: "channel",
                doc: &[" The channel's own capabilities."],
                shape: Shape::List("u32, words behind the common ones", &Shape::UInt(32)),
                before: &[],
                tags: &[],
            },
        ],
    };
}

impl Wire for Caps {
    const SHAPE: Shape = Shape::Struct(&Self::SCHEMA);
    const LEAST: usize = 12;

    fn read(reader: &mut Reader<'_>) -> Result<Self> {
        let (common, channel) = (u32::read(reader)?.length(), u32::read(reader)?.length());
        if common > WORDS || channel > WORDS {
            let what = format!("{common} and {channel} capability words, {WORDS} allowed");
            return Err(reader.error(ErrorKind::Limit, what));
        }
        let offset = u32::read(reader)?;
        if common == 0 && channel == 0 {
            return Ok(Self::default());
        }
        let mut words = reader.at(offset)?;
        Ok(Self { common: read_items(&mut words, common)?, channel: read_items(&mut words, channel)? })
    }

    fn write(&self, writer: &mut Writer) {
        writer.count(self.common.len(), 4);
        writer.count(self.channel.len(), 4);
        writer.offset_to(|part| self.common.iter().chain(&self.channel).for_each(|word| word.write(part)));
    }

    fn to_value(&self) -> Value {
        let list = |words: &[u32]| Value::List(words.iter().map(Wire::to_value).collect());
        Value::Struct(&Self::SCHEMA, vec![list(&self.common), list(&self.channel)])
    }

    fn from_value(value: &Value) -> Result<Self> {
        let mut fields = value.fields(&Self::SCHEMA)?.iter();
        let mut list = || {
            fields.next().unwrap_or(&Value::None).list()?.iter().map(u32::from_value).collect::<Result<_>>()
        };
        Ok(Self { common: list()?, channel: list()? })
    }
}

/// The named sets by channel, for the generator.
pub const SETS: &[&crate::schema::EnumSchema] = &[
    &CommonCap::SCHEMA,
    &MainCap::SCHEMA,
    &DisplayCap::SCHEMA,
    &InputsCap::SCHEMA,
    &PlaybackCap::SCHEMA,
    &RecordCap::SCHEMA,
    &StreamCap::SCHEMA,
];
