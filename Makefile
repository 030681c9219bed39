# Everything is installed into .venv and node_modules of this folder. `make help` lists the commands.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
READY := .venv/.ready
# Else every Python that is started compiles all that it imports anew.
unexport PYTHONDONTWRITEBYTECODE
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help setup up demo dev web sdk screenshots test lint prove mutants coverage soak havoc zoo format bench abi openapi pictures reference release lock clean

help: ## List the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(READY) ## Install everything that the other commands need

$(READY): requirements.lock package-lock.json tools/bootstrap.lock tools/node.lock pyproject.toml tools/setup.py
	@$(PYTHON) tools/setup.py

PAGES := fec/pages/web/index.html

$(PAGES): $(READY) $(shell find web packages/sdk/src -type f -not -path '*/src/generated/*') $(wildcard fec/protocol/abi/*.json fec/charts/*.py fec/charts/specs/*.json) fec/core/curve.py fec/protocol/signing.py fec/protocol/refusals.py docs/reference/openapi.json tools/web.py tools/sdk.py
	@$(BIN)/python -m tools.web
	@touch $@

web: $(PAGES) ## Build the web pages into the package

sdk: $(READY) ## Build the JavaScript SDK into packages/sdk/dist
	@$(BIN)/python -m tools.sdk

up: $(PAGES) ## Chain, service, index and pages with real shopping in them, until interrupted
	@$(BIN)/python -m demo.up

screenshots: $(PAGES) ## Every page in every language, phone and desktop, light and dark, into out/screenshots
	@$(BIN)/python -m tests.web.screenshots

demo: $(READY) ## The main job: real shopping on a local chain, until every node has paid in full
	@$(BIN)/python -m demo

dev: $(READY) ## A local chain with everything deployed, until interrupted
	@$(BIN)/fec dev

test: $(PAGES) ## All that a change has to pass, side by side: lint, tests, gas, forge's model, quick proofs, mutants of what changed
	@$(BIN)/python -m tools.checks

lint: $(READY) ## Style, types, formatting, static analysis, and whether generated files are fresh
	@$(BIN)/python -m tools.checks lint

prove: $(READY) ## Prove the contracts: every case, and that each proof can fail
	@$(BIN)/python -m proofs

mutants: $(READY) ## Change the contracts in every place, one at a time: does a test notice?
	@$(BIN)/python -m mutants

coverage: $(READY) ## What the tests reach of the contracts and of the Python code
	@$(BIN)/python -m tools.cover

havoc: $(READY) ## The service killed 1,000 times at points of a payment's way, and at random instants, beside a chain with bad days, on both databases; prints its seeds and sums, and goes on where it was stopped
	@$(BIN)/python -m tests.service.havoc --kills 250 --total 1000 --at-points 1000
	@$(BIN)/python -m tests.service.havoc --backend sqlite --instances 1 --kills 50

format: $(READY) ## Format Python and Solidity
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/forge fmt contracts tests/forge proofs/symbolic

bench: $(READY) ## Gas of every function beside the EVM's floor and a peer; writes the snapshot and docs/assurance/benchmarks.md
	@$(BIN)/python -m benchmarks.gas --write

soak: $(READY) ## The state machines for a million steps in all, with fresh seeds that are printed
	@$(BIN)/python -m tests.contracts.stateful.soak --steps 900000
	@$(BIN)/python -m tests.forge --steps 100000 --jobs 2

zoo: $(READY) ## Try the product on real nodes and through endpoints of every kind; write docs/reference/chains.md
	@$(BIN)/python -m tests.zoo --write

abi: $(READY) ## Make fec/protocol/abi and the record of storage and sizes from the contracts
	@$(BIN)/python tools/artifacts.py
	@$(BIN)/python -m tools.layout --write

openapi: $(READY) ## Write docs/reference/openapi.json from the service
	@$(BIN)/python -m tools.openapi

pictures: $(READY) ## Make the picture of the payout curve that the documents show
	@$(BIN)/fec chart payout -o docs/pictures/payout-curve.svg --lang en

reference: $(READY) ## The API reference from docstrings, NatSpec and OpenAPI, into out/reference
	@$(BIN)/python -m tools.reference

release: $(PAGES) ## Version, changelog, wheel, sdist, checks of both, tag: make release VERSION=0.2.0
	@$(BIN)/python -m tools.release $(VERSION)

lock: $(READY) ## Resolve the pinned versions anew (requirements.lock, package-lock.json, tools/*.lock, proofs/requirements.lock)
	@for name in bootstrap node; do $(BIN)/uv pip compile --quiet --upgrade tools/$$name.in --python-version 3.11 --universal \
		--generate-hashes --no-emit-index-url --no-header -o tools/$$name.lock; done
	@$(BIN)/uv pip compile --quiet --upgrade --group dev --all-extras pyproject.toml --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header -o requirements.lock
	@$(BIN)/uv pip compile --quiet --upgrade proofs/requirements.in --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header -o proofs/requirements.lock
	@npm install --package-lock-only --no-audit --no-fund

clean: ## Remove everything that was installed or built
	rm -rf .venv .venv-proofs node_modules .build out
