# make lab    set everything up and open the notebooks        make test      set everything up and run all tests
# make refresh    run the notebooks and store their outputs   make format    tidy the code      make bench    measure speed
# make test-versions   the tests with the oldest versions that pyproject.toml admits (RESOLUTION=highest: the newest)
# make site       build the site that needs no installation   make test-site     build it and test it
#                 (slides that have been built are on it, too)
# make slides     build a deck of slides for each notebook    make lecture       open the notebooks with live slides
# make test-slides   build the decks and test both
# make film       film an explorer for the README
# make mutants    put small faults into the code that computes, and see whether a test notices each (an hour or two)

PYTHON ?= python3
UV_VERSION := 0.13.9
VENV := .venv
BIN := $(VENV)/bin
LOCK := $(VENV).lock
SITE := $(VENV)/site
SLIDES := $(VENV)/slides
LECTURE := $(VENV)/lecture
# Containers may set it; then every kernel would compile all that it imports anew.
unexport PYTHONDONTWRITEBYTECODE
BUNDLED := anywidget|comm|ipywidgets|jupyterlab-widgets|psygnal
FIRST := $(firstword $(sort $(wildcard notebooks/*.ipynb)))

# The environment is new enough, complete up to uv, and was made in this folder (its scripts hold the folder's path).
USABLE = $(BIN)/uv --version && $(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' && \
  test "$$(cat $(VENV)/folder)" = "$$(pwd -P)"
ifneq ($(shell { $(USABLE); } >/dev/null 2>&1 && echo usable),usable)
.PHONY: $(VENV)/ready
endif

.PHONY: setup lab test test-versions refresh format bench film mutants site test-site slides lecture test-slides lock
.DEFAULT_GOAL := lab

setup: $(VENV)/ready

$(VENV)/ready: requirements.lock pyproject.toml $(wildcard helpers/data/jupyter*.json)
	@until ( set -C; echo $$PPID > $(LOCK) ) 2>/dev/null; do \
	  kill -0 "$$(cat $(LOCK))" 2>/dev/null || { rm -f $(LOCK); continue; }; \
	  echo "Waiting for another make to set up $(VENV). (There is none? Delete $(LOCK).)"; sleep 2; done
	@{ $(USABLE); } >/dev/null 2>&1 && exit; \
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "This needs Python 3.11 or newer, and '$(PYTHON)' is not that. Name another with: make $(or $(MAKECMDGOALS),lab) PYTHON=python3.12" >&2; exit 1; }; \
	$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "'$(PYTHON)' cannot make virtual environments (no venv or ensurepip module). On Debian and Ubuntu: apt install $(notdir $(PYTHON))-venv" >&2; exit 1; }; \
	echo "Installing into $(VENV) (once; about a minute)"; \
	rm -rf $(VENV) && $(PYTHON) -m venv $(VENV) && pwd -P > $(VENV)/folder
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(BIN)/uv pip sync --python $(BIN)/python --quiet --require-hashes requirements.lock
	@$(BIN)/uv pip install --python $(BIN)/python --quiet --no-deps --editable .
	@touch $@ && rm -f $(LOCK)

# A root user (in a container) has to be allowed by name.
LAB = $(BIN)/jupyter lab --LabApp.default_url=/lab/tree/$(FIRST) $(if $(filter 0,$(shell id -u)),--allow-root) $(LAB_OPTIONS)
lab: setup
	@$(LAB)

# Test files run side by side, one on each core; then more threads would only wait for each other.
test: export OPENBLAS_NUM_THREADS = 1
test: setup
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell README.md CONTRIBUTING.md helpers notebooks tests benchmarks lite slides
	$(BIN)/pytest --numprocesses auto --dist loadfile --no-loadscope-reorder
	$(BIN)/pytest --numprocesses auto --dist loadfile --nbval --nbval-current-env --nbval-sanitize-with tests/nbval.cfg notebooks

# The same tests with the oldest (lowest-direct) or the newest (highest) versions that pyproject.toml admits. What is
# old may use what has been deprecated since.
RESOLUTION := lowest-direct
OTHER := $(VENV)/versions
test-versions: export OPENBLAS_NUM_THREADS = 1
test-versions: setup
	$(BIN)/uv venv --quiet --clear --seed --python $(BIN)/python $(OTHER)
	$(BIN)/uv pip install --quiet --python $(OTHER) --resolution $(RESOLUTION) --editable . --group test
	$(OTHER)/bin/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder -W ignore::DeprecationWarning
	$(OTHER)/bin/python -m pytest --numprocesses auto --dist loadfile --nbval --nbval-current-env --nbval-sanitize-with tests/nbval.cfg \
	  -W ignore::DeprecationWarning notebooks

refresh: setup
	$(BIN)/python tests/refresh_notebooks.py notebooks

format: setup
	$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

bench: setup
	$(BIN)/python -m benchmarks

film: setup
	$(BIN)/python -m tests.film

mutants: setup
	$(BIN)/python -m tests.mutants $(MUTANTS)

# What builds the site lies in a folder of its own, over the environment, which the rest does without.
site: setup
	@rm -rf $(SITE)
	@$(BIN)/uv pip install --quiet --no-deps --require-hashes --requirement lite/requirements.lock --target $(SITE)/tools
	@mkdir $(SITE)/wheels && sed -nE '/^($(BUNDLED))==/,/[^\]$$/p' requirements.lock > $(SITE)/bundled.lock
	@$(BIN)/python -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes \
	  --implementation py --abi none --platform any --requirement $(SITE)/bundled.lock --dest $(SITE)/wheels
	@$(BIN)/uv build --quiet --wheel --no-create-gitignore --out-dir $(SITE)/wheels
	@PYTHONPATH=$(abspath $(SITE)/tools) $(BIN)/python lite/build.py $(SITE) dist/site
	@echo "The site is in dist/site. To see it: python3 -m http.server --directory dist/site"

test-site: site
	$(BIN)/pytest -m site tests/test_site.py

slides: setup
	@npm --version >/dev/null 2>&1 || \
	  { echo "Slides need npm, which comes with Node.js and brings what decks load: reveal.js and MathJax." >&2; exit 1; }
	@mkdir -p $(SLIDES) && cp slides/package.json slides/package-lock.json $(SLIDES)
	@npm ci --prefix $(SLIDES) --ignore-scripts --no-audit --no-fund --silent
	@$(BIN)/python slides/build.py $(SLIDES)/node_modules dist/slides
	@echo "The decks are in dist/slides, one for each notebook. Open them in a browser; S shows the speaker's notes."

# The extension for live slides lies in a folder of its own: in the notebooks of those who learn it would be in the way.
$(LECTURE): slides/requirements.lock $(VENV)/ready
	@rm -rf $@
	@$(BIN)/uv pip install --quiet --no-deps --require-hashes --requirement slides/requirements.lock --target $@
	@touch $@

lecture: $(LECTURE)
	@JUPYTER_PATH=$(abspath $(LECTURE))/share/jupyter $(LAB)

test-slides: slides $(LECTURE)
	JUPYTER_PATH=$(abspath $(LECTURE))/share/jupyter $(BIN)/pytest -m slides tests/test_slides.py

COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
  --no-emit-find-links --no-annotate --custom-compile-command "make lock" --upgrade
lock: setup
	$(COMPILE) pyproject.toml --group test --output-file requirements.lock
	$(COMPILE) --group site --constraint requirements.lock --output-file lite/requirements.lock
	$(COMPILE) --group lecture --no-deps --output-file slides/requirements.lock
