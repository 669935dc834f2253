//! Values of any message, drawn by its schema from a string of bytes, so that smaller strings give simpler values.

use std::collections::HashMap;

use bytes::Bytes;
use spice_wire::Value;
use spice_wire::schema::{Choice, EnumSchema, Field, MessageSchema, Shape, StructSchema, When};

/// Every message of every channel and direction, the guest agent's too.
pub fn messages() -> impl Iterator<Item = &'static MessageSchema> {
    spice_wire::catalogue::channels().flat_map(|channel| channel.server.iter().chain(channel.client))
}

/// Where a value's randomness comes from: some bytes, then zeros.
pub struct Source<'a> {
    bytes: std::slice::Iter<'a, u8>,
    /// Fields and list lengths drawn so far, here and in what is around: what later fields depend on.
    known: HashMap<&'static str, u64>,
}

impl<'a> Source<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes: bytes.iter(), known: HashMap::new() }
    }

    /// A value of this struct.
    pub fn structure(&mut self, schema: &'static StructSchema) -> Value {
        let outer = self.known.clone();
        let fields = schema.fields.iter().map(|field| {
            let value = self.field(schema, field);
            let number = match &value {
                Value::Int(number) => u64::try_from(*number).ok(),
                Value::Enum(_, number) => Some(*number),
                Value::List(items) => Some(items.len() as u64),
                _ => None,
            };
            number.map(|number| self.known.insert(field.name, number));
            value
        });
        let fields = fields.collect();
        self.known = outer;
        Value::Struct(schema, fields)
    }

    fn byte(&mut self) -> u8 {
        self.bytes.next().copied().unwrap_or(0)
    }

    fn below(&mut self, limit: u8) -> u8 {
        self.byte() % limit
    }

    fn field(&mut self, schema: &'static StructSchema, field: &'static Field) -> Value {
        let size = matches!(
            (schema.name, field.name),
            ("Bitmap", "stride" | "height") | ("Glyph", "width" | "height")
        );
        match size {
            // Sizes that the number of bytes behind them follows from.
            true => Value::Int(self.below(6).into()),
            false => self.shape(&field.shape, field),
        }
    }

    fn shape(&mut self, shape: &Shape, field: &'static Field) -> Value {
        match *shape {
            Shape::UInt(bits) => Value::Int(self.number(bits).into()),
            Shape::Int(bits) => Value::Int(i128::from(self.number(bits)) - (1_i128 << (bits - 1))),
            Shape::Enum(schema) => self.member(schema),
            Shape::Flags(schema) => Value::Enum(schema, self.number(schema.bits)),
            Shape::Array(size) => Value::Bytes(self.bytes(size)),
            Shape::Bytes(rule) => {
                let size = self.size(rule);
                Value::Bytes(self.bytes(size))
            }
            Shape::Text(_) => {
                let size = self.below(20).into();
                // Text ends before its last NULs, which are there or not.
                let text = self.bytes(size);
                let length = text.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
                Value::Text(text.slice(..length))
            }
            Shape::List(rule, item) => self.list(rule, item, field),
            Shape::Pointer(true, _) if self.below(4) == 0 => Value::None,
            Shape::Pointer(_, to) => self.shape(to, field),
            Shape::Struct(schema) => self.structure(schema),
            Shape::Choice(_, arms) => match self.arm(arms, field) {
                Some(shape) => self.shape(&shape, field),
                None => Value::None,
            },
        }
    }

    /// Small, large and any numbers, each often.
    fn number(&mut self, bits: u32) -> u64 {
        let most = u64::MAX >> (64 - bits);
        match self.below(4) {
            0 => u64::from(self.byte()) & most,
            1 => most,
            2 => most / 2 + u64::from(self.below(2)),
            _ => self.bytes(8).iter().fold(0, |number, byte| number << 8 | u64::from(*byte)) & most,
        }
    }

    fn member(&mut self, schema: &'static EnumSchema) -> Value {
        let index = usize::from(self.byte()) % (schema.members.len() + 1);
        let number = schema.members.get(index).map(|(value, ..)| *value);
        Value::Enum(schema, number.unwrap_or_else(|| self.number(schema.bits)))
    }

    fn bytes(&mut self, size: usize) -> Bytes {
        (0..size).map(|_| self.byte()).collect::<Vec<_>>().into()
    }

    fn size(&mut self, rule: &str) -> usize {
        let known = |name| self.known.get(name).copied().unwrap_or(0);
        let (width, height, flags) = (known("width"), known("height"), known("flags"));
        let size = match rule {
            "stride times height" => known("stride") * height,
            rule if rule.starts_with("width and depth") => {
                let bits = if flags & 1 != 0 {
                    1
                } else if flags & 2 != 0 {
                    4
                } else {
                    8
                };
                (width * bits).div_ceil(8) * height
            }
            _ => self.below(40).into(),
        };
        usize::try_from(size).expect("sizes are small here")
    }

    fn list(&mut self, rule: &str, item: &Shape, field: &'static Field) -> Value {
        let count = match rule {
            "one a monitor with PHYSICAL_SIZE" if self.known["flags"] & 2 != 0 => self.known["monitors"],
            "one a monitor with PHYSICAL_SIZE" => 0,
            _ => self.below(5).into(),
        };
        Value::List((0..count).map(|_| self.shape(item, field)).collect())
    }

    fn arm(&self, arms: &'static [Choice], field: &'static Field) -> Option<Shape> {
        let tag = self.known[field.tags[0]];
        let fits = |arm: &&Choice| match arm.when {
            When::Is(values) => values.contains(&tag),
            When::Has(bits) => tag & bits != 0,
            When::Otherwise => true,
        };
        arms.iter().find(fits).and_then(|arm| arm.shape)
    }
}
