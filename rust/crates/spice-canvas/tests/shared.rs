//! What displays of a session share: the image cache and the GLZ window; and the palettes that they do not share.

mod common;

use std::sync::Arc;

use common::{
    base, bitmap, cached, coded, copy, done, fails, fill, image, packed, pixels, pointer, rect, remembered,
    surface,
};
use spice_canvas::{Area, Blocked, Canvas, ErrorKind, Progress, Shared};
use spice_wire::Limits;
use spice_wire::messages::ChannelType;
use spice_wire::messages::base::WaitForChannel;
use spice_wire::messages::display::{
    FromServer, InvalAllPalettes, InvalAllPixmaps, InvalList, InvalPalette, Resource, ResourceType,
    SurfaceFormat,
};
use spice_wire::messages::draw::Rect;
use spice_wire::messages::image::{
    Bitmap, BitmapFlags, BitmapFormat, Image, ImageData, ImageFlags, ImageType, Palette, PaletteRef, Plane,
};
use spice_wire::shapes::{List, Ptr};

/// Two displays of one session, each with a screen of 4x1.
fn displays() -> (Arc<Shared>, [Canvas; 2]) {
    let shared = Arc::new(Shared::new(&Limits::DEFAULT));
    let display = |_| {
        let mut canvas = Canvas::new(Arc::clone(&shared), Limits::DEFAULT);
        done(&mut canvas, &surface(0, 4, 1, SurfaceFormat::XRGB32, true));
        canvas
    };
    let displays = [0, 1].map(display);
    (shared, displays)
}

fn row() -> Rect {
    rect(0, 0, 4, 1)
}

fn show(image: Image) -> FromServer {
    copy(base(0, row()), image, row())
}

/// GLZ data of four pixels with this id, whose window begins at id 0.
fn glz(id: u32, body: &[u8]) -> Image {
    let mut data = Vec::new();
    data.extend([0x2020_5a4c, 0x0001_0001].iter().flat_map(|word: &u32| word.to_be_bytes()));
    data.push(8 | 1 << 4);
    data.extend([4, 1, 16, 0, id, id].iter().flat_map(|word: &u32| word.to_be_bytes()));
    data.extend(body);
    coded(ImageType::GLZ_RGB, 4, 1, data)
}

fn literals(pixels: [u32; 4]) -> Vec<u8> {
    let bytes = pixels.iter().flat_map(|pixel| pixel.to_le_bytes().into_iter().take(3));
    std::iter::once(3).chain(bytes).collect()
}

/// Four pixels of the image `back` ids ago.
fn reference(back: u8) -> Vec<u8> {
    vec![4 << 5, 0, back]
}

#[test]
fn a_glz_image_waits_for_the_one_that_another_display_brings() {
    let (_, [mut one, mut other]) = displays();
    let waiting = show(glz(1, &reference(1)));
    let blocked = Progress::Blocked(Blocked::Glz(0));
    for _ in 0..3 {
        assert_eq!(one.apply(&waiting, None), Ok(blocked.clone()));
    }
    assert_eq!(pixels(&mut one, 0), [0; 4]);
    done(&mut other, &show(glz(0, &literals([1, 2, 3, 4]))));
    done(&mut one, &waiting);
    assert_eq!(pixels(&mut one, 0), [1, 2, 3, 4]);
    assert!(one.snapshot(0).expect("screen").exact);
}

#[test]
fn giving_up_fails_the_image_and_nobody_else_waits_for_it() {
    let (_, [mut one, mut other]) = displays();
    let lost = show(glz(1, &reference(1)));
    assert!(matches!(one.apply(&lost, None), Ok(Progress::Blocked(_))));
    let error = one.give_up(&lost, "the display that brings it has ended");
    assert_eq!(error.to_string(), "DrawCopy: the display that brings it has ended");
    assert_eq!(error.kind, ErrorKind::GivenUp);
    assert!(!one.snapshot(0).expect("screen").exact);
    done(&mut one, &fill(base(0, row()), 9));
    // The second display's image refers to the one that was given up: an error and not a wait.
    done(&mut other, &show(glz(0, &literals([1, 2, 3, 4]))));
    assert!(matches!(fails(&mut other, &show(glz(2, &reference(1)))).kind, ErrorKind::Image(_)));
    done(&mut other, &show(glz(3, &reference(3))));
    assert_eq!(pixels(&mut other, 0), [1, 2, 3, 4]);
}

