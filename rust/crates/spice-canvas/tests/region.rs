//! Regions against a set of single pixels.

mod common;

use std::collections::BTreeSet;

use common::Random;
use spice_canvas::{Area, Region};

type Pixels = BTreeSet<(i32, i32)>;

fn any_area(random: &mut Random) -> Area {
    let (left, top) = (random.between(-3, 12), random.between(-3, 12));
    Area { left, top, right: left + random.between(-1, 8), bottom: top + random.between(-1, 8) }
}

fn pixels_of(area: &Area) -> impl Iterator<Item = (i32, i32)> + use<> {
    let Area { left, top, right, bottom } = *area;
    (top..bottom).flat_map(move |y| (left..right).map(move |x| (x, y)))
}

/// The pixels of a region, once it is certain that it is in its one correct form.
fn pixels(region: &Region) -> Pixels {
    let areas = region.areas();
    let all: Vec<_> = areas.iter().flat_map(pixels_of).collect();
    let set: Pixels = all.iter().copied().collect();
    assert_eq!(set.len(), all.len(), "areas overlap: {areas:?}");
    assert!(areas.iter().all(|area| !area.is_empty()));
    for pair in areas.windows(2) {
        let [one, next] = pair else { continue };
        let same_band = one.top == next.top && one.bottom == next.bottom && one.right < next.left;
        assert!(same_band || one.bottom <= next.top, "{areas:?}");
    }
    set
}

fn any_region(random: &mut Random) -> (Region, Pixels) {
    let areas: Vec<Area> = (0..random.between(0, 6)).map(|_| any_area(random)).collect();
    let region = Region::of(areas.iter().copied(), 1000).expect("few areas");
    let set = areas.iter().flat_map(pixels_of).collect();
    (region, set)
}

#[test]
fn regions_are_sets_of_pixels() {
    let mut random = Random(1);
    for _ in 0..3000 {
        let ((one, one_set), (other, other_set)) = (any_region(&mut random), any_region(&mut random));
        assert_eq!(pixels(&one), one_set);
        assert_eq!(one.is_empty(), one_set.is_empty());
        assert_eq!(pixels(&one.union(&other)), &one_set | &other_set);
        assert_eq!(pixels(&one.intersect(&other)), &one_set & &other_set);
        assert_eq!(pixels(&one.subtract(&other)), &one_set - &other_set);
        let area = any_area(&mut random);
        assert_eq!(pixels(&one.within(&area)), &one_set & &pixels_of(&area).collect());
    }
}

#[test]
fn a_coarse_region_has_more_pixels_and_few_areas() {
    let mut random = Random(2);
    for _ in 0..300 {
        let (mut region, set) = any_region(&mut random);
        let bounds = region.bounds();
        region.coarsen(2);
        assert!(region.areas().len() <= 2 && region.bounds() == bounds);
        assert!(pixels(&region).is_superset(&set));
    }
}

#[test]
fn too_many_areas_are_refused() {
    let lines = (0..20).map(|n| Area { left: 0, top: 2 * n, right: 50, bottom: 2 * n + 1 });
    let columns = (0..20).map(|n| Area { left: 2 * n, top: 0, right: 2 * n + 1, bottom: 50 });
    assert!(Region::of(lines.clone().chain(columns.clone()), 100).is_none());
    assert!(Region::of(lines.chain(columns), 1000).is_some());
}

#[test]
fn areas_at_the_end_of_coordinates_do_not_overflow() {
    let all = Area { left: i32::MIN, top: i32::MIN, right: i32::MAX, bottom: i32::MAX };
    assert_eq!(all.size(), (u32::MAX.into(), u32::MAX.into()));
    assert_eq!(all.moved(i64::MAX, i64::MIN).size(), (0, 0));
    assert_eq!(all.pixels(), (u32::MAX as usize).pow(2));
    let hole = Area { left: 0, top: 0, right: 1, bottom: 1 };
    assert_eq!(Region::from(all).subtract(&Region::from(hole)).areas().len(), 4);
}
