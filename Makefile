# Everything runs in .venv; each target installs what it needs. Start with `make demo` or `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: image image-offline image-check
.PHONY: help install demo demo-check test unit integration check format lint types walls requirements clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 24

install: $(STAMP)

$(STAMP): requirements/dev.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed") if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $(STAMP)

demo: install ## the whole stack on loopback: NATS, a simulated NoETL, a login page, the gateway
	$(BIN)/noetl-gateway demo

demo-check: install ## the same on free ports, walked through as a client would
	$(BIN)/noetl-gateway demo --check

test: install ## unit, contract and integration tests; brings its own NATS
	$(BIN)/pytest

unit: install ## the tests that need no server
	$(BIN)/pytest -m "not integration"

integration: install ## the tests on a real NATS
	$(BIN)/pytest -m integration

check: format lint types walls test ## what has to hold before anything lands

format: install ## formatting is as it should be
	$(BIN)/ruff format --check src tests benchmarks

lint: install ## ruff
	$(BIN)/ruff check src tests benchmarks

types: install ## mypy, strict
	$(BIN)/mypy

walls: install ## the import walls of the hexagon
	$(BIN)/lint-imports

requirements: ## pin the dependencies anew, with hashes (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  pyproject.toml -o requirements/runtime.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  pyproject.toml --extra demo --group dev -c requirements/runtime.txt -o requirements/dev.txt

.PHONY: chaos
chaos: install ## thousands of random histories of deaths and broken networks (HISTORIES sets how many)
	CHAOS_HISTORIES=$${HISTORIES:-3000} $(BIN)/pytest -s tests/chaos

image: install ## build the image with the Docker engine that answers (BASE and IMAGE can be set)
	infra/image.sh online

image-offline: install ## the same without an image registry, on a base made by debootstrap
	infra/image.sh offline

image-check: install ## run the built image read-only and walk through the main job (NATS_IMAGE: on a NATS container)
	$(BIN)/python -m tests.image.walk $${IMAGE:-noetl-gateway:local} $${NATS_IMAGE:-}

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis dist build site
