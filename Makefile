# Two commands are enough: `make datasets` and `make test`.  Everything else is for maintainers.
PYTHON ?= python3
STUDY ?= specs/study.yaml
OUT ?= build
ACCEPTED ?= $(dir $(STUDY))accepted.yaml
PYTEST_ARGS ?=

BIN := .venv/bin
SETUP := $(PYTHON) scripts/setup.py

.PHONY: help setup datasets figures validate docs test test-full lint types contract bench bench-xpt interop lock clean
.DEFAULT_GOAL := help

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' Makefile

setup:  ## make or refresh the environment in .venv for building and testing
	@$(SETUP) run test

datasets:  ## build all datasets of the built-in study (STUDY=..., OUT=...)
	@$(SETUP) run
	$(BIN)/dossier build --study $(STUDY) --out $(OUT)

figures: datasets  ## draw the figures of the built datasets into OUT/figures
	$(BIN)/dossier figures --study $(STUDY) --from $(OUT)

validate: datasets  ## run the conformance rules on the built datasets (RULES=PATH adds CDISC's own; FAIL_ON=warning)
	$(BIN)/dossier validate $(OUT)/m5/datasets --study $(STUDY) --out $(OUT)/validation \
	    $(if $(wildcard $(ACCEPTED)),--accepted $(ACCEPTED)) $(if $(RULES),--rules $(RULES)) \
	    $(if $(FAIL_ON),--fail-on $(FAIL_ON))

test:  ## run the tests, on all cores (PYTEST_ARGS=... is passed on)
	@$(SETUP) test
	$(BIN)/python -m pytest -n auto --dist worksteal $(PYTEST_ARGS)

test-full:  ## run the slow tests that `make test` leaves out, and every law with many more examples
	@$(SETUP) test
	$(BIN)/python -m pytest -n auto --dist worksteal -m "full or hypothesis" --hypothesis-profile full $(PYTEST_ARGS)

lint:  ## check style with ruff
	@$(SETUP) test
	$(BIN)/ruff check .

types:  ## check types with mypy: packages and scripts strictly, tests less so
	@$(SETUP) test
	$(BIN)/mypy
	$(BIN)/mypy --allow-untyped-defs --allow-incomplete-defs --allow-untyped-calls \
	    --allow-untyped-decorators --allow-any-generics --no-warn-return-any \
	    --no-warn-unused-ignores --disable-error-code index --disable-error-code call-overload tests

contract:  ## check that imports point down only
	@$(SETUP) test
	$(BIN)/lint-imports

docs:  ## write the pages of docs/verbs anew, from the code and the cases
	@$(SETUP) test
	$(BIN)/python scripts/verb_pages.py

bench:  ## time the benchmarks (BENCH=lb, adam, specs or study; ROWS=..., SUBJECTS=..., RUNS=...)
	@$(SETUP) run
	$(BIN)/python bench/run.py $(BENCH) $(if $(ROWS),--rows $(ROWS)) $(if $(SUBJECTS),--subjects $(SUBJECTS)) \
	    $(if $(RUNS),--runs $(RUNS))

bench-xpt:  ## time reading and writing of transport files beside others (ROWS=..., RUNS=..., LARGE=1)
	@$(SETUP) test
	$(BIN)/python bench/xpt.py $(if $(ROWS),--rows $(ROWS)) $(if $(RUNS),--runs $(RUNS)) $(if $(LARGE),--large)

interop: datasets  ## read the built transport files with an independent reader and compare
	@if $(SETUP) interop; then $(BIN)/python scripts/interop_xport.py $(OUT)/m5; \
	else echo "interop: skipped, no environment for the independent reader (see above)"; fi

lock:  ## resolve the lock files under requirements/ anew (needs the network)
	$(PYTHON) scripts/lock.py $(LOCK_ARGS)

clean:  ## remove what was built and the caches; environments stay
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
