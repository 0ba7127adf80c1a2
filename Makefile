# The commands of the project. `make run` and `make test` need python3, pip and make; the rest they install into .venv.
PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(PYTHON) -m pip --python $(BIN)/python install --quiet --disable-pip-version-check

.PHONY: run setup check test format dashboards screenshots package clean

## run: the exporter and the demo application, until Ctrl-C
run: .venv/installed-all
	@exec $(BIN)/tachograph demo --serve

## setup: the virtual environment and the servers that the tests start
setup: .venv/installed-dev
	@$(BIN)/python tests/debian.py

## check: format, lint, types, the direction of the data
check: .venv/installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

## test: everything, with real servers; two processes, for most of the time is waiting for those
test: setup
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

format: .venv/installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

## dashboards: grafana/dashboards from grafana/source
dashboards: .venv/installed-dev
	$(BIN)/python -m grafana.source

## screenshots: pictures of every board of the Grafana at GRAFANA_URL, in build/screenshots
screenshots: .venv/installed-dev
	$(BIN)/python -m grafana.screenshots $(or $(GRAFANA_URL),http://127.0.0.1:3000) $(SCREENSHOT_ARGS)

## package: the sdist, and the wheel built from it, in dist/
package: .venv/installed-dev
	$(BIN)/python -m build

clean:
	rm -rf .venv .cache build dist

# Debian's python3 has venv but no ensurepip, so pip works on the environment from outside.
$(BIN)/python:
	$(PYTHON) -m venv --without-pip .venv

.venv/installed-all: pyproject.toml | $(BIN)/python
	$(INSTALL) --editable '.[all]'
	@touch $@

.venv/installed-dev: pyproject.toml | $(BIN)/python
	$(INSTALL) --editable '.[dev]'
	@touch $@ .venv/installed-all
