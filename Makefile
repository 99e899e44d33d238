# Two commands do everything: `make demo` and `make test`. The rest is for people who work on it.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
ARGS   ?=

.DEFAULT_GOAL := help
.PHONY: help demo test install lint bench

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(READY) ## an outage from break to postmortem, on this machine; ARGS=--auto plays it
	@exec $(BIN)/incidentbot demo $(ARGS)

test: lint ## lint, then every test this machine can run; names what it left out
	@$(BIN)/python -m pytest $(ARGS)

install: $(READY) ## set up .venv and nothing else

lint: $(READY) ## ruff and mypy (strict)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench: $(READY) ## measure the time from /incident declare to a channel that is ready
	@$(BIN)/python -m benchmarks.declare $(ARGS)

# The stamp is newer than the pins only after a complete set-up, so a broken one starts again.
$(READY): requirements.txt requirements-build.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "incidentbot needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version). Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "Setting up $(VENV) (once; a minute or two)"
	@$(PYTHON) -m venv $(VENV)
	@echo "  1/3 build tools";   $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-build.txt
	@echo "  2/3 dependencies (pinned by hash)"; rm -f $(VENV)/.failed
	@{ $(BIN)/python -m pip install --disable-pip-version-check --progress-bar on --require-hashes -r requirements.txt || touch $(VENV)/.failed; } \
		| sed -u -n 's/^Collecting \(.*\)==\([^ ]*\).*/      \1 \2/p; s/^Installing collected.*/      installing .../p'
	@test ! -e $(VENV)/.failed
	@echo "  3/3 incidentbot";   $(BIN)/python -m pip install -q --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@
