//! Cursor: shape and place of the pointer (`protocol.md` 2.7). Everything comes from the server.

use crate::messages::draw::Point16;
use crate::shapes::Rest;

wire_flags! {
    /// Where a cursor's shape is.
    CursorFlags: u16 {
        /// There is no shape.
        1 NONE,
        /// Remember the shape under its id.
        2 CACHE_ME,
        /// The shape is the one remembered under the id; no data follows.
        4 FROM_CACHE,
    }
}

wire_enum! {
    /// How a cursor's shape is stored.
    CursorType: u8 { 0 ALPHA, 1 MONO, 2 COLOR4, 3 COLOR8, 4 COLOR16, 5 COLOR24, 6 COLOR32 }
}

wire! {
    /// A cursor's shape, or a reference to it.
    Cursor {
        flags: CursorFlags,
        /// Absent when `flags` has NONE.
        shape: Unless<CursorShape, 1> [flags],
    }

    /// A shape and its hot spot.
    CursorShape {
        /// What the shape is remembered by.
        unique: u64,
        kind: CursorType,
        width: u16,
        height: u16,
        hot_x: u16,
        hot_y: u16,
        /// Empty with FROM_CACHE.
        data: Rest,
    }
}

/// Present only when none of `BITS` is set in the flags that came before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unless<T, const BITS: u64>(pub Option<T>);

mod unless {
    use super::Unless;
    use crate::error::Result;
    use crate::reader::Reader;
    use crate::schema::{self, Choice, Shape};
    use crate::shapes::{Selected, When, Wire, WireBy};
    use crate::value::Value;
    use crate::writer::Writer;

    impl<T: Wire, const BITS: u64> Selected for Unless<T, BITS> {
        const SHAPE: Shape = Shape::Choice(
            "absent when its flag is set",
            &[
                Choice { when: schema::When::Has(BITS), shape: None },
                Choice { when: schema::When::Otherwise, shape: Some(T::SHAPE) },
            ],
        );
        fn write(&self, writer: &mut Writer) {
            self.0.iter().for_each(|present| present.write(writer));
        }
        fn to_value(&self) -> Value {
            self.0.as_ref().map_or(Value::None, Wire::to_value)
        }
        fn from_value(value: &Value) -> Result<Self> {
            When::<T, BITS>::from_value(value).map(|When(present)| Self(present))
        }
    }

    impl<F: Into<u64>, T: Wire, const BITS: u64> WireBy<F> for Unless<T, BITS> {
        fn read_by(reader: &mut Reader<'_>, flags: F) -> Result<Self> {
            match flags.into() & BITS {
                0 => T::read(reader).map(|present| Self(Some(present))),
                _ => Ok(Self(None)),
            }
        }
        fn fits(&self, flags: F) -> bool {
            (flags.into() & BITS == 0) == self.0.is_some()
        }
    }
}

channel! {
    /// The pointer's shape and place.
    Cursor = 4;
    server {
        /// First message; the cache starts empty.
        101 Init {
            position: Point16,
            trail_length: u16,
            trail_frequency: u16,
            visible: u8,
            cursor: Cursor,
        }
        /// Hide the pointer and forget all shapes.
        102 Reset {}
        /// A new shape.
        103 Set {
            position: Point16,
            visible: u8,
            cursor: Cursor,
        }
        /// The pointer moved, and is visible.
        104 Move { position: Point16 }
        /// Hide the pointer.
        105 Hide {}
        /// The pointer leaves a trail.
        106 Trail {
            length: u16,
            frequency: u16,
        }
        /// Forget one shape.
        107 InvalOne { id: u64 }
        /// Forget all shapes.
        108 InvalAll {}
    }
    client {}
}
