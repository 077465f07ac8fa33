# Hubbub's one-word commands. Each sets up what it needs first and skips what is already in place;
# how "in place" is known is told in scripts/once.

HOST = 127.0.0.1
PORT = 8000
DATA = data
# Extra words for pytest: make test PYTEST='-x -k close'
PYTEST =
# Processes that share all tests; one more than two cores, since tests wait now and then
JOBS = 3
# Each file's tests stay in one process, which has their servers; the order is that of `testpaths`
SHARED = --dist loadfile --no-loadscope-reorder
# Judges what gets through under load: other tests would take the machine from it
ALONE = tests/chaos/test_chaos.py
# How often `make chaos` breaks things
RUNS = 10

PY = .venv/bin/python
NODE = scripts/with-node

# What the built client is made from; its output is server/hubbub/static, and the SDK's package in client/dist.
CLIENT = client server/hubbub/protocol server/hubbub/languages docs/sdk.md

# Compiled modules are kept, whatever the machine says: hundreds of Python processes start, and pytest takes twenty
# seconds in each of its processes to compile all tests anew.
export PYTHONDONTWRITEBYTECODE =

MAKEFLAGS += --no-print-directory
.NOTPARALLEL:
.DEFAULT_GOAL = help

## Use

.PHONY: run
run: client  ## Start Hubbub with its demo; HOST=, PORT= and DATA= may be given
	@exec $(PY) -m hubbub serve --demo --host $(HOST) --port $(PORT) --data-dir $(DATA)

## Work

.PHONY: check
check: dev lint types layers unit  ## The fast part of the tests: lint, types, layers, unit

.PHONY: test
test: dev debian client lint types layers client-check  ## All tests, with coverage; what CI runs
	@echo '• All tests, with coverage of the server'
	@$(PY) -m pytest $(ALONE) --cov --cov-report= $(PYTEST) || [ $$? = 5 ] # none of its tests were asked for
	@$(PY) -m pytest -n $(JOBS) $(SHARED) --ignore=$(ALONE) --cov --cov-append \
	    --cov-report=term:skip-covered --cov-fail-under=95 $(PYTEST)
	@$(PY) scripts/module_coverage.py

.PHONY: bench
bench: dev client  ## Run the benchmarks
	@scripts/debian-packages bench
	@$(PY) -m tests.bench

.PHONY: chaos
chaos: dev debian  ## Break many processes in drawn ways and judge what everybody saw; RUNS=100 for the long one
	@$(PY) -m tests.chaos --runs $(RUNS)

.PHONY: floods
floods: dev debian  ## Flood a server in every way and print what another reader met
	@$(PY) -m tests.floods

.PHONY: screenshots
screenshots: dev client debian  ## Take the README's screenshots anew
	@$(PY) -m tests.browser.screenshots
	@$(PY) -m tests.browser.moving_picture

.PHONY: fmt
fmt: dev  ## Format the code and fix what can be fixed
	@$(PY) -m ruff check --fix-only --quiet
	@$(PY) -m ruff format

.PHONY: lint
lint: dev
	@echo '• Lint'
	@$(PY) -m ruff check --quiet
	@$(PY) -m ruff format --check --quiet || { echo 'Not formatted as above: run `make fmt`.'; exit 1; }
	@$(PY) scripts/house_rules.py

.PHONY: types
types: dev
	@echo '• Types'
	@$(PY) -m mypy --no-error-summary

.PHONY: layers
layers: dev
	@echo '• Layers'
	@.venv/bin/lint-imports --no-logo >.venv/layers.log 2>&1 || { cat .venv/layers.log; exit 1; }

.PHONY: client-check
client-check: client
	@scripts/quietly 'Client: types, lint and tests' $(NODE) npm --prefix client run check

.PHONY: unit
unit: dev
	@echo '• Unit tests'
	@$(PY) -m pytest tests/unit $(PYTEST)

## Set up

.PHONY: venv
venv:  # what the server needs to run, and what builds it
	@scripts/make-venv .venv
	@scripts/once .venv/run.stamp requirements/run.txt requirements/build.txt pyproject.toml -- \
	    scripts/quietly 'Installing Hubbub and what it needs' \
	    scripts/again scripts/install requirements/run.txt requirements/build.txt

.PHONY: dev
dev: venv  ## Install the test tools into .venv
	@scripts/once .venv/dev.stamp requirements/dev.txt -- \
	    scripts/quietly 'Installing the test tools' scripts/again scripts/install requirements/dev.txt

.PHONY: debian
debian:
	@scripts/debian-packages test

.PHONY: client
client: venv  ## Build the client into server/hubbub/static
	@$(NODE) true
	@scripts/once client/node_modules/.stamp client/package-lock.json -- \
	    scripts/quietly "Installing the client's tools" scripts/again $(NODE) npm --prefix client ci
	@scripts/once server/hubbub/static/.stamp $(CLIENT) -- scripts/quietly 'Building the client' scripts/build-client

.PHONY: wheel
wheel: dev client  ## Build dist/hubbub-*.whl, client included
	@scripts/quietly 'Building the wheel' $(PY) -m hatchling build --target wheel
	@ls dist/*.whl

.PHONY: lock
lock:  ## Write the lock files after a change of pyproject.toml; UPGRADE=1 takes the newest releases
	@# Not after `dev` where the tools are there: it installs what is locked, and says that the new one is missing.
	@.venv/bin/python -m uv --version >/dev/null 2>&1 || $(MAKE) dev
	@scripts/lock $(if $(UPGRADE),--upgrade)

.PHONY: clean
clean:  ## Remove all that was built or installed; ./data stays
	rm -rf .venv .venv-node client/node_modules client/dist server/hubbub/static build dist test-results
	rm -rf .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find server tests scripts -name __pycache__ -prune -exec rm -rf {} +

.PHONY: help
help:  ## Show this list
	@sed -n -e 's/^## \(.*\)/\n\1/p' -e 's/^\([a-z-]*\):[^#]*  ## \(.*\)/  make \1:\2/p' Makefile | \
	    awk -F: '/^  make/ { printf "%-15s%s\n", $$1, substr($$0, length($$1) + 2); next } { print }'
