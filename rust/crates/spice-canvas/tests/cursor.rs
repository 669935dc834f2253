//! The pointer: shapes, cache, place.

use spice_canvas::{ErrorKind, Pointer, Progress};
use spice_wire::Limits;
use spice_wire::messages::cursor::{
    Cursor, CursorFlags, CursorShape, CursorType, FromServer, Hide, Init, InvalOne, Move, Reset, Set, Unless,
};
use spice_wire::messages::draw::Point16;
use spice_wire::shapes::Rest;

fn alpha(unique: u64, width: u16, height: u16, data: Vec<u8>) -> CursorShape {
    CursorShape {
        unique,
        kind: CursorType::ALPHA,
        width,
        height,
        hot_x: 1,
        hot_y: 2,
        data: Rest(data.into()),
    }
}

fn set(flags: CursorFlags, shape: Option<CursorShape>) -> FromServer {
    let cursor = Cursor { flags, shape: Unless(shape) };
    FromServer::Set(Set { position: Point16 { x: 5, y: -6 }, visible: 1, cursor })
}

fn pointer() -> Pointer {
    Pointer::new(Limits::DEFAULT)
}

#[test]
fn a_shape_is_decoded_and_remembered() {
    let mut pointer = pointer();
    let data = vec![1, 2, 3, 4, 5, 6, 7, 8];
    pointer.apply(&set(CursorFlags::CACHE_ME, Some(alpha(9, 2, 1, data)))).expect("valid shape");
    let shape = pointer.shape().expect("shape").clone();
    assert_eq!(shape.image.pixels, [0x04030201, 0x08070605]);
    assert_eq!((shape.hot_x, shape.hot_y, pointer.position(), pointer.visible()), (1, 2, (5, -6), true));
    pointer.apply(&set(CursorFlags::NONE, None)).expect("no shape");
    assert!(pointer.shape().is_none());
    pointer.apply(&set(CursorFlags::FROM_CACHE, Some(alpha(9, 0, 0, vec![])))).expect("remembered");
    assert_eq!(pointer.shape(), Some(&shape));
}

#[test]
fn what_is_forgotten_is_an_error_and_the_shape_stays() {
    let mut pointer = pointer();
    pointer.apply(&set(CursorFlags::CACHE_ME, Some(alpha(9, 1, 1, vec![0; 4])))).expect("valid shape");
    pointer.apply(&FromServer::InvalOne(InvalOne { id: 9 })).expect("nothing to fail");
    let error =
        pointer.apply(&set(CursorFlags::FROM_CACHE, Some(alpha(9, 0, 0, vec![])))).expect_err("forgotten");
    assert_eq!((error.kind, error.message), (ErrorKind::NoCursor(9), "Set"));
    assert_eq!(pointer.shape().map(|shape| shape.id), Some(9));
}

#[test]
fn moving_shows_and_hiding_hides() {
    let mut pointer = pointer();
    let before = pointer.version();
    pointer.apply(&FromServer::Move(Move { position: Point16 { x: 3, y: 4 } })).expect("moves");
    assert_eq!((pointer.position(), pointer.visible()), ((3, 4), true));
    pointer.apply(&FromServer::Hide(Hide {})).expect("hides");
    assert_eq!((pointer.position(), pointer.visible()), ((3, 4), false));
    assert!(pointer.version() > before);
}

#[test]
fn init_and_reset_forget_all_shapes() {
    let cursor = Cursor { flags: CursorFlags::NONE, shape: Unless(None) };
    let position = Point16 { x: 0, y: 0 };
    let init = Init { position, trail_length: 3, trail_frequency: 4, visible: 0, cursor };
    for forget in [FromServer::Init(init), FromServer::Reset(Reset {})] {
        let mut pointer = pointer();
        pointer.apply(&set(CursorFlags::CACHE_ME, Some(alpha(1, 1, 1, vec![0; 4])))).expect("valid shape");
        assert_eq!(pointer.apply(&forget), Ok(Progress::Done));
        assert!(pointer.shape().is_none() && !pointer.visible());
        pointer.apply(&set(CursorFlags::FROM_CACHE, Some(alpha(1, 0, 0, vec![])))).expect_err("forgotten");
    }
}

#[test]
fn a_shape_without_its_data_or_beyond_the_limits_fails() {
    let mut pointer = pointer();
    let short = set(CursorFlags(0), Some(alpha(1, 64, 64, vec![0; 100])));
    assert!(matches!(pointer.apply(&short).expect_err("short").kind, ErrorKind::Image(_)));
    let huge = set(CursorFlags(0), Some(alpha(1, 65535, 65535, vec![0; 100])));
    assert!(matches!(pointer.apply(&huge).expect_err("huge").kind, ErrorKind::Image(_)));
    assert!(pointer.shape().is_none());
}

#[test]
fn the_cache_is_bounded() {
    let mut pointer = pointer();
    for id in 0..1000 {
        pointer.apply(&set(CursorFlags::CACHE_ME, Some(alpha(id, 1, 1, vec![0; 4])))).expect("valid shape");
    }
    let oldest = 1000 - Limits::DEFAULT.cursors as u64;
    pointer.apply(&set(CursorFlags::FROM_CACHE, Some(alpha(oldest, 0, 0, vec![])))).expect("still there");
    pointer
        .apply(&set(CursorFlags::FROM_CACHE, Some(alpha(oldest - 1, 0, 0, vec![]))))
        .expect_err("forgotten");
}
