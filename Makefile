# Elbow's commands. Each target makes what it needs; `make install` alone is never necessary.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help install demo lab test check bench protos crds reference lock clean

PYTHON ?= python3
BIN := .venv/bin
# ARGS goes to pytest: make test ARGS="tests/unit -x"
ARGS ?=

help: ## Show this list
	@sed -nE 's/^([a-z]+):.*## (.*)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

install: .venv/.project ## Create .venv with exactly what requirements.lock names, and .venv/bin/elbow

demo: install ## Show it all, from nothing to nothing; KEEP=1 leaves it running
	@KEEP='$(KEEP)' $(BIN)/python -m sandbox.demo

lab: install ## Play the experiments of the laboratory, with reports in .elbow/lab; ARGS="alb-2048 --rps 100" for some
	@$(BIN)/elbow lab run $(or $(ARGS),ten)

test: install ## Run all tests, three at a time: many of them wait for processes
	@$(BIN)/pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder $(ARGS)

check: install ## Style, types, import rules, wire contract, CRDs, lock
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy services sandbox tests docs protos/wire_tools deploy/crd_source
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m wire_tools.generate --check
	@$(BIN)/python -m wire_tools.lint
	@$(BIN)/python -m docs.generator --check
	@$(BIN)/python -m deploy.crd_source --check
	@$(BIN)/pytest --quiet tests/unit/architecture

bench: install ## Run the measurements
	@$(BIN)/pytest -m bench tests/bench $(ARGS)

protos: install ## Generate the Python code of the wire contract
	@$(BIN)/python -m wire_tools.generate

crds: install ## Write deploy/crds/ from deploy/crd_source
	@$(BIN)/python -m deploy.crd_source

reference: install ## Write the pages of docs/reference that are made from code
	@$(BIN)/python -m docs.generator

# uv reads no pip configuration, so the user's package index is handed on. Pins stay unless UPGRADE=--upgrade is given.
lock: ## Write requirements.lock, and requirements-runtime.lock for the images, anew from pyproject.toml
	@folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; \
	$(PYTHON) -m venv "$$folder"; \
	"$$folder/bin/pip" install --quiet uv; \
	index=$${PIP_INDEX_URL:-$$("$$folder/bin/pip" config get global.index-url 2>/dev/null || true)}; \
	if [ -n "$$index" ]; then export UV_DEFAULT_INDEX="$$index"; fi; \
	compile() { "$$folder/bin/uv" pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header "$$@"; }; \
	compile --output-file requirements.lock --all-extras $(UPGRADE); \
	compile --output-file requirements-runtime.lock --constraint requirements.lock $(UPGRADE)

clean: ## Remove what the other targets made
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.packages: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'Elbow needs Python 3.11 or newer, for example: make install PYTHON=python3.12' >&2; exit 1; }
	@echo 'Installing into .venv ...'
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

.venv/.project: .venv/.packages pyproject.toml
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
