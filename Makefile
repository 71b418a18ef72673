# Everything sets itself up: Python 3.10 or newer with venv, and make, is all that is needed.
PYTHON ?= python3
BIN := .venv/bin
# The file behind PYTHON, also when that is the python3 of .venv itself, and its version: another
# one gets another .venv. Nothing if there is no such Python, or it is too old.
INTERPRETER := $(shell $(PYTHON) -c 'import os, sys; \
  print(os.path.realpath(sys.executable) if sys.version_info >= (3, 10) else "")' 2>/dev/null)
VERSION := $(if $(INTERPRETER),$(shell '$(INTERPRETER)' -V))
READY := .venv/.ready$(shell echo '-$(INTERPRETER)-$(VERSION)' | tr -c 'A-Za-z0-9.\n' -)
# The code whose every line and branch a test must run, and the tests that do: tracing doubles what
# a test takes, so that no others are traced.
COVERED := src/domain src/app/capture src/app/serving src/app/robot fakes
COVERAGE_TESTS := tests/unit/domain tests/unit/app/capture tests/unit/app/serving \
  tests/unit/app/robot tests/unit/app/monitoring tests/unit/fakes tests/integration/robot \
  tests/integration/product/test_pytest_plugin.py
# For uv, which takes a third of pip's time, and for pip where uv cannot: it knows no pip.conf.
INSTALLED := -c constraints.txt -e '.[http,test,check]'
# Every process that a test starts would compile the package anew.
unexport PYTHONDONTWRITEBYTECODE
# Tests wait more than they compute: more processes than processors, each with whole files in order,
# the slow ones of tests/integration first.
WORKERS := 3
PYTEST := $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder
# What says whether the oldest versions work: the adapters, the fake robot, serve as a process, its
# page and its configuration file.
OLDEST_TESTS := tests/contracts tests/unit/adapters tests/unit/app/config tests/unit/fakes/robot \
  tests/integration/robot/test_login.py tests/integration/robot/test_faults.py \
  tests/integration/robot/test_robot_state.py tests/integration/daemon/test_requests.py \
  tests/integration/daemon/test_pictures.py tests/integration/daemon/test_process.py \
  tests/integration/daemon/test_sdk_command_line.py tests/integration/daemon/test_web.py \
  tests/integration/daemon/test_web_server.py tests/integration/daemon/test_configuration.py \
  tests/integration/top
SOURCES := src fakes tests benchmarks examples .ci
PROSE := docs .github README.md CONTRIBUTING.md CHANGELOG.md CODE_OF_CONDUCT.md RELEASING.md SECURITY.md

.PHONY: help demo chaos test test-slow test-rest test-files coverage test-oldest test-v4l2 test-container test-webcam check format docs bench extension soak \
  test-extension qemu man dist smoke changelog lock sbom clean

help: ## say what there is
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: $(READY) ## watch it work with no robot and no camera: half a minute
	@$(BIN)/spot-webcam demo

chaos: $(READY) ## let anything happen: make chaos SEED=7 SECONDS=60
	@$(BIN)/spot-webcam demo --chaos $(or $(SEED),1) --seconds $(or $(SECONDS),60)

test: $(READY) ## run all tests but the slow ones
	$(PYTEST) -m 'not slow' --durations=25

# Each process collects every file that it is given, which takes seconds for all of them.
test-slow: $(READY) ## run the tests that take real time or start many processes
	$(PYTEST) -m slow --durations=25 $$(grep -rl --include='*.py' 'pytest\.mark\.slow' tests)

coverage: $(READY) ## check that tests run every line and branch of the domain, use cases and fakes
	$(PYTEST) -m 'not slow' --durations=25 $(addprefix --cov=,$(COVERED)) --cov-branch --cov-report= $(COVERAGE_TESTS)
	$(BIN)/coverage report --fail-under=100

# pytest compiles the files of tests. Where none is, each process would do so for itself.
test-files: $(READY)
	-@$(BIN)/python -m pytest -q --collect-only tests >/dev/null

test-rest: $(READY) ## run the tests that neither coverage nor test-slow runs
	$(PYTEST) -m 'not slow' $(addprefix --ignore=,$(COVERAGE_TESTS)) --durations=25

# bosdyn-client 4.1 imports pkg_resources, which warns of its end.
test-oldest: .venv-oldest/.ready ## try the oldest versions that pyproject.toml allows
	.venv-oldest/bin/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder \
	  -W 'ignore:pkg_resources is deprecated:DeprecationWarning' $(OLDEST_TESTS)

test-v4l2: $(READY) ## run tests/hardware on virtual webcams (builds a small VM, once)
	tests/hardware/run-lab.sh

# Where images and layers stay between runs.
CONTAINERS := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/spot-webcam-containers
test-container: $(READY) ## build the image and try it with buildah (as root; a quarter of an hour)
	tests/integration/deploy/make-base.sh '$(CONTAINERS)'
	SPOT_WEBCAM_CONTAINERS='$(CONTAINERS)' $(BIN)/python -m pytest -x tests/integration/deploy

test-webcam: $(READY) ## run tests/hardware on your camera: make test-webcam DEVICE=/dev/video0
	SPOT_WEBCAM_DEVICE=$(DEVICE) $(BIN)/python -m pytest tests/hardware

check: $(READY) ## format, lint, types, import contracts, banned words, workflows, Dockerfile
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy
	env PYTHONPATH=typings $(BIN)/lint-imports --no-logo --no-cache
	$(BIN)/codespell $(SOURCES) $(PROSE)
	$(BIN)/jactionlint --ignore=unpinned-uses --no-hints
	$(BIN)/hadolint Dockerfile

