//! Times our decoders for `benches/codecs.py`, which drives this program and the reference's twin in turns.
//!
//! Reads lines from standard input and answers each with one line:
//!
//! - `load CODEC FILE…` reads coded images, decodes them once and answers with a checksum of the pixels;
//! - `run` decodes them all once more and answers with the nanoseconds that took.
//!
//! A fault answers `error` and why.

use std::error::Error;
use std::io::{self, BufRead, Write};
use std::time::Instant;

use spice_codec::{Rows, quic};

fn main() -> io::Result<()> {
    let mut job = None;
    for line in io::stdin().lock().lines() {
        let answer = match line?.split(' ').collect::<Vec<_>>()[..] {
            ["load", codec, ref files @ ..] => load(codec, files).map(|(loaded, sum)| {
                job = Some(loaded);
                format!("{sum:016x}")
            }),
            ["run"] => job.as_mut().ok_or_else(|| "nothing loaded".into()).and_then(timed),
            _ => Err("unknown command".into()),
        };
        println!("{}", answer.unwrap_or_else(|fault| format!("error {fault}")));
        io::stdout().flush()?;
    }
    Ok(())
}

/// Coded images, and how to decode them all into pixels that are kept between runs.
struct Job {
    files: Vec<Vec<u8>>,
    pixels: Vec<u32>,
    decode: fn(&[Vec<u8>], &mut Vec<u32>) -> Result<(), Box<dyn Error>>,
}

fn load(codec: &str, names: &[&str]) -> Result<(Job, u64), Box<dyn Error>> {
    let files = names.iter().map(std::fs::read).collect::<Result<Vec<_>, _>>()?;
    let decode = match codec {
        "quic" => decode_quic,
        _ => return Err("unknown codec".into()),
    };
    let mut job = Job { files, pixels: Vec::new(), decode };
    timed(&mut job)?;
    let sum = checksum(&job.pixels);
    Ok((job, sum))
}

fn timed(job: &mut Job) -> Result<String, Box<dyn Error>> {
    let start = Instant::now();
    (job.decode)(&job.files, &mut job.pixels)?;
    Ok(start.elapsed().as_nanos().to_string())
}

fn decode_quic(files: &[Vec<u8>], pixels: &mut Vec<u32>) -> Result<(), Box<dyn Error>> {
    for data in files {
        let header = quic::header(data)?;
        quic::decode(data, &mut rows(pixels, header.width as usize, header.height as usize)?)?;
    }
    Ok(())
}

/// Rows over `pixels`, which grow to the size needed.
fn rows(pixels: &mut Vec<u32>, width: usize, height: usize) -> Result<Rows<'_>, Box<dyn Error>> {
    pixels.resize(width * height, 0);
    Rows::new(pixels, width, height, width).ok_or_else(|| "impossible size".into())
}

/// FNV over whole pixels without their top byte, which means nothing for most images.
fn checksum(pixels: &[u32]) -> u64 {
    pixels.iter().fold(0xcbf2_9ce4_8422_2325, |sum, pixel| {
        (sum ^ u64::from(pixel & 0x00ff_ffff)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
