//! Display: pictures from the server, and what the client says about how it shows them (`protocol.md` 2.3).

use crate::messages::base::WaitForChannel;
use crate::messages::draw::{
    AlphaFlags, Brush, Clip, CompositeFlags, DisplayBase, GlyphString, ImageScaleMode, LineAttr, Path, Point,
    Point16, QMask, Rect, Ropd, Transform,
};
use crate::messages::image::Image;
use crate::shapes::{Blob, List, Ptr, Ref, Rest, When};

wire_enum! {
    /// What INVAL_LIST forgets.
    ResourceType: u8 { 0 INVALID, 1 PIXMAP }

    /// How a video stream is coded.
    VideoCodecType: u8 { 1 MJPEG, 2 VP8, 3 H264, 4 VP9, 5 H265 }

    /// Pixels of a surface.
    SurfaceFormat: u32 {
        0 INVALID,
        /// One bit of coverage.
        1 A1,
        /// Eight bits of coverage.
        8 A8,
        /// 5 bits a component.
        16 RGB555,
        /// 8 bits a component, one byte unused.
        32 XRGB32,
        /// 5, 6 and 5 bits.
        80 RGB565,
        /// 8 bits a component and premultiplied alpha.
        96 ARGB32,
    }

    /// How the server is to compress images.
    ImageCompression: u8 { 0 INVALID, 1 OFF, 2 AUTO_GLZ, 3 AUTO_LZ, 4 QUIC, 5 GLZ, 6 LZ, 7 LZ4 }
}

wire_flags! {
    /// Flags of a surface.
    SurfaceFlags: u32 {
        1 PRIMARY,
        2 STREAMING_MODE,
    }

    /// Flags of a stream.
    StreamFlags: u8 {
        /// The first row of each picture is the top one.
        1 TOP_DOWN,
    }

    /// Flags of a GL scanout.
    GlScanoutFlags: u32 { 1 Y0TOP }
}

wire! {
    /// Something to forget.
    Resource {
        kind: ResourceType,
        id: u64,
    }

    /// Which part of a surface is which monitor.
    Head {
        monitor_id: u32,
        surface_id: u32,
        width: u32,
        height: u32,
        x: u32,
        y: u32,
        flags: u32,
    }

    /// One plane of a DMA-BUF; its descriptor travels beside the message.
    GlPlane {
        offset: u32,
        stride: u32,
    }
}