#[test]
fn a_glz_image_is_decoded_though_nothing_of_it_is_seen() {
    let (_, [mut one, _]) = displays();
    let area = rect(0, 0, 4, 1);
    done(&mut one, &copy(base(0, rect(-9, 0, -5, 1)), glz(0, &literals([1, 2, 3, 4])), area.clone()));
    done(&mut one, &copy(base(0, rect(0, 0, 0, 0)), glz(1, &reference(1)), area.clone()));
    assert!(
        fails(&mut one, &copy(base(77, row()), glz(2, &reference(1)), area)).kind == ErrorKind::NoSurface(77)
    );
    done(&mut one, &show(glz(3, &reference(1))));
    assert_eq!(pixels(&mut one, 0), [1, 2, 3, 4]);
}

#[test]
fn a_screen_that_shares_a_glz_image_changes_neither_the_image_nor_frames() {
    let (_, [mut one, mut other]) = displays();
    done(&mut one, &show(glz(0, &literals([1, 2, 3, 4]))));
    let whole = one.snapshot(0).expect("screen");
    done(&mut one, &fill(base(0, rect(1, 0, 2, 1)), 9));
    let filled = one.snapshot(0).expect("screen");
    done(&mut other, &show(glz(1, &reference(1))));
    assert_eq!(pixels(&mut other, 0), [1, 2, 3, 4]);
    done(&mut one, &show(glz(2, &literals([5, 6, 7, 8]))));
    done(&mut one, &show(glz(3, &reference(3))));
    done(&mut one, &fill(base(0, rect(3, 0, 4, 1)), 9));
    assert_eq!(pixels(&mut one, 0), [1, 2, 3, 9]);
    assert_eq!(whole.pixels(), [1, 2, 3, 4]);
    assert_eq!(filled.pixels(), [1, 9, 3, 4]);
    assert!(whole.version < filled.version && filled.version < one.version(0).expect("screen"));
    assert_eq!(one.damage_since(0, filled.version), [Area::from(&row())]);
}

#[test]
fn a_screen_shows_a_whole_image_of_the_window_or_the_cache_without_a_copy() {
    let (_, [mut one, mut other]) = displays();
    done(&mut one, &show(remembered(glz(0, &literals([1, 2, 3, 4])), 42, ImageFlags::CACHE_ME)));
    done(&mut other, &show(cached(ImageType::FROM_CACHE, 42)));
    let frames = [&mut one, &mut other].map(|canvas| canvas.snapshot(0).expect("screen"));
    assert_eq!(frames[0].pixels().as_ptr(), frames[1].pixels().as_ptr());
    done(&mut one, &fill(base(0, row()), 9));
    assert_eq!((pixels(&mut one, 0), pixels(&mut other, 0)), (vec![9; 4], vec![1, 2, 3, 4]));
}

#[test]
fn a_message_that_fails_elsewhere_does_not_hold_up_its_glz_image() {
    let (_, [mut one, mut other]) = displays();
    let mut message = common::copy_message(base(0, row()), glz(0, &literals([1, 2, 3, 4])), row());
    message.mask.bitmap = pointer(cached(ImageType::FROM_CACHE, 12345));
    assert_eq!(fails(&mut one, &FromServer::DrawCopy(message)).kind, ErrorKind::NotCached(12345));
    assert!(matches!(fails(&mut other, &show(glz(1, &reference(1)))).kind, ErrorKind::Image(_)));
}

#[test]
fn an_image_is_remembered_for_all_displays_until_it_is_forgotten() {
    let (shared, [mut one, mut other]) = displays();
    let image = remembered(bitmap(4, &[1, 2, 3, 4], BitmapFormat::BIT32), 42, ImageFlags::CACHE_ME);
    done(&mut one, &copy(base(0, rect(9, 9, 13, 10)), image, row()));
    assert_eq!(shared.cached_images(), 1);
    done(&mut other, &show(cached(ImageType::FROM_CACHE, 42)));
    assert_eq!(pixels(&mut other, 0), [1, 2, 3, 4]);
    let resources = List::from(vec![Resource { kind: ResourceType::PIXMAP, id: 42 }]);
    done(&mut other, &FromServer::InvalList(InvalList { resources }));
    assert_eq!(fails(&mut one, &show(cached(ImageType::FROM_CACHE, 42))).kind, ErrorKind::NotCached(42));
}

