//! The encoders, a function for each: from what was loaded to what `run` does.

use spice_codec::{PixelFormat, Source, glz, jpeg, lz, lz4, palette, quic, zlib_glz};

use crate::{Encode, Fault, Input};

type Prepare = fn(Input) -> Result<Encode, Fault>;

/// By the names that the reference's twin uses; what is not here is left out of the tables.
pub const ALL: &[(&str, Prepare)] = &[
    ("quic", quic),
    ("quic_alpha", quic_alpha),
    ("lz", lz),
    ("lz_alpha", lz_alpha),
    ("lz_palette", lz_palette),
    ("lz4", lz4),
    ("jpeg", jpeg),
    ("zlib", zlib),
    ("glz_3m", glz_3m),
    ("glz_8m", glz_8m),
    ("glz_32m", glz_32m),
];

fn quic(input: Input) -> Result<Encode, Fault> {
    quic_as(input, PixelFormat::Xrgb)
}

fn quic_alpha(input: Input) -> Result<Encode, Fault> {
    quic_as(input, PixelFormat::Argb)
}

fn quic_as(input: Input, format: PixelFormat) -> Result<Encode, Fault> {
    let pictures = Pictures::new(input);
    let mut encoder = quic::Encoder::new();
    Ok(Box::new(move |n, out| {
        encoder.encode(&pictures.source(n)?, format, out);
        Ok(())
    }))
}

fn lz(input: Input) -> Result<Encode, Fault> {
    lz_as(input, PixelFormat::Xrgb)
}

fn lz_alpha(input: Input) -> Result<Encode, Fault> {
    lz_as(input, PixelFormat::Argb)
}

fn lz_as(input: Input, format: PixelFormat) -> Result<Encode, Fault> {
    let pictures = Pictures::new(input);
    let mut encoder = lz::Encoder::new();
    Ok(Box::new(move |n, out| {
        encoder.encode(&pictures.source(n)?, format, out);
        Ok(())
    }))
}

/// 256 colours stand before the indices. Ours are what is found in the picture, outside the time; they may be fewer.
fn lz_palette(input: Input) -> Result<Encode, Fault> {
    let Input { files, width, height } = input;
    let indexed: Vec<_> = files
        .iter()
        .map(|file| {
            let (colours, indices) = file.split_at_checked(1024).ok_or("no palette")?;
            let colours: Vec<u32> = words(colours).collect();
            let pixels: Vec<u32> = indices.iter().map(|index| colours[usize::from(*index)]).collect();
            let source = Source::new(&pixels, width, height, width).ok_or("not a picture of this size")?;
            palette::Indexed::detect(&source).ok_or("too many colours")
        })
        .collect::<Result<_, _>>()?;
    let mut encoder = lz::Encoder::new();
    Ok(Box::new(move |n, out| {
        encoder.encode_palette(&indexed[n], out);
        Ok(())
    }))
}

fn lz4(input: Input) -> Result<Encode, Fault> {
    let pictures = Pictures::new(input);
    let mut encoder = lz4::Encoder::new();
    Ok(Box::new(move |n, out| {
        encoder.encode(&pictures.source(n)?, PixelFormat::Xrgb, out);
        Ok(())
    }))
}

fn jpeg(input: Input) -> Result<Encode, Fault> {
    let pictures = Pictures::new(input);
    let mut encoder = jpeg::Encoder::new();
    Ok(Box::new(move |n, out| {
        encoder.encode(&pictures.source(n)?, JPEG_QUALITY, out);
        Ok(())
    }))
}

/// As in the reference's twin, where it is the server's.
const JPEG_QUALITY: u8 = 85;

/// The files are GLZ data.
fn zlib(input: Input) -> Result<Encode, Fault> {
    let mut deflater = zlib_glz::Deflater::new();
    Ok(Box::new(move |n, out| match deflater.deflate(&input.files[n], out) {
        true => Ok(()),
        false => Err("does not become smaller".into()),
    }))
}

fn glz_3m(input: Input) -> Result<Encode, Fault> {
    glz_in(input, 3_000_000)
}

fn glz_8m(input: Input) -> Result<Encode, Fault> {
    glz_in(input, 8_000_000)
}

fn glz_32m(input: Input) -> Result<Encode, Fault> {
    glz_in(input, 32_000_000)
}

/// The files are a session, in a window of `pixels` pixels.
fn glz_in(input: Input, pixels: usize) -> Result<Encode, Fault> {
    let pictures = Pictures::new(input);
    let mut dictionary = glz::Dictionary::new(pixels);
    Ok(Box::new(move |n, out| {
        if n == 0 {
            dictionary.clear();
        }
        match dictionary.encode(&pictures.source(n)?, PixelFormat::Xrgb, out) {
            true => Ok(()),
            false => Err("larger than the window".into()),
        }
    }))
}

/// Files that are pixels without gaps.
struct Pictures {
    pixels: Vec<Vec<u32>>,
    width: usize,
    height: usize,
}

impl Pictures {
    fn new(input: Input) -> Self {
        let Input { files, width, height } = input;
        Self { pixels: files.iter().map(|file| words(file).collect()).collect(), width, height }
    }

    fn source(&self, n: usize) -> Result<Source<'_>, Fault> {
        Source::new(&self.pixels[n], self.width, self.height, self.width)
            .ok_or("not a picture of this size".into())
    }
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes.as_chunks().0.iter().map(|&word| u32::from_le_bytes(word))
}
