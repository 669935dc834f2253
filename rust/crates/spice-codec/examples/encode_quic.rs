//! Encodes pictures as QUIC for `benches/reference/differential.py`, which compares the bytes with the reference's.
//!
//! Each request on standard input is three words (u32, little endian) and pixels of 4 bytes: whether there is alpha (0 or
//! 1), width, height. The answer is the length of the image and the image.

use std::io::{self, Error, ErrorKind, Read, Write};

use spice_codec::{PixelFormat, Source, quic};

fn main() -> io::Result<()> {
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    let mut encoder = quic::Encoder::new();
    let mut header = [[0; 4]; 3];
    loop {
        match input.read_exact(header.as_flattened_mut()) {
            Err(end) if end.kind() == ErrorKind::UnexpectedEof => return Ok(()),
            result => result?,
        }
        let [alpha, width, height] = header.map(|word| u32::from_le_bytes(word) as usize);
        let mut bytes = vec![0; 4 * width * height];
        input.read_exact(&mut bytes)?;
        let pixels: Vec<u32> = bytes.as_chunks().0.iter().map(|&pixel| u32::from_le_bytes(pixel)).collect();
        let source = Source::new(&pixels, width, height, width)
            .ok_or_else(|| Error::new(ErrorKind::InvalidInput, "no pixels"))?;
        let format = if alpha == 1 { PixelFormat::Argb } else { PixelFormat::Xrgb };
        let mut coded = Vec::new();
        encoder.encode(&source, format, &mut coded);
        output.write_all(&(coded.len() as u32).to_le_bytes())?;
        output.write_all(&coded)?;
        output.flush()?;
    }
}
