//! Encodes LZ, LZ4 and GLZ for `benches/reference/differential_lz.py`, which lets the reference decode it.
//!
//! Each request on standard input is what to do, width and height (u32, little endian), and 32-bit pixels without gaps; the
//! answer is the length of the data and the data. Before those with palette stand the number of colours and the colours.

use std::io::{self, ErrorKind, Read, Write};

use spice_codec::palette::Indexed;
use spice_codec::{PixelFormat, Source, glz, lz, lz4};

struct Encoders {
    lz: lz::Encoder,
    lz4: lz4::Encoder,
    glz: glz::Dictionary,
}

fn main() -> io::Result<()> {
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    let mut encoders =
        Encoders { lz: lz::Encoder::new(), lz4: lz4::Encoder::new(), glz: glz::Dictionary::new(0) };
    let mut head = [0; 12];
    loop {
        match input.read_exact(&mut head) {
            Err(end) if end.kind() == ErrorKind::UnexpectedEof => return Ok(()),
            result => result?,
        }
        let [what, width, height] = [0, 4, 8].map(|at| word(&head[at..]) as usize);
        let mut bytes = vec![0; 4 * width * height];
        input.read_exact(&mut bytes)?;
        let pixels: Vec<u32> = bytes.chunks(4).map(word).collect();
        let data = match Source::new(&pixels, width, height, width) {
            Some(source) => encoders.encode(what, &source),
            None => return Err(io::Error::other("picture without pixels")),
        };
        output.write_all(&(data.len() as u32).to_le_bytes())?;
        output.write_all(&data)?;
        output.flush()?;
    }
}

impl Encoders {
    fn encode(&mut self, what: usize, source: &Source<'_>) -> Vec<u8> {
        let (mut out, xrgb, argb) = (Vec::new(), PixelFormat::Xrgb, PixelFormat::Argb);
        match what {
            0 => self.lz.encode(source, xrgb, &mut out),
            1 => self.lz.encode(source, argb, &mut out),
            2 => self.lz.encode_alpha(source, &mut out),
            3 => self.encode_palette(source, &mut out),
            4 => self.lz4.encode(source, xrgb, &mut out),
            5 => self.lz4.encode(source, argb, &mut out),
            6 => drop(self.glz.encode(source, xrgb, &mut out)),
            7 => drop(self.glz.encode(source, argb, &mut out)),
            // A new session; the picture is as large as its window.
            _ => self.glz = glz::Dictionary::new(source.width() * source.height()),
        }
        out
    }

    fn encode_palette(&mut self, source: &Source<'_>, out: &mut Vec<u8>) {
        if let Some(indexed) = Indexed::detect(source) {
            out.extend((indexed.colours().len() as u32).to_le_bytes());
            out.extend(indexed.colours().iter().flat_map(|colour| colour.to_le_bytes()));
            self.lz.encode_palette(&indexed, out);
        }
    }
}

fn word(bytes: &[u8]) -> u32 {
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}
