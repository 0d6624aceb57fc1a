# Two commands: `make demo` and `make test`. Everything they need they install into .venv from requirements.lock.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
READY := .venv/.ready
export DAGSTER_HOME ?= $(CURDIR)
export TRADING_ASSETS_HOME ?= $(CURDIR)/.trading_assets
PORT ?= 3000
MLFLOW_PORT ?= 5000

.PHONY: demo test dev check browser servers docs wheel lock mlflow bench clean help

help:
	@echo "make demo    run the whole pipeline on five simulated sessions and write the report"
	@echo "make test    run the tests"
	@echo "make dev     open the Dagster pages on http://127.0.0.1:$(PORT)"
	@echo "make mlflow  open the models' pages on http://127.0.0.1:$(MLFLOW_PORT)"
	@echo "make check   format, lint, types, floors, definitions"
	@echo "make browser install Chromium for the tests of the pages, where apt is there"
	@echo "make servers install Redis for the tests of a team's workers, where apt is there"
	@echo "make docs    write the reference from the code and build the pages in docs/_build"
	@echo "make bench   measure everything in benchmarks/ against its peers in one run"
	@echo "make wheel   build the wheel in dist/"
	@echo "make lock    compile requirements.lock again"

$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "error: no Python 3.11, 3.12 or 3.13 found; install one or say make PYTHON=/path/to/python3."; exit 3; }
	@echo "installing into .venv with $(PYTHON) (once, one to three minutes)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-compile --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(BIN)/python -W ignore -m compileall -q -j 0 .venv/lib >/dev/null || true # on every core, where pip takes one; a template may be no Python
	@touch $@

demo: $(READY)
	@$(BIN)/trading-assets demo

test: $(READY)
	@$(BIN)/python -m pytest -n 2 --dist worksteal

dev: $(READY)
	@mkdir -p $(TRADING_ASSETS_HOME)
	@$(BIN)/dg dev --host 127.0.0.1 --port $(PORT)

mlflow: $(READY)
	@$(BIN)/trading-assets model ui --port $(MLFLOW_PORT)

check: $(READY)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/dg check defs

browser:
	@for name in chromium chromium-browser google-chrome; do command -v $$name >/dev/null && exit 0; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		timeout 240 sh -c "apt-get update -qq && apt-get install -qq -y --no-install-recommends chromium" >/dev/null \
			&& exit 0; fi; \
	echo "no Chromium could be installed here; the tests of the pages will be skipped"

servers:
	@command -v redis-server >/dev/null && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		timeout 240 sh -c "apt-get update -qq && apt-get install -qq -y --no-install-recommends redis-server" >/dev/null \
			&& exit 0; fi; \
	echo "no Redis could be installed here; the tests of a team's workers will be skipped"

docs: $(READY)
	@$(BIN)/python docs/make_reference.py
	@$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build
	@echo "file://$(CURDIR)/docs/_build/index.html"

bench: $(READY)
	@$(BIN)/python -m benchmarks.run

wheel: $(READY)
	@rm -rf dist
	@$(BIN)/python -m hatchling build -t wheel

lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-strip-extras \
		--no-emit-index-url --all-extras pyproject.toml -o requirements.lock

clean:
	rm -rf .venv .trading_assets
