# Wangting 网厅. `make help` lists what there is.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
NAME ?=
SECONDS ?= 300

.DEFAULT_GOAL := help
.PHONY: help run test check bench lock words chaos clean tools fuzz

help:  ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(VENV)/.run: requirements.txt
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(PY) -m pip install -q --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements-dev.txt
	$(PY) -m pip install -q --disable-pip-version-check -r requirements-dev.txt
	@touch $@

run: $(VENV)/.run  ## make the environment, migrate, fill the demo data, serve and work
	@$(PY) app.py

test: $(VENV)/.dev tools  ## run every test, on SQLite and on PostgreSQL, and in the browser
	$(PY) -m pytest $(ARGS)

check: $(VENV)/.dev  ## style, types, import contracts, templates
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/djlint --lint --quiet templates

fuzz: $(VENV)/.dev  ## bend certificates and signatures at random; SECONDS=300
	$(PY) -m pip install -q --disable-pip-version-check 'atheris==3.*'
	$(PY) tests/fuzz/fuzz_certificates.py -max_total_time=$(SECONDS) $(VENV)/fuzz

bench: $(VENV)/.dev  ## measure; NAME=wage_save runs one
	@$(PY) -m bench $(NAME)

tools:  # Chromium, a software token and nginx for the tests, where we may install them
	@sh tests/browser/install.sh
	@sh tests/unit/agent/install.sh
	@sh tests/deploy/install.sh

lock: $(VENV)/.dev  ## write requirements*.txt from requirements*.in
	$(VENV)/bin/pip-compile -q --strip-extras --no-emit-index-url --no-emit-find-links -o requirements.txt requirements.in
	$(VENV)/bin/pip-compile -q --strip-extras --no-emit-index-url --no-emit-find-links -o requirements-dev.txt requirements-dev.in

words: $(VENV)/.dev  ## collect the strings of the screen into translations/wangting.pot
	$(VENV)/bin/pybabel -q extract -F translations/babel.cfg -k N_ --no-location --omit-header -o translations/wangting.pot .

clean:  ## remove the environment and caches, never data
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
