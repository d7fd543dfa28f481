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

types: install ## mypy, strict, tests and benchmarks included
	$(BIN)/mypy

walls: install ## the import walls of the hexagon
	$(BIN)/lint-imports

.PHONY: test-graphql test-browser
test-graphql: install ## the public GraphQL-over-HTTP audits against a whole gateway (needs node and npm)
	npm --prefix tests/graphql_http ci --no-audit --no-fund
	PYTHONPATH=src:. $(BIN)/python -m tests.graphql_http.run

test-browser: $(VENV)/.browser ## the pages of the former gateway in a real browser (needs Chromium; CHROMIUM names it)
	$(BIN)/pytest tests/browser

$(VENV)/.browser: requirements/browser.txt $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/browser.txt
	touch $@

.PHONY: test-schema audit
test-schema: $(VENV)/.schema ## schemathesis over the OpenAPI document against a whole gateway
	$(BIN)/pytest tests/schema

$(VENV)/.schema: requirements/schema.txt $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/schema.txt
	touch $@

.PHONY: fuzz
fuzz: $(VENV)/.fuzz ## broken bytes to every parser that strangers reach, guided by coverage (FUZZ_SECONDS for each, 60)
	PYTHONPATH=src:. $(BIN)/python -m tests.fuzz.campaign

audit: install ## pins, hashes and licences of the dependencies; known vulnerabilities where OSV can be reached
	$(BIN)/python infra/audit.py

requirements: ## pin the dependencies anew, with hashes (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  pyproject.toml -o requirements/runtime.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  pyproject.toml --extra demo --group dev -c requirements/runtime.txt -o requirements/dev.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --group browser -c requirements/dev.txt -o requirements/browser.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --group schema -c requirements/dev.txt -o requirements/schema.txt
	for group in fuzz chart docs; do \
	  uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	    --group $$group -c requirements/dev.txt -o requirements/$$group.txt || exit 1; done

.PHONY: chart docs test-docs test-playbooks
test-playbooks: install ## the auth playbooks' SQL on a real PostgreSQL (needs Debian's package postgresql)
	$(BIN)/pytest tests/playbooks

chart: $(VENV)/.chart ## lint, render and validate the chart; the GKE playbook on stand-ins (needs Helm, or Go to build it)
	$(BIN)/python infra/helm/generate.py --check
	$(BIN)/pytest tests/chart/test_*.py

docs: $(VENV)/.docs ## build the site into site/, strictly
	if command -v npm >/dev/null; then npm --prefix infra/diagrams ci --ignore-scripts --no-audit --no-fund --silent; \
	  else echo "!!! NO NPM: browsers will fetch the script of the diagrams from a CDN"; fi
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

test-docs: $(VENV)/.docs ## run every snippet of the guides on the demo; check compose files, tables and links (needs Node)
	$(BIN)/pytest tests/docs/test_*.py

$(VENV)/.fuzz $(VENV)/.chart $(VENV)/.docs: $(VENV)/.%: requirements/%.txt $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	touch $@

.PHONY: bench
bench: install ## measure, and print one Markdown table (needs wrk; ROUNDS sets how often each load is repeated)
	$(BIN)/python -m benchmarks $${ROUNDS:-3}

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
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .fuzz dist build site
