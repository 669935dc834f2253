"""`python -m spice_rs` is `spice-rs`."""

from .cli import main

main()
