//! Memory that hostile JPEGs can make the decoder take, counted at the allocator.

mod files;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use spice_codec::{ErrorKind, Rows, jpeg, mjpeg};
use spice_wire::limits::Limits;

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

// One test, since the count is the program's.
#[test]
fn memory_follows_the_destination_and_not_the_data() {
    let mut pixels = vec![0; 35 * 21];
    let mut random = files::Random(0x0b5e55);
    for kind in ["420", "444", "grey", "rgb-444", "420-progressive", "420-restart"] {
        let data = files::bytes(&format!("jpeg/{kind}.jpg"));
        for round in 0..2000 {
            let damaged = random.damage(&data);
            let bytes = most(|| {
                let mut rows = Rows::new(&mut pixels, 35, 21, 35).unwrap();
                // Whether it decodes is no matter here.
                let _ = match round % 2 {
                    0 => jpeg::decode(&damaged, &mut rows, &Limits::DEFAULT),
                    _ => mjpeg::decode(&damaged, true, &mut rows, &Limits::DEFAULT),
                };
            });
            assert!(bytes < 256 << 10, "{kind} took {bytes} bytes");
        }
    }

    let mut giant = files::bytes("jpeg/420-progressive.jpg");
    let at = giant.windows(2).position(|pair| *pair == [0xff, 0xc2]).unwrap() + 5;
    giant[at..at + 4].fill(0xff);
    let bytes = most(|| {
        let mut rows = Rows::new(&mut pixels, 35, 21, 35).unwrap();
        let error = jpeg::decode(&giant, &mut rows, &Limits::DEFAULT).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Limit);
    });
    assert_eq!(bytes, 0, "refused before anything is allocated");
}
