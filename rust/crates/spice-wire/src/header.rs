//! Data headers: what stands before each message body (`protocol.md` 1.8).

wire! {
    /// The header of 18 bytes.
    FullHeader {
        serial: u64,
        message_type: u16,
        /// Bytes of the body.
        size: u32,
        /// Offset of a sub-message list inside the body; 0 for none.
        sub_list: u32,
    }

    /// The header of 6 bytes; serials are counted by both ends.
    MiniHeader {
        message_type: u16,
        /// Bytes of the body.
        size: u32,
    }
}

impl FullHeader {
    /// Its size on the wire.
    pub const SIZE: usize = 18;
}

impl MiniHeader {
    /// Its size on the wire.
    pub const SIZE: usize = 6;
}
