#!/usr/bin/env bash
# Says in one line what to install where a tool is missing.    usage: need.sh TOOL...
set -u
missing=0
python=${PYTHON:-python3}
lack() { echo "$1" >&2; missing=1; }
component() { if [ "$1" = cargo-fmt ]; then echo rustfmt; else echo clippy; fi; }

for tool in "$@"; do
    case $tool in
        python)
            if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
                lack "Python 3.11 or newer is missing: apt install python3, or name one: make PYTHON=/path/to/python3.12"
            elif ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
                lack "the venv module of $python is missing: apt install python3-venv"
            fi
            ;;
        cargo)
            command -v cargo >/dev/null && cargo --version >/dev/null 2>&1 ||
                lack "the Rust toolchain is missing: install it from https://rustup.rs (curl https://sh.rustup.rs -sSf | sh)"
            ;;
        cargo-fmt | cargo-clippy)
            cargo "${tool#cargo-}" --version >/dev/null 2>&1 ||
                lack "$tool is missing: rustup component add $(component "$tool")"
            ;;
        cargo-fuzz)
            cargo fuzz --version >/dev/null 2>&1 || lack "cargo-fuzz is missing: cargo install cargo-fuzz"
            ;;
        cc)
            command -v cc >/dev/null || lack "a C compiler is missing (Rust links with it): apt install gcc"
            ;;
        *)
            command -v "$tool" >/dev/null || lack "$tool is missing: make peers installs it"
            ;;
    esac
done
exit $missing
