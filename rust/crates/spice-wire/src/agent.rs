//! The guest agent's protocol, carried inside the main channel (`protocol.md` 3).

use bytes::Bytes;

use crate::error::Result;
use crate::reader::Reader;
use crate::schema::Shape;
use crate::shapes::{Blob, CountInt, List, Rest, RestList, Selected, Wire, WireBy};
use crate::value::Value;
use crate::writer::Writer;

/// Most bytes of one AGENT_DATA.
pub const MAX_DATA_SIZE: usize = 2048;
/// The only version of the agent's protocol.
pub const PROTOCOL: u32 = 1;

wire_enum! {
    /// Capabilities of the agent and of the client towards it.
    AgentCap: u16 {
        0 MOUSE_STATE,
        1 MONITORS_CONFIG,
        2 REPLY,
        /// Obsolete push form.
        3 CLIPBOARD,
        4 DISPLAY_CONFIG,
        5 CLIPBOARD_BY_DEMAND,
        6 CLIPBOARD_SELECTION,
        7 SPARSE_MONITORS_CONFIG,
        8 GUEST_LINEEND_LF,
        9 GUEST_LINEEND_CRLF,
        10 MAX_CLIPBOARD,
        11 AUDIO_VOLUME_SYNC,
        12 MONITORS_CONFIG_POSITION,
        13 FILE_XFER_DISABLED,
        14 FILE_XFER_DETAILED_ERRORS,
        15 GRAPHICS_DEVICE_INFO,
        16 CLIPBOARD_NO_RELEASE_ON_REGRAB,
        17 CLIPBOARD_GRAB_SERIAL,
    }

    /// Which clipboard.
    ClipboardSelection: u8 { 0 CLIPBOARD, 1 PRIMARY, 2 SECONDARY }

    /// What a clipboard holds.
    ClipboardType: u32 {
        /// Nothing, or failed.
        0 NONE,
        1 UTF8_TEXT,
        2 IMAGE_PNG,
        3 IMAGE_BMP,
        4 IMAGE_TIFF,
        5 IMAGE_JPG,
        6 FILE_LIST,
    }

    /// How a file transfer goes on.
    FileTransferResult: u32 {
        0 CAN_SEND_DATA,
        1 CANCELLED,
        2 ERROR,
        3 SUCCESS,
        4 NOT_ENOUGH_SPACE,
        5 SESSION_LOCKED,
        6 VDAGENT_NOT_CONNECTED,
        7 DISABLED,
    }

    /// Whether the agent could do it.
    ReplyError: u32 { 1 SUCCESS, 2 ERROR }
}

wire_flags! {
    /// What a monitors configuration carries.
    MonitorsConfigFlags: u32 { 1 USE_POS, 2 PHYSICAL_SIZE }

    /// What DISPLAY_CONFIG turns off or sets.
    DisplayConfigFlags: u32 {
        1 DISABLE_WALLPAPER,
        2 DISABLE_FONT_SMOOTH,
        4 DISABLE_ANIMATION,
        8 SET_COLOR_DEPTH,
    }
}

wire! {
    /// What stands before each agent message.
    AgentHeader {
        protocol: u32,
        message_type: u32,
        opaque: u64,
        /// Bytes of the body.
        size: u32,
    }

    /// What stands before each piece between the server and the guest.
    ChunkHeader {
        /// 1 for the client, 2 for the server itself.
        port: u32,
        size: u32,
    }

    /// One monitor; the height stands first.
    AgentMonitor {
        height: u32,
        width: u32,
        depth: u32,
        x: i32,
        y: i32,
    }

    /// A monitor's size in millimetres.
    AgentMonitorSize {
        height: u16,
        width: u16,
    }

    /// Which graphics device shows which display.
    DeviceDisplay {
        channel_id: u32,
        monitor_id: u32,
        device_display_id: u32,
        /// Address of the device, with its NUL.
        address: Blob<u32>,
    }
}

/// The selection that a clipboard message is about; on the wire only when both ends have CLIPBOARD_SELECTION.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SelectionPrefix(pub ClipboardSelection);

impl Wire for SelectionPrefix {
    const SHAPE: Shape = Shape::Enum(&ClipboardSelection::SCHEMA);
    const LEAST: usize = 0;
    fn read(reader: &mut Reader<'_>) -> Result<Self> {
        if !reader.agent().selection {
            return Ok(Self::default());
        }
        let [selection, ..] = reader.array::<4>()?;
        Ok(Self(ClipboardSelection(selection)))
    }
    fn write(&self, writer: &mut Writer) {
        if writer.agent().selection {
            writer.bytes(&[self.0.0, 0, 0, 0]);
        }
    }
    fn to_value(&self) -> Value {
        self.0.to_value()
    }
    fn from_value(value: &Value) -> Result<Self> {
        ClipboardSelection::from_value(value).map(Self)
    }
}

/// The serial of a clipboard grab; on the wire only when both ends have CLIPBOARD_GRAB_SERIAL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GrabSerial(pub u32);

impl Wire for GrabSerial {
    const SHAPE: Shape = Shape::UInt(32);
    const LEAST: usize = 0;
    fn read(reader: &mut Reader<'_>) -> Result<Self> {
        match reader.agent().grab_serial {
            true => u32::read(reader).map(Self),
            false => Ok(Self::default()),
        }
    }
    fn write(&self, writer: &mut Writer) {
        if writer.agent().grab_serial {
            self.0.write(writer);
        }
    }
    fn to_value(&self) -> Value {
        self.0.to_value()
    }
    fn from_value(value: &Value) -> Result<Self> {
        u32::from_value(value).map(Self)
    }
}

