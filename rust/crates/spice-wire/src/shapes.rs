//! Wire shapes as types: the difficulty stands here once, so that a declaration is only "for each field".
//!
//! Over 400 lines because it is one list: shape after shape, each with its reader, writer and conversions.

use std::marker::PhantomData;

use bytes::Bytes;

use crate::error::{ErrorKind, Result};
use crate::reader::Reader;
use crate::schema::{self, Choice, Shape};
use crate::value::Value;
use crate::writer::Writer;

/// Something that stands on the wire by itself.
pub trait Wire: Sized {
    /// How it stands there.
    const SHAPE: Shape;
    /// Fewest bytes it can take; bounds what a list of them may announce.
    const LEAST: usize;
    /// Reads it.
    fn read(reader: &mut Reader<'_>) -> Result<Self>;
    /// Appends it.
    fn write(&self, writer: &mut Writer);
    /// As plain data.
    fn to_value(&self) -> Value;
    /// From plain data.
    fn from_value(value: &Value) -> Result<Self>;
}

/// Something that other fields select: it knows how to be written, but not by itself how to be read.
pub trait Selected: Sized {
    /// How it stands on the wire.
    const SHAPE: Shape;
    /// Appends it; what it is says how.
    fn write(&self, writer: &mut Writer);
    /// As plain data.
    fn to_value(&self) -> Value;
    /// From plain data.
    fn from_value(value: &Value) -> Result<Self>;
}

/// Something selected by fields that came before it.
pub trait WireBy<Tag>: Selected {
    /// Reads it as `tag` says.
    fn read_by(reader: &mut Reader<'_>, tag: Tag) -> Result<Self>;
    /// Whether this is what `tag` announces.
    fn fits(&self, tag: Tag) -> bool;
}

/// Something with a number of entries, which may stand in a field of its own before it.
pub trait Count {
    /// The number of entries.
    fn count(&self) -> usize;
}

impl<T> Count for Vec<T> {
    fn count(&self) -> usize {
        self.len()
    }
}

impl Count for Bytes {
    fn count(&self) -> usize {
        self.len()
    }
}

/// An unsigned integer that counts.
pub trait CountInt: Wire {
    /// Its size in bytes.
    const SIZE: usize;
    /// How a list or blob counted by it is described.
    const COUNTED: &'static str;
    /// As a length; what does not fit becomes the largest length, which no limit allows.
    fn length(self) -> usize;
}

macro_rules! integers {
    ($($int:ident $kind:ident $bits:literal,)+) => {$(
        impl Wire for $int {
            const SHAPE: Shape = Shape::$kind($bits);
            const LEAST: usize = size_of::<$int>();
            fn read(reader: &mut Reader<'_>) -> Result<Self> {
                reader.array().map($int::from_le_bytes)
            }
            fn write(&self, writer: &mut Writer) {
                writer.bytes(&self.to_le_bytes());
            }
            fn to_value(&self) -> Value {
                Value::Int(i128::from(*self))
            }
            fn from_value(value: &Value) -> Result<Self> {
                let number = value.int()?;
                $int::try_from(number).map_err(|_| {
                    let what = format!("{number} does not fit {} bits ({})", $bits, stringify!($int));
                    crate::Error::new(ErrorKind::BadValue, 0, what)
                })
            }
        }
    )+};
}

integers! {
    u8 UInt 8, u16 UInt 16, u32 UInt 32, u64 UInt 64,
    i8 Int 8, i16 Int 16, i32 Int 32, i64 Int 64,
}

macro_rules! count_integers {
    ($($int:ident)+) => {$(
        impl CountInt for $int {
            const SIZE: usize = size_of::<$int>();
            const COUNTED: &'static str = stringify!($int);
            fn length(self) -> usize {
                usize::try_from(self).unwrap_or(usize::MAX)
            }
        }
    )+};
}

count_integers! { u8 u16 u32 u64 }

/// So many bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Array<const N: usize>(pub [u8; N]);

impl<const N: usize> Wire for Array<N> {
    const SHAPE: Shape = Shape::Array(N);
    const LEAST: usize = N;
    fn read(reader: &mut Reader<'_>) -> Result<Self> {
        reader.array().map(Self)
    }
    fn write(&self, writer: &mut Writer) {
        writer.bytes(&self.0);
    }
    fn to_value(&self) -> Value {
        Value::Bytes(Bytes::copy_from_slice(&self.0))
    }
    fn from_value(value: &Value) -> Result<Self> {
        let bytes = value.bytes()?;
        let array = bytes.as_ref().try_into();
        array.map(Self).map_err(|_| {
            crate::Error::new(ErrorKind::BadValue, 0, format!("{N} bytes wanted, {} given", bytes.len()))
        })
    }
}

/// Bytes up to the end of the body.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rest(pub Bytes);

impl Wire for Rest {
    const SHAPE: Shape = Shape::Bytes("rest of the message");
    const LEAST: usize = 0;
    fn read(reader: &mut Reader<'_>) -> Result<Self> {
        Ok(Self(reader.rest()))
    }
    fn write(&self, writer: &mut Writer) {
        writer.bytes(&self.0);
    }
    fn to_value(&self) -> Value {
        Value::Bytes(self.0.clone())
    }
    fn from_value(value: &Value) -> Result<Self> {
        value.bytes().map(Self)
    }
}

/// Items up to the end of the body.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RestList<T>(pub Vec<T>);

impl<T: Wire> Wire for RestList<T> {
    const SHAPE: Shape = Shape::List("rest of the message", &T::SHAPE);
    const LEAST: usize = 0;
    fn read(reader: &mut Reader<'_>) -> Result<Self> {
        let count = reader.remaining().checked_div(T::LEAST).unwrap_or(0);
        read_items(reader, count).map(Self)
    }
    fn write(&self, writer: &mut Writer) {
        self.0.iter().for_each(|item| item.write(writer));
    }
    fn to_value(&self) -> Value {
        Value::List(self.0.iter().map(Wire::to_value).collect())
    }
    fn from_value(value: &Value) -> Result<Self> {
        value.list()?.iter().map(T::from_value).collect::<Result<_>>().map(Self)
    }
}

/// A count, then that many bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Blob<C> {
    /// The bytes.
    pub bytes: Bytes,
    count: PhantomData<C>,
}

impl<C> From<Bytes> for Blob<C> {
    fn from(bytes: Bytes) -> Self {
        Self { bytes, count: PhantomData }
    }
}

impl<C: CountInt> Wire for Blob<C> {
    const SHAPE: Shape = Shape::Bytes(C::COUNTED);
    const LEAST: usize = C::SIZE;
    fn read(reader: &mut Reader<'_>) -> Result<Self> {
        let count = C::read(reader)?.length();
        reader.bytes(count).map(Self::from)
    }
    fn write(&self, writer: &mut Writer) {
        writer.count(self.bytes.len(), C::SIZE);
        writer.bytes(&self.bytes);
    }
    fn to_value(&self) -> Value {
        Value::Bytes(self.bytes.clone())
    }
    fn from_value(value: &Value) -> Result<Self> {
        value.bytes().map(Self::from)
    }
}

/// A count, then that many items.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct List<C, T> {
    /// The items.
    pub items: Vec<T>,
    count: PhantomData<C>,
}

