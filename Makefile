# make run    the main job: refresh the bundled figures, compute, print the index
# make check  before each commit: ruff, mypy --strict, the tests of single rooms
# make test   every check: ruff, mypy --strict, all of pytest
# make deep   the properties on 2,000 examples instead of 50, variants of the conformance set, and what takes long
# make chaos  kills, power cuts, full disks and other faults, more than 1,000 tries; two processes write for a minute
# make soak   an hour at 100 times the real pace with faults on: memory, descriptors, threads, and no change lost
# make fuzz   mutated samples and bombs for every parser, 100,000 executions each
# make rows   500 writes of any hand into a database that is followed, read and then mended
# make docs   the site of the documents in build/site, every warning an error, and its search asked in Chinese
# make fuzz-plugins  500 plugins that misbehave, each read by SIGHUP into a running daemon
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

# Hundreds of processes start in the tests: what they import is compiled once.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run check quick test pytest deep lint types bench chaos soak fuzz fuzz-plugins rows docs clean

run: $(STAMP)
	$(BIN)/cityflux run --once --offline

# Two workers more than there are cores, since many of the tests wait for others.
WORKERS := $(shell expr $$(nproc) + 2)

check: lint
	$(MAKE) --no-print-directory --jobs 2 types quick

quick: $(STAMP)
	$(BIN)/pytest -q -n $(WORKERS) --dist worksteal -m "not long"

# The types are looked at while the tests wait for others.
test: lint
	$(MAKE) --no-print-directory --jobs 2 types pytest

pytest: $(STAMP)
	$(BIN)/pytest -n $(WORKERS) --dist worksteal

deep: $(STAMP)
	DEEP=1 $(BIN)/pytest -n $(WORKERS) --dist worksteal

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

bench: $(STAMP)
	for name in storage recompute engine latency daemon report web communique importing; do $(BIN)/python -m benchmarks.$$name; done

# What is imported is compiled then: most of what is installed is not.
$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

# Options of the chaos, such as: make chaos CHAOS="--part 0.1 --seconds 60"
chaos: $(STAMP)
	$(BIN)/python -m tests.chaos $(CHAOS)
	$(BIN)/python -m tests.chaos.writers --seconds 60

# Options of the soak, such as: make soak SOAK="--minutes 10"
soak: $(STAMP)
	$(BIN)/python -m tests.chaos.soak --minutes 60 --pace 100 $(SOAK)

# Options of the fuzzing, such as: make fuzz FUZZ="tables yearbook --seconds 600"
fuzz: $(STAMP)
	$(BIN)/python -m tests.fuzzing $(FUZZ)

rows: $(STAMP)
	$(BIN)/python -m tests.hands.rows --writes 500
	$(BIN)/python -m tests.hands.follower --writes 100

fuzz-plugins: $(STAMP)
	$(BIN)/python -m tests.hands.plugins

docs: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[docs]'
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build
	$(BIN)/python -m tests.docs.search build/site

clean:
	rm -rf $(VENV) build dist *.egg-info
