//! Encoders: whatever the pixels, the decoder gives them back, or what loss leaves of them.

use spice_codec::palette::Indexed;
use spice_codec::{PixelFormat, Result, Rows, Source};
use spice_wire::Limits;

/// Pixels, 4 bytes each, for every encoder; the first byte is the width less 1.
pub fn encode(data: &[u8]) {
    let [width, pixels @ ..] = data else { return };
    let pixels: Vec<u32> = pixels.as_chunks().0.iter().map(|&pixel| u32::from_le_bytes(pixel)).collect();
    let width = usize::from(*width) + 1;
    let Some(source) = Source::new(&pixels, width, pixels.len() / width, width) else { return };
    for format in [COLOURS, WITH_ALPHA] {
        comes_back("quic", &source, format, quic);
        comes_back("lz", &source, format, lz);
        comes_back("lz4", &source, format, lz4);
    }
    if let Some(indexed) = Indexed::detect(&source) {
        comes_back("palette", &source, COLOURS, |_, _, rows| palette(&indexed, rows));
    }
    if source.height() <= usize::from(u16::MAX) {
        jpeg(&source);
    }
}

/// A format and the bits of its pixels that come back.
type Format = (PixelFormat, u32);

const COLOURS: Format = (PixelFormat::Xrgb, 0x00ff_ffff);
const WITH_ALPHA: Format = (PixelFormat::Argb, u32::MAX);

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

fn lz4(source: &Source<'_>, format: PixelFormat, rows: &mut Rows<'_>) -> Result<()> {
    let mut coded = Vec::new();
    spice_codec::lz4::Encoder::new().encode(source, format, &mut coded);
    spice_codec::lz4::decode(&coded, rows, &Limits::DEFAULT).map(drop)
}

fn palette(indexed: &Indexed, rows: &mut Rows<'_>) -> Result<()> {
    let mut coded = Vec::new();
    spice_codec::lz::Encoder::new().encode_palette(indexed, &mut coded);
    spice_codec::lz::decode(&coded, Some(indexed.colours()), rows, &Limits::DEFAULT).map(drop)
}

/// There is loss, so all that must hold is that our decoder takes it.
fn jpeg(source: &Source<'_>) {
    let mut coded = Vec::new();
    spice_codec::jpeg::Encoder::new().encode(source, 85, &mut coded);
    decoded(source, |rows| spice_codec::jpeg::decode(&coded, rows, &Limits::DEFAULT).map(drop))
        .unwrap_or_else(|error| panic!("{error}"));
}

/// Whether the pixels of `source` come back, `both` being the way there and back.
fn comes_back(
    name: &str,
    source: &Source<'_>,
    (format, mask): Format,
    both: impl Fn(&Source<'_>, PixelFormat, &mut Rows<'_>) -> Result<()>,
) {
    let size = format!("{name}, {format:?}, {}x{}", source.width(), source.height());
    let found =
        decoded(source, |rows| both(source, format, rows)).unwrap_or_else(|error| panic!("{size}: {error}"));
    for (found, row) in found.chunks(source.width()).zip(source.rows()) {
        assert!(found.iter().zip(row).all(|(a, b)| (a ^ b) & mask == 0), "{size}");
    }
}

/// Pixels, as many as `source` has.
fn decoded(source: &Source<'_>, decode: impl Fn(&mut Rows<'_>) -> Result<()>) -> Result<Vec<u32>> {
    let (width, height) = (source.width(), source.height());
    let mut pixels = vec![0; width * height];
    decode(&mut Rows::new(&mut pixels, width, height, width).expect("the pixels are as many as needed"))?;
    Ok(pixels)
}