impl<C, T> From<Vec<T>> for List<C, T> {
    fn from(items: Vec<T>) -> Self {
        Self { items, count: PhantomData }
    }
}

impl<C: CountInt, T: Wire> Wire for List<C, T> {
    const SHAPE: Shape = Shape::List(C::COUNTED, &T::SHAPE);
    const LEAST: usize = C::SIZE;
    fn read(reader: &mut Reader<'_>) -> Result<Self> {
        let count = C::read(reader)?.length();
        read_items(reader, count).map(Self::from)
    }
    fn write(&self, writer: &mut Writer) {
        writer.count(self.items.len(), C::SIZE);
        self.items.iter().for_each(|item| item.write(writer));
    }
    fn to_value(&self) -> Value {
        Value::List(self.items.iter().map(Wire::to_value).collect())
    }
    fn from_value(value: &Value) -> Result<Self> {
        value.list()?.iter().map(T::from_value).collect::<Result<Vec<T>>>().map(Self::from)
    }
}

/// A u16 count, then an offset for each item (the sub-message list, `protocol.md` 1.8).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PtrList<T>(pub Vec<T>);

impl<T: Wire> Wire for PtrList<T> {
    const SHAPE: Shape = Shape::List("u16 and an offset each", &T::SHAPE);
    const LEAST: usize = 2;
    fn read(reader: &mut Reader<'_>) -> Result<Self> {
        let count = usize::from(u16::read(reader)?);
        if count > reader.limits().sub_messages {
            let what = format!("{count} sub-messages, {} allowed", reader.limits().sub_messages);
            return Err(reader.error(ErrorKind::Limit, what));
        }
        reader.list(count, 4)?;
        let item = |_| {
            let offset = u32::read(reader)?;
            T::read(&mut reader.at(offset)?)
        };
        (0..count).map(item).collect::<Result<_>>().map(Self)
    }
    fn write(&self, writer: &mut Writer) {
        writer.count(self.0.len(), 2);
        self.0.iter().for_each(|item| writer.offset_to(|part| item.write(part)));
    }
    fn to_value(&self) -> Value {
        Value::List(self.0.iter().map(Wire::to_value).collect())
    }
    fn from_value(value: &Value) -> Result<Self> {
        value.list()?.iter().map(T::from_value).collect::<Result<_>>().map(Self)
    }
}

