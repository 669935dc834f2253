//! Replays the fuzz corpus, and damages it: every file as it is, cut short, and with each of its first bytes changed.

use std::fs;
use std::path::PathBuf;

use spice_oracles::ORACLES;

/// Bytes at the start of a file that are changed one by one: headers and the first coded units.
const DAMAGED: usize = 96;

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../fuzz/corpus").join(name);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("a folder can be listed").path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).expect("a corpus file can be read")).collect()
}

#[test]
fn every_oracle_holds_for_its_corpus() {
    for (name, oracle) in ORACLES {
        let files = corpus(name);
        assert!(!files.is_empty(), "{name} has no corpus");
        files.iter().for_each(|data| oracle(data));
    }
}

#[test]
fn every_oracle_holds_for_a_damaged_corpus() {
    for (name, oracle) in ORACLES {
        for data in corpus(name) {
            for length in (0..data.len()).step_by(1 + data.len() / 64) {
                oracle(&data[..length]);
            }
            for place in 0..data.len().min(DAMAGED) {
                for value in [0, 1, 0x7f, 0x80, 0xff, data[place] ^ 1] {
                    let mut damaged = data.clone();
                    damaged[place] = value;
                    oracle(&damaged);
                }
            }
        }
    }
}
