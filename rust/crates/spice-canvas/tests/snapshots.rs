//! Snapshots never change, cost no copy of what did not change, and the damage between two of them is known.

mod common;

use common::{Random, base, clipped, done, fill, pixels, rect, screen, surface};
use spice_canvas::{Area, Canvas, Snapshot};
use spice_wire::messages::display::{CopyBits, FromServer, Reset, SurfaceDestroy, SurfaceFormat};
use spice_wire::messages::draw::Point;

fn snapshot(canvas: &mut Canvas) -> Snapshot {
    canvas.snapshot(0).expect("screen")
}

fn any_drawing(random: &mut Random, width: i32, height: i32) -> FromServer {
    let (left, top) = (random.between(-5, width), random.between(-5, height));
    let bounds = rect(left, top, left + random.between(1, 30), top + random.between(1, 30));
    match random.between(0, 3) {
        0 => FromServer::CopyBits(CopyBits { base: base(0, bounds), source_position: Point { x: 7, y: 3 } }),
        1 => {
            let clip = (0..4).map(|n| rect(n * 9, n * 5, n * 9 + 8, n * 5 + 8)).collect();
            fill(clipped(0, bounds, clip), random.next())
        }
        _ => fill(base(0, bounds), random.next()),
    }
}

#[test]
fn snapshots_keep_their_pixels_however_many_are_held() {
    let mut random = Random(3);
    let (mut canvas, mut twin) =
        (screen(50, 40, SurfaceFormat::XRGB32), screen(50, 40, SurfaceFormat::XRGB32));
    let mut held: Vec<(Snapshot, Vec<u32>)> = Vec::new();
    for _ in 0..2000 {
        let drawing = any_drawing(&mut random, 50, 40);
        // The twin never shows its pixels to a reader, so it never has to leave a buffer.
        done(&mut canvas, &drawing);
        done(&mut twin, &drawing);
        if random.chance(3) {
            let snapshot = snapshot(&mut canvas);
            held.push((snapshot.clone(), snapshot.pixels().to_vec()));
        }
        while held.len() > random.between(0, 6) as usize {
            let (snapshot, pixels) = held.remove(random.next() as usize % held.len());
            assert_eq!(snapshot.pixels(), pixels);
        }
    }
    assert_eq!(pixels(&mut canvas, 0), pixels(&mut twin, 0));
}

#[test]
fn a_snapshot_costs_no_copy_and_buffers_come_back() {
    let mut canvas = screen(64, 64, SurfaceFormat::XRGB32);
    let mut addresses = std::collections::BTreeSet::new();
    for colour in 0..50 {
        let snapshot = snapshot(&mut canvas);
        addresses.insert(snapshot.pixels().as_ptr() as usize);
        assert_eq!(snapshot.pixels().as_ptr(), canvas.snapshot(0).expect("screen").pixels().as_ptr());
        done(&mut canvas, &fill(base(0, rect(1, 1, 9, 9)), colour));
    }
    assert!(addresses.len() <= 3, "{} buffers for one reader at a time", addresses.len());
}

#[test]
fn bytes_are_blue_green_red_and_the_top() {
    let mut canvas = screen(1, 1, SurfaceFormat::XRGB32);
    done(&mut canvas, &fill(base(0, rect(0, 0, 1, 1)), 0x0a0b0c0d));
    assert_eq!(snapshot(&mut canvas).bytes(), [0x0d, 0x0c, 0x0b, 0x0a]);
}

#[test]
fn versions_change_with_the_first_drawing_after_a_snapshot() {
    let mut canvas = screen(8, 8, SurfaceFormat::XRGB32);
    let first = snapshot(&mut canvas).version;
    assert_eq!(snapshot(&mut canvas).version, first);
    done(&mut canvas, &fill(base(0, rect(0, 0, 1, 1)), 1));
    assert_eq!(canvas.version(0), Some(first + 1));
    done(&mut canvas, &fill(base(0, rect(0, 0, 1, 1)), 2));
    assert_eq!(canvas.version(0), Some(first + 1));
    assert_eq!(snapshot(&mut canvas).version, first + 1);
    done(&mut canvas, &fill(base(0, rect(9, 9, 10, 10)), 3));
    assert_eq!(canvas.version(0), Some(first + 1), "nothing was drawn");
}

