# Two commands on a fresh machine: `make run` and `make test`. Both set up what they need in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: run probe-wheel test check lint format types contract fast bench accuracy calibrate torture rules wheels openapi dashboards clean setup

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.base: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) install -c constraints.txt -e .
	touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) install -c constraints.txt -e '.[all,dev]'
	touch $@ $(VENV)/.base

setup: $(VENV)/.dev

run: $(VENV)/.base
	@scripts/first-run $(BIN)/efir

# Three on two cores: about half of the time of the tests is waiting for sessions in the lab.
test: $(VENV)/.dev
	@scripts/debian-packages
	$(BIN)/pytest -n 3 --dist loadgroup -m "not alone" $(ARGS)
	$(BIN)/pytest -m alone $(ARGS)

fast: $(VENV)/.dev
	$(BIN)/pytest -n 2 -m "not alone and not lab and not system" -q $(ARGS)

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

types: $(VENV)/.dev
	$(BIN)/mypy

accuracy: $(VENV)/.dev
	$(BIN)/python scripts/accuracy.py $(ARGS)

# Alert rules from their templates and thresholds.
rules: $(VENV)/.dev
	$(BIN)/python -m exporter.rules.render

# Uploads under kills, cuts, replays, full disks and old clocks: nothing lost, nothing twice.
torture: $(VENV)/.dev
	$(BIN)/python scripts/torture $(ARGS)

# The live page's API description, from its records.
openapi: $(VENV)/.dev
	$(BIN)/python -m exporter.board.openapi

# Grafana dashboards from their generator.
dashboards: $(VENV)/.dev
	$(BIN)/python -m exporter.dashboards.render

contract: $(VENV)/.dev
	$(BIN)/lint-imports

check: lint types contract test

# The volunteer's wheel, into dist/.
probe-wheel: $(VENV)/.dev
	$(BIN)/python scripts/build_probe_wheel.py dist

# Asks the package index; not part of `make check`, which works offline.
wheels: $(VENV)/.dev
	$(BIN)/python scripts/check-wheels

bench: $(VENV)/.dev
	@for each in scripts/bench/*.py; do $(BIN)/python $$each || exit 1; done

# About an hour on one core; needs no network.
calibrate: $(VENV)/.dev
	$(BIN)/python scripts/calibrate.py $(ARGS)
	$(BIN)/python scripts/calibrate_changes.py $(CHANGES_ARGS)

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache dist build
