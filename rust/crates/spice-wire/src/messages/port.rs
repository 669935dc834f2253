//! Port: a named byte stream of the guest (`protocol.md` 2.10).

pub use crate::messages::usbredir::{CompressedData, Data};
use crate::shapes::Text;

wire_enum! {
    /// What happened to a port.
    PortEvent: u8 { 0 OPENED, 1 CLOSED, 2 BREAK }
}

wire! {
    /// The port's name and whether the guest has it open.
    Init {
        name: Text,
        opened: u8,
    }

    /// The port was opened or closed, or a break was sent.
    Event { event: PortEvent }
}

channel! {
    /// A named byte stream.
    Port = 10;
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
