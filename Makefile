# Two commands are all a newcomer needs: `make demo` and `make test`. Each does its own set-up.

PYTHON ?= $(shell for it in python3.13 python3.12 python3.11 python3; do \
	$$it -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null && echo $$it && break; done)
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
STAMP := $(VENV)/.ready

.PHONY: setup demo check test test-long bench extension lock clean

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml scripts/setup_environment.py scripts/setup_tools.py
	@test -n "$(PYTHON)" || { echo "dambridge needs Python 3.11, 3.12 or 3.13. Install one (Debian: apt install python3 python3-venv), then run this again."; exit 2; }
	@$(PYTHON) scripts/setup_environment.py $(VENV) >&2  # what a command prints on standard output is its own
	@touch $@

demo: setup
	@$(BIN)/python scripts/demo.py $(ARGS)

check: setup
	@$(BIN)/python scripts/checks.py check $(ARGS)

test: setup
	@$(BIN)/python scripts/checks.py test $(ARGS)

test-long: setup
	@$(BIN)/python scripts/checks.py long $(ARGS)

bench: setup
	@$(BIN)/python scripts/bench.py $(ARGS)

extension: setup
	@$(BIN)/python scripts/build_extension.py $(ARGS)

lock:
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --all-extras --group dev pyproject.toml -o requirements.lock

clean:
	rm -rf $(VENV) .tools .cache
