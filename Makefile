# Everything is installed into .venv and node_modules of this folder. `make help` lists the commands.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
READY := .venv/.ready
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help setup demo dev test lint format bench soak abi pictures lock clean

help: ## List the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(READY) ## Install everything that the other commands need

$(READY): requirements.lock package-lock.json pyproject.toml tools/setup.py
	@$(PYTHON) tools/setup.py

demo: $(READY) ## The main job: real shopping on a local chain, until every node has paid in full
	@$(BIN)/python -m demo

dev: $(READY) ## A local chain with everything deployed, until interrupted
	@$(BIN)/fec dev

test: lint ## All tests: package, contracts, command line, scripts, demo, gas
	@$(BIN)/pytest -p no:ape_test -n 2 --dist loadfile tests --ignore=tests/ape
	@$(BIN)/ape test tests/ape
	@$(BIN)/python -m benchmarks.gas --check

lint: $(READY) ## Style, types, formatting, and whether generated files are fresh
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/forge fmt --check contracts
	@node_modules/.bin/solhint --disc --noPoster --max-warnings 0 'contracts/**/*.sol'
	@$(BIN)/python tools/artifacts.py --check

format: $(READY) ## Format Python and Solidity
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/forge fmt contracts

bench: $(READY) ## Gas of every function beside the EVM's floor and a peer; writes the snapshot and docs/benchmarks.md
	@$(BIN)/python -m benchmarks.gas --write

soak: $(READY) ## The state machines for a million steps in all, with a fresh seed that is printed
	@$(BIN)/python -m tests.evm.soak --steps 1000000

abi: $(READY) ## Make fec/abi from the contracts
	@$(BIN)/python tools/artifacts.py

pictures: $(READY) ## Make the picture that the README shows
	@$(BIN)/python -m demo.pictures > docs/payout-curve.svg

lock: $(READY) ## Resolve the pinned versions anew (requirements.lock, package-lock.json)
	@$(BIN)/uv pip compile --quiet --upgrade --group dev --extra server pyproject.toml --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header -o requirements.lock
	@npm install --package-lock-only --no-audit --no-fund

clean: ## Remove everything that was installed or built
	rm -rf .venv node_modules .build out
