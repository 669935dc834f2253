//! Bytes put together by hand from the protocol's description, field by field, against what the tables make of them.

use bytes::Bytes;
use spice_wire::caps::Caps;
use spice_wire::link::LinkMessage;
use spice_wire::messages::draw::{
    Brush, BrushData, Clip, ClipType, DisplayBase, MaskFlags, Point, QMask, Rect, Ropd,
};
use spice_wire::messages::image::{Image, ImageData, ImageFlags, ImageType};
use spice_wire::messages::{ChannelType, base, display, draw, inputs, main};
use spice_wire::shapes::{Blob, InlineText, List, Ptr, PtrList, Text, When, Wire};
use spice_wire::{AgentForm, Limits, Reader, Writer, agent};

/// Bytes written as hexadecimal digits; spaces separate fields.
fn hex(digits: &str) -> Bytes {
    let digits: String = digits.split_whitespace().collect();
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

fn read<T: Wire>(bytes: &Bytes) -> T {
    T::read(&mut Reader::new(bytes, &Limits::DEFAULT)).unwrap()
}

fn written(message: &impl Wire) -> Bytes {
    let mut writer = Writer::default();
    message.write(&mut writer);
    writer.finish().unwrap().into()
}

/// `bytes` mean `message`, and `message` is written so.
fn check<T: Wire + PartialEq + std::fmt::Debug>(digits: &str, message: &T) {
    assert_eq!(read::<T>(&hex(digits)), *message);
    assert_eq!(written(message), hex(digits));
}

fn place(clip: Clip) -> DisplayBase {
    DisplayBase { surface_id: 0, bounds: Rect { top: 1, left: 2, bottom: 3, right: 4 }, clip }
}

fn no_mask() -> QMask {
    QMask { flags: MaskFlags(0), position: Point { x: 0, y: 0 }, bitmap: Ptr(None) }
}

const PLACE: &str = "00000000 01000000 02000000 03000000 04000000";

#[test]
fn link_message_with_capabilities_at_an_offset() {
    let caps = Caps { common: vec![0x0b], channel: vec![9] };
    let message = LinkMessage { connection_id: 0, channel_type: ChannelType::MAIN, channel_id: 0, caps };
    check("00000000 01 00 01000000 01000000 12000000 0b000000 09000000", &message);
}

#[test]
fn main_messages() {
    let channels = vec![
        main::ChannelId { channel_type: ChannelType::DISPLAY, channel_id: 0 },
        main::ChannelId { channel_type: ChannelType::INPUTS, channel_id: 1 },
    ];
    check("02000000 02 00 03 01", &main::ChannelsList { channels: List::from(channels) });
    let mode = main::MouseModeChanged { supported: main::MouseMode(3), current: main::MouseMode::CLIENT };
    check("0300 0200", &mode);
    check("03000000 766d00", &main::Name { name: InlineText("vm".into()) });
}

#[test]
fn input_messages() {
    check("1e000000", &inputs::KeyDown { code: 0x1e });
    let motion = inputs::MouseMotion { dx: -1, dy: 2, buttons: inputs::MouseButtonMask::RIGHT };
    check("ffffffff 02000000 0400", &motion);
}

#[test]
fn fill_with_a_clip_and_a_colour() {
    let rects = vec![Rect { top: 1, left: 1, bottom: 2, right: 2 }];
    let message = display::DrawFill {
        base: place(Clip { kind: ClipType::RECTS, rects: When(Some(List::from(rects))) }),
        brush: Brush { kind: draw::BrushType::SOLID, data: BrushData::Solid(0x00ff_8000) },
        rop: Ropd::OP_PUT,
        mask: no_mask(),
    };
    let clip = "01 01000000 01000000 01000000 02000000 02000000";
    check(&format!("{PLACE} {clip} 01 0080ff00 0800 00 00000000 00000000 00000000"), &message);
}

#[test]
fn copy_of_an_image_behind_an_offset() {
    let data = ImageData::Coded(Blob::from(Bytes::from_static(b"QUIC")));
    let image =
        Image { id: 5, kind: ImageType::QUIC, flags: ImageFlags::CACHE_ME, width: 2, height: 2, data };
    let message = display::DrawCopy {
        base: place(Clip { kind: ClipType::NONE, rects: When(None) }),
        source: Ptr(Some(Box::new(image))),
        source_area: Rect { top: 0, left: 0, bottom: 2, right: 2 },
        rop: Ropd::OP_PUT,
        scale: draw::ImageScaleMode::NEAREST,
        mask: no_mask(),
    };
    // The fixed part has 21 + 4 + 16 + 2 + 1 + 13 = 57 bytes, so the image stands at 0x39.
    let rest = "00000000 00000000 02000000 02000000 0800 01 00 00000000 00000000 00000000";
    let image = "0500000000000000 01 01 02000000 02000000 04000000 51554943";
    check(&format!("{PLACE} 00 39000000 {rest} {image}"), &message);
}

#[test]
fn texts_with_and_without_their_nul() {
    let destination = |size| format!("0c17 0d17 {size} 14000000 00000000 00000000 686f737400");
    for size in ["05000000", "04000000"] {
        let read: main::Destination = read(&hex(&destination(size)));
        assert_eq!((read.port, read.secure_port, read.host), (5900, 5901, Text("host".into())));
        assert!(read.cert_subject.0.is_empty());
    }
}

#[test]
fn notification_with_a_nul_that_is_not_counted() {
    let message = base::Notify {
        time_stamp: 1,
        severity: base::NotifySeverity::WARN,
        visibility: base::NotifyVisibility::HIGH,
        what: 7,
        message: InlineText("hm".into()),
    };
    check("0100000000000000 01000000 02000000 07000000 02000000 686d00", &message);
}

#[test]
fn overstated_and_shared_sub_messages() {
    let list: PtrList<base::SubMessage> = read(&hex("0200 0a000000 0a000000 6800 ff000000 aabb"));
    let bodies: Vec<_> = list.0.iter().map(|message| (message.id, message.body.0.clone())).collect();
    assert_eq!(bodies, [(104, hex("aabb")), (104, hex("aabb"))]);
}

#[test]
fn agent_prefixes_that_capabilities_decide_about() {
    let message = agent::ClipboardGrab {
        selection: agent::SelectionPrefix(agent::ClipboardSelection::PRIMARY),
        serial: agent::GrabSerial(9),
        types: spice_wire::shapes::RestList(vec![agent::ClipboardType::UTF8_TEXT]),
    };
    check("01000000 09000000 01000000", &message);
    let mut writer = Writer::with_agent(AgentForm { selection: false, grab_serial: false });
    message.write(&mut writer);
    assert_eq!(writer.finish().unwrap(), hex("01000000"));
}
