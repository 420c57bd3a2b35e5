# AimaNet. `make` alone lists what there is. Needs only make, bash and Python 3.11 or newer.
SHELL := /bin/bash
VENV := .venv
PY := $(VENV)/bin/python
ARGS ?=
# Tests run in so many processes, a file in one of them; ARGS="-n 0" for one after the other. One
# more than there are cores, because many tests wait: for a camera, a window, a process.
CORES := $(shell { nproc || sysctl -n hw.ncpu; } 2>/dev/null || echo 1)
WORKERS ?= $(shell echo $$(( $(CORES) > 3 ? 4 : $(CORES) + 1 )))
PYTEST = $(PY) -m pytest -n $(WORKERS) --dist loadfile
.DEFAULT_GOAL := help

# Of `make audit` and `make constraints`, in an environment of their own.
TOOLS = pip-audit==2.10.1 uv==0.13.9
.PHONY: help run test test-slow lint audit constraints clean

help: ## this list
	@echo "AimaNet: make ..."
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  \1|\2/' | while IFS='|' read -r name text; do printf '%-15s%s\n' "$$name" "$$text"; done

run: $(VENV)/.run ## open AimaNet (in the terminal where there is no display); ARGS="analyze clip.mp4" for a command
	@$(PY) main.py $(ARGS)

test: $(VENV)/.dev ## run the tests; ARGS="-k face" for some of them
	@$(PYTEST) $(ARGS)

test-slow: $(VENV)/.dev ## run the tests, the slow ones too
	@$(PYTEST) -m "slow or not slow" $(ARGS)

lint: $(VENV)/.dev ## style, types, and who may import whom
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@$(VENV)/bin/lint-imports

audit: $(VENV)/.tools ## look for known holes in what is installed (asks a public database)
	@$(VENV)/tools/bin/pip-audit -r constraints.txt --no-deps --disable-pip --strict --progress-spinner off $(ARGS)

constraints: $(VENV)/.tools ## choose the versions in constraints.txt anew
	@.ci/constraints $(ARGS)

clean: ## remove the environment and everything that was built
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment: made once, brought up to date when pyproject.toml or constraints.txt changes.
$(VENV)/.run: pyproject.toml constraints.txt
	@$(MAKE) --no-print-directory -s environment WANTED='.[fast,sensors]' SAYS="AimaNet and what it needs (PyTorch, Qt, MediaPipe)"
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt
	@$(MAKE) --no-print-directory -s environment WANTED='.[dev]' SAYS="AimaNet with its test tools"
	@touch $@ $(VENV)/.run

$(VENV)/.tools: Makefile | $(VENV)/.dev
	@$(PY) -m venv --clear $(VENV)/tools
	@$(VENV)/tools/bin/python -m pip install --disable-pip-version-check --no-input --quiet $(TOOLS)
	@touch $@

.PHONY: environment
environment:
	@if ! $(PY) -m pip --version >/dev/null 2>&1; then \
	  found=; bare=; \
	  for p in $(PYTHON) python3 python3.13 python3.12 python3.11 python3.14 python; do \
	    "$$p" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))' 2>/dev/null || continue; \
	    if "$$p" -c 'import ensurepip, venv' 2>/dev/null; then found=$$p; break; fi; \
	    [ -n "$$bare" ] || bare=$$("$$p" -c 'import sys; print("python%d.%d" % sys.version_info[:2])'); \
	  done; \
	  if [ -z "$$found" ] && [ -n "$$bare" ]; then \
	    echo "AimaNet: $$bare is here but cannot make environments. On Debian or Ubuntu: sudo apt-get install -y $$bare-venv" >&2; exit 1; \
	  elif [ -z "$$found" ]; then \
	    echo "AimaNet needs Python 3.11 to 3.14 and finds none. Debian 12+, Ubuntu 24.04+: sudo apt-get install -y python3 python3-venv; Fedora: sudo dnf install python3.12; macOS: brew install python@3.12; or name one: make run PYTHON=/path/to/python3" >&2; exit 1; \
	  fi; \
	  echo "Making the environment $(VENV) with $$("$$found" --version) ..."; \
	  "$$found" -m venv --clear $(VENV) || exit 1; \
	fi
	@echo "Installing $(SAYS) (the first time takes a few minutes) ..."
	@set -o pipefail; \
	$(PY) -m pip install --disable-pip-version-check --no-input --progress-bar off -c constraints.txt -e '$(WANTED)' 2>&1 | tee $(VENV)/install.log | \
	while read -r word rest; do \
	  case "$$word" in \
	    Collecting) echo "  $${rest%%[ <>=!~;]*}" ;; \
	    Processing) rest=$${rest##*/}; echo "  $${rest%%-*}" ;; \
	    Installing) case "$$rest" in collected*) echo "  unpacking ..." ;; esac ;; \
	  esac; \
	done || { \
	  echo "AimaNet: the installation failed (is the network there? all of it: $(VENV)/install.log):" >&2; \
	  { grep -E '(ERROR|Error|error):' $(VENV)/install.log || tail -n 3 $(VENV)/install.log; } | head -n 4 >&2; exit 1; }
	@echo "Installed."
