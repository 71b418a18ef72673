# Everything sets itself up: Python 3.10 or newer with venv, and make, is all that is needed.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
# Whose every line and branch a test runs.
WHOLE := src/domain/*,fakes/*
# Tests wait more than they compute: more processes than processors, each with whole files, in their
# order: the slow ones of tests/integration first.
WORKERS := 3
SOURCES := src fakes tests benchmarks examples

.PHONY: help demo chaos test test-v4l2 test-webcam check format bench soak clean

help: ## say what there is
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: $(READY) ## watch it work with no robot and no camera: half a minute
	@$(BIN)/spot-webcam demo

chaos: $(READY) ## let anything happen: make chaos SEED=7 SECONDS=60
	@$(BIN)/spot-webcam demo --chaos $(or $(SEED),1) --seconds $(or $(SECONDS),60)

test: $(READY) ## run all tests
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --cov --cov-report=
	$(BIN)/coverage report --include='$(WHOLE)' --fail-under=100

test-v4l2: $(READY) ## run tests/hardware on virtual webcams (builds a small VM, once)
	tests/hardware/run-lab.sh

test-webcam: $(READY) ## run tests/hardware on your camera: make test-webcam DEVICE=/dev/video0
	SPOT_WEBCAM_DEVICE=$(DEVICE) $(BIN)/python -m pytest tests/hardware

check: $(READY) ## format, lint, types, import contracts
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy
	PYTHONPATH=typings $(BIN)/lint-imports --no-logo --no-cache

format: $(READY) ## put the code into form
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

bench: $(READY) ## measure the daemon beside the SDK's helper and a bare server: a quarter of an hour
	@$(BIN)/spot-webcam bench --strict --json out/bench.json --markdown out/bench.md

# How long `make soak` takes.
MINUTES := 20
soak: $(READY) ## the daemon among failing cameras and bad clients: make soak MINUTES=60
	@$(BIN)/python -m benchmarks.soak $(MINUTES)

clean: ## remove what make made
	rm -rf .venv out build dist *.egg-info .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' \
	  || { echo 'Python 3.10 or newer is needed: say make PYTHON=/path/to/python3.10' >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  -c constraints.txt -e '.[test,check]'
	@touch $@
