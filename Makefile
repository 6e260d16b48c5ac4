# Everything runs in a virtual environment in .venv, made on first use. `make help` lists the targets.
PYTHON ?= python3
export PIP_DISABLE_PIP_VERSION_CHECK = 1
export PIP_NO_INPUT = 1
READY = .venv/ready

.PHONY: help demo test docs gpu clean .venv
.DEFAULT_GOAL := help

help:
	@echo 'make demo   set up, then simulate a cohort, train on it, sample atlases: runs/demo'
	@echo 'make test   set up, then run all checks; the last line is `N passed, N failed`'
	@echo 'make docs   set up, then build the site with all notebooks and functions: _docs/site/index.html'
	@echo 'make gpu    measure on one GPU what 15_cost estimates, in about ten minutes: nbs/3_evaluation/gpu.json'
	@echo 'make .venv  set up only: a virtual environment with the library and its tools'
	@echo 'make clean  remove the environment and caches; cohorts and runs are kept'
	@echo 'PYTHON=python3.12 make ...  uses that Python; 3.10 or newer is needed'

demo: $(READY)
	.venv/bin/diffdef demo

test: $(READY)
	.venv/bin/python tools/check.py

docs: $(READY)
	.venv/bin/python tools/docs.py

gpu: $(READY)
	@.venv/bin/python tools/gpu.py

.venv: $(READY)

# Made again when the requirements change. The stamp comes last, so that an installation that was stopped is not taken for a whole one.
$(READY): settings.ini setup.py pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2> /dev/null || \
	  { echo "diffdef needs Python 3.10 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>&1). Choose another: PYTHON=python3.12 make ..." >&2; exit 1; }
	@rm -f $@
	@$(PYTHON) -m venv .venv || { echo "no virtual environment could be made; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	.venv/bin/python -m pip install -e '.[dev]'
	@touch $@

clean:
	rm -rf .venv build dist diffdef.egg-info .ruff_cache _docs
	find diffdef nbs tools -name __pycache__ -prune -exec rm -rf {} +
	find nbs -name .ipynb_checkpoints -prune -exec rm -rf {} +
