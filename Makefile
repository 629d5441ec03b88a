# Few Steps. `make` alone lists what there is to make.
.NOTPARALLEL:
.DEFAULT_GOAL := help
SHELL := /bin/bash

PYTHON ?= python3
VENV ?= .venv
WORKERS ?= 2
PORT ?= 8000
# The arithmetic of the second execution in `make test`: other (than the first), same, narrow, wide (tools/arithmetic.py).
ARITHMETIC ?= other
LAB_OPTIONS ?=
PY := $(VENV)/bin/python
STAGE := $(PY) tools/stage.py

# One thread a process (several run side by side), the same hashes everywhere, no GPU.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export MKL_NUM_THREADS := 1
export PYTHONHASHSEED := 0
export CUDA_VISIBLE_DEVICES :=
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Empty: what is imported is compiled once and kept, whatever the shell says.
export PYTHONDONTWRITEBYTECODE :=
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

NOTEBOOKS := 'chapters/**/*.ipynb' 'book/*.ipynb'
PACKAGE := 'pkg/src/**/*' pkg/pyproject.toml
UNIT := tests/unit pkg/src/fewsteps --doctest-modules
PINS := requirements.lock requirements-torch.txt
CONFIG := pyproject.toml

.PHONY: help book draft test lab serve pdf notebooks lock bench coverage faults checkerboard trajectories stability format clean distclean \
        env node vendor execute html lint types unit nbtest booktest pythons

help: ## list the targets
	@echo "Few Steps: an executable book. Targets:"
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# ---------------------------------------------------------------------------------------------- the book

book: html ## build the book: environment, notebooks, pages
	@echo "The book is built. Open file://$(CURDIR)/_build/html/index.html, or run \`make serve\`."

# Modules are compiled when they are first imported: to compile all of them takes as long as to install them.
# azula names torchvision and gdown as well, which the tests do without: pip would call that a conflict.
env:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make book PYTHON=python3.12"; exit 1; }
	@$(PYTHON) tools/stage.py environment --inputs $(PINS) pkg/pyproject.toml --outputs $(PY) -- bash -ec '\
	  test -x $(PY) || $(PYTHON) -m venv $(VENV); \
	  echo "   installing the pinned environment into $(VENV) (some minutes the first time)"; \
	  $(PY) -m pip install --quiet --no-compile --require-hashes --no-deps -r requirements.lock; \
	  $(PY) -m pip install --quiet --no-compile --no-warn-conflicts -r requirements-torch.txt; \
	  $(PY) -m pip install --quiet --no-deps --no-build-isolation -e pkg'

node: env
	@command -v npm >/dev/null || { echo "Node.js with npm is needed: see https://nodejs.org or your system's packages"; exit 1; }
	@$(STAGE) node --inputs package.json package-lock.json --outputs node_modules -- bash -ec '\
	  mkdir -p "$$HOME/.npm" 2>/dev/null || export npm_config_cache="$(CURDIR)/_build/npm"; \
	  npm ci --omit=optional --no-fund --no-audit --loglevel=error'

vendor: node
	@$(STAGE) vendor --inputs package-lock.json tools/vendor.py --outputs book/_static/vendor -- $(PY) tools/vendor.py

execute: env
	@$(PY) tools/execute.py --workers $(WORKERS)

html: vendor execute
	@$(STAGE) html --inputs _config.yml _toc.yml $(PACKAGE) 'book/**/*' 'chapters/**/*' _build/times.json $(PINS) CITATION.cff CHANGELOG.md --outputs _build/html/index.html -- \
	  jupyter-book build . --all -W -n --keep-going -q

draft: vendor execute ## build what is written so far; missing pages and warnings are allowed
	@$(PY) tools/draft.py

serve: ## serve the built book on http://localhost:8000
	$(PY) -m http.server $(PORT) --directory _build/html

lab: env ## open the pages in JupyterLab (LAB_OPTIONS="--no-browser --port 8889")
	$(VENV)/bin/jupyter lab $(LAB_OPTIONS) chapters

pdf: html ## print the book to PDF with Chromium
	CHROMIUM="$$($(PY) tools/find_browser.py)" node tools/pdf.mjs

# ---------------------------------------------------------------------------------------------- tests

