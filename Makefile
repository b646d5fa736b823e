# What there is to do here. `make demo` first; CONTRIBUTING.md tells the rest.
# Needs git, make and any Python 3; everything else is fetched into this folder.

.PHONY: help setup dev demo serve test bench lint requirements clean

PYTHON = .venv/bin/python
# make serve BIND=0.0.0.0:8000 lets colleagues on the same network in.
BIND = 127.0.0.1:8000
# make test ARGS="tests/polls -k import"
ARGS =

help:
	@echo "make demo          the sample study on http://$(BIND)/, with its accounts"
	@echo "make serve         for real work; BIND=0.0.0.0:8000 for colleagues on the same network"
	@echo "make setup         only the environment: .venv/bin/python manage.py then works"
	@echo "make test          all tests, Chromium included; ARGS=\"tests/polls -k import\" for some"
	@echo "make bench         the benchmarks, as ratios to a floor; ARGS=decision for one"
	@echo "make lint          style, types, arrows between modules, missing migrations"
	@echo "make requirements  pin the dependencies of pyproject.toml again; ARGS=--upgrade for newer ones"
	@echo "make clean         remove .venv and caches; var/, your data, stays"

setup:
	@sh .ci/setup

dev:
	@sh .ci/setup dev

demo: setup
	@$(PYTHON) manage.py demo --bind "$(BIND)"

serve: setup
	@$(PYTHON) manage.py serve --bind "$(BIND)"

test: dev
	@chromium=`sh .ci/chromium` && CHROMIUM="$$chromium" .venv/bin/pytest -n logical --maxprocesses 8 $(ARGS)

bench: dev
	@$(PYTHON) -m tests.benchmarks $(ARGS)

lint: dev
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy config polls classify
	.venv/bin/lint-imports
	$(PYTHON) manage.py makemigrations --check --dry-run

requirements:
	@ARGS="$(ARGS)" sh .ci/setup pin

clean:
	rm -rf .venv .ruff_cache .mypy_cache .pytest_cache .hypothesis .import_linter_cache var/tools
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
