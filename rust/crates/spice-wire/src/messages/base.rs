//! Messages that every channel has (`protocol.md` 1.9).

use crate::link::LinkErrorCode;
use crate::messages::ChannelType;
use crate::shapes::{InlineText, List, PtrList, Rest};

wire_flags! {
    /// What a channel does when its virtual machine moves.
    MigrateFlags: u32 {
        /// Answer with MIGRATE_FLUSH_MARK.
        1 NEED_FLUSH,
        /// MIGRATE_DATA follows and is to be handed to the target.
        2 NEED_DATA_TRANSFER,
    }
}

wire_enum! {
    /// How serious a notification is.
    NotifySeverity: u32 { 0 INFO, 1 WARN, 2 ERROR }

    /// How prominently a notification is to be shown.
    NotifyVisibility: u32 { 0 LOW, 1 MEDIUM, 2 HIGH }
}

wire! {
    /// A channel and the serial that it must have reached.
    WaitForChannel {
        channel_type: ChannelType,
        channel_id: u8,
        serial: u64,
    }

    /// A message inside a list. A size that overstates what is there is clipped: the reference server writes such.
    SubMessage {
        /// The message's number.
        id: u16,
        [size: u32 = body]
        body: SubMessageBody [size],
    }
}

/// The body of a message inside a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SubMessageBody(pub bytes::Bytes);

mod sub_message_body {
    use super::SubMessageBody;
    use crate::error::Result;
    use crate::reader::Reader;
    use crate::schema::Shape;
    use crate::shapes::{Count, CountInt, Selected, WireBy};
    use crate::value::Value;
    use crate::writer::Writer;

    impl Count for SubMessageBody {
        fn count(&self) -> usize {
            self.0.len()
        }
    }

    impl Selected for SubMessageBody {
        const SHAPE: Shape = Shape::Bytes("at most the size given before");
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

    impl WireBy<u32> for SubMessageBody {
        fn read_by(reader: &mut Reader<'_>, size: u32) -> Result<Self> {
            let present = size.length().min(reader.remaining());
            reader.bytes(present).map(Self)
        }
        fn fits(&self, size: u32) -> bool {
            size.length() == self.0.len()
        }
    }
}

channel! {
    /// What every channel has.
    Base = 0;
    server {
        /// The channel is moving to the target host.
        1 Migrate { flags: MigrateFlags }
        /// State that the client hands to the target as it is.
        2 MigrateData { data: Rest }
        /// Sets up flow control: answer with ACK_SYNC, then ACK after every `window` messages.
        3 SetAck {
            generation: u32,
            /// Messages per ACK; 0 means none.
            window: u32,
        }
        /// Asks for an echo. Answered with PONG; the padding is not returned.
        4 Ping {
            id: u32,
            /// Microseconds on the main channel, nanoseconds elsewhere.
            timestamp: u64,
            /// Padding that makes the message long enough to measure the rate.
            data: Rest,
        }
        /// Asks not to go on before those channels have processed those serials.
        5 WaitForChannels { channels: List<u8, WaitForChannel> }
        /// An orderly goodbye.
        6 Disconnecting {
            time_stamp: u64,
            reason: LinkErrorCode,
        }
        /// Text for the user or the log.
        7 Notify {
            time_stamp: u64,
            severity: NotifySeverity,
            visibility: NotifyVisibility,
            /// A code that says what it is about.
            what: u32,
            message: InlineText<1>,
        }
        /// Several messages as one, in the order of the list.
        8 MessageList { messages: PtrList<SubMessage> }
    }
    client {
        /// Answers SET_ACK with its generation.
        1 AckSync { generation: u32 }
        /// As many messages as the window says have been received.
        2 Ack {}
        /// Answers PING.
        3 Pong {
            id: u32,
            timestamp: u64,
        }
        /// Answers MIGRATE with NEED_FLUSH; the last message to the source.
        4 MigrateFlushMark {}
        5 MigrateData
        6 Disconnecting
    }
}
