.DEFAULT_GOAL := help
.PHONY: help setup up down status logs demo test test-observability test-compose check fmt bench chaos lock

PYTHON := .venv/bin/python

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## make .venv from requirements.lock (does nothing when nothing changed)
	@tools/setup.sh

up: setup ## start the whole platform in the background, without Docker
	@./codex up

down: setup ## stop it, and leave no process
	@./codex down

status: setup ## show every part of it
	@./codex status

logs: setup ## show what the parts write, as they write it
	@./codex logs --follow

demo: setup ## start it in a folder of its own, judge three programs, show a trace, stop it
	@./codex demo

test: setup ## run all tests
	@tools/test.sh

test-observability: setup ## try the telemetry configuration with the real programs
	@tools/test-observability.sh

test-compose: setup ## run the whole in containers, and kill each of them
	@$(PYTHON) -m tests.compose

check: setup ## linters, types, import rules, contracts, lock
	@$(PYTHON) -m codex_tools.check

fmt: setup ## format the code and mend what linters can mend
	@$(PYTHON) -m ruff check --fix-only --quiet
	@$(PYTHON) -m ruff format

bench: setup ## measure the budgets
	@$(PYTHON) -m tests.load

chaos: setup ## kill, freeze, fill, slow down and repeat everything for ten minutes; nothing may be lost
	@$(PYTHON) -m tests.chaos

lock: setup ## write requirements.lock from the pyproject.toml files, versions kept where they fit
	@$(PYTHON) -m codex_tools.lock write