/// An offset that may be null.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ptr<T>(pub Option<Box<T>>);

impl<T> Default for Ptr<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Wire> Wire for Ptr<T> {
    const SHAPE: Shape = Shape::Pointer(true, &T::SHAPE);
    const LEAST: usize = 4;
    fn read(reader: &mut Reader<'_>) -> Result<Self> {
        match u32::read(reader)? {
            0 => Ok(Self(None)),
            offset => T::read(&mut reader.at(offset)?).map(|target| Self(Some(Box::new(target)))),
        }
    }
    fn write(&self, writer: &mut Writer) {
        match &self.0 {
            None => writer.null(),
            Some(target) => writer.offset_to(|part| target.write(part)),
        }
    }
    fn to_value(&self) -> Value {
        self.0.as_ref().map_or(Value::None, |target| target.to_value())
    }
    fn from_value(value: &Value) -> Result<Self> {
        match value {
            Value::None => Ok(Self(None)),
            some => T::from_value(some).map(|target| Self(Some(Box::new(target)))),
        }
    }
}

/// An offset that must not be null.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ref<T>(pub Box<T>);

impl<T: Wire> Wire for Ref<T> {
    const SHAPE: Shape = Shape::Pointer(false, &T::SHAPE);
    const LEAST: usize = 4;
    fn read(reader: &mut Reader<'_>) -> Result<Self> {
        let start = reader.clone();
        match u32::read(reader)? {
            0 => Err(start.error(ErrorKind::BadOffset, "null where something must stand")),
            offset => T::read(&mut reader.at(offset)?).map(|target| Self(Box::new(target))),
        }
    }
    fn write(&self, writer: &mut Writer) {
        writer.offset_to(|part| self.0.write(part));
    }
    fn to_value(&self) -> Value {
        self.0.to_value()
    }
    fn from_value(value: &Value) -> Result<Self> {
        T::from_value(value).map(|target| Self(Box::new(target)))
    }
}

/// Text given by a u32 size and an offset. The size may or may not include a terminating NUL: it is dropped when
/// read and always written, as the reference server does. A null offset is the empty text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text(pub Bytes);

impl Wire for Text {
    const SHAPE: Shape = Shape::Text("u32 size and an offset");
    const LEAST: usize = 8;
    fn read(reader: &mut Reader<'_>) -> Result<Self> {
        let size = u32::read(reader)?.length();
        match u32::read(reader)? {
            0 if size > 0 => Err(reader.error(ErrorKind::BadOffset, "null where text must stand")),
            0 => Ok(Self::default()),
            _ if size == 0 => Ok(Self::default()),
            offset => reader.at(offset)?.bytes(size).map(|bytes| Self(without_nul(bytes))),
        }
    }
    fn write(&self, writer: &mut Writer) {
        writer.count(self.0.len().saturating_add(1), 4);
        writer.offset_to(|part| {
            part.bytes(&self.0);
            part.bytes(&[0]);
        });
    }
    fn to_value(&self) -> Value {
        Value::Text(self.0.clone())
    }
    fn from_value(value: &Value) -> Result<Self> {
        value.bytes().map(|bytes| Self(without_nul(bytes)))
    }
}

/// Text given by a u32 size in place; `EXTRA` NUL bytes follow that the size does not count.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InlineText<const EXTRA: usize>(pub Bytes);

