//! The shortest way from a message to a picture.

mod common;

use common::{base, bitmap, canvas, clipped, copy, done, fill, pixels, rect, screen, surface};
use spice_canvas::Progress;
use spice_wire::messages::display::{CopyBits, FromServer, Mark, SurfaceFormat};
use spice_wire::messages::draw::Point;
use spice_wire::messages::image::BitmapFormat;

#[test]
fn fill_copy_and_scroll() {
    let mut canvas = screen(4, 3, SurfaceFormat::XRGB32);
    done(&mut canvas, &fill(base(0, rect(1, 0, 9, 2)), 0x123456));
    let image = bitmap(2, &[1, 2, 3, 4], BitmapFormat::BIT32);
    done(&mut canvas, &copy(base(0, rect(0, 1, 2, 3)), image, rect(0, 0, 2, 2)));
    let message = CopyBits { base: base(0, rect(1, 1, 4, 3)), source_position: Point { x: 0, y: 1 } };
    done(&mut canvas, &FromServer::CopyBits(message));
    let fill = 0x123456;
    assert_eq!(pixels(&mut canvas, 0), [0, fill, fill, fill, 1, 1, 2, fill, 3, 3, 4, 0]);
}

#[test]
fn a_clip_bounds_a_copy() {
    let mut canvas = screen(3, 2, SurfaceFormat::XRGB32);
    let image = bitmap(3, &[1, 2, 3, 4, 5, 6], BitmapFormat::BIT32);
    let place = clipped(0, rect(0, 0, 3, 2), vec![rect(0, 0, 1, 1), rect(2, 0, 3, 2)]);
    done(&mut canvas, &copy(place, image, rect(0, 0, 3, 2)));
    assert_eq!(pixels(&mut canvas, 0), [1, 0, 3, 0, 0, 6]);
}

#[test]
fn the_screen_is_known_and_marked() {
    let mut canvas = canvas();
    assert_eq!(canvas.primary(), None);
    done(&mut canvas, &surface(7, 2, 2, SurfaceFormat::XRGB32, true));
    assert_eq!((canvas.primary(), canvas.marked()), (Some(7), false));
    assert_eq!(canvas.apply(&FromServer::Mark(Mark {}), None), Ok(Progress::Done));
    assert!(canvas.marked());
}

#[test]
fn memory_made_ready_is_taken_by_a_surface_of_its_size_only() {
    let mut canvas = canvas();
    assert!(canvas.wants_ready(6) && !canvas.wants_ready(usize::MAX));
    canvas.keep_ready(vec![0; 6]);
    assert!(!canvas.wants_ready(6));
    done(&mut canvas, &surface(0, 2, 2, SurfaceFormat::XRGB32, true));
    assert_eq!(pixels(&mut canvas, 0), [0; 4]);
    assert!(!canvas.wants_ready(6));
    let zeros = vec![0; 6];
    let place = zeros.as_ptr();
    let mut canvas = common::canvas();
    canvas.keep_ready(zeros);
    done(&mut canvas, &surface(0, 3, 2, SurfaceFormat::XRGB32, true));
    assert_eq!(canvas.snapshot(0).unwrap().pixels().as_ptr(), place);
}
