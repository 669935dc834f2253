//! The compiled half of `spice_rs`: everything that touches each byte. This file is the table of contents.

mod agent;
mod ahead;
mod bell;
mod buffers;
mod canvas;
mod channel;
mod classes;
mod descriptor;
mod drawing;
mod errors;
mod feed;
mod frame;
mod messages;
mod packet;
mod pointer;
mod prime;
mod pump;
mod schema;
mod screen;
mod sealed;
mod socket;
mod step;
mod structs;
mod sync;
mod tls;
mod view;
mod wishes;

#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::agent::{decode_agent, encode_agent};
    #[pymodule_export]
    use crate::canvas::{Canvas, Shared};
    #[pymodule_export]
    use crate::channel::Channel;
    #[pymodule_export]
    use crate::feed::Feed;
    #[pymodule_export]
    use crate::frame::{Frame, Rgb};
    #[pymodule_export]
    use crate::messages::{decode, encode};
    #[pymodule_export]
    use crate::packet::Packet;
    #[pymodule_export]
    use crate::pointer::{Pointer, Shape};
    #[pymodule_export]
    use crate::prime::random_prime;
    #[pymodule_export]
    use crate::pump::Pump;
    #[pymodule_export]
    use crate::schema::schema;
    #[pymodule_export]
    use crate::screen::Screen;
    #[pymodule_export]
    use crate::socket::Socket;
    #[pymodule_export]
    use crate::step::{Blocked, Step};
    #[pymodule_export]
    use crate::structs::{decode_struct, encode_struct};
    #[pymodule_export]
    use crate::tls::{TlsAuthorities, TlsIdentity, TlsPipe};
    #[pymodule_export]
    use crate::view::{Dictionary, Shown, View};

    #[pymodule_export]
    #[allow(non_upper_case_globals)]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
