//! Webdav: a shared folder as a multiplexed byte stream (`protocol.md` 2.10).

pub use crate::messages::port::{Event, Init};
pub use crate::messages::usbredir::{CompressedData, Data};

channel! {
    /// A shared folder; a port with a fixed name.
    Webdav = 11;
    server {
        101 Data
        102 CompressedData
        201 Init
        202 Event
    }
    client {
        101 Data
        102 CompressedData
        201 Event
    }
}