#[test]
fn damage_has_every_pixel_that_differs() {
    let mut random = Random(11);
    let mut canvas = screen(60, 50, SurfaceFormat::XRGB32);
    let mut old: Vec<Snapshot> = vec![snapshot(&mut canvas)];
    for _ in 0..400 {
        (0..random.between(1, 30)).for_each(|_| {
            let drawing = any_drawing(&mut random, 60, 50);
            done(&mut canvas, &drawing);
        });
        let new = snapshot(&mut canvas);
        for before in &old {
            let damage = canvas.damage_since(0, before.version);
            for (index, (one, other)) in before.pixels().iter().zip(new.pixels()).enumerate() {
                let (x, y) = (index as i32 % 60, index as i32 / 60);
                let inside =
                    |area: &Area| area.contains(&Area { left: x, top: y, right: x + 1, bottom: y + 1 });
                assert!(one == other || damage.iter().filter(|area| inside(area)).count() == 1, "{x}, {y}");
            }
        }
        old.push(new);
        if old.len() > 3 {
            old.remove(0);
        }
    }
}

#[test]
fn damage_is_small_where_little_was_drawn_and_whole_where_it_is_forgotten() {
    let mut canvas = screen(60, 50, SurfaceFormat::XRGB32);
    let whole = Area { left: 0, top: 0, right: 60, bottom: 50 };
    let first = snapshot(&mut canvas).version;
    assert_eq!(canvas.damage_since(0, first), []);
    done(&mut canvas, &fill(base(0, rect(3, 4, 5, 6)), 1));
    assert_eq!(canvas.damage_since(0, first), [Area { left: 3, top: 4, right: 5, bottom: 6 }]);
    for colour in 0..100 {
        snapshot(&mut canvas);
        done(&mut canvas, &fill(base(0, rect(0, 0, 1, 1)), colour));
    }
    assert_eq!(canvas.damage_since(0, first), [whole]);
    assert_eq!(canvas.damage_since(0, first + 1000), [whole], "a version from nowhere");
    assert_eq!(canvas.damage_since(9, first), [], "a surface that does not exist");
}

#[test]
fn a_new_surface_of_the_same_number_is_all_damage() {
    let mut canvas = screen(6, 5, SurfaceFormat::XRGB32);
    let before = snapshot(&mut canvas).version;
    done(&mut canvas, &FromServer::SurfaceDestroy(SurfaceDestroy { surface_id: 0 }));
    assert!(canvas.snapshot(0).is_none() && canvas.primary().is_none());
    done(&mut canvas, &surface(0, 6, 5, SurfaceFormat::XRGB32, true));
    assert!(snapshot(&mut canvas).version > before);
    assert_eq!(canvas.damage_since(0, before), [Area { left: 0, top: 0, right: 6, bottom: 5 }]);
}

#[test]
fn a_screen_of_unchanged_size_keeps_its_pixels() {
    let mut canvas = screen(3, 3, SurfaceFormat::XRGB32);
    done(&mut canvas, &fill(base(0, rect(0, 0, 3, 3)), 7));
    done(&mut canvas, &surface(0, 3, 3, SurfaceFormat::XRGB32, true));
    assert_eq!(pixels(&mut canvas, 0), [7; 9]);
    done(&mut canvas, &surface(0, 3, 2, SurfaceFormat::XRGB32, true));
    assert_eq!(pixels(&mut canvas, 0), [0; 6]);
    done(&mut canvas, &FromServer::Reset(Reset {}));
    assert!(canvas.surfaces().is_empty());
}
