# The one way to do each thing; .ci/run and the pre-commit hooks call these same targets.

# Compiled files are kept: without them every start of Python takes about four times as long.
unexport PYTHONDONTWRITEBYTECODE
export DAGSTER_DISABLE_TELEMETRY = 1

BIN := .venv/bin
# The two rooms whose arithmetic is the regulator's: their own tests must reach every branch. They run apart,
# as following every line doubles the time that tests take.
COMPLETE := measures survey

.DEFAULT_GOAL := help
.PHONY: help setup demo ui test lint types check fmt lock clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-7s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup:  ## make .venv from requirements.lock, with the tsm command in it
	@PYTHON='$(PYTHON)' bash scripts/setup.sh

demo: setup  ## build the sample landlord, run it, say where the return lies
	@$(BIN)/tsm demo

ui: setup  ## Dagster's web UI: lineage, runs, and the returns to download (this machine only)
	@$(BIN)/tsm ui

test: setup  ## every test, with branch coverage of measures and survey at 100%
	@$(BIN)/python -m pytest -n 2 $(COMPLETE:%=tests/%) $(COMPLETE:%=--cov=pipelines/%) --cov-report=
	@report=$$($(BIN)/python -m coverage report --fail-under=100 2>&1) || \
		{ echo "$$report"; echo 'make test: a branch of measures or survey is not tested (above)'; exit 1; }
	@$(BIN)/python -m pytest -n 2 --dist loadfile $(COMPLETE:%=--ignore=tests/%)

lint: setup  ## ruff: rules and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: setup  ## mypy
	@$(BIN)/mypy

check: lint types test  ## all that .ci/run checks

fmt: setup  ## put right what ruff can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

lock: setup  ## requirements.lock from pyproject.toml (needs uv)
	@uv pip compile pyproject.toml --extra postgresql --group dev --group bench --group pdfcheck --generate-hashes --universal \
		--python-version 3.11 --no-emit-index-url --no-emit-find-links --no-header --quiet -o requirements.lock

clean:  ## remove .venv and every cache; inputs, returns and the record of runs stay
	@rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis htmlcov .coverage .coverage.* dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
