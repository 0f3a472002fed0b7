# `make demo` shows what this is for; `make test` is what CI runs; `make check` is the loop of every day.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
SETS   := mime emoji world

.PHONY: demo test check test-pythons format lint types imports unit datasets wheel benchmarks clean

# The environment: made when it is missing, brought up to date when what it is made from changes.
$(STAMP): pyproject.toml entry_points.cfg $(foreach set,$(SETS),datasets/$(set)/pyproject.toml datasets/$(set)/entry_points.cfg)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --group dev --editable ".[alembic]"
	$(BIN)/python -m pip install --quiet --no-deps $(foreach set,$(SETS),--editable datasets/$(set))
	touch $(STAMP)

# The example data sets from their committed rows, installed as the separate distributions they are.
datasets: $(STAMP)
	for set in $(SETS); do $(BIN)/python build_scripts/$$set.py || exit 1; done

demo: datasets
	$(BIN)/python docs/demo.py

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/deptry microcosm_sqlite

types: $(STAMP)
	$(BIN)/mypy
	$(BIN)/pyright

imports: $(STAMP)
	$(BIN)/lint-imports

unit: $(STAMP)
	$(BIN)/pytest -n auto

check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/pytest -n auto -m "not slow"

# The wheel, tried where nothing else is installed.
wheel: $(STAMP)
	rm -rf dist
	$(BIN)/python -m build --outdir dist .
	$(BIN)/python tests/try_wheel.py dist

test: lint types imports unit wheel

# The same tests on every other CPython that is found here.
test-pythons: $(STAMP)
	$(BIN)/python tests/try_pythons.py

benchmarks: $(STAMP)
	for benchmark in benchmarks/*.py; do $(BIN)/python $$benchmark || exit 1; done

clean:
	rm -rf build dist *.egg-info .venvs .mypy_cache .pytest_cache .ruff_cache .hypothesis
