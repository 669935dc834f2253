//! A message as plain data, for everything that treats all messages alike.

use bytes::Bytes;

use crate::error::{Error, ErrorKind, Result};
use crate::schema::{EnumSchema, StructSchema};

/// A field's value without its Rust type.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing: a null offset, or an empty arm of a choice.
    None,
    /// A number.
    Int(i128),
    /// A member of a named enumeration or a set of flags.
    Enum(&'static EnumSchema, u64),
    /// Bytes.
    Bytes(Bytes),
    /// UTF-8 text, as the bytes that came.
    Text(Bytes),
    /// Items.
    List(Vec<Value>),
    /// The fields of a struct in order.
    Struct(&'static StructSchema, Vec<Value>),
}

impl PartialEq for EnumSchema {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl PartialEq for StructSchema {
    fn eq(&self, other: &Self) -> bool {
        (self.module, self.name) == (other.module, other.name)
    }
}

impl Value {
    /// The number, also of an enumeration.
    pub fn int(&self) -> Result<i128> {
        match self {
            Value::Int(number) => Ok(*number),
            Value::Enum(_, number) => Ok(i128::from(*number)),
            other => Err(other.not("a number")),
        }
    }

    /// The bytes, also of a text.
    pub fn bytes(&self) -> Result<Bytes> {
        match self {
            Value::Bytes(bytes) | Value::Text(bytes) => Ok(bytes.clone()),
            other => Err(other.not("bytes")),
        }
    }

    /// The items.
    pub fn list(&self) -> Result<&[Value]> {
        match self {
            Value::List(items) => Ok(items),
            other => Err(other.not("a list")),
        }
    }

    /// The fields of a struct of this schema.
    pub fn fields(&self, schema: &'static StructSchema) -> Result<&[Value]> {
        match self {
            Value::Struct(found, fields) if *found == schema && fields.len() == schema.fields.len() => {
                Ok(fields)
            }
            other => Err(other.not(schema.name)),
        }
    }

    /// The name of the struct, where it is one.
    pub fn struct_name(&self) -> Option<&'static str> {
        match self {
            Value::Struct(schema, _) => Some(schema.name),
            _ => None,
        }
    }

    /// An error that says what this is not.
    pub fn not(&self, wanted: &str) -> Error {
        let found = match self {
            Value::None => "nothing",
            Value::Int(_) => "a number",
            Value::Enum(schema, _) => schema.name,
            Value::Bytes(_) => "bytes",
            Value::Text(_) => "text",
            Value::List(_) => "a list",
            Value::Struct(schema, _) => schema.name,
        };
        Error::new(ErrorKind::BadValue, 0, format!("{wanted} wanted, {found} given"))
    }
}
