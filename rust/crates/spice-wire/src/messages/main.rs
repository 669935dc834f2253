//! Main: the session itself, its channels, the mouse mode and the guest agent's bytes (`protocol.md` 2.2).

use crate::messages::ChannelType;
use crate::shapes::{Array, InlineText, List, Rest, Text};

wire_flags! {
    /// Who moves the pointer: SERVER takes relative motion, CLIENT absolute positions.
    MouseMode: u16 { 1 SERVER, 2 CLIENT }

    /// [`MouseMode`] as INIT writes it, in 32 bits.
    MouseMode32: u32 { 1 SERVER, 2 CLIENT }
}

wire! {
    /// One channel that can be linked.
    ChannelId {
        channel_type: ChannelType,
        channel_id: u8,
    }

    /// Where a virtual machine moves to.
    Destination {
        /// Clear-text port; 0 or 65535 for none.
        port: u16,
        /// TLS port; 0 or 65535 for none.
        secure_port: u16,
        host: Text,
        /// Subject that the target's certificate must have; empty for none.
        cert_subject: Text,
    }
}

channel! {
    /// The session: first to be linked, last to go.
    Main = 1;
    server {
        /// Connect to this host, and be ready to go there; needs SEMI_SEAMLESS_MIGRATE.
        101 MigrateBegin { destination: Destination }
        /// Drop the prepared connections to the target.
        102 MigrateCancel {}
        /// First message of a session.
        103 Init {
            /// What the other channels send as connection id.
            session_id: u32,
            display_channels_hint: u32,
            supported_mouse_modes: MouseMode32,
            current_mouse_mode: MouseMode32,
            agent_connected: u32,
            /// Messages that may be sent to the agent.
            agent_tokens: u32,
            /// Media clock in milliseconds.
            multi_media_time: u32,
            /// Bytes of video memory; sizes the client's GLZ window.
            ram_hint: u32,
        }
        /// Channels that can be linked now. A later list adds to it.
        104 ChannelsList { channels: List<u32, ChannelId> }
        /// The mouse mode changed; also the answer to a request.
        105 MouseModeChanged {
            supported: MouseMode,
            current: MouseMode,
        }
        /// Sets the client's media clock.
        106 MultiMediaTime {
            /// Milliseconds.
            time: u32,
        }
        /// The guest agent appeared (old form).
        107 AgentConnected {}
        /// The guest agent is gone.
        108 AgentDisconnected { error: u32 }
        /// A piece of the guest agent's byte stream, at most 2048 bytes.
        109 AgentData { data: Rest }
        /// So many more AGENT_DATA may be sent.
        110 AgentToken { tokens: u32 }
        /// Reconnect to this host from scratch.
        111 MigrateSwitchHost { destination: Destination }
        /// The virtual machine has moved; use the target.
        112 MigrateEnd {}
        /// The virtual machine's name; needs NAME_AND_UUID.
        113 Name { name: InlineText<0> }
        /// The virtual machine's UUID; needs NAME_AND_UUID.
        114 Uuid { uuid: Array<16> }
        /// The guest agent appeared and the credit starts anew; needs AGENT_CONNECTED_TOKENS.
        115 AgentConnectedTokens { tokens: u32 }
        /// As MIGRATE_BEGIN, for moving without a restart of the session; needs SEAMLESS_MIGRATE.
        116 MigrateBeginSeamless {
            destination: Destination,
            /// The source's version of the migration protocol.
            source_version: u32,
        }
        /// The target can take the session over.
        117 MigrateDstSeamlessAck {}
        /// The target cannot take the session over.
        118 MigrateDstSeamlessNack {}
    }
    client {
        /// Defined, but the reference server disconnects on it.
        101 ClientInfo { cache_size: u64 }
        /// The connections to the target are up.
        102 MigrateConnected {}
        /// The target could not be reached.
        103 MigrateConnectError {}
        /// Asks for CHANNELS_LIST.
        104 AttachChannels {}
        /// Asks for a mouse mode.
        105 MouseModeRequest { mode: MouseMode }
        /// Start using the agent; the server may send so many AGENT_DATA.
        106 AgentStart { tokens: u32 }
        107 AgentData
        108 AgentToken
        109 MigrateEnd
        /// Asks the target whether it can take this session over.
        110 MigrateDstDoSeamless { source_version: u32 }
        /// Tells the source that the target can take the session over.
        111 MigrateConnectedSeamless {}
        /// Defined, but the reference server disconnects on it.
        112 QualityIndicator { text: Rest }
    }
}
