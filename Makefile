# Everything is installed into .venv and node_modules of this folder. `make help` lists the commands.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help setup demo test bench dev lint format abi lock clean

help: ## List the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: .venv/.ready ## Install everything that the other commands need

.venv/.ready: requirements.lock package-lock.json pyproject.toml tools/setup.py
	@$(PYTHON) tools/setup.py

abi: .venv/.ready ## Make fec/abi from the contracts
	@$(BIN)/python tools/artifacts.py

lock: ## Resolve the pinned versions anew (requirements.lock, package-lock.json)
	@$(BIN)/uv pip compile --quiet --upgrade --group dev pyproject.toml --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header -o requirements.lock
	@npm install --package-lock-only --no-audit --no-fund

clean: ## Remove everything that was installed or built
	rm -rf .venv node_modules .build out
