//! The bodies of the messages that a view sends. Coded images are not copied into them: they follow.

use bytes::Bytes;
use spice_canvas::Area;
use spice_wire::messages::display::{
    CopyBits, DrawCopy, DrawFill, Head, InvalList, MonitorsConfig, Resource, ResourceType,
    StreamActivateReport, StreamClip, StreamCreate, StreamData, StreamDestroy, StreamFlags, SurfaceCreate,
    SurfaceDestroy, SurfaceFlags, SurfaceFormat, VideoCodecType,
};
use spice_wire::messages::draw::{
    Brush, BrushData, BrushType, Clip, ClipType, DisplayBase, ImageScaleMode, MaskFlags, Point, QMask, Rect,
    Ropd,
};
use spice_wire::messages::image::{
    Bitmap, BitmapFlags, BitmapFormat, Image, ImageData, ImageFlags, ImageType, Palette, PaletteRef, Plane,
};
use spice_wire::shapes::{Ptr, When};
use spice_wire::{Wire, Writer};

use crate::stale::Move;
use crate::stream::Stream;

/// A message's number and its body, or the beginning of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) id: u16,
    pub(crate) body: Vec<u8>,
}

/// The only surface that is used.
const PRIMARY: u32 = 0;

/// SURFACE_CREATE of the primary surface.
pub(crate) fn surface_create(bounds: Area) -> Message {
    let (width, height) = sides(bounds);
    let (format, flags) = (SurfaceFormat::XRGB32, SurfaceFlags::PRIMARY);
    message(314, &SurfaceCreate { surface_id: PRIMARY, width, height, format, flags })
}

/// SURFACE_DESTROY of the primary surface.
pub(crate) fn surface_destroy() -> Message {
    message(315, &SurfaceDestroy { surface_id: PRIMARY })
}

/// MARK.
pub(crate) fn mark() -> Message {
    Message { id: 102, body: Vec::new() }
}

/// MONITORS_CONFIG: the parts of the surface that are monitors.
pub(crate) fn monitors_config(monitors: &[Area]) -> Message {
    let heads: Vec<Head> =
        monitors.iter().zip(0..).map(|(part, monitor_id)| head(monitor_id, *part)).collect();
    message(317, &MonitorsConfig { max_allowed: heads.len() as u16, heads })
}

fn head(monitor_id: u32, part: Area) -> Head {
    let (width, height) = sides(part);
    // Parts lie on the screen, so that no corner is negative.
    Head { monitor_id, surface_id: PRIMARY, width, height, x: part.left as u32, y: part.top as u32, flags: 0 }
}

/// COPY_BITS.
pub(crate) fn copy_bits(motion: &Move) -> Message {
    let source = motion.source();
    let source_position = Point { x: source.left, y: source.top };
    message(104, &CopyBits { base: base(motion.target), source_position })
}

/// DRAW_FILL with one colour.
pub(crate) fn draw_fill(area: Area, colour: u32) -> Message {
    let brush = Brush { kind: BrushType::SOLID, data: BrushData::Solid(colour) };
    message(302, &DrawFill { base: base(area), brush, rop: Ropd::OP_PUT, mask: no_mask() })
}

/// DRAW_COPY up to the descriptor of its image. What belongs to an image of this kind follows.
pub(crate) fn draw_copy(area: Area, id: u64, kind: ImageType, flags: ImageFlags) -> Message {
    let (width, height) = sides(area);
    let image = Image { id, kind, flags, width, height, data: ImageData::None };
    let copy = DrawCopy {
        base: base(area),
        source: Ptr(Some(Box::new(image))),
        source_area: rect(Area::sized(area.width(), area.height())),
        rop: Ropd::OP_PUT,
        scale: ImageScaleMode::INTERPOLATE,
        mask: no_mask(),
    };
    message(304, &copy)
}

/// STREAM_CREATE of a video of MJPEG.
pub(crate) fn stream_create(stream: &Stream) -> Message {
    let (width, height) = sides(stream.area);
    let create = StreamCreate {
        surface_id: PRIMARY,
        stream_id: stream.id,
        flags: StreamFlags::TOP_DOWN,
        codec: VideoCodecType::MJPEG,
        stamp: 0,
        stream_width: width,
        stream_height: height,
        source_width: width,
        source_height: height,
        destination: rect(stream.area),
        clip: clip(stream),
    };
    message(122, &create)
}

