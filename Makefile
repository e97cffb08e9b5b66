# make lab    set everything up and open the notebooks        make test      set everything up and run all tests
# make refresh    run the notebooks and store their outputs   make format    tidy the code      make bench    measure speed
# make mutants    put small faults into the code that computes, and see whether a test notices each (an hour or two)

PYTHON ?= python3
UV_VERSION := 0.13.9
VENV := .venv
BIN := $(VENV)/bin
LOCK := $(VENV).lock
FIRST := $(firstword $(sort $(wildcard notebooks/*.ipynb)))

# The environment is new enough, complete up to uv, and was made in this folder (its scripts hold the folder's path).
USABLE = $(BIN)/uv --version && $(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' && \
  test "$$(cat $(VENV)/folder)" = "$$(pwd -P)"
ifneq ($(shell { $(USABLE); } >/dev/null 2>&1 && echo usable),usable)
.PHONY: $(VENV)/ready
endif

.PHONY: setup lab test refresh format bench mutants lock
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
lab: setup
	@$(BIN)/jupyter lab --LabApp.default_url=/lab/tree/$(FIRST) $(if $(filter 0,$(shell id -u)),--allow-root) $(LAB_OPTIONS)

# Test files run side by side, one on each core; then more threads would only wait for each other.
test: export OPENBLAS_NUM_THREADS = 1
test: setup
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell README.md CONTRIBUTING.md helpers notebooks tests benchmarks
	$(BIN)/pytest --numprocesses auto --dist loadfile
	$(BIN)/pytest --nbval --nbval-current-env --nbval-sanitize-with tests/nbval.cfg notebooks

refresh: setup
	$(BIN)/python tests/refresh_notebooks.py notebooks

format: setup
	$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

bench: setup
	$(BIN)/python -m benchmarks

mutants: setup
	$(BIN)/python -m tests.mutants $(MUTANTS)

lock: setup
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --no-annotate --custom-compile-command "make lock" --upgrade \
	  pyproject.toml --group test --output-file requirements.lock
