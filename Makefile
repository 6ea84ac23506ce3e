# Two commands for a newcomer: `make demo` and `make test`. Everything else is here too.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STATIC := src/isoloir/web/static/map
FRONTEND := $(shell find frontend -type f -not -path '*/node_modules/*' 2>/dev/null)
SITES := tests/audit/sites

.PHONY: help setup demo test check format bench docs serve wheel clean

help:  ## what there is
	@grep -hE '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 10

$(VENV)/.run: requirements/runtime.txt pyproject.toml
	test -x $(BIN)/python || $$(command -v $(PYTHON) || echo python3) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/runtime.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/build.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.dev: $(VENV)/.run requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	touch $@

$(STATIC)/.built: $(FRONTEND)
	cd frontend && npm ci --no-audit --no-fund --loglevel=error && npm run --silent build
	touch $@

$(SITES)/node_modules/.installed: $(SITES)/package.json $(SITES)/package-lock.json
	cd $(SITES) && npm ci --no-audit --no-fund --loglevel=error
	touch $@

setup: $(VENV)/.dev $(STATIC)/.built $(SITES)/node_modules/.installed  ## install everything, in this folder only

demo: $(VENV)/.run $(STATIC)/.built  ## a fictional département: simulate, build, rank, open the map
	$(BIN)/isoloir demo --out demo

test: setup  ## run the tests
	$(BIN)/python -m pytest -q -n 2 --dist loadfile $(PYTEST_ARGS)

check: setup  ## format, lint, types, imports, docs: what CI runs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python docs/check.py
	cd frontend && npm run --silent check

format: $(VENV)/.dev  ## format the code
	$(BIN)/ruff format . && $(BIN)/ruff check --fix .

$(VENV)/bench/.peers: requirements/bench.txt | $(VENV)/.dev
	test -x $(VENV)/bench/bin/python || $(BIN)/python -m venv $(VENV)/bench
	$(VENV)/bench/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.txt
	touch $@

bench: setup $(VENV)/bench/.peers  ## every benchmark, with its ratio
	for script in benchmarks/*.py; do $(BIN)/python $$script || exit 1; done

docs: setup  ## make the generated pages of docs/ again
	$(BIN)/python docs/generate.py

serve: $(VENV)/.run $(STATIC)/.built  ## the map of the demo's database
	$(BIN)/isoloir serve --database demo/isoloir.duckdb

wheel: setup  ## an installable package in dist/
	$(BIN)/python -m build --wheel --no-isolation --outdir dist .

clean:  ## remove what these commands made
	rm -rf $(VENV) demo dist frontend/node_modules $(STATIC) src/isoloir/web/static/canvass $(SITES)/node_modules