format: $(READY) ## put the code into form
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

# What a page of the site would load from elsewhere, which it may not.
ELSEWHERE := (<script[^>]* src|<link[^>]* rel="?(stylesheet|preconnect|icon)[^>]* href|<(img|iframe|source)[^>]* src)="?(https?:)?//
docs: $(READY).docs ## make the documentation's site in build/site, which works without a network
	rm -rf build/pages build/site
	mkdir -p build/pages/tests/hardware
	cp -r *.md docs examples build/pages
	cp -r tests/hardware/lab build/pages/tests/hardware
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build
	@! grep -rElq --include='*.html' '$(ELSEWHERE)' build/site || { \
	  echo 'a page of build/site loads something from elsewhere' >&2; exit 1; }
	@echo 'open build/site/index.html, or: python3 -m http.server -d build/site'

bench: $(READY) ## measure the daemon beside the SDK's helper and a bare server: a quarter of an hour
	@$(BIN)/spot-webcam bench --strict --json out/bench.json --markdown out/bench.md

# Of the computer that the extension is for: a CORE I/O is arm64.
ARCH := arm64
extension: $(READY) ## make a Spot Extension in dist/ and check it: make extension ARCH=amd64
	@mkdir -p dist
	$(BIN)/spot-webcam extension build --arch $(ARCH) --output dist/spot-webcam-$(ARCH).spx
	$(BIN)/spot-webcam extension lint --arch $(ARCH) dist/spot-webcam-$(ARCH).spx

test-extension: extension ## run that extension on the fake CORE I/O; arm64 on another computer needs make qemu
	@mkdir -p out
	SPOT_WEBCAM_EXTENSION=dist/spot-webcam-$(ARCH).spx $(BIN)/python -m pytest -rs \
	  tests/integration/core_io/test_own_extension.py >out/test-extension.txt; \
	  status=$$?; cat out/test-extension.txt; \
	  test $$status = 0 && ! grep -q ' skipped' out/test-extension.txt

qemu: ## install what runs arm64 on another computer: Debian or Ubuntu, as root or with sudo
	$(if $(filter 0,$(shell id -u)),,sudo) apt-get install -y -qq qemu-user-static

# How long `make soak` takes.
MINUTES := 20
soak: $(READY) ## the daemon among failing cameras and bad clients: make soak MINUTES=60
	@$(BIN)/python -m benchmarks.soak $(MINUTES)

# The date of what is made, unless the caller says another.
man dist: export SOURCE_DATE_EPOCH := $(or $(SOURCE_DATE_EPOCH),$(shell git log -1 --format=%ct 2>/dev/null),315532800)
man: $(READY).dist ## make the manual pages: man -l out/man/spot-webcam.1
	$(BIN)/python .ci/man_pages.py out/man

dist: man ## build sdist and wheel, the same bytes each time, and check them
	.ci/make-dist $(BIN)/python

smoke: dist ## install the wheel where there are no sources, and use it
	.ci/smoke-test $(BIN)/python

# What the section Unreleased is compared with.
BASE := origin/main
changelog: $(READY) ## check that a change of the product has its line: make changelog BASE=main
	$(BIN)/python .ci/changelog_check.py $(BASE)

# What a container and an extension install: the versions of constraints.txt, each with its hashes.
LOCKED := src/tools/extension
LOCK := --quiet --constraints constraints.txt --python-version 3.11 --universal --generate-hashes
lock: $(READY) ## write the requirements with hashes anew, after a change of dependencies
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt uv
	$(BIN)/uv pip compile $(LOCK) --no-header --output-file $(LOCKED)/requirements.txt \
	  pyproject.toml --extra http
	echo setuptools | $(BIN)/uv pip compile $(LOCK) --no-header --no-annotate \
	  --output-file $(LOCKED)/build-requirements.txt -

sbom: $(READY) ## write what the product consists of: out/sbom.cdx.json (CycloneDX)
	@mkdir -p out
	$(BIN)/python -m spot_webcam.tools.sbom --requirements $(LOCKED)/requirements.txt > out/sbom.cdx.json

clean: ## remove what make made
	rm -rf .venv .venv-oldest out build dist *.egg-info .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(READY): pyproject.toml constraints.txt
	@test -n '$(INTERPRETER)' || { echo \
	  '$(PYTHON) is no Python 3.10 or newer: say make PYTHON=/path/to/python3.10' >&2; exit 1; }
	@'$(INTERPRETER)' -c 'import ensurepip, venv' 2>/dev/null || { echo \
	  '$(PYTHON) has no venv: install it (on Debian: apt install python3-venv)' >&2; exit 1; }
	'$(INTERPRETER)' -m venv $(if $(wildcard $@),,--clear) .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt uv
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python $(INSTALLED) \
	  || $(BIN)/python -m pip install --quiet --disable-pip-version-check $(INSTALLED)
	@touch $@

$(READY).docs $(READY).dist: $(READY).%: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[$*]'
	@touch $@

# The oldest versions that there are wheels of for this Python.
.venv-oldest/.ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv --clear .venv-oldest
	.venv-oldest/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt uv
	.venv-oldest/bin/uv pip install --quiet --python .venv-oldest/bin/python \
	  --resolution lowest-direct --only-binary :all: --no-binary spot-webcam -e '.[http,test]'
	@touch $@
