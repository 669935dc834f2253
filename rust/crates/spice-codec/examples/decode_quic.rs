//! Decodes QUIC images for `benches/reference/differential.py`, which compares the pixels with the reference's.
//!
//! Each request on standard input is a length (u32, little endian) and that many bytes of image; the answer is the
//! length of the pixels and the pixels, or a length of 0 where the image was refused.

use std::io::{self, ErrorKind, Read, Write};

use spice_codec::{Rows, quic};

fn main() -> io::Result<()> {
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    let mut length = [0; 4];
    loop {
        match input.read_exact(&mut length) {
            Err(end) if end.kind() == ErrorKind::UnexpectedEof => return Ok(()),
            result => result?,
        }
        let mut data = vec![0; u32::from_le_bytes(length) as usize];
        input.read_exact(&mut data)?;
        let pixels = decoded(&data).unwrap_or_default();
        output.write_all(&(4 * pixels.len() as u32).to_le_bytes())?;
        for pixel in pixels {
            output.write_all(&pixel.to_le_bytes())?;
        }
        output.flush()?;
    }
}

fn decoded(data: &[u8]) -> Option<Vec<u32>> {
    let header = quic::header(data).ok()?;
    let (width, height) = (header.width as usize, header.height as usize);
    let mut pixels = vec![0; width * height];
    quic::decode(data, &mut Rows::new(&mut pixels, width, height, width)?).ok()?;
    Some(pixels)
}