impl<const EXTRA: usize> Wire for InlineText<EXTRA> {
    const SHAPE: Shape = Shape::Text("u32 size");
    const LEAST: usize = 4;
    fn read(reader: &mut Reader<'_>) -> Result<Self> {
        let size = u32::read(reader)?.length();
        reader.bytes(size).map(|bytes| Self(without_nul(bytes)))
    }
    fn write(&self, writer: &mut Writer) {
        // Where no uncounted NUL follows, the counted size includes one, as the reference server does.
        let counted = usize::from(EXTRA == 0);
        writer.count(self.0.len().saturating_add(counted), 4);
        writer.bytes(&self.0);
        writer.bytes(&[0]);
    }
    fn to_value(&self) -> Value {
        Value::Text(self.0.clone())
    }
    fn from_value(value: &Value) -> Result<Self> {
        value.bytes().map(|bytes| Self(without_nul(bytes)))
    }
}

/// Present only when one of `BITS` is set in the flags that came before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct When<T, const BITS: u64>(pub Option<T>);

impl<T, const BITS: u64> Default for When<T, BITS> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Wire, const BITS: u64> Selected for When<T, BITS> {
    const SHAPE: Shape = Shape::Choice(
        "present when its flag is set",
        &[
            Choice { when: schema::When::Has(BITS), shape: Some(T::SHAPE) },
            Choice { when: schema::When::Otherwise, shape: None },
        ],
    );
    fn write(&self, writer: &mut Writer) {
        self.0.iter().for_each(|present| present.write(writer));
    }
    fn to_value(&self) -> Value {
        self.0.as_ref().map_or(Value::None, Wire::to_value)
    }
    fn from_value(value: &Value) -> Result<Self> {
        match value {
            Value::None => Ok(Self(None)),
            some => T::from_value(some).map(|present| Self(Some(present))),
        }
    }
}

impl<F: Into<u64>, T: Wire, const BITS: u64> WireBy<F> for When<T, BITS> {
    fn read_by(reader: &mut Reader<'_>, flags: F) -> Result<Self> {
        match flags.into() & BITS {
            0 => Ok(Self(None)),
            _ => T::read(reader).map(|present| Self(Some(present))),
        }
    }
    fn fits(&self, flags: F) -> bool {
        (flags.into() & BITS != 0) == self.0.is_some()
    }
}

impl Selected for Bytes {
    const SHAPE: Shape = Shape::Bytes("size given before");
    fn write(&self, writer: &mut Writer) {
        writer.bytes(self);
    }
    fn to_value(&self) -> Value {
        Value::Bytes(self.clone())
    }
    fn from_value(value: &Value) -> Result<Self> {
        value.bytes()
    }
}

/// Bytes whose number stands in a field before them.
impl WireBy<u32> for Bytes {
    fn read_by(reader: &mut Reader<'_>, size: u32) -> Result<Self> {
        reader.bytes(size.length())
    }
    fn fits(&self, size: u32) -> bool {
        size.length() == self.len()
    }
}

impl<T: Wire> Selected for Vec<T> {
    const SHAPE: Shape = Shape::List("count given before", &T::SHAPE);
    fn write(&self, writer: &mut Writer) {
        self.iter().for_each(|item| item.write(writer));
    }
    fn to_value(&self) -> Value {
        Value::List(self.iter().map(Wire::to_value).collect())
    }
    fn from_value(value: &Value) -> Result<Self> {
        value.list()?.iter().map(T::from_value).collect()
    }
}

/// Items whose number stands in a field before them.
impl<C: CountInt, T: Wire> WireBy<C> for Vec<T> {
    fn read_by(reader: &mut Reader<'_>, count: C) -> Result<Self> {
        read_items(reader, count.length())
    }
    fn fits(&self, count: C) -> bool {
        count.length() == self.len()
    }
}

/// The number of entries as the count field that stands before them.
pub(crate) fn count_of<C: CountInt>(entries: &impl Count) -> Result<C> {
    C::from_value(&Value::Int(i128::try_from(entries.count()).unwrap_or(i128::MAX)))
}

/// Reads `count` items; what a list may hold is checked before anything is allocated.
pub(crate) fn read_items<T: Wire>(reader: &mut Reader<'_>, count: usize) -> Result<Vec<T>> {
    reader.list(count, T::LEAST)?;
    (0..count).map(|_| T::read(reader)).collect()
}

/// Text ends where its last NULs begin, whoever counted them.
fn without_nul(mut bytes: Bytes) -> Bytes {
    let length = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last.saturating_add(1));
    bytes.truncate(length);
    bytes
}
