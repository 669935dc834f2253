//! Times the JPEG decoder and the PNG encoder: `cargo run --release -p spice-codec --example bench_pictures -- FILE.jpg…`

use std::time::Instant;

use spice_codec::png::{Picture, encode};
use spice_codec::{PixelFormat, Rows, jpeg};
use spice_wire::limits::Limits;

/// The least of 25 times, in milliseconds.
fn best(mut work: impl FnMut()) -> f64 {
    let mut once = || {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64() * 1e3
    };
    (0..25).map(|_| once()).fold(f64::INFINITY, f64::min)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for name in std::env::args().skip(1) {
        let data = std::fs::read(&name)?;
        let frame = jpeg::Frame::read(&data)?;
        let (width, height) = (usize::from(frame.width), usize::from(frame.height));
        let mut pixels = vec![0; width * height];
        let mut decode = || {
            let mut rows = Rows::new(&mut pixels, width, height, width).expect("pixels are as many");
            jpeg::decode(&data, &mut rows, &Limits::DEFAULT)
        };
        decode()?;
        let jpeg = best(|| drop(decode()));
        let picture = Picture { pixels: &pixels, width, height, stride: width, format: PixelFormat::Xrgb };
        let size = encode(&picture)?.len();
        let png = best(|| drop(encode(&picture)));
        println!(
            "{name}: {width}x{height}, JPEG decoded in {jpeg:.2} ms, PNG of {size} bytes in {png:.2} ms"
        );
    }
    Ok(())
}
