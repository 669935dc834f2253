//! The four macros a declaration is written with. They only say "for each field"; shapes are types.

/// A struct that stands on the wire field by field.
///
/// `name: Type` reads by itself, `name: Type [tag, …]` by fields before it, and `[n: u16 = name]` before a field
/// stands for a count of the later field `name`, which is on the wire but not in the struct.
macro_rules! wire {
    ($($(#[doc = $doc:literal])* $name:ident {
        $($(#[doc = $field_doc:literal])* $([$count:ident : $count_ty:ident = $of:ident])? $field:ident : $ty:ty $([$($tag:ident),+])?),* $(,)?
    })+) => {$(
        $(#[doc = $doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[allow(missing_docs)]
        pub struct $name {
            $($(#[doc = $field_doc])* pub $field: $ty,)*
        }

        impl $name {
            /// What the declaration says.
            pub const SCHEMA: crate::schema::StructSchema = crate::schema::StructSchema {
                module: module_path!(),
                name: stringify!($name),
                doc: &[$($doc),*],
                fields: &[$(crate::schema::Field {
                    name: stringify!($field),
                    doc: &[$($field_doc),*],
                    shape: field_shape!($ty $(, $($tag),+)?),
                    before: &[$(crate::schema::CountField {
                        name: stringify!($count),
                        integer: stringify!($count_ty),
                        counts: stringify!($of),
                    })?],
                    tags: &[$($(stringify!($tag)),+)?],
                }),*],
            };
        }

        impl crate::shapes::Wire for $name {
            const SHAPE: crate::schema::Shape = crate::schema::Shape::Struct(&Self::SCHEMA);
            const LEAST: usize = 0usize $(.saturating_add(field_least!($ty $(, $($tag),+)?)))*;

            #[allow(unused_variables)]
            fn read(reader: &mut crate::reader::Reader<'_>) -> crate::error::Result<Self> {
                $(
                    $(let $count = <$count_ty as crate::shapes::Wire>::read(reader)
                        .map_err(|error| error.in_field(stringify!($of)))?;)?
                    let $field = read_field!(reader, $ty $(, $($tag),+)?)
                        .map_err(|error| error.in_field(stringify!($field)))?;
                )*
                Ok(Self { $($field),* })
            }

            #[allow(unused_variables)]
            fn write(&self, writer: &mut crate::writer::Writer) {
                $(
                    $(writer.count(crate::shapes::Count::count(&self.$of), size_of::<$count_ty>());)?
                    write_field!(self.$field, writer, $ty $(, $($tag),+)?);
                )*
            }

            fn to_value(&self) -> crate::value::Value {
                crate::value::Value::Struct(
                    &Self::SCHEMA,
                    vec![$(field_to_value!(self.$field, $ty $(, $($tag),+)?)),*],
                )
            }

            #[allow(unused_variables, unused_mut, unused_assignments)]
            fn from_value(value: &crate::value::Value) -> crate::error::Result<Self> {
                let mut fields = value.fields(&Self::SCHEMA)?.iter();
                $(
                    let given = fields.next().unwrap_or(&crate::value::Value::None);
                    let $field = field_from_value!(given, $ty $(, $($tag),+)?)
                        .map_err(|error| error.in_field(stringify!($field)))?;
                )*
                $($(let $count = crate::shapes::count_of::<$count_ty>(&$of)
                    .map_err(|error| error.in_field(stringify!($of)))?;)?)*
                $(check_field!($field, $ty $(, $($tag),+)?)
                    .map_err(|error| error.in_field(stringify!($field)))?;)*
                Ok(Self { $($field),* })
            }
        }
    )+};
}

macro_rules! field_shape {
    ($ty:ty) => {
        <$ty as crate::shapes::Wire>::SHAPE
    };
    ($ty:ty, $($tag:ident),+) => {
        <$ty as crate::shapes::Selected>::SHAPE
    };
}

macro_rules! field_least {
    ($ty:ty) => {
        <$ty as crate::shapes::Wire>::LEAST
    };
    ($ty:ty, $($tag:ident),+) => {
        0
    };
}

macro_rules! read_field {
    ($reader:ident, $ty:ty) => { <$ty as crate::shapes::Wire>::read($reader) };
    ($reader:ident, $ty:ty, $($tag:ident),+) => { <$ty as crate::shapes::WireBy<_>>::read_by($reader, ($($tag),+)) };
}

macro_rules! write_field {
    ($field:expr, $writer:ident, $ty:ty) => {
        crate::shapes::Wire::write(&$field, $writer)
    };
    ($field:expr, $writer:ident, $ty:ty, $($tag:ident),+) => {
        crate::shapes::Selected::write(&$field, $writer)
    };
}

macro_rules! field_to_value {
    ($field:expr, $ty:ty) => {
        crate::shapes::Wire::to_value(&$field)
    };
    ($field:expr, $ty:ty, $($tag:ident),+) => {
        crate::shapes::Selected::to_value(&$field)
    };
}

macro_rules! field_from_value {
    ($value:ident, $ty:ty) => {
        <$ty as crate::shapes::Wire>::from_value($value)
    };
    ($value:ident, $ty:ty, $($tag:ident),+) => {
        <$ty as crate::shapes::Selected>::from_value($value)
    };
}

macro_rules! check_field {
    ($field:ident, $ty:ty) => { crate::error::Result::Ok(()) };
    ($field:ident, $ty:ty, $($tag:ident),+) => {
        match <$ty as crate::shapes::WireBy<_>>::fits(&$field, ($($tag),+)) {
            true => Ok(()),
            false => Err(crate::error::Error::new(
                crate::error::ErrorKind::BadValue, 0, concat!("is not what ", stringify!($($tag),+), " says"),
            )),
        }
    };
}

/// An open enumeration: unknown values survive and print in hex.
macro_rules! wire_enum {
    ($($(#[doc = $doc:literal])* $name:ident : $int:ident { $($(#[doc = $member_doc:literal])* $value:literal $member:ident),* $(,)? })+) => {$(
        $(#[doc = $doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
        pub struct $name(pub $int);

        #[allow(missing_docs)]
        impl $name {
            $($(#[doc = $member_doc])* pub const $member: Self = Self($value);)*
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match *self {
                    $(Self::$member => f.write_str(stringify!($member)),)*
                    Self(other) => write!(f, "{}({other:#x})", stringify!($name)),
                }
            }
        }

        named_integer!($name, $int, Enum, [$($doc),*], [$($value, $member, [$($member_doc),*]);*]);
    )+};
}

/// A set of flags: unknown bits survive.
macro_rules! wire_flags {
    ($($(#[doc = $doc:literal])* $name:ident : $int:ident { $($(#[doc = $member_doc:literal])* $value:literal $member:ident),* $(,)? })+) => {$(
        $(#[doc = $doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
        pub struct $name(pub $int);

        #[allow(missing_docs)]
        impl $name {
            $($(#[doc = $member_doc])* pub const $member: Self = Self($value);)*

            /// Whether all bits of `flags` are set.
            pub fn contains(self, flags: Self) -> bool {
                self.0 & flags.0 == flags.0
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}({:#x})", stringify!($name), self.0)
            }
        }

        impl std::ops::BitOr for $name {
            type Output = Self;
            fn bitor(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }
        }

        impl From<$name> for u64 {
            fn from(flags: $name) -> u64 {
                u64::from(flags.0)
            }
        }

        named_integer!($name, $int, Flags, [$($doc),*], [$($value, $member, [$($member_doc),*]);*]);
    )+};
}

/// What enumerations and flags share: they stand on the wire as an integer and have names.
macro_rules! named_integer {
    ($name:ident, $int:ident, $shape:ident, [$($doc:literal),*], [$($value:literal, $member:ident, [$($member_doc:literal),*]);*]) => {
        impl $name {
            /// What the declaration says.
            pub const SCHEMA: crate::schema::EnumSchema = crate::schema::EnumSchema {
                module: module_path!(),
                name: stringify!($name),
                doc: &[$($doc),*],
                bits: $int::BITS,
                members: &[$(($value, stringify!($member), &[$($member_doc),*])),*],
            };
        }

        impl crate::shapes::Wire for $name {
            const SHAPE: crate::schema::Shape = crate::schema::Shape::$shape(&Self::SCHEMA);
            const LEAST: usize = size_of::<$int>();
            fn read(reader: &mut crate::reader::Reader<'_>) -> crate::error::Result<Self> {
                <$int as crate::shapes::Wire>::read(reader).map(Self)
            }
            fn write(&self, writer: &mut crate::writer::Writer) {
                crate::shapes::Wire::write(&self.0, writer);
            }
            fn to_value(&self) -> crate::value::Value {
                crate::value::Value::Enum(&Self::SCHEMA, u64::from(self.0))
            }
            fn from_value(value: &crate::value::Value) -> crate::error::Result<Self> {
                <$int as crate::shapes::Wire>::from_value(value).map(Self)
            }
        }
    };
}

/// One channel's messages, both directions, with their numbers.
///
/// `101 Init { … }` declares a message; `109 MigrateEnd` without a body gives a number to one declared already.
macro_rules! channel {
    (
        $(#[doc = $channel_doc:literal])*
        $channel:ident = $number:literal;
        server { $($(#[doc = $server_doc:literal])* $server_id:literal $server:ident $({ $($server_fields:tt)* })?)* }
        client { $($(#[doc = $client_doc:literal])* $client_id:literal $client:ident $({ $($client_fields:tt)* })?)* }
    ) => {
        $(declare! { [$(#[doc = $server_doc])*] $server $({ $($server_fields)* })? })*
        $(declare! { [$(#[doc = $client_doc])*] $client $({ $($client_fields)* })? })*

        /// The channel's table.
        pub const CHANNEL: crate::schema::ChannelSchema = crate::schema::ChannelSchema {
            name: stringify!($channel),
            doc: &[$($channel_doc),*],
            number: $number,
            server: &[$(message_schema!($server_id, $server)),*],
            client: &[$(message_schema!($client_id, $client)),*],
        };

        direction! {
            /// What the server sends on this channel, apart from what it sends on every channel.
            FromServer { $($server_id $server),* }
        }
        direction! {
            /// What the client sends on this channel, apart from what it sends on every channel.
            FromClient { $($client_id $client),* }
        }
    };
}

macro_rules! declare {
    ([$($doc:tt)*] $message:ident { $($fields:tt)* }) => { wire! { $($doc)* $message { $($fields)* } } };
    ([] $message:ident) => {};
}

macro_rules! message_schema {
    ($id:literal, $message:ident) => {
        crate::schema::MessageSchema {
            id: $id,
            body: &$message::SCHEMA,
            read: |reader| {
                <$message as crate::shapes::Wire>::read(reader)
                    .map(|message| crate::shapes::Wire::to_value(&message))
            },
            write: |value, writer| {
                <$message as crate::shapes::Wire>::from_value(value)
                    .map(|message| crate::shapes::Wire::write(&message, writer))
            },
        }
    };
}

macro_rules! direction {
    ($(#[doc = $doc:literal])* $direction:ident { $($id:literal $message:ident),* }) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[allow(clippy::large_enum_variant)]
        pub enum $direction {
            $(#[doc = concat!("Number ", stringify!($id), ".")] $message($message),)*
            /// A number that this table does not have; the body is kept.
            Unknown {
                /// The number.
                id: u16,
                /// The body.
                body: bytes::Bytes,
            },
        }

        impl $direction {
            /// Reads the body of message `id`.
            ///
            /// # Errors
            /// Names the message, the field and the offset.
            #[allow(unused_variables)]
            pub fn read(id: u16, body: &bytes::Bytes, limits: &crate::Limits) -> crate::error::Result<Self> {
                match id {
                    $($id => <$message as crate::shapes::Wire>::read(&mut crate::reader::Reader::new(body, limits))
                        .map(Self::$message)
                        .map_err(|error| error.in_message(stringify!($message))),)*
                    _ => Ok(Self::Unknown { id, body: body.clone() }),
                }
            }

            /// The message's number and body.
            ///
            /// # Errors
            /// When a list is longer than its count field can say.
            pub fn write(&self) -> crate::error::Result<(u16, Vec<u8>)> {
                #[allow(unused_mut)]
                let mut writer = crate::writer::Writer::default();
                let id = match self {
                    $(Self::$message(message) => {
                        crate::shapes::Wire::write(message, &mut writer);
                        $id
                    })*
                    Self::Unknown { id, body } => {
                        writer.bytes(body);
                        *id
                    }
                };
                writer.finish().map(|body| (id, body))
            }
        }
    };
}
