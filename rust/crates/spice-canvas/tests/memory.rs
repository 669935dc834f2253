//! Memory that a server can make a canvas take, counted at the allocator. One test, so that nothing else is counted.

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use common::{base, bitmap, coded, copy, done, fails, fill, limited, rect, remembered, surface};
use spice_canvas::Canvas;
use spice_wire::Limits;
use spice_wire::messages::display::SurfaceFormat;
use spice_wire::messages::image::{BitmapFormat, ImageFlags, ImageType};

struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: every call goes to the system's allocator unchanged; only sizes are counted beside it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        MOST.fetch_max(NOW.fetch_add(layout.size(), Relaxed) + layout.size(), Relaxed);
        // SAFETY: the caller's promises about `layout` are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Relaxed);
        // SAFETY: `memory` came from `System.alloc` with the same layout.
        unsafe { System.dealloc(memory, layout) }
    }
}

/// Bytes that `work` had allocated at its worst moment, beyond what was there before.
fn most(work: impl FnOnce()) -> usize {
    let before = NOW.load(Relaxed);
    MOST.store(before, Relaxed);
    work();
    MOST.load(Relaxed) - before
}

fn screen(limits: Limits) -> Canvas {
    let mut canvas = limited(limits);
    done(&mut canvas, &surface(0, 100, 100, SurfaceFormat::XRGB32, true));
    canvas
}

#[test]
fn memory_is_bounded_by_the_limits() {
    sizes_alone_cost_nothing();
    the_cache_holds_what_was_announced();
    readers_cost_a_few_buffers_and_frames_in_turn_cost_none();
}

fn sizes_alone_cost_nothing() {
    let mut canvas = screen(Limits { pixels: 10_000, ..Limits::DEFAULT });
    let taken = most(|| {
        fails(&mut canvas, &surface(1, 60_000, 60_000, SurfaceFormat::XRGB32, false));
        for kind in [ImageType::QUIC, ImageType::LZ_RGB, ImageType::JPEG, ImageType::LZ4, ImageType::GLZ_RGB]
        {
            let image = coded(kind, 60_000, 60_000, vec![0; 50]);
            fails(&mut canvas, &copy(base(0, rect(0, 0, 50, 50)), image, rect(0, 0, 60_000, 60_000)));
        }
    });
    assert!(taken < 16 << 10, "{taken} bytes for sizes that are refused");
}

fn the_cache_holds_what_was_announced() {
    let limits = Limits { cache_pixels: 50_000, ..Limits::DEFAULT };
    let mut canvas = screen(limits.clone());
    let taken = most(|| {
        for id in 0..300 {
            let image = remembered(bitmap(40, &[7; 1600], BitmapFormat::BIT32), id, ImageFlags::CACHE_ME);
            done(&mut canvas, &copy(base(0, rect(0, 0, 40, 40)), image, rect(0, 0, 40, 40)));
        }
    });
    assert!(taken < limits.cache_pixels * 4 * 2 + (64 << 10), "{taken} bytes for a cache of 50000 pixels");
}

fn readers_cost_a_few_buffers_and_frames_in_turn_cost_none() {
    const SCREEN: usize = 100 * 100 * 4;
    let mut canvas = screen(Limits::DEFAULT);
    let draw = |canvas: &mut Canvas, colour| done(canvas, &fill(base(0, rect(1, 1, 50, 50)), colour));
    let taken = most(|| {
        for colour in 0..100 {
            let frame = canvas.snapshot(0).expect("screen");
            draw(&mut canvas, colour);
            drop(frame);
        }
    });
    assert!(taken < SCREEN + (16 << 10), "{taken} bytes for one reader at a time");
    let taken = most(|| {
        for colour in 0..100 {
            canvas.snapshot(0).expect("screen");
            draw(&mut canvas, colour);
        }
    });
    assert!(taken < 16 << 10, "{taken} bytes though no reader held anything");
}
