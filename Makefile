# The whole vocabulary of the project; `make help` lists it. Everything runs in .venv, which the targets make themselves.
.DEFAULT_GOAL := help
SHELL := /bin/bash

PYTHON ?= python3
export PYTHON
export PIP_QUIET := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
VENV := .venv
BIN := $(VENV)/bin
# One truth for the version of maturin: the pin in pyproject.toml.
MATURIN := $(shell sed -n 's/^ *"\(maturin==.*\)",/\1/p' pyproject.toml)
RUST := Cargo.toml Cargo.lock $(wildcard rust/crates/*/Cargo.toml) $(shell find rust -name '*.rs')
PURE := --workspace --exclude spice-rs
PYTEST_ARGS ?=
FUZZ_SECONDS ?= 60

##@ Use
demo: $(VENV)/.extension  ## serve a desktop of our own, look at it, type, click, show what changed
	$(BIN)/python -m examples.demo

##@ Test
test: test-rust test-python  ## every test; those that need a real peer are skipped, with a reason, before `make peers`

test-rust:  ## the Rust tests, with overflow checks
	@tools/need.sh cargo cc
	cargo test --quiet --locked $(PURE)

test-python: $(VENV)/.extension  ## the Python tests; PYTEST_ARGS="-k link" for some
	$(BIN)/python -m pytest $(PYTEST_ARGS)

test-idle: $(VENV)/.extension  ## ten minutes of a session in which nothing happens
	SPICE_RS_IDLE_SECONDS=600 $(BIN)/python -m pytest -k idle tests/interop/test_endurance.py

peers: $(VENV)/.venv  ## install the real peers of the tests with apt: servers, clients, a browser, Kerberos
	tests/peers/install.sh
	$(BIN)/pip install $$($(BIN)/python tools/requirements.py peers)

fuzz:  ## FUZZ_SECONDS for each fuzz target; what it finds new goes to build/fuzz
	@tools/need.sh cargo cargo-fuzz cc
	set -e; for path in fuzz/fuzz_targets/*.rs; do \
	    target=$$(basename $$path .rs); mkdir -p build/fuzz/$$target; \
	    RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none $$target build/fuzz/$$target fuzz/corpus/$$target -- \
	        -max_total_time=$(FUZZ_SECONDS); \
	done

bench: $(VENV)/.extension  ## the figures of the README, against the reference
	@tools/need.sh cargo cc pkg-config
	$(MAKE) -C benches/reference
	cargo build --quiet --locked --release -p spice-codec --example bench_decode --example bench_encode
	$(BIN)/python benches/codecs.py
	$(BIN)/python benches/session.py
	$(BIN)/python benches/server.py
	$(BIN)/python benches/sources.py
	$(BIN)/python benches/tls.py

##@ Change
gen: $(VENV)/.venv  ## write the generated Python files and the protocol pages again
	@tools/need.sh cargo cc
	$(BIN)/python tools/generate.py

gen-check: $(VENV)/.venv  ## fail if a generated file is not what `make gen` writes
	@tools/need.sh cargo cc
	$(BIN)/python tools/generate.py --check

fmt: $(VENV)/.venv  ## format everything
	@tools/need.sh cargo cargo-fmt
	cargo fmt --all
	$(BIN)/ruff check --quiet --select I --fix
	$(BIN)/ruff format --quiet

fmt-check: $(VENV)/.venv  ## fail if `make fmt` would change something
	@tools/need.sh cargo cargo-fmt
	cargo fmt --all --check
	$(BIN)/ruff format --check

lint: $(VENV)/.extension  ## clippy, ruff, mypy, stubtest, typos, licences
	@tools/need.sh cargo cargo-clippy cc
	cargo clippy --quiet --locked --workspace --all-targets -- -D warnings
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/python -m mypy.stubtest spice_rs._core --allowlist tools/stubtest.txt --ignore-unused-allowlist
	$(BIN)/typos
	$(BIN)/python tools/check_licences.py

##@ Ship
wheel: $(VENV)/.extension  ## the abi3 wheel, into dist/
	rm -f dist/*.whl
	$(BIN)/maturin build --quiet --release --locked --interpreter $(BIN)/python --out dist
	@ls dist/*.whl

wheel-test: wheel  ## install that wheel into an empty environment and test it away from the checkout
	tools/wheel_test.sh dist/*.whl

checks: fmt-check gen-check lint wheel-test

ci: test checks  ## what .ci/run does after it has installed things

##@ Keep
clean:  ## remove everything that was built, .venv too
	rm -rf target dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis fuzz/target $(VENV)
	rm -f python/spice_rs/*.so
	find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +

help:  ## this list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {print "\n" substr($$0, 5)} \
	    /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.venv: pyproject.toml
	@tools/need.sh python
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install $(MATURIN) $$($(BIN)/python tools/requirements.py dev)
	touch $@

$(VENV)/.extension: $(VENV)/.venv $(RUST)
	@tools/need.sh cargo cc
	$(BIN)/maturin develop --quiet --release --locked
	touch $@

.PHONY: demo test test-rust test-python test-idle peers fuzz bench gen gen-check fmt fmt-check lint wheel wheel-test checks ci clean help