test: lint types unit nbtest booktest ## run every check
	@echo "All checks are green. Arithmetic of the pages:"; cat _build/arithmetic.txt

lint: env
	@$(STAGE) lint --inputs $(CONFIG) _config.yml 'pkg/**/*.py' 'pkg/**/*.pyi' 'tools/*.py' 'book/_ext/**/*.py' 'tests/**/*.py' 'benchmarks/**/*.py' $(NOTEBOOKS) -- bash -ec '\
	  ruff check --quiet .; ruff format --check --quiet . || { echo "run \`make format\`"; exit 1; }; $(PY) tools/normalise.py --check'

types: env
	@$(STAGE) types --inputs $(CONFIG) $(PACKAGE) 'tools/*.py' 'book/_ext/**/*.py' $(PINS) -- bash -ec '\
	  mypy pkg/src/fewsteps; mypy tools/*.py; mypy book/_ext'

unit: env
	@$(STAGE) unit --arithmetic --inputs $(CONFIG) $(PACKAGE) $(PINS) environment.yml requirements.in _config.yml _toc.yml 'tests/unit/**/*' 'tools/*.py' 'book/_ext/**/*.py' 'book/catalogue/*' 'book/*.yml' 'book/*.bib' 'book/reference/*' 'chapters/**/*.md' CITATION.cff CHANGELOG.md -- \
	  env MPLBACKEND=Agg pytest -q -n $(WORKERS) --dist worksteal $(UNIT)

# The book was built from one execution; this is a second one, on arithmetic that rounds otherwise where the machine has
# such; both must give the committed outputs.
nbtest: execute
	@$(STAGE) notebooks --arithmetic --outputs _build/arithmetic.txt --inputs $(CONFIG) $(PACKAGE) $(PINS) $(NOTEBOOKS) 'chapters/**/*' \
	  'tests/notebooks/*' 'tools/*.py' -- bash -ec '\
	  $(PY) tools/normalise.py --check --outputs; $(PY) tools/arithmetic.py $(ARITHMETIC) -- $(PY) tests/notebooks/run.py --workers $(WORKERS)'

booktest: html
	@CHROMIUM="$$($(PY) tools/find_browser.py)" && export CHROMIUM && \
	  $(STAGE) book --inputs $(CONFIG) '_build/html/**/*' 'tests/book/**/*' 'book/catalogue/*' package-lock.json tests/unit/exercise_numbers.json -- bash -ec '\
	  pytest -q tests/book; node tests/book/browser.mjs'

pythons: env ## run the package's tests on every other Python, and on the oldest NumPy, that this machine has
	@$(STAGE) pythons --inputs $(CONFIG) $(PACKAGE) $(PINS) 'tests/unit/**/*' 'tools/pythons*.py' -- $(PY) tools/pythons.py --workers $(WORKERS)

# ---------------------------------------------------------------------------------------------- upkeep

notebooks: execute ## write fresh text outputs into the committed notebooks
	@$(PY) tools/normalise.py --outputs

format: env ## format code and notebooks
	@ruff check --quiet --fix . ; ruff format --quiet . && $(PY) tools/normalise.py

# Measuring coverage makes the tests 1.6 times as slow, so `make test` does without.
coverage: env ## list the lines of the package that no unit test and no example reaches
	@MPLBACKEND=Agg pytest -q -n $(WORKERS) $(UNIT) --cov=fewsteps --cov-report=term

bench: env ## time the package's main computations
	@$(PY) -m pytest -q -s benchmarks

faults: env ## plant faults in the package and see that the checks catch them
	@$(PY) tools/faults.py

checkerboard: env ## train the maps of the checkerboard tables anew (an hour or two)
	@$(PY) tools/checkerboard.py

trajectories: env ## train the networks of the part Trajectories anew (half an hour)
	@$(PY) tools/trajectories.py

stability: env ## train the students of the part Stability anew (two hours; goes on where it was stopped)
	@$(PY) tools/stability.py

lock: env ## resolve the pinned environment anew (needs uv)
	uv pip compile --universal --generate-hashes --no-annotate --no-header --python-version 3.11 \
	  pkg/pyproject.toml --extra pages requirements.in -o requirements.lock

clean: ## remove what was built, keep the environment
	rm -rf _build book/_static/vendor

distclean: clean
	rm -rf $(VENV) node_modules
