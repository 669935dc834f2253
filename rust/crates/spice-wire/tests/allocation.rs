//! Nothing is allocated for an announcement before the limits, and the bytes that came, have agreed to it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use spice_wire::messages::{ChannelType, find};
use spice_wire::{ErrorKind, Limits, Sender};

/// The system's allocator, which remembers the largest piece that was asked for.
struct Watching;

static LARGEST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Watching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LARGEST.fetch_max(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are passed on; the pointer came from the same allocator.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Watching = Watching;

/// Messages that announce far more than they bring: channel, number, body, and what must be said about it.
fn announcements() -> Vec<(ChannelType, u16, Vec<u8>, ErrorKind)> {
    let huge = u32::MAX.to_le_bytes();
    let allowed = 65_536_u32.to_le_bytes();
    let clip = |count: [u8; 4]| [vec![0; 20], vec![1], count.to_vec()].concat();
    vec![
        (ChannelType::MAIN, 104, huge.to_vec(), ErrorKind::Limit),
        (ChannelType::MAIN, 104, allowed.to_vec(), ErrorKind::Truncated),
        (ChannelType::MAIN, 113, huge.to_vec(), ErrorKind::Truncated),
        (ChannelType::DISPLAY, 302, clip(huge), ErrorKind::Limit),
        (ChannelType::DISPLAY, 302, clip(allowed), ErrorKind::Truncated),
        (ChannelType::DISPLAY, 105, vec![0xff, 0xff], ErrorKind::Truncated),
        (ChannelType::DISPLAY, 123, [[0; 4], [0; 4], huge].concat(), ErrorKind::Truncated),
        (ChannelType::SMARTCARD, 101, [[0; 4], [0; 4], huge].concat(), ErrorKind::Truncated),
        (ChannelType::MAIN, 8, vec![0xff, 0xff], ErrorKind::Limit),
    ]
}

#[test]
fn an_announcement_costs_nothing() {
    let limits = Limits::DEFAULT;
    let cases: Vec<_> = announcements()
        .into_iter()
        .map(|(channel, id, body, kind)| (channel, id, Bytes::from(body), kind))
        .collect();
    LARGEST.store(0, Ordering::Relaxed);
    for (channel, id, body, kind) in &cases {
        let message = find(*channel, Sender::Server, *id).unwrap();
        let error = message.read_body(body, &limits).unwrap_err();
        assert_eq!(error.kind(), *kind, "{error}");
    }
    assert!(LARGEST.load(Ordering::Relaxed) < 1024, "{} bytes at once", LARGEST.load(Ordering::Relaxed));
}
