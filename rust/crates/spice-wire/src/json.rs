//! The tables as JSON, for the generator and for tests in other languages.

use std::fmt;

use crate::catalogue::{Catalogue, Named, channels};
use crate::limits::Limits;
use crate::schema::{ChannelSchema, Choice, EnumSchema, Field, MessageSchema, Shape, StructSchema, When};

/// All tables: limits, enumerations, structs (each behind those that it uses) and channels.
pub fn tables() -> String {
    let found = Catalogue::all();
    let limits = Limits::SCHEMA.iter().map(|limit| {
        object([
            ("name", text(limit.name)),
            ("doc", doc(limit.doc)),
            ("default", number(limit.default as u64)),
        ])
    });
    let all = object([
        ("limits", limits.collect()),
        ("enums", found.enums.iter().map(|(kind, schema)| named(*kind, schema)).collect()),
        ("structs", found.structs.iter().map(|schema| structure(schema)).collect()),
        ("channels", channels().map(channel).collect()),
    ]);
    format!("{all}\n")
}

/// A JSON value. Objects keep their order, so that the text is always the same.
enum Json {
    Null,
    Bool(bool),
    Number(u64),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(&'static str, Json)>),
}

impl FromIterator<Json> for Json {
    fn from_iter<I: IntoIterator<Item = Json>>(items: I) -> Self {
        Self::List(items.into_iter().collect())
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(value) => write!(f, "{value}"),
            Self::Text(value) => write_text(value, f),
            Self::List(items) => separated(f, "[", items, "]", |item, f| write!(f, "{item}")),
            Self::Object(pairs) => {
                separated(f, "{", pairs, "}", |(name, value), f| write!(f, "\"{name}\": {value}"))
            }
        }
    }
}

fn separated<T>(
    f: &mut fmt::Formatter<'_>,
    open: &str,
    items: &[T],
    close: &str,
    write: impl Fn(&T, &mut fmt::Formatter<'_>) -> fmt::Result,
) -> fmt::Result {
    f.write_str(open)?;
    for (index, item) in items.iter().enumerate() {
        f.write_str(if index == 0 { "" } else { ", " })?;
        write(item, f)?;
    }
    f.write_str(close)
}

fn write_text(value: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("\"")?;
    for character in value.chars() {
        match character {
            '"' | '\\' => write!(f, "\\{character}")?,
            control if u32::from(control) < 0x20 => write!(f, "\\u{:04x}", u32::from(control))?,
            other => write!(f, "{other}")?,
        }
    }
    f.write_str("\"")
}

fn structure(schema: &StructSchema) -> Json {
    object([
        ("module", text(schema.python_module())),
        ("name", text(schema.name)),
        ("doc", doc(schema.doc)),
        ("fields", schema.fields.iter().map(field).collect()),
    ])
}

fn named(kind: Named, schema: &EnumSchema) -> Json {
    let kind = match kind {
        Named::Enum => "enum",
        Named::Flags => "flags",
    };
    let members = schema.members.iter().map(|(value, name, lines)| {
        object([("value", number(*value)), ("name", text(name)), ("doc", doc(lines))])
    });
    object([
        ("kind", text(kind)),
        ("module", text(schema.module.rsplit("::").next().unwrap_or_default())),
        ("name", text(schema.name)),
        ("doc", doc(schema.doc)),
        ("bits", number(u64::from(schema.bits))),
        ("members", members.collect()),
    ])
}

fn field(field: &Field) -> Json {
    let before = field.before.iter().map(|count| {
        object([("name", text(count.name)), ("integer", text(count.integer)), ("counts", text(count.counts))])
    });
    object([
        ("name", text(field.name)),
        ("doc", doc(field.doc)),
        ("shape", shape(&field.shape)),
        ("before", before.collect()),
        ("tags", field.tags.iter().map(|tag| text(tag)).collect()),
    ])
}

fn shape(found: &Shape) -> Json {
    match *found {
        Shape::UInt(bits) => object([("is", text("uint")), ("bits", number(u64::from(bits)))]),
        Shape::Int(bits) => object([("is", text("int")), ("bits", number(u64::from(bits)))]),
        Shape::Enum(schema) => object([("is", text("enum")), ("name", text(schema.name))]),
        Shape::Flags(schema) => object([("is", text("flags")), ("name", text(schema.name))]),
        Shape::Array(size) => object([("is", text("array")), ("size", number(size as u64))]),
        Shape::Bytes(rule) => object([("is", text("bytes")), ("rule", text(rule))]),
        Shape::Text(rule) => object([("is", text("text")), ("rule", text(rule))]),
        Shape::List(rule, item) => {
            object([("is", text("list")), ("rule", text(rule)), ("item", shape(item))])
        }
        Shape::Pointer(null, to) => {
            object([("is", text("pointer")), ("null", Json::Bool(null)), ("to", shape(to))])
        }
        Shape::Struct(schema) => reference("struct", schema),
        Shape::Choice(rule, arms) => {
            object([("is", text("choice")), ("rule", text(rule)), ("arms", arms.iter().map(arm).collect())])
        }
    }
}

fn arm(arm: &Choice) -> Json {
    let (when, values) = match arm.when {
        When::Is(values) => ("is", values.iter().map(|value| number(*value)).collect()),
        When::Has(bits) => ("has", number(bits)),
        When::Otherwise => ("otherwise", Json::Null),
    };
    object([
        ("when", text(when)),
        ("values", values),
        ("shape", arm.shape.as_ref().map_or(Json::Null, shape)),
    ])
}

fn reference(is: &str, schema: &StructSchema) -> Json {
    object([("is", text(is)), ("module", text(schema.python_module())), ("name", text(schema.name))])
}

fn channel(schema: &ChannelSchema) -> Json {
    let messages = |list: &[MessageSchema]| {
        let entry = |found: &MessageSchema| {
            object([("id", number(found.id.into())), ("body", reference("struct", found.body))])
        };
        list.iter().map(entry).collect()
    };
    object([
        ("name", text(schema.name)),
        ("number", number(schema.number.into())),
        ("doc", doc(schema.doc)),
        ("server", messages(schema.server)),
        ("client", messages(schema.client)),
    ])
}

fn object<const N: usize>(pairs: [(&'static str, Json); N]) -> Json {
    Json::Object(pairs.into())
}

fn text(value: &str) -> Json {
    Json::Text(value.to_owned())
}

/// The lines of a documentation comment as one text.
fn doc(lines: &[&str]) -> Json {
    Json::Text(lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" "))
}

fn number(value: u64) -> Json {
    Json::Number(value)
}
