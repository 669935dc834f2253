//! Video streams and the reports about them.

mod common;

use common::{clip, done, fails, no_clip, pixels, rect, screen};
use spice_canvas::{Canvas, ErrorKind};
use spice_wire::messages::display::{
    FromServer, StreamActivateReport, StreamClip, StreamCreate, StreamData, StreamDataSized, StreamDestroy,
    StreamDestroyAll, StreamFlags, SurfaceFormat, VideoCodecType,
};
use spice_wire::messages::draw::Rect;
use spice_wire::shapes::Blob;

const JPEG: &[u8] = include_bytes!("data/halves.jpg");

fn create(id: u32, codec: VideoCodecType, flags: StreamFlags, destination: Rect) -> FromServer {
    FromServer::StreamCreate(StreamCreate {
        surface_id: 0,
        stream_id: id,
        flags,
        codec,
        stamp: 0,
        stream_width: 16,
        stream_height: 8,
        source_width: 16,
        source_height: 8,
        destination,
        clip: no_clip(),
    })
}

fn data(id: u32, time: u32, bytes: &[u8]) -> FromServer {
    let data = Blob::from(bytes::Bytes::copy_from_slice(bytes));
    FromServer::StreamData(StreamData { stream_id: id, multi_media_time: time, data })
}

fn with_stream(flags: StreamFlags, destination: Rect) -> Canvas {
    let mut canvas = screen(32, 32, SurfaceFormat::XRGB32);
    done(&mut canvas, &create(1, VideoCodecType::MJPEG, flags, destination));
    canvas
}

/// One letter a pixel of a column: red, blue, black or something else.
fn column(canvas: &mut Canvas, x: usize) -> String {
    let letter = |pixel: &u32| match (pixel >> 16 & 255, pixel & 255) {
        (190.., ..60) => 'r',
        (..60, 190..) => 'b',
        (0, 0) => '.',
        _ => '?',
    };
    pixels(canvas, 0).iter().skip(x).step_by(32).map(letter).collect()
}

#[test]
fn frames_are_drawn_top_row_first_or_last() {
    let mut canvas = with_stream(StreamFlags::TOP_DOWN, rect(4, 2, 20, 10));
    done(&mut canvas, &data(1, 0, JPEG));
    assert_eq!(column(&mut canvas, 4), format!("..rrrrbbbb{}", ".".repeat(22)));
    assert_eq!(column(&mut canvas, 3), ".".repeat(32));
    assert_eq!(column(&mut canvas, 20), ".".repeat(32));
    let mut canvas = with_stream(StreamFlags(0), rect(4, 2, 20, 10));
    done(&mut canvas, &data(1, 0, JPEG));
    assert_eq!(column(&mut canvas, 19), format!("..bbbbrrrr{}", ".".repeat(22)));
}

#[test]
fn frames_are_stretched_and_clipped() {
    let mut canvas = with_stream(StreamFlags::TOP_DOWN, rect(0, 0, 32, 16));
    let narrow = StreamClip { stream_id: 1, clip: clip(vec![rect(0, 2, 32, 12)]) };
    done(&mut canvas, &FromServer::StreamClip(narrow));
    done(&mut canvas, &data(1, 0, JPEG));
    assert_eq!(column(&mut canvas, 31), format!("..rrrrrrbbbb{}", ".".repeat(20)));
    let off = FromServer::StreamClip(StreamClip { stream_id: 1, clip: no_clip() });
    done(&mut canvas, &off);
    let frame = StreamDataSized {
        stream_id: 1,
        multi_media_time: 0,
        width: 16,
        height: 8,
        destination: rect(-8, 24, 8, 32),
        data: Blob::from(bytes::Bytes::from_static(JPEG)),
    };
    done(&mut canvas, &FromServer::StreamDataSized(frame));
    assert_eq!(column(&mut canvas, 0), format!("..rrrrrrbbbb{}rrrrbbbb", ".".repeat(12)));
}

#[test]
fn a_broken_frame_fails_alone() {
    let mut canvas = with_stream(StreamFlags::TOP_DOWN, rect(0, 0, 16, 8));
    for end in [0, 1, 20, JPEG.len() / 2] {
        assert!(matches!(fails(&mut canvas, &data(1, 0, &JPEG[..end])).kind, ErrorKind::Image(_)));
        assert!(!canvas.snapshot(0).expect("screen").exact);
    }
    done(&mut canvas, &data(1, 0, JPEG));
    assert!(canvas.snapshot(0).expect("screen").exact);
}

#[test]
fn a_stream_that_does_not_exist_is_an_error_and_is_reported() {
    let mut canvas = with_stream(StreamFlags::TOP_DOWN, rect(0, 0, 16, 8));
    assert_eq!(fails(&mut canvas, &data(99, 0, JPEG)).kind, ErrorKind::NoStream(99));
    let reports = canvas.stream_reports(0);
    assert_eq!((reports[0].stream_id, reports[0].num_frames, reports[0].num_drops), (99, 0, u32::MAX));
    done(&mut canvas, &FromServer::StreamDestroy(StreamDestroy { stream_id: 1 }));
    assert_eq!(fails(&mut canvas, &data(1, 0, JPEG)).kind, ErrorKind::NoStream(1));
    fails(&mut canvas, &FromServer::StreamDestroy(StreamDestroy { stream_id: 1 }));
    done(&mut canvas, &FromServer::StreamDestroyAll(StreamDestroyAll {}));
}

#[test]
fn codecs_that_are_not_decoded_are_counted_and_reported() {
    let mut canvas = screen(32, 32, SurfaceFormat::XRGB32);
    done(&mut canvas, &create(2, VideoCodecType::VP8, StreamFlags(0), rect(0, 0, 8, 8)));
    let reports = canvas.stream_reports(0);
    assert_eq!((reports.len(), reports[0].stream_id, reports[0].num_drops), (1, 2, u32::MAX));
    done(&mut canvas, &data(2, 0, b"vp8"));
    assert_eq!(canvas.counters().undrawn.get("stream VP8"), Some(&1));
    assert!(!canvas.snapshot(0).expect("screen").exact);
}

#[test]
fn reports_say_how_frames_arrived() {
    let mut canvas = with_stream(StreamFlags::TOP_DOWN, rect(0, 0, 16, 8));
    let activate = StreamActivateReport { stream_id: 1, unique_id: 5, max_window_size: 3, timeout_ms: 1000 };
    done(&mut canvas, &FromServer::StreamActivateReport(activate));
    canvas.set_time(100);
    for time in [110, 90, 130] {
        done(&mut canvas, &data(1, time, JPEG));
    }
    let reports = canvas.stream_reports(100);
    let [report] = reports.as_slice() else { panic!("one report: {reports:?}") };
    assert_eq!((report.stream_id, report.unique_id), (1, 5));
    assert_eq!((report.start_frame_time, report.end_frame_time), (110, 130));
    assert_eq!((report.num_frames, report.num_drops, report.last_frame_delay), (3, 1, 30));
    assert_eq!(report.audio_delay, u32::MAX);
    done(&mut canvas, &data(1, 140, JPEG));
    assert!(canvas.stream_reports(1099).is_empty());
    assert_eq!(canvas.stream_reports(1100).len(), 1, "the time-out has passed");
    assert!(canvas.stream_reports(9999).is_empty(), "nothing came since");
    for time in [1, 2, 3] {
        done(&mut canvas, &data(1, time, JPEG));
    }
    assert_eq!(canvas.stream_reports(9999).len(), 1);
}
