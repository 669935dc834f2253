//! Times our decoders for `benches/codecs.py`, which drives this program and the reference's twin in turns.
//!
//! Reads lines from standard input and answers each with one line:
//!
//! - `load CODEC WIDTH HEIGHT FILE…` reads coded images, decodes them once and answers with a checksum of the pixels;
//! - `run` decodes them all once more and answers with the nanoseconds that took.
//!
//! A fault answers `error` and why.

use std::error::Error;
use std::io::{self, BufRead, Write};
use std::time::Instant;

use spice_codec::glz::{self, Window};
use spice_codec::{Rows, jpeg, lz, lz4, quic, zlib_glz};
use spice_wire::limits::Limits;

fn main() -> io::Result<()> {
    let mut job = None;
    for line in io::stdin().lock().lines() {
        let answer = match line?.split(' ').collect::<Vec<_>>()[..] {
            ["load", codec, width, height, ref files @ ..] => {
                load(codec, width, height, files).map(|loaded| {
                    let sum = checksum(&loaded.pixels);
                    job = Some(loaded);
                    format!("{sum:016x}")
                })
            }
            ["run"] => job.as_mut().ok_or_else(|| "nothing loaded".into()).and_then(timed),
            _ => Err("unknown command".into()),
        };
        println!("{}", answer.unwrap_or_else(|fault| format!("error {fault}")));
        io::stdout().flush()?;
    }
    Ok(())
}

/// Coded images and what is kept from one run to the next, as a client keeps it.
struct Job {
    files: Vec<Vec<u8>>,
    width: usize,
    height: usize,
    pixels: Vec<u32>,
    bytes: Vec<u8>,
    window: Window,
    limits: Limits,
    decode: fn(&mut Job) -> Result<(), Box<dyn Error>>,
}

fn load(codec: &str, width: &str, height: &str, names: &[&str]) -> Result<Job, Box<dyn Error>> {
    let (width, height) = (width.parse::<usize>()?, height.parse::<usize>()?);
    let decode = match codec {
        "quic" => decode_quic,
        "lz" => decode_lz,
        "lz_palette" => decode_lz_palette,
        "lz4" => decode_lz4,
        "jpeg" => decode_jpeg,
        "zlib" => decode_zlib,
        "glz" => decode_glz,
        _ => return Err("unknown codec".into()),
    };
    let limits = Limits::DEFAULT;
    let mut job = Job {
        files: names.iter().map(std::fs::read).collect::<Result<_, _>>()?,
        width,
        height,
        pixels: vec![0; width * height],
        bytes: Vec::new(),
        window: Window::new(&limits),
        limits,
        decode,
    };
    decode(&mut job)?;
    if codec == "glz" {
        show_last_picture(&mut job)?;
    }
    let inflated = job.bytes.chunks(4).zip(&mut job.pixels);
    inflated.for_each(|(bytes, pixel)| *pixel = little_endian(bytes));
    Ok(job)
}

fn timed(job: &mut Job) -> Result<String, Box<dyn Error>> {
    let start = Instant::now();
    (job.decode)(job)?;
    Ok(start.elapsed().as_nanos().to_string())
}

fn decode_quic(job: &mut Job) -> Result<(), Box<dyn Error>> {
    Ok(quic::decode(&job.files[0], &mut rows(&mut job.pixels, job.width, job.height)?)?)
}

fn decode_lz(job: &mut Job) -> Result<(), Box<dyn Error>> {
    let mut rows = rows(&mut job.pixels, job.width, job.height)?;
    lz::decode(&job.files[0], None, &mut rows, &job.limits)?;
    Ok(())
}

/// The palette stands before the image.
fn decode_lz_palette(job: &mut Job) -> Result<(), Box<dyn Error>> {
    let (palette, data) = job.files[0].split_at_checked(1024).ok_or("no palette")?;
    let palette: Vec<u32> = palette.chunks(4).map(little_endian).collect();
    let mut rows = rows(&mut job.pixels, job.width, job.height)?;
    lz::decode(data, Some(&palette), &mut rows, &job.limits)?;
    Ok(())
}

fn decode_lz4(job: &mut Job) -> Result<(), Box<dyn Error>> {
    lz4::decode(&job.files[0], &mut rows(&mut job.pixels, job.width, job.height)?, &job.limits)?;
    Ok(())
}

fn decode_jpeg(job: &mut Job) -> Result<(), Box<dyn Error>> {
    jpeg::decode(&job.files[0], &mut rows(&mut job.pixels, job.width, job.height)?, &job.limits)?;
    Ok(())
}

/// The size of what comes out stands before the data.
fn decode_zlib(job: &mut Job) -> Result<(), Box<dyn Error>> {
    let (size, data) = job.files[0].split_at_checked(4).ok_or("no size")?;
    zlib_glz::inflate_into(data, little_endian(size) as usize, &mut job.bytes, &job.limits)?;
    Ok(())
}

/// All images one after another, from an empty window.
fn decode_glz(job: &mut Job) -> Result<(), Box<dyn Error>> {
    job.window.clear();
    for data in &job.files {
        glz::decode(data, &mut job.window, &job.limits)?;
    }
    Ok(())
}

fn show_last_picture(job: &mut Job) -> Result<(), Box<dyn Error>> {
    job.window.clear();
    for data in &job.files {
        let picture = glz::decode(data, &mut job.window, &job.limits)?;
        picture.copy_to(&mut rows(&mut job.pixels, job.width, job.height)?)?;
    }
    Ok(())
}

fn rows(pixels: &mut [u32], width: usize, height: usize) -> Result<Rows<'_>, Box<dyn Error>> {
    Rows::new(pixels, width, height, width).ok_or_else(|| "impossible size".into())
}

fn little_endian(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |number, &byte| number << 8 | u32::from(byte))
}

/// FNV over whole pixels without their top byte, which means nothing for most images.
fn checksum(pixels: &[u32]) -> u64 {
    pixels.iter().fold(0xcbf2_9ce4_8422_2325, |sum, pixel| {
        (sum ^ u64::from(pixel & 0x00ff_ffff)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
