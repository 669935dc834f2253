//! How far a message got.

use spice_wire::messages::base::WaitForChannel;

use crate::error::Error;

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// It was carried out.
    Done,
    /// It is not about pictures: the caller's business.
    Ignored,
    /// It has to wait. Nothing has changed; the same call may succeed later.
    Blocked(Blocked),
}

/// What a message waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Blocked {
    /// The GLZ image with this id, which another display brings.
    Glz(u64),
    /// A lossless image under this id, which another display brings.
    Lossless(u64),
    /// Other channels, which must have got as far as this; then the message is to be repeated.
    Serials(Vec<WaitForChannel>),
}

/// Why a message did not get to its end.
#[derive(Debug)]
pub(crate) enum Stop {
    Blocked(Blocked),
    Failed(Error),
}

/// Result inside of the canvas.
pub(crate) type Outcome<T> = std::result::Result<T, Stop>;

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<spice_codec::Error> for Stop {
    fn from(error: spice_codec::Error) -> Self {
        Self::Failed(error.into())
    }
}
