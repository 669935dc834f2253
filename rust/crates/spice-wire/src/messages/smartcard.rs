//! Smartcard: readers and cards of the client (`protocol.md` 2.9).

use crate::shapes::Blob;

wire_enum! {
    /// What a smartcard message is about.
    SmartcardType: u32 {
        1 INIT,
        2 ERROR,
        3 READER_ADD,
        4 READER_REMOVE,
        5 ATR,
        6 CARD_REMOVE,
        7 APDU,
        8 FLUSH,
        9 FLUSH_COMPLETE,
    }
}

channel! {
    /// Smartcard readers of the client.
    Smartcard = 8;
    server {
        /// The channel's only message, the same in both directions.
        101 SmartcardMessage {
            kind: SmartcardType,
            /// 0xffffffff before a reader has been assigned.
            reader_id: u32,
            data: Blob<u32>,
        }
    }
    client {
        101 SmartcardMessage
    }
}
