# Every command of the project. `make` alone lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
PORT ?= 8000
export PYTHONDONTWRITEBYTECODE ?= 1

help: ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.venv/run.stamp: requirements/run.txt pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

.venv/dev.stamp: requirements/dev.txt .venv/run.stamp
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

demo: .venv/run.stamp ## set up 金堂县 with its registers and serve it (PORT=8000)
	@$(BIN)/gongzhi migrate --verbosity 0
	@$(BIN)/gongzhi demo --port $(PORT)
	@$(BIN)/gongzhi serve --port $(PORT)

serve: .venv/run.stamp ## serve what is already set up
	@$(BIN)/gongzhi serve --port $(PORT)

test: .venv/dev.stamp ## install what the tests need and run them (SQLite; GONGZHI_DATABASE=… for PostgreSQL)
	@$(BIN)/python -m pytest -n 2 -m "not journey" -q $(ARGS)

coverage: .venv/dev.stamp ## which branches of shared, rules, services and states the suite never takes
	@mkdir -p build
	@$(BIN)/coverage run -m pytest -n 0 -m "not journey" -q $(ARGS)
	@$(BIN)/coverage report

journeys: .venv/dev.stamp ## whole use cases in a real browser (needs chromium)
	@$(BIN)/python -m pytest -m journey -q tests/journeys $(ARGS)

lint: .venv/dev.stamp ## style, spelling, types, import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/typos
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

format: .venv/dev.stamp ## put the code in order
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

bench: .venv/dev.stamp ## measure, each beside its peer or floor (NAME=import for one)
	@$(BIN)/python -m bench $(NAME)

docs: .venv/dev.stamp ## write the generated references anew
	@$(BIN)/gongzhi reference

lock: ## resolve the requirements again, with hashes
	@for name in dev run; do $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header \
		--no-emit-index-url --no-emit-find-links --python-version 3.11 \
		requirements/$$name.in -o requirements/$$name.txt; done

clean: ## remove what was built (the data in var/ stays)
	@rm -rf build .pytest_cache .mypy_cache .ruff_cache .hypothesis

.PHONY: help demo serve test coverage journeys lint format bench docs lock clean