/// STREAM_ACTIVATE_REPORT: reports after so many frames or milliseconds.
pub(crate) fn activate_report(stream: &Stream, frames: u32, milliseconds: u32) -> Message {
    let activate = StreamActivateReport {
        stream_id: stream.id,
        unique_id: stream.unique,
        max_window_size: frames,
        timeout_ms: milliseconds,
    };
    message(319, &activate)
}

/// STREAM_DATA without the data, which follow.
pub(crate) fn stream_data(stream_id: u32, multi_media_time: u32, size: usize) -> Message {
    let mut data = message(123, &StreamData { stream_id, multi_media_time, data: Bytes::new().into() });
    // The last field counts the bytes that follow.
    let count = data.body.len() - size_of::<u32>();
    data.body[count..].copy_from_slice(&(size as u32).to_le_bytes());
    data
}

/// STREAM_CLIP.
pub(crate) fn stream_clip(stream: &Stream) -> Message {
    message(124, &StreamClip { stream_id: stream.id, clip: clip(stream) })
}

/// STREAM_DESTROY.
pub(crate) fn stream_destroy(stream_id: u32) -> Message {
    message(125, &StreamDestroy { stream_id })
}

/// Where a video is seen.
fn clip(stream: &Stream) -> Clip {
    match stream.clip.areas() {
        [all] if *all == stream.area => no_clip(),
        areas => {
            let rects: Vec<Rect> = areas.iter().map(|area| rect(*area)).collect();
            Clip { kind: ClipType::RECTS, rects: When(Some(rects.into())) }
        }
    }
}

/// INVAL_LIST: images to be forgotten.
pub(crate) fn forget(ids: &[u64]) -> Message {
    let resource = |id: &u64| Resource { kind: ResourceType::PIXMAP, id: *id };
    let resources: Vec<Resource> = ids.iter().map(resource).collect();
    message(105, &InvalList { resources: resources.into() })
}

/// What a BITMAP of 32 bits has before its rows.
pub(crate) fn bitmap_head(width: usize, height: usize) -> Vec<u8> {
    let (width, height) = (width as u32, height as u32);
    let head = Bitmap {
        format: BitmapFormat::BIT32,
        flags: BitmapFlags::TOP_DOWN,
        width,
        height,
        stride: width * 4,
        palette: PaletteRef::Inline(Ptr(None)),
        data: Plane(Bytes::new()),
    };
    message(0, &head).body
}

/// What an LZ_PLT has before its data; the last field is to say where its palette is.
pub(crate) fn palette_head(size: usize) -> Vec<u8> {
    let mut writer = Writer::default();
    BitmapFlags::TOP_DOWN.write(&mut writer);
    (size as u32).write(&mut writer);
    0u32.write(&mut writer);
    writer.finish().unwrap_or_default()
}

/// A palette that is not to be remembered.
pub(crate) fn palette(colours: &[u32]) -> Vec<u8> {
    message(0, &Palette { unique: 0, entries: colours.to_vec().into() }).body
}

fn base(area: Area) -> DisplayBase {
    DisplayBase { surface_id: PRIMARY, bounds: rect(area), clip: no_clip() }
}

fn no_clip() -> Clip {
    Clip { kind: ClipType::NONE, rects: When(None) }
}

fn rect(area: Area) -> Rect {
    Rect { top: area.top, left: area.left, bottom: area.bottom, right: area.right }
}

fn no_mask() -> QMask {
    QMask { flags: MaskFlags(0), position: Point { x: 0, y: 0 }, bitmap: Ptr(None) }
}

fn sides(area: Area) -> (u32, u32) {
    (area.width() as u32, area.height() as u32)
}

fn message(id: u16, content: &impl Wire) -> Message {
    let mut writer = Writer::default();
    content.write(&mut writer);
    // Only a list that is too long for its count cannot be written, and none here is.
    Message { id, body: writer.finish().unwrap_or_default() }
}
