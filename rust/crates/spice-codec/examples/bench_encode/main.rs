//! Times our encoders for `benches/codecs.py`, which drives this program and the reference's twin in turns.
//!
//! Reads lines from standard input and answers each with one line:
//!
//! - `codecs` answers with `known` and the names of the encoders;
//! - `load CODEC WIDTH HEIGHT FILE…` reads what is to be encoded, encodes it once and answers with the number of bytes
//!   that came out and their checksum;
//! - `run` encodes everything once more and answers with the nanoseconds that took.
//!
//! A fault answers `error` and why.

mod codecs;

use std::error::Error;
use std::io::{self, BufRead, Write};
use std::time::Instant;

/// Anything that went wrong.
type Fault = Box<dyn Error>;

/// Appends file number `n`, encoded. All files come in their order; number 0 starts from nothing again.
type Encode = Box<dyn FnMut(usize, &mut Vec<u8>) -> Result<(), Fault>>;

/// What `load` was given: the contents of the files, which are pixels unless the codec says otherwise.
struct Input {
    files: Vec<Vec<u8>>,
    width: usize,
    height: usize,
}

/// What `run` does.
struct Job {
    count: usize,
    encode: Encode,
    out: Vec<u8>,
}

fn main() -> io::Result<()> {
    let mut job = None;
    for line in io::stdin().lock().lines() {
        let answer = match line?.split(' ').collect::<Vec<_>>()[..] {
            ["codecs"] => {
                Ok(codecs::ALL.iter().fold("known".into(), |known, (name, _)| format!("{known} {name}")))
            }
            ["load", codec, width, height, ref files @ ..] => {
                load(codec, width, height, files).and_then(|loaded| described(job.insert(loaded)))
            }
            ["run"] => job.as_mut().ok_or_else(|| "nothing loaded".into()).and_then(timed),
            _ => Err("unknown command".into()),
        };
        println!("{}", answer.unwrap_or_else(|fault| format!("error {fault}")));
        io::stdout().flush()?;
    }
    Ok(())
}

fn load(codec: &str, width: &str, height: &str, names: &[&str]) -> Result<Job, Fault> {
    let (_, prepare) = codecs::ALL.iter().find(|(name, _)| *name == codec).ok_or("unknown codec")?;
    let files = names.iter().map(std::fs::read).collect::<Result<Vec<_>, _>>()?;
    let input = Input { files, width: width.parse()?, height: height.parse()? };
    Ok(Job { count: input.files.len(), encode: prepare(input)?, out: Vec::new() })
}

/// The size and the checksum (FNV) of everything.
fn described(job: &mut Job) -> Result<String, Fault> {
    let (mut size, mut sum) = (0, 0xcbf2_9ce4_8422_2325_u64);
    for n in 0..job.count {
        job.out.clear();
        (job.encode)(n, &mut job.out)?;
        size += job.out.len();
        sum = job
            .out
            .iter()
            .fold(sum, |sum, &byte| (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    }
    Ok(format!("{size} {sum:016x}"))
}

fn timed(job: &mut Job) -> Result<String, Fault> {
    let start = Instant::now();
    for n in 0..job.count {
        job.out.clear();
        (job.encode)(n, &mut job.out)?;
    }
    Ok(start.elapsed().as_nanos().to_string())
}
