//! Everything that the tables refer to, found by walking them.

use std::collections::BTreeSet;

use crate::messages::{CHANNELS, LOOSE_ENUMS, STANDALONE};
use crate::schema::{ChannelSchema, EnumSchema, Shape, StructSchema};

/// Whether a named integer is one value or a set of bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// One value.
    Enum,
    /// A set of bits.
    Flags,
}

/// Each enumeration and struct once, a struct behind everything that it uses.
#[derive(Debug, Default)]
pub struct Catalogue {
    /// Named integers.
    pub enums: Vec<(Named, &'static EnumSchema)>,
    /// Structs and message bodies.
    pub structs: Vec<&'static StructSchema>,
    seen: BTreeSet<(&'static str, &'static str)>,
}

/// All channels, the guest agent last.
pub fn channels() -> impl Iterator<Item = &'static ChannelSchema> {
    CHANNELS.iter().copied().chain([&crate::agent::CHANNEL])
}

impl Catalogue {
    /// Walks all tables.
    pub fn all() -> Self {
        let mut found = Self::default();
        for message in channels().flat_map(|channel| channel.server.iter().chain(channel.client)) {
            found.visit(Shape::Struct(message.body));
        }
        STANDALONE.iter().for_each(|standalone| found.visit(standalone.shape));
        LOOSE_ENUMS.iter().chain(crate::caps::SETS).for_each(|schema| found.visit(Shape::Enum(schema)));
        found
    }

    fn visit(&mut self, shape: Shape) {
        match shape {
            Shape::Enum(schema) => self.named(Named::Enum, schema),
            Shape::Flags(schema) => self.named(Named::Flags, schema),
            Shape::Struct(schema) => self.fields(schema),
            Shape::List(_, item) | Shape::Pointer(_, item) => self.visit(*item),
            Shape::Choice(_, arms) => {
                arms.iter().filter_map(|arm| arm.shape).for_each(|shape| self.visit(shape))
            }
            Shape::UInt(_) | Shape::Int(_) | Shape::Array(_) | Shape::Bytes(_) | Shape::Text(_) => {}
        }
    }

    fn named(&mut self, kind: Named, schema: &'static EnumSchema) {
        if self.seen.insert((schema.module, schema.name)) {
            self.enums.push((kind, schema));
        }
    }

    fn fields(&mut self, schema: &'static StructSchema) {
        if self.seen.insert((schema.module, schema.name)) {
            schema.fields.iter().for_each(|field| self.visit(field.shape));
            self.structs.push(schema);
        }
    }
}