channel! {
    /// Pictures of one graphics device.
    Display = 2;
    server {
        /// The screen's size, for clients without surfaces.
        101 Mode {
            x_res: u32,
            y_res: u32,
            bits: u32,
        }
        /// What was drawn so far is complete: show it.
        102 Mark {}
        /// Forget surfaces and caches.
        103 Reset {}
        /// Moves pixels inside a surface; the areas may overlap.
        104 CopyBits {
            base: DisplayBase,
            source_position: Point,
        }
        /// Forget these images.
        105 InvalList { resources: List<u16, Resource> }
        /// Wait as in WAIT_FOR_CHANNELS, then forget all images.
        106 InvalAllPixmaps { channels: List<u8, WaitForChannel> }
        /// Forget a palette.
        107 InvalPalette { id: u64 }
        /// Forget all palettes.
        108 InvalAllPalettes {}
        /// Opens a video stream.
        122 StreamCreate {
            surface_id: u32,
            stream_id: u32,
            flags: StreamFlags,
            codec: VideoCodecType,
            stamp: u64,
            stream_width: u32,
            stream_height: u32,
            source_width: u32,
            source_height: u32,
            destination: Rect,
            clip: Clip,
        }
        /// One picture of a stream.
        123 StreamData {
            stream_id: u32,
            /// Media time in milliseconds.
            multi_media_time: u32,
            data: Blob<u32>,
        }
        /// A stream's new visible part.
        124 StreamClip {
            stream_id: u32,
            clip: Clip,
        }
        /// Closes a stream.
        125 StreamDestroy { stream_id: u32 }
        /// Closes all streams.
        126 StreamDestroyAll {}
        /// Fills an area.
        302 DrawFill {
            base: DisplayBase,
            brush: Brush,
            rop: Ropd,
            mask: QMask,
        }
        /// Copies an image, then combines it with a brush.
        303 DrawOpaque {
            base: DisplayBase,
            source: Ptr<Image>,
            source_area: Rect,
            brush: Brush,
            rop: Ropd,
            scale: ImageScaleMode,
            mask: QMask,
        }
        /// Copies an image onto a surface.
        304 DrawCopy {
            base: DisplayBase,
            source: Ptr<Image>,
            source_area: Rect,
            rop: Ropd,
            scale: ImageScaleMode,
            mask: QMask,
        }
        /// Combines an image with a surface.
        305 DrawBlend {
            base: DisplayBase,
            source: Ptr<Image>,
            source_area: Rect,
            rop: Ropd,
            scale: ImageScaleMode,
            mask: QMask,
        }
        /// Sets all bits of an area to 0.
        306 DrawBlackness {
            base: DisplayBase,
            mask: QMask,
        }
        /// Sets all bits of an area to 1.
        307 DrawWhiteness {
            base: DisplayBase,
            mask: QMask,
        }
        /// Inverts all bits of an area.
        308 DrawInvers {
            base: DisplayBase,
            mask: QMask,
        }
        /// Combines image, brush and surface by a ternary operation.
        309 DrawRop3 {
            base: DisplayBase,
            source: Ptr<Image>,
            source_area: Rect,
            brush: Brush,
            /// Bit 4p+2s+d of it is the result for those bits of pattern, source and destination.
            rop3: u8,
            scale: ImageScaleMode,
            mask: QMask,
        }
        /// Draws lines and curves.
        310 DrawStroke {
            base: DisplayBase,
            path: Ref<Path>,
            attributes: LineAttr,
            brush: Brush,
            fore_mode: Ropd,
            back_mode: Ropd,
        }
        /// Draws glyphs.
        311 DrawText {
            base: DisplayBase,
            string: Ref<GlyphString>,
            back_area: Rect,
            fore_brush: Brush,
            back_brush: Brush,
            fore_mode: Ropd,
            back_mode: Ropd,
        }
        /// Copies an image except where it has one colour.
        312 DrawTransparent {
            base: DisplayBase,
            source: Ptr<Image>,
            source_area: Rect,
            source_color: u32,
            /// The colour that is left out.
            true_color: u32,
        }
        /// Draws an image over a surface.
        313 DrawAlphaBlend {
            base: DisplayBase,
            flags: AlphaFlags,
            /// Alpha of the whole image, besides that of its pixels.
            alpha: u8,
            source: Ptr<Image>,
            source_area: Rect,
        }
        /// Makes a surface.
        314 SurfaceCreate {
            surface_id: u32,
            width: u32,
            height: u32,
            format: SurfaceFormat,
            flags: SurfaceFlags,
        }
        /// Drops a surface.
        315 SurfaceDestroy { surface_id: u32 }
        /// One picture of a stream, of another size or at another place than the stream; needs SIZED_STREAM.
        316 StreamDataSized {
            stream_id: u32,
            /// Media time in milliseconds.
            multi_media_time: u32,
            width: u32,
            height: u32,
            destination: Rect,
            data: Blob<u32>,
        }
        /// Which parts of surfaces are monitors; needs MONITORS_CONFIG.
        317 MonitorsConfig {
            [count: u16 = heads]
            max_allowed: u16,
            heads: Vec<Head> [count],
        }
        /// An operation of the X render extension; needs COMPOSITE.
        318 DrawComposite {
            base: DisplayBase,
            flags: CompositeFlags,
            source: Ptr<Image>,
            /// Present with HAS_MASK.
            mask: When<Ref<Image>, 0x80000> [flags],
            /// Present with HAS_SRC_TRANSFORM.
            source_transform: When<Transform, 0x100000> [flags],
            /// Present with HAS_MASK_TRANSFORM.
            mask_transform: When<Transform, 0x200000> [flags],
            source_origin: Point16,
            mask_origin: Point16,
        }
        /// Asks for STREAM_REPORT; needs STREAM_REPORT.
        319 StreamActivateReport {
            stream_id: u32,
            unique_id: u32,
            /// Frames after which to report.
            max_window_size: u32,
            /// Milliseconds after which to report.
            timeout_ms: u32,
        }
        /// A new DMA-BUF; its descriptor travels beside the message. Needs GL_SCANOUT.
        320 GlScanoutUnix {
            width: u32,
            height: u32,
            stride: u32,
            drm_fourcc: u32,
            flags: GlScanoutFlags,
        }
        /// A part of the DMA-BUF changed. Answered with GL_DRAW_DONE.
        321 GlDraw {
            x: u32,
            y: u32,
            width: u32,
            height: u32,
        }
        /// Text from the streaming agent.
        322 QualityIndicator { text: Rest }
        /// A new DMA-BUF of several planes; needs GL_SCANOUT2.
        323 GlScanout2Unix {
            width: u32,
            height: u32,
            drm_fourcc: u32,
            flags: GlScanoutFlags,
            [plane_count: u8 = planes]
            modifier: u64,
            planes: Vec<GlPlane> [plane_count],
        }
    }
    client {
        /// Must come first: the caches that displays share.
        101 Init {
            pixmap_cache_id: u8,
            /// Pixels.
            pixmap_cache_size: i64,
            glz_dictionary_id: u8,
            /// Pixels.
            glz_window: i32,
        }
        /// How a stream is being shown.
        102 StreamReport {
            stream_id: u32,
            unique_id: u32,
            start_frame_time: u32,
            end_frame_time: u32,
            num_frames: u32,
            /// 0xffffffff with no frames: this codec cannot be decoded.
            num_drops: u32,
            last_frame_delay: i32,
            /// 0xffffffff for no sound.
            audio_delay: u32,
        }
        /// Asks for a compression; needs PREF_COMPRESSION.
        103 PreferredCompression { compression: ImageCompression }
        /// Answers GL_DRAW.
        104 GlDrawDone {}
        /// Asks for video codecs, best first; needs PREF_VIDEO_CODEC_TYPE.
        105 PreferredVideoCodecType { codecs: List<u8, VideoCodecType> }
    }
}
