//! What is not drawn is counted and makes its area inexact, until something opaque replaces it.

mod common;

use common::{
    IntoMessage, base, bitmap, copy, copy_message, done, fails, fill, from_surface, no_brush, no_mask,
    pointer, rect, screen, solid, surface,
};
use spice_canvas::Canvas;
use spice_wire::messages::display::{
    DrawComposite, DrawInvers, DrawRop3, DrawStroke, DrawText, FromServer, SurfaceFormat,
};
use spice_wire::messages::draw::{
    CompositeFlags, GlyphString, Glyphs, ImageScaleMode, LineAttr, LineFlags, Path, Point, Point16, Rect,
    Ropd, StringFlags,
};
use spice_wire::messages::image::BitmapFormat;
use spice_wire::shapes::{List, Ref, When};

fn exact(canvas: &mut Canvas, surface: u32) -> bool {
    canvas.snapshot(surface).expect("surface exists").exact
}

fn rop3(bounds: Rect) -> FromServer {
    FromServer::DrawRop3(DrawRop3 {
        base: base(0, bounds.clone()),
        source: pointer(bitmap(2, &[1, 2, 3, 4], BitmapFormat::BIT32)),
        source_area: rect(0, 0, 2, 2),
        brush: solid(0),
        rop3: 0x96,
        scale: ImageScaleMode::NEAREST,
        mask: no_mask(),
    })
}

fn stroke() -> FromServer {
    FromServer::DrawStroke(DrawStroke {
        base: base(0, rect(0, 0, 4, 4)),
        path: Ref(Box::new(Path { segments: List::from(vec![]) })),
        attributes: LineAttr { flags: LineFlags(0), style: When(None) },
        brush: solid(1),
        fore_mode: Ropd::OP_PUT,
        back_mode: Ropd::OP_PUT,
    })
}

fn text() -> FromServer {
    FromServer::DrawText(DrawText {
        base: base(0, rect(0, 0, 4, 4)),
        string: Ref(Box::new(GlyphString { flags: StringFlags::RASTER_A1, glyphs: Glyphs(vec![]) })),
        back_area: rect(0, 0, 0, 0),
        fore_brush: solid(1),
        back_brush: no_brush(),
        fore_mode: Ropd::OP_PUT,
        back_mode: Ropd::OP_PUT,
    })
}

fn composite() -> FromServer {
    FromServer::DrawComposite(DrawComposite {
        base: base(0, rect(0, 0, 4, 4)),
        flags: CompositeFlags(3),
        source: pointer(from_surface(1, 4, 4)),
        mask: When(None),
        source_transform: When(None),
        mask_transform: When(None),
        source_origin: Point16 { x: 0, y: 0 },
        mask_origin: Point16 { x: 0, y: 0 },
    })
}

#[test]
fn commands_that_are_not_drawn_are_counted_by_name() {
    for (message, name) in [
        (rop3(rect(0, 0, 2, 2)), "DrawRop3"),
        (stroke(), "DrawStroke"),
        (text(), "DrawText"),
        (composite(), "DrawComposite"),
    ] {
        let mut canvas = screen(8, 8, SurfaceFormat::XRGB32);
        done(&mut canvas, &surface(1, 4, 4, SurfaceFormat::ARGB32, false));
        assert!(exact(&mut canvas, 0));
        (0..3).for_each(|_| done(&mut canvas, &message));
        assert_eq!(canvas.counters().undrawn.get(name), Some(&3));
        assert!(!exact(&mut canvas, 0) && exact(&mut canvas, 1));
    }
}

#[test]
fn only_opaque_drawing_over_all_of_it_makes_it_exact_again() {
    let mut canvas = screen(8, 8, SurfaceFormat::XRGB32);
    done(&mut canvas, &rop3(rect(2, 2, 6, 6)));
    done(
        &mut canvas,
        &FromServer::DrawInvers(DrawInvers { base: base(0, rect(0, 0, 8, 8)), mask: no_mask() }),
    );
    assert!(!exact(&mut canvas, 0));
    done(&mut canvas, &fill(base(0, rect(0, 0, 8, 5)), 1));
    assert!(!exact(&mut canvas, 0));
    done(&mut canvas, &fill(base(0, rect(0, 5, 5, 8)), 1));
    assert!(!exact(&mut canvas, 0));
    done(&mut canvas, &fill(base(0, rect(5, 5, 6, 6)), 1));
    assert!(exact(&mut canvas, 0));
}

#[test]
fn a_stretched_copy_replaces_all_of_its_box() {
    let mut canvas = screen(8, 8, SurfaceFormat::XRGB32);
    done(&mut canvas, &rop3(rect(2, 2, 6, 6)));
    let image = bitmap(2, &[1, 2, 3, 4], BitmapFormat::BIT32);
    let message = copy_message(base(0, rect(0, 0, 8, 8)), image, rect(0, 0, 2, 2));
    done(&mut canvas, &message.into_message());
    assert!(exact(&mut canvas, 0));
}

#[test]
fn what_is_copied_from_an_inexact_area_is_inexact() {
    let mut canvas = screen(8, 8, SurfaceFormat::XRGB32);
    done(&mut canvas, &surface(1, 8, 8, SurfaceFormat::XRGB32, false));
    done(&mut canvas, &rop3(rect(0, 0, 2, 2)));
    let from = |area: Rect| copy(base(1, rect(4, 4, 6, 6)), from_surface(0, 8, 8), area);
    done(&mut canvas, &from(rect(4, 4, 6, 6)));
    assert!(exact(&mut canvas, 1));
    done(&mut canvas, &from(rect(1, 1, 3, 3)));
    assert!(!exact(&mut canvas, 1));
    done(&mut canvas, &from(rect(4, 4, 6, 6)));
    assert!(exact(&mut canvas, 1));
}

#[test]
fn pixels_moved_from_an_inexact_area_are_inexact() {
    use spice_wire::messages::display::CopyBits;
    let mut canvas = screen(8, 8, SurfaceFormat::XRGB32);
    done(&mut canvas, &rop3(rect(0, 0, 2, 2)));
    let scroll = CopyBits { base: base(0, rect(4, 4, 6, 6)), source_position: Point { x: 0, y: 0 } };
    done(&mut canvas, &FromServer::CopyBits(scroll));
    done(&mut canvas, &fill(base(0, rect(0, 0, 2, 2)), 1));
    assert!(!exact(&mut canvas, 0));
    done(&mut canvas, &fill(base(0, rect(4, 4, 6, 6)), 1));
    assert!(exact(&mut canvas, 0));
}

#[test]
fn a_failed_message_marks_its_area_and_is_counted() {
    let mut canvas = screen(8, 8, SurfaceFormat::XRGB32);
    let error = fails(&mut canvas, &copy(base(0, rect(0, 0, 2, 2)), from_surface(5, 2, 2), rect(0, 0, 2, 2)));
    assert_eq!(error.to_string(), "DrawCopy: surface 5 does not exist");
    assert_eq!(canvas.counters().failed.get("surface"), Some(&1));
    assert!(!exact(&mut canvas, 0));
    done(&mut canvas, &fill(base(0, rect(0, 0, 2, 2)), 1));
    assert!(exact(&mut canvas, 0));
}
