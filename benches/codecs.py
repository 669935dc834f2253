"""Compare our codecs with the reference's: one thread, 1920x1080, both programs in turns in one run.

    make -C benches/reference
    cargo build --release -p spice-codec --example bench_decode --example bench_encode
    python benches/codecs.py [--way decode|encode] [--rounds N] [--codec NAME]… [--picture NAME]…

Needs numpy and Pillow. A ratio is the reference's best time divided by ours; only ratios of one run mean anything,
since other load and clock speed move both. Where the pixels of two decoders differ, or the bytes of two encoders that
must write the same, it is an error; JPEG decoders may round as they like.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "reference"))

import decoding
import encoding
import pictures

ROOT = Path(__file__).resolve().parents[1]
WAYS = {"decode": decoding.tables, "encode": encoding.tables}


def main() -> None:
    """Print a table for each codec and way."""
    parser = argparse.ArgumentParser(description="ratios of our codecs to the reference's")
    parser.add_argument("--way", choices=WAYS)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--codec", action="append", choices=sorted({*decoding.CODECS, *encoding.ALL}))
    parser.add_argument("--picture", action="append", choices=pictures.NAMES)
    parser.add_argument("--reference", type=Path, default=ROOT / "target/reference")
    parser.add_argument("--ours", type=Path, default=ROOT / "target/release/examples")
    options = parser.parse_args()
    if options.codec and not options.way:
        parser.error("--codec needs --way")
    for way in [options.way] if options.way else WAYS:
        names = options.picture or list(pictures.NAMES)
        WAYS[way](options.codec, names, options.ours, options.reference, options.rounds)


if __name__ == "__main__":
    main()
