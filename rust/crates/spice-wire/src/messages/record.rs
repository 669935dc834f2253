//! Record: sound to the guest (`protocol.md` 2.8).

use crate::messages::playback::{AudioDataMode, AudioFormat};
use crate::shapes::{List, Rest};

channel! {
    /// Sound to the guest.
    Record = 6;
    server {
        /// Begin to capture.
        101 Start {
            channels: u32,
            format: AudioFormat,
            /// Samples a second.
            frequency: u32,
        }
        /// Stop capturing.
        102 Stop {}
        /// The guest's recording volume, one number a channel.
        103 Volume { volume: List<u8, u16> }
        /// Whether the guest's recording is muted.
        104 Mute { mute: u8 }
    }
    client {
        /// One frame of sound.
        101 Data {
            /// Media time in milliseconds.
            time: u32,
            data: Rest,
        }
        /// How the frames that follow are coded.
        102 Mode {
            time: u32,
            mode: AudioDataMode,
            data: Rest,
        }
        /// Media time of the first sample; sent after START.
        103 StartMark { time: u32 }
    }
}
