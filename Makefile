# `make demo` shows what this is for; `make test` is what CI runs; `make check` is the loop of every day.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
SETS   := mime emoji world
SETS_STAMP := $(VENV)/.data-sets
RELEASES_STAMP := .venvs/.releases

.PHONY: demo test check test-pythons nightly format lint types imports unit docs datasets benchmarks clean

# The environment: made when it is missing, brought up to date when what it is made from changes.
$(STAMP): pyproject.toml entry_points.cfg
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install -qq --group dev --editable ".[alembic,arrow,excel,pandas,polars,telemetry,zstd]"
	touch $(STAMP)

# The example data sets, installed as the separate distributions they are.
$(SETS_STAMP): $(STAMP) $(wildcard datasets/*/pyproject.toml datasets/*/entry_points.cfg datasets/*/microcosm_sqlite_*/*)
	$(BIN)/python -m pip install --quiet --no-deps --force-reinstall $(SETS:%=./datasets/%)
	touch $(SETS_STAMP)

# Their artifacts, built and sealed from the committed rows.
datasets: $(STAMP)
	for set in $(SETS); do PYTHONPATH=datasets/$$set $(BIN)/python build_scripts/$$set.py || exit 1; done

demo: datasets
	$(MAKE) --no-print-directory $(SETS_STAMP)
	$(BIN)/python docs/demo.py

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/deptry microcosm_sqlite

types: $(SETS_STAMP)
	$(BIN)/mypy
	$(BIN)/pyright

imports: $(STAMP)
	$(BIN)/lint-imports

# Other releases of SQLite, and other Pythons, in which files must come out alike, and libraries that judge documents;
# what cannot be had is left out.
$(RELEASES_STAMP): $(STAMP) tests/canonical/environments.py tests/artifacts/validators.py
	mkdir -p .venvs
	$(BIN)/python -m tests.canonical.environments
	$(BIN)/python -m tests.artifacts.validators
	touch $(RELEASES_STAMP)

unit: $(SETS_STAMP) $(RELEASES_STAMP)
	$(BIN)/pytest -n auto --dist loadgroup

# The examples of a page build on each other, so they run in their order.
docs: $(SETS_STAMP)
	$(BIN)/pytest -p no:randomly README.md docs

check: $(SETS_STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/pytest -n auto -m "not slow"

test: lint types imports unit docs

# What takes too long for every change.
nightly: $(SETS_STAMP) $(RELEASES_STAMP)
	$(BIN)/python -m tests.canonical.nightly --cases 3000
	$(BIN)/python -m tests.sealing_faults.nightly --kills 2000
	$(BIN)/python -m tests.hostile.nightly --images 15000

# The same tests on every other CPython that is found here.
test-pythons: $(SETS_STAMP)
	$(BIN)/python tests/try_pythons.py

benchmarks: $(STAMP)
	$(BIN)/python benchmarks/import_cost.py
	$(BIN)/python benchmarks/first_row.py
	$(BIN)/python benchmarks/memory.py
	$(BIN)/python benchmarks/bind.py
	$(BIN)/python benchmarks/digest.py
	$(BIN)/python benchmarks/sealing.py
	$(BIN)/python -m pip install --quiet --group benchmarks
	$(BIN)/python benchmarks/look_ups.py
	$(BIN)/python benchmarks/scale.py
	$(BIN)/python benchmarks/places.py
	$(BIN)/python benchmarks/full_text.py
	$(BIN)/python benchmarks/columns.py
	$(BIN)/python benchmarks/asynchronous.py

clean:
	rm -rf build dist *.egg-info .venvs .mypy_cache .pytest_cache .ruff_cache .hypothesis