#[test]
fn forgetting_all_waits_for_the_other_channels_first() {
    let (shared, [mut one, _]) = displays();
    let image = remembered(bitmap(4, &[1, 2, 3, 4], BitmapFormat::BIT32), 42, ImageFlags::CACHE_ME);
    done(&mut one, &show(image));
    let channel = WaitForChannel { channel_type: ChannelType::DISPLAY, channel_id: 1, serial: 77 };
    let forget = FromServer::InvalAllPixmaps(InvalAllPixmaps { channels: List::from(vec![channel.clone()]) });
    assert_eq!(one.apply(&forget, None), Ok(Progress::Blocked(Blocked::Serials(vec![channel]))));
    assert_eq!(shared.cached_images(), 1);
    done(&mut one, &forget);
    assert_eq!(shared.cached_images(), 0);
    done(&mut one, &FromServer::InvalAllPixmaps(InvalAllPixmaps { channels: List::from(vec![]) }));
}

#[test]
fn a_lossless_image_is_waited_for_and_replaces_the_lossy_one() {
    let (_, [mut one, mut other]) = displays();
    let jpeg = coded(ImageType::JPEG, 16, 8, include_bytes!("data/halves.jpg").to_vec());
    done(&mut one, &copy(base(0, row()), remembered(jpeg.clone(), 7, ImageFlags::CACHE_ME), row()));
    let lossy = pixels(&mut one, 0);
    assert!(
        lossy.iter().all(|pixel| (pixel >> 16 & 255).abs_diff(200) < 6 && (pixel & 255).abs_diff(40) < 6)
    );
    done(&mut other, &show(cached(ImageType::FROM_CACHE, 7)));
    assert_eq!(pixels(&mut other, 0), lossy);
    let wants = show(cached(ImageType::FROM_CACHE_LOSSLESS, 7));
    assert_eq!(other.apply(&wants, None), Ok(Progress::Blocked(Blocked::Lossless(7))));
    let error = fails(&mut one, &show(remembered(jpeg, 7, ImageFlags::CACHE_REPLACE_ME)));
    assert_eq!(error.kind, ErrorKind::BadValue);
    let better = remembered(bitmap(4, &[5, 6, 7, 8], BitmapFormat::BIT32), 7, ImageFlags::CACHE_REPLACE_ME);
    done(&mut one, &show(better));
    done(&mut other, &wants);
    assert_eq!(pixels(&mut other, 0), [5, 6, 7, 8]);
}

#[test]
fn a_full_cache_draws_and_forgets() {
    let limits = Limits { cache_pixels: 100, ..Limits::DEFAULT };
    let mut canvas = common::limited(limits);
    done(&mut canvas, &surface(0, 4, 1, SurfaceFormat::XRGB32, true));
    for id in 0..100 {
        let colour = id as u32;
        let image = bitmap(4, &[colour; 4], BitmapFormat::BIT32);
        done(&mut canvas, &show(remembered(image, id, ImageFlags::CACHE_ME)));
        assert_eq!(pixels(&mut canvas, 0), [colour; 4]);
    }
    assert_eq!(canvas.counters().failed.get("cache"), Some(&90));
}

#[test]
fn high_bits_are_set_where_there_is_no_alpha() {
    let (_, [mut one, _]) = displays();
    done(&mut one, &surface(1, 4, 1, SurfaceFormat::ARGB32, false));
    let flags = ImageFlags::HIGH_BITS_SET;
    let plain = remembered(bitmap(4, &[1, 2, 3, 0x7f00_0004], BitmapFormat::BIT32), 0, flags);
    let flagged_glz = remembered(glz(0, &literals([1, 2, 3, 4])), 0, flags);
    for image in [plain, flagged_glz] {
        done(&mut one, &copy(base(1, row()), image, row()));
        assert_eq!(pixels(&mut one, 1), [0xff00_0001, 0xff00_0002, 0xff00_0003, 0xff00_0004]);
    }
    let alpha = remembered(bitmap(4, &[1, 2, 3, 4], BitmapFormat::RGBA), 0, flags);
    done(&mut one, &copy(base(1, row()), alpha, row()));
    assert_eq!(pixels(&mut one, 1), [1, 2, 3, 4]);
}