/// Bytes whose number stands before them in 64 bits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileBytes(pub Bytes);

impl crate::shapes::Count for FileBytes {
    fn count(&self) -> usize {
        self.0.len()
    }
}

impl Selected for FileBytes {
    const SHAPE: Shape = Shape::Bytes("u64");
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

impl WireBy<u64> for FileBytes {
    fn read_by(reader: &mut Reader<'_>, size: u64) -> Result<Self> {
        reader.bytes(size.length()).map(Self)
    }
    fn fits(&self, size: u64) -> bool {
        size.length() == self.0.len()
    }
}

/// The physical sizes at the end of a monitors configuration, as many as there are monitors.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PhysicalSizes(pub Vec<AgentMonitorSize>);

impl Selected for PhysicalSizes {
    const SHAPE: Shape = Shape::List("one a monitor with PHYSICAL_SIZE", &AgentMonitorSize::SHAPE);
    fn write(&self, writer: &mut Writer) {
        Selected::write(&self.0, writer);
    }
    fn to_value(&self) -> Value {
        Selected::to_value(&self.0)
    }
    fn from_value(value: &Value) -> Result<Self> {
        <Vec<_> as Selected>::from_value(value).map(Self)
    }
}

impl WireBy<(u32, MonitorsConfigFlags)> for PhysicalSizes {
    fn read_by(reader: &mut Reader<'_>, (count, flags): (u32, MonitorsConfigFlags)) -> Result<Self> {
        match flags.contains(MonitorsConfigFlags::PHYSICAL_SIZE) {
            true => Vec::read_by(reader, count).map(Self),
            false => Ok(Self::default()),
        }
    }
    fn fits(&self, (count, flags): (u32, MonitorsConfigFlags)) -> bool {
        match flags.contains(MonitorsConfigFlags::PHYSICAL_SIZE) {
            true => self.0.len() == count.length(),
            false => self.0.is_empty(),
        }
    }
}

channel! {
    /// The guest agent. The direction is client to agent in `client` and agent to client in `server`; messages that
    /// only the server itself exchanges with the agent stand in both.
    Agent = 0;
    server {
        /// Pointer state; buttons are shifted by one against the inputs channel.
        1 MouseState {
            x: u32,
            y: u32,
            buttons: u32,
            display_id: u8,
        }
        /// Sizes and places that the monitors should have; 0x0 turns one off.
        2 MonitorsConfig {
            [count: u32 = monitors]
            flags: MonitorsConfigFlags,
            monitors: Vec<AgentMonitor> [count],
            /// Present with PHYSICAL_SIZE.
            sizes: PhysicalSizes [count, flags],
        }
        /// The agent did, or could not do, what the message asked for.
        3 Reply {
            message_type: u32,
            error: ReplyError,
        }
        /// What was asked for from a clipboard.
        4 Clipboard {
            selection: SelectionPrefix,
            kind: ClipboardType,
            data: Rest,
        }
        /// How the guest's desktop should look.
        5 DisplayConfig {
            flags: DisplayConfigFlags,
            depth: u32,
        }
        /// What the sender can do.
        6 AnnounceCapabilities {
            /// 1 asks for the other end's.
            request: u32,
            caps: RestList<u32>,
        }
        /// The sender owns a clipboard now.
        7 ClipboardGrab {
            selection: SelectionPrefix,
            serial: GrabSerial,
            types: RestList<ClipboardType>,
        }
        /// Asks for what a clipboard holds.
        8 ClipboardRequest {
            selection: SelectionPrefix,
            kind: ClipboardType,
        }
        /// The sender owns a clipboard no more.
        9 ClipboardRelease { selection: SelectionPrefix }
        /// A file is to be transferred.
        10 FileXferStart {
            id: u32,
            /// Key-file text with name and size.
            data: Rest,
        }
        /// How a transfer goes on.
        11 FileXferStatus {
            id: u32,
            result: FileTransferResult,
            /// Empty unless the receiver has FILE_XFER_DETAILED_ERRORS.
            detail: Rest,
        }
        /// A piece of a file.
        12 FileXferData {
            id: u32,
            [size: u64 = data]
            data: FileBytes [size],
        }
        /// The client is gone.
        13 ClientDisconnected {}
        /// Most bytes of a clipboard; -1 for no limit.
        14 MaxClipboard { max: i32 }
        /// The client's volume.
        15 AudioVolumeSync {
            is_playback: u8,
            mute: u8,
            volume: List<u8, u16>,
        }
        /// Which graphics device shows which display.
        16 GraphicsDeviceInfo { devices: List<u32, DeviceDisplay> }
    }
    client {
        1 MouseState
        2 MonitorsConfig
        3 Reply
        4 Clipboard
        5 DisplayConfig
        6 AnnounceCapabilities
        7 ClipboardGrab
        8 ClipboardRequest
        9 ClipboardRelease
        10 FileXferStart
        11 FileXferStatus
        12 FileXferData
        13 ClientDisconnected
        14 MaxClipboard
        15 AudioVolumeSync
        16 GraphicsDeviceInfo
    }
}
