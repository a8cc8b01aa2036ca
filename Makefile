# The two commands of the README, and what a developer types beside them.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo test soak streams bench lab servers lint format reference record tour clean environment
# What takes long begins first, and what is short fills the cores at the end.
TESTS ?= tests/fleet tests/host tests/unit
HOSTS ?= 3

help:  ## This list
	@sed -n 's/^\([a-z]*\):.*## /make \1	/p' Makefile

demo: environment  ## Deploy the example site to a throw-away host on this machine
	@.venv/bin/inv demo

test: environment  ## Run the tests (BACKLINE_REQUIRE_ALL=1: what is missing here fails instead of being skipped)
	@.venv/bin/python -m pytest -q -n 3 --dist loadfile --no-loadscope-reorder -r fEs $(TESTS)

soak: environment  ## Follow 100 MB of logs and 10,000 lines a second, and foretell 100 states of a drifted host (half an hour)
	@BACKLINE_SOAK=1 .venv/bin/python -m pytest -q -s --timeout 900 tests/host/deploy/test_log_volume.py
	@BACKLINE_SOAK=1 .venv/bin/python -m pytest -q -x tests/host/deploy/test_check_drift.py

streams: environment  ## Restart the workers ten times under a stream of tasks, in each way (minutes), and print the table
	@BACKLINE_STREAMS=1 .venv/bin/python -m pytest -q -s tests/host/deploy/test_restart_streams.py

bench: environment  ## Measure us beside Ansible, Mitogen, pyinfra and Fabric (PEERS=floor,fabric: a quick one; needs root)
	@.venv/bin/python -m tests.bench $(if $(PEERS),--peers $(PEERS)) $(BENCH)

lab: environment  ## Real Debian hosts on this machine, to try things on (HOSTS=3; needs root; docs/testing.md)
	@.venv/bin/python -m tests.lab up $(HOSTS) --packages

lint: environment  ## Check style, types and the import rules
	@.venv/bin/ruff check
	@.venv/bin/ruff format --check
	@.venv/bin/mypy
	@.venv/bin/lint-imports

format: environment  ## Put the code into the form that `make lint` asks for
	@.venv/bin/ruff check --fix
	@.venv/bin/ruff format

reference: environment  ## Write docs/variables.md from the roles' own declarations
	@.venv/bin/python -m backline.commands.reference >docs/variables.md

record: environment  ## Run what the README shows, the demo and a first deploy, and write down there what is said
	@.venv/bin/python -m tests.host.documents.recording README.md

tour: environment  ## Run the day of docs/tour.md, and write down there what is said
	@.venv/bin/python -m tests.host.documents.recording docs/tour.md

servers: environment  ## Run the story of docs/three-hosts.md on three servers of the lab, and write down there what is said (needs root)
	@.venv/bin/python -m tests.fleet.three_servers

clean:  ## Remove what the other targets made (end a sandbox first: inv sandbox.down)
	@if [ -d .backline ]; then echo "make clean: .backline/ is left as it is; 'inv sandbox.down' ends a sandbox" >&2; fi
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

environment:
	@sh .ci/environment
