//! The encoders, a function for each: from what was loaded to what `run` does.

use spice_codec::{PixelFormat, Source, lz, lz4, quic};

use crate::{Encode, Fault, Input};

type Prepare = fn(Input) -> Result<Encode, Fault>;

/// By the names that the reference's twin uses; what is not here is left out of the tables.
pub const ALL: &[(&str, Prepare)] =
    &[("quic", quic), ("quic_alpha", quic_alpha), ("lz", lz), ("lz_alpha", lz_alpha), ("lz4", lz4)];

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

fn lz4(input: Input) -> Result<Encode, Fault> {
    let pictures = Pictures::new(input);
    let mut encoder = lz4::Encoder::new();
    Ok(Box::new(move |n, out| {
        encoder.encode(&pictures.source(n)?, PixelFormat::Xrgb, out);
        Ok(())
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
        let pixels =
            |file: &Vec<u8>| file.as_chunks().0.iter().map(|&pixel| u32::from_le_bytes(pixel)).collect();
        let Input { files, width, height } = input;
        Self { pixels: files.iter().map(pixels).collect(), width, height }
    }

    fn source(&self, n: usize) -> Result<Source<'_>, Fault> {
        Source::new(&self.pixels[n], self.width, self.height, self.width)
            .ok_or("not a picture of this size".into())
    }
}
