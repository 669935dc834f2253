//! Frames of MJPEG, made of the files in `data/jpeg`.

mod files;

use spice_codec::jpeg::Frame;
use spice_codec::{ErrorKind, Result, Rows, mjpeg};
use spice_wire::limits::Limits;

const WIDTH: usize = 35;
const HEIGHT: usize = 21;

fn decoded(data: &[u8], top_down: bool, gap: usize) -> Result<Vec<u32>> {
    let stride = WIDTH + gap;
    let mut pixels = vec![0; stride * HEIGHT];
    let mut rows = Rows::new(&mut pixels, WIDTH, HEIGHT, stride).unwrap();
    mjpeg::decode(data, top_down, &mut rows, &Limits::DEFAULT)?;
    Ok(pixels.chunks(stride).flat_map(|line| &line[..WIDTH]).copied().collect())
}

/// `data` without the segments that hold Huffman tables.
fn without_tables(data: &[u8]) -> Vec<u8> {
    let mut rest = &data[2..];
    let mut kept = data[..2].to_vec();
    while rest[1] != 0xda {
        let (segment, behind) = rest.split_at(2 + usize::from(u16::from_be_bytes([rest[2], rest[3]])));
        if segment[1] != 0xc4 {
            kept.extend(segment);
        }
        rest = behind;
    }
    kept.extend(rest);
    kept
}

#[test]
fn frames_that_are_not_top_down_are_turned_over() {
    let data = files::bytes("jpeg/422.jpg");
    let upright = decoded(&data, true, 0).unwrap();
    let mut turned: Vec<u32> = Vec::new();
    for line in upright.chunks(WIDTH).rev() {
        turned.extend(line);
    }
    assert_ne!(upright, turned);
    for gap in [0, 4] {
        assert_eq!(decoded(&data, true, gap).unwrap(), upright);
        assert_eq!(decoded(&data, false, gap).unwrap(), turned);
    }
}

#[test]
fn usual_tables_may_be_missing() {
    for kind in ["420", "422", "444", "grey", "420-restart"] {
        let data = files::bytes(&format!("jpeg/{kind}.jpg"));
        let bare = without_tables(&data);
        assert!(bare.len() + 200 < data.len() && !Frame::read(&bare).unwrap().has_tables);
        assert_eq!(decoded(&bare, true, 0), decoded(&data, true, 0), "{kind}");
    }
}

#[test]
fn frames_of_another_size_tell_it() {
    let data = files::bytes("jpeg/420-17x1.jpg");
    assert_eq!(decoded(&data, true, 0).unwrap_err().kind, ErrorKind::Mismatch);
    let frame = Frame::read(&data).unwrap();
    let mut pixels = [0; 17];
    let mut rows = Rows::new(&mut pixels, frame.width.into(), frame.height.into(), 17).unwrap();
    mjpeg::decode(&data, false, &mut rows, &Limits::DEFAULT).unwrap();
    assert!(pixels.iter().all(|&pixel| pixel != 0));
}

#[test]
fn what_stands_behind_the_end_is_ignored() {
    let mut data = files::bytes("jpeg/420.jpg");
    let plain = decoded(&data, true, 0);
    data.extend([0; 7]);
    assert_eq!(decoded(&data, true, 0), plain);
    data.truncate(data.len() - 9);
    assert_eq!(decoded(&data, true, 0), plain, "end marker missing");
}

#[test]
fn frame_cut_behind_its_headers_gives_the_rows_it_has() {
    let data = without_tables(&files::bytes("jpeg/444.jpg"));
    let whole = decoded(&data, true, 0).unwrap();
    let scan = Frame::read(&data).unwrap().scan;
    for end in 0..=scan {
        assert_eq!(decoded(&data[..end], true, 0).unwrap_err().kind, ErrorKind::Truncated, "cut at {end}");
    }
    let most = decoded(&data[..data.len() - 100], true, 0).unwrap();
    assert_eq!(most[..WIDTH * 8], whole[..WIDTH * 8]);
    for end in scan + 1..data.len() {
        let pixels = decoded(&data[..end], false, 0);
        assert!(pixels.is_ok_and(|pixels| pixels.len() == WIDTH * HEIGHT) || end < scan + 14, "cut at {end}");
    }
}

#[test]
fn damaged_frames_fail_or_decode_but_never_panic() {
    let mut random = files::Random(0x0313_9e67);
    let data = without_tables(&files::bytes("jpeg/420-restart.jpg"));
    let failed = (0..5000).filter(|_| decoded(&random.damage(&data), false, 0).is_err()).count();
    assert!(failed > 0 && failed < 5000, "{failed} failed");
}