fn indexed(palette: PaletteRef, flags: BitmapFlags) -> Image {
    let bitmap = Bitmap {
        format: BitmapFormat::BIT8,
        flags: BitmapFlags::TOP_DOWN | flags,
        width: 4,
        height: 1,
        stride: 4,
        palette,
        data: Plane(vec![0, 1, 1, 0].into()),
    };
    image(ImageType::BITMAP, 4, 1, ImageData::Bitmap(bitmap))
}

fn palette(unique: u64, entries: &[u32]) -> PaletteRef {
    PaletteRef::Inline(Ptr(Some(Box::new(Palette { unique, entries: List::from(entries.to_vec()) }))))
}

#[test]
fn palettes_are_remembered_for_one_display() {
    let (_, [mut one, mut other]) = displays();
    let hidden =
        copy(base(0, rect(7, 7, 8, 8)), indexed(palette(3, &[10, 20]), BitmapFlags::PAL_CACHE_ME), row());
    done(&mut one, &hidden);
    let again = show(indexed(PaletteRef::Cached(3), BitmapFlags::PAL_FROM_CACHE));
    done(&mut one, &again);
    assert_eq!(pixels(&mut one, 0), [10, 20, 20, 10]);
    assert_eq!(fails(&mut other, &again).kind, ErrorKind::NoPalette(3));
    for forget in
        [FromServer::InvalPalette(InvalPalette { id: 3 }), FromServer::InvalAllPalettes(InvalAllPalettes {})]
    {
        done(&mut one, &hidden);
        done(&mut one, &again);
        done(&mut one, &forget);
        assert_eq!(fails(&mut one, &again).kind, ErrorKind::NoPalette(3));
    }
}

#[test]
fn palettes_of_16_bit_surfaces_have_16_bit_colours() {
    let (_, [mut one, _]) = displays();
    done(&mut one, &surface(1, 4, 1, SurfaceFormat::RGB555, false));
    done(&mut one, &copy(base(1, row()), indexed(palette(3, &[0x7c00, 0x001f]), BitmapFlags(0)), row()));
    assert_eq!(pixels(&mut one, 1), [0xff_0000, 0x00_00ff, 0x00_00ff, 0xff_0000]);
}

#[test]
fn a_mask_may_come_out_of_the_cache() {
    use spice_wire::messages::draw::MaskFlags;
    let (_, [mut one, mut other]) = displays();
    let bits = packed(4, 1, 1, vec![0b1010_0000], BitmapFormat::BIT1_BE);
    let mut message =
        common::copy_message(base(0, row()), bitmap(4, &[1, 2, 3, 4], BitmapFormat::BIT32), row());
    message.mask.bitmap = pointer(remembered(bits, 5, ImageFlags::CACHE_ME));
    done(&mut one, &FromServer::DrawCopy(message.clone()));
    assert_eq!(pixels(&mut one, 0), [1, 0, 3, 0]);
    message.mask.bitmap = pointer(cached(ImageType::FROM_CACHE, 5));
    message.mask.flags = MaskFlags::INVERS;
    done(&mut other, &FromServer::DrawCopy(message));
    assert_eq!(pixels(&mut other, 0), [0, 2, 0, 4]);
}

#[test]
fn a_job_decodes_elsewhere_and_apply_uses_what_it_made() {
    let (_, [mut one, mut other]) = displays();
    let message = show(bitmap(4, &[1, 2, 3, 4], BitmapFormat::BIT32));
    let job = one.job(&message).expect("independent image");
    assert_eq!((job.pixels(), job.coded_len()), (4, 16));
    let decoded = std::thread::spawn(|| job.run()).join().expect("no panic");
    assert_eq!(one.apply(&message, Some(decoded)), Ok(Progress::Done));
    assert_eq!(pixels(&mut one, 0), [1, 2, 3, 4]);
    let broken = show(coded(ImageType::LZ4, 4, 1, vec![1, 8, 0]));
    let decoded = other.job(&broken).expect("independent image").run();
    assert!(matches!(other.apply(&broken, Some(decoded)).expect_err("broken").kind, ErrorKind::Image(_)));
    for image in [glz(0, &[]), cached(ImageType::FROM_CACHE, 1), indexed(palette(1, &[1]), BitmapFlags(0))] {
        assert!(one.job(&show(image)).is_none());
    }
}
