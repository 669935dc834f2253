//! Encoders: whatever the pixels, the decoder gives them back.

use spice_codec::{PixelFormat, Result, Rows, Source};
use spice_wire::Limits;

/// Pixels, 4 bytes each, for every lossless encoder; the first byte is the width less 1.
pub fn encode(data: &[u8]) {
    let [width, pixels @ ..] = data else { return };
    let pixels: Vec<u32> = pixels.as_chunks().0.iter().map(|&pixel| u32::from_le_bytes(pixel)).collect();
    let width = usize::from(*width) + 1;
    let Some(source) = Source::new(&pixels, width, pixels.len() / width, width) else { return };
    comes_back("quic", &source, quic);
    comes_back("lz", &source, lz);
}

/// One way there and back.
type Both = fn(&Source<'_>, PixelFormat, &mut Rows<'_>) -> Result<()>;

fn quic(source: &Source<'_>, format: PixelFormat, rows: &mut Rows<'_>) -> Result<()> {
    let mut coded = Vec::new();
    spice_codec::quic::Encoder::new().encode(source, format, &mut coded);
    spice_codec::quic::decode(&coded, rows)
}

fn lz(source: &Source<'_>, format: PixelFormat, rows: &mut Rows<'_>) -> Result<()> {
    let mut coded = Vec::new();
    spice_codec::lz::Encoder::new().encode(source, format, &mut coded);
    spice_codec::lz::decode(&coded, None, rows, &Limits::DEFAULT).map(drop)
}

fn comes_back(name: &str, source: &Source<'_>, both: Both) {
    for (format, mask) in [(PixelFormat::Xrgb, 0x00ff_ffff), (PixelFormat::Argb, u32::MAX)] {
        let (width, height) = (source.width(), source.height());
        let mut found = vec![0; width * height];
        let mut rows = Rows::new(&mut found, width, height, width).expect("the pixels are as many as needed");
        both(source, format, &mut rows).unwrap_or_else(|error| panic!("{name}, {format:?}: {error}"));
        for (found, row) in found.chunks(width).zip(source.rows()) {
            assert!(
                found.iter().zip(row).all(|(a, b)| (a ^ b) & mask == 0),
                "{name}, {format:?}: {width}x{height}"
            );
        }
    }
}
