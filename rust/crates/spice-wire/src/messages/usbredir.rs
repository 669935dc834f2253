//! Usbredir: the usbredir protocol as a byte stream (`protocol.md` 2.10). Port and webdav share its messages.

use crate::shapes::{Rest, When};

wire_enum! {
    /// How a block of a byte-stream channel is compressed.
    DataCompression: u8 { 0 NONE, 1 LZ4 }
}

impl From<DataCompression> for u64 {
    fn from(compression: DataCompression) -> u64 {
        u64::from(compression.0)
    }
}

wire! {
    /// Bytes of the stream.
    Data { data: Rest }

    /// Compressed bytes of the stream; needs the capability DATA_COMPRESS_LZ4.
    CompressedData {
        compression: DataCompression,
        /// Absent when `compression` is NONE.
        uncompressed_size: When<u32, 0xff> [compression],
        data: Rest,
    }
}

channel! {
    /// USB redirection.
    Usbredir = 9;
    server {
        101 Data
        102 CompressedData
    }
    client {
        101 Data
        102 CompressedData
    }
}
