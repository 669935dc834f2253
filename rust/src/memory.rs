//! Where pictures lie: in huge pages, where the system has them.
//!
//! A screen is two thousand ordinary pages. The first touch of each is a fault, and later each is looked up again and again in
//! tables of the processor that hold fewer: decoding onto a screen takes a third longer for it. Everything else is left to the
//! system's allocator.

use std::alloc::{GlobalAlloc, Layout, System};
use std::ffi::c_void;
use std::ptr;

/// Size of a huge page.
const HUGE: usize = 2 << 20;

/// Allocations from this size on get pages of their own.
const LARGE: usize = 2 * HUGE;

#[global_allocator]
static MEMORY: Memory = Memory;

struct Memory;

// SAFETY: what is not large goes to the system's allocator as it comes, and comes back to it, since the size in the layout
// decides both ways. A large block is a mapping of its own, aligned to `HUGE` and at least as long as asked for; the system gives
// it zeroed, and it is unmapped with the length that it was mapped with.
unsafe impl GlobalAlloc for Memory {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if is_large(&layout) {
            return map(layout.size());
        }
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if is_large(&layout) {
            return map(layout.size());
        }
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if is_large(&layout) {
            return unmap(block, mapped(layout.size()));
        }
        // SAFETY: the caller's promise is passed on, and the block came from there.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller promises that the size is legal with this alignment.
        let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        if !is_large(&layout) && !is_large(&wanted) {
            // SAFETY: the caller's promise is passed on, and the block came from there.
            return unsafe { System.realloc(block, layout, size) };
        }
        // SAFETY: the new block is at least as large as what is copied, the old one is the caller's and given back once.
        unsafe {
            let new = self.alloc(wanted);
            if !new.is_null() {
                ptr::copy_nonoverlapping(block, new, layout.size().min(size));
                self.dealloc(block, layout);
            }
            new
        }
    }
}

fn is_large(layout: &Layout) -> bool {
    layout.size() >= LARGE && layout.align() <= HUGE
}

/// Length of the mapping for so many bytes: whole huge pages, unless much of the last one would lie idle.
fn mapped(size: usize) -> usize {
    let whole = size.next_multiple_of(HUGE);
    if whole - size <= size / 8 { whole } else { size.next_multiple_of(SMALL) }
}

/// Size of an ordinary page, or of several where pages are smaller.
const SMALL: usize = 64 << 10;

/// A mapping that begins with a huge page; null if there is no memory.
fn map(size: usize) -> *mut u8 {
    let length = mapped(size);
    let Some(room) = length.checked_add(HUGE) else { return ptr::null_mut() };
    let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    // SAFETY: a mapping of our own at a place that the system chooses touches no other memory.
    let start = unsafe { libc::mmap(ptr::null_mut(), room, access, kind, -1, 0) };
    if start == libc::MAP_FAILED {
        return ptr::null_mut();
    }
    let start = start.cast::<u8>();
    let before = start.align_offset(HUGE);
    let block = start.wrapping_add(before);
    unmap(start, before);
    unmap(block.wrapping_add(length), HUGE - before);
    // SAFETY: the range is our own mapping. Where there are no huge pages, ordinary ones do.
    unsafe { libc::madvise(block.cast::<c_void>(), length, libc::MADV_HUGEPAGE) };
    block
}

/// Gives a part of a mapping back that nobody uses any more.
fn unmap(start: *mut u8, length: usize) {
    if length > 0 {
        // SAFETY: callers name whole pages of mappings that `map` made, and nothing refers to them any more.
        unsafe { libc::munmap(start.cast::<c_void>(), length) };
    }
}
