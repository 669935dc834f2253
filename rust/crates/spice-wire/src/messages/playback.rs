//! Playback: sound from the guest (`protocol.md` 2.8).

use crate::shapes::{List, Rest};

wire_enum! {
    /// How sound is coded.
    AudioDataMode: u16 {
        0 INVALID,
        1 RAW,
        /// Dead: no library implements it any more.
        2 CELT_0_5_1,
        3 OPUS,
    }

    /// How one sample is stored.
    AudioFormat: u16 { 0 INVALID, 1 S16 }
}

channel! {
    /// Sound from the guest.
    Playback = 5;
    server {
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
        /// Sound begins.
        103 Start {
            channels: u32,
            format: AudioFormat,
            /// Samples a second.
            frequency: u32,
            time: u32,
        }
        /// Sound ends.
        104 Stop {}
        /// The guest's volume, one number a channel.
        105 Volume { volume: List<u8, u16> }
        /// Whether the guest is muted.
        106 Mute { mute: u8 }
        /// The least delay that playing needs, in milliseconds.
        107 Latency { latency_ms: u32 }
    }
    client {}
}
