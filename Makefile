PYTHON ?= python

.PHONY: test test-docker lint

test:
	$(PYTHON) -m pytest -q -n auto -m "not docker and not real"

test-docker:
	$(PYTHON) -m pytest -q -m docker tests/docker

lint:
	ruff check .
	ruff format --check .
	mypy
	$(PYTHON) -m tools.generate --check
	zizmor --quiet --pedantic --offline .github action.yml
