//! Video streams: pictures that come one after the other for the same place.

use spice_codec::jpeg::Frame;
use spice_codec::{Rows, mjpeg};
use spice_wire::messages::display::{
    StreamClip, StreamCreate, StreamData, StreamDataSized, StreamFlags, VideoCodecType,
};
use spice_wire::messages::draw::{Clip, ImageScaleMode};

use crate::canvas::Canvas;
use crate::error::{Error, ErrorKind, Result};
use crate::picture::Picture;
use crate::place::clipped;
use crate::region::{Area, Region};
use crate::source::Source;

/// A stream that the server opened.
#[derive(Debug)]
pub struct Stream {
    surface: u32,
    codec: VideoCodecType,
    top_down: bool,
    destination: Area,
    clip: Clip,
}

impl Stream {
    /// Whether its pictures are drawn.
    pub fn is_decoded(&self) -> bool {
        self.codec == VideoCodecType::MJPEG
    }
}

impl Canvas {
    pub(crate) fn stream_create(&mut self, message: &StreamCreate) -> Result<()> {
        self.surface(message.surface_id)?;
        let id = message.stream_id;
        if !self.streams.contains_key(&id) && self.streams.len() >= self.limits.streams {
            let what = format!("stream {id} beside {} others", self.streams.len());
            return Err(Error::new(ErrorKind::Limit, what));
        }
        let stream = Stream {
            surface: message.surface_id,
            codec: message.codec,
            top_down: message.flags.contains(StreamFlags::TOP_DOWN),
            destination: Area::from(&message.destination),
            clip: message.clip.clone(),
        };
        if !stream.is_decoded() {
            self.reports.cannot_decode(id);
        }
        self.streams.insert(id, stream);
        Ok(())
    }

    pub(crate) fn stream_data(&mut self, message: &StreamData) -> Result<()> {
        let destination = self.stream(message.stream_id)?.destination;
        self.stream_frame(message.stream_id, message.multi_media_time, &message.data.bytes, &destination)
    }

    pub(crate) fn stream_data_sized(&mut self, message: &StreamDataSized) -> Result<()> {
        let destination = Area::from(&message.destination);
        self.stream_frame(message.stream_id, message.multi_media_time, &message.data.bytes, &destination)
    }

    pub(crate) fn stream_clip(&mut self, message: &StreamClip) -> Result<()> {
        let id = message.stream_id;
        let stream = self.streams.get_mut(&id).ok_or_else(|| no_stream(id))?;
        stream.clip.clone_from(&message.clip);
        Ok(())
    }

    pub(crate) fn stream_destroy(&mut self, id: u32) -> Result<()> {
        self.reports.forget(id);
        self.streams.remove(&id).map(|_| ()).ok_or_else(|| no_stream(id))
    }

    pub(crate) fn stream_destroy_all(&mut self) {
        self.streams.clear();
        self.reports.forget_all();
    }

    fn stream(&mut self, id: u32) -> Result<&Stream> {
        if !self.streams.contains_key(&id) {
            self.reports.cannot_decode(id);
        }
        self.streams.get(&id).ok_or_else(|| no_stream(id))
    }

    fn stream_frame(&mut self, id: u32, time: u32, data: &[u8], destination: &Area) -> Result<()> {
        let stream = self.stream(id)?;
        let (surface, codec, top_down) = (stream.surface, stream.codec, stream.top_down);
        let bounds = destination.intersect(&self.surface(surface)?.bounds());
        let region = clipped(bounds, &self.stream(id)?.clip)?;
        let drawn = match codec {
            VideoCodecType::MJPEG => self.draw_frame(data, top_down, surface, destination, &region),
            codec => {
                self.counters.undrawn(codec_name(codec));
                self.surface_mut(surface)?.mark_inexact(&region);
                return Ok(());
            }
        };
        match drawn {
            Ok(()) => self.reports.frame(id, time),
            Err(_) => self.surface_mut(surface)?.mark_inexact(&region),
        }
        drawn
    }

    fn draw_frame(
        &mut self,
        data: &[u8],
        top_down: bool,
        surface: u32,
        destination: &Area,
        region: &Region,
    ) -> Result<()> {
        let frame = Frame::read(data)?;
        let (width, height) = (usize::from(frame.width), usize::from(frame.height));
        if width * height > self.limits.pixels {
            return Err(Error::new(ErrorKind::Limit, format!("frame of {width}x{height} pixels")));
        }
        let Self { surfaces, scratch, pool, limits, .. } = self;
        let target = surfaces.get_mut(&surface).ok_or_else(|| Error::no_surface(surface))?;
        let format = target.format();
        let whole =
            Area::sized(width, height).size() == destination.size() && region.areas() == [*destination];
        if whole && format.is_32_bit() {
            let mut rows = target.rows(destination).ok_or_else(|| Error::no_surface(surface))?;
            mjpeg::decode(data, top_down, &mut rows, limits)?;
            return Ok(());
        }
        let mut pixels = pool.take(width * height);
        let rows = Rows::new(&mut pixels, width, height, width);
        let mut rows = rows.ok_or_else(|| Error::new(ErrorKind::Limit, "buffer shorter than the frame"))?;
        let picture_format = mjpeg::decode(data, top_down, &mut rows, limits)?;
        let picture = Picture::plain(pixels.into(), width, height, picture_format);
        let area = picture.bounds();
        let source = Source::new(picture, &area, destination, ImageScaleMode::NEAREST);
        target.paint(&source.region(region), None, true, |row, x, y| {
            row.copy_from_slice(source.stored((x, y, row.len()), format, scratch));
        });
        pool.give_picture(source.into_picture());
        Ok(())
    }
}

fn no_stream(id: u32) -> Error {
    Error::new(ErrorKind::NoStream(id), format!("stream {id} does not exist"))
}

fn codec_name(codec: VideoCodecType) -> &'static str {
    match codec {
        VideoCodecType::VP8 => "stream VP8",
        VideoCodecType::H264 => "stream H264",
        VideoCodecType::VP9 => "stream VP9",
        VideoCodecType::H265 => "stream H265",
        _ => "stream of unknown codec",
    }
}
