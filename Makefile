# The data lake on this machine. Each target is one command; `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help setup bundle unpacked local aws test test-aws test-docker test-faults test-glue test-notebooks notebook lab-pictures lint format lock pictures iam-policy bench bench-peers bench-quality bench-scale bench-trainers soak doctor down clean

# An interpreter to make the environment with: the first that `requires-python` takes. PYTHON=uv lets
# uv fetch one.
NEW_ENVIRONMENT := emulation/lakestack/tool/new_environment.py
PYTHON ?= $(shell for name in python3.11 python3.12 python3; do \
  if $$name $(NEW_ENVIRONMENT) --check 2>/dev/null; then command -v $$name; exit; fi; done; \
  command -v python3 || echo python3)
VENV   := .venv
BIN    := $(VENV)/bin
LAKE   := $(BIN)/lake

# A folder or zip with MovieLens files; without it: cache, download, synthetic data.
MOVIELENS ?=

# All tests run in two processes, each with an emulator of its own; some run in one.
WORKERS ?= $(if $(TESTS),,2)

GLUE_TESTS := $(wildcard tests/*/glue tests/*/glue_check)

# DOCKER=1: the emulator in a container (docs/docker.md), for local, down and doctor.
DOCKER ?=
ifneq ($(DOCKER),)
export LAKE_DOCKER := 1
endif

# BUNDLE=file: set-up takes everything from what `make bundle` has made, and asks no network.
BUNDLE ?=
UNPACKED := .lake/bundle

# What `make bundle` writes: where, for which platforms and Pythons; without them, for those here.
TO        ?= lake-bundle.tar
PLATFORMS ?=
PYTHONS   ?=

ifneq ($(BUNDLE),)
export PIP_NO_INDEX := 1
export PIP_FIND_LINKS := $(UNPACKED)/packages
export UV_OFFLINE := 1
export UV_NO_INDEX := 1
export UV_FIND_LINKS := $(UNPACKED)/packages
endif

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.ready ## Make the environment: locked packages, checked Java artefacts (BUNDLE=file: without a network)
ifneq ($(BUNDLE),)
	@$(BIN)/python -m lakestack.tool.bundle place $(UNPACKED)
	@rm -rf $(UNPACKED)
endif
	@$(LAKE) emulator install

bundle: setup ## Write lake-bundle.tar, for set-up without a network (PLATFORMS="linux-x86_64 macos-arm64", PYTHONS="3.11 3.12", MOVIELENS=)
	@$(BIN)/python -m lakestack.tool.bundle make "$(TO)" --platforms "$(PLATFORMS)" --pythons "$(PYTHONS)" $(if $(MOVIELENS),--data "$(MOVIELENS)")

unpacked:
	@echo "checking and unpacking $(BUNDLE)"
	@$(if $(filter command line,$(origin PYTHON)),$(PYTHON),$(or $(wildcard $(BIN)/python),$(PYTHON))) emulation/lakestack/tool/bundle/unpack.py "$(BUNDLE)" $(UNPACKED)

local: $(if $(DOCKER),$(VENV)/.ready,setup) ## Run the whole lake on this machine (MOVIELENS=<folder or zip>, DOCKER=1)
	@$(LAKE) emulator start
	@$(LAKE) run $(if $(MOVIELENS),--movielens "$(MOVIELENS)")
	@printf '%s\n' '' 'What next:' \
	  '  eval "$$($(LAKE) env)"   in this terminal aws, boto3 and lake find the lake' \
	  '  $(LAKE) recommend 42    ten titles for user 42' \
	  '  docs/labs/README.md            the four labs, step by step' \
	  '  make down                      stop the emulator'

aws: ## Run the same lake in your AWS account; asks before it makes anything
	@[ -e $(VENV)/.ready ] || $(MAKE) --no-print-directory $(VENV)/.aws-ready
	@$(LAKE) run --target aws $(if $(MOVIELENS),--movielens "$(MOVIELENS)")

notebook: $(if $(filter aws,$(TARGET)),,setup) ## Open the labs' notebooks in Jupyter (TARGET=aws: on the lake in your account)
	@[ -e $(VENV)/.ready ] || $(MAKE) --no-print-directory $(VENV)/.aws-ready
	@$(MAKE) --no-print-directory $(VENV)/.notebook-ready
	@$(BIN)/python -m pipeline.notebook $(if $(TARGET),--target "$(TARGET)")

test: setup ## Run all tests (TESTS="tests/unit -k name" for some, SAMPLE=1/3 of the large files, WORKERS=n)
	@$(BIN)/python -m pytest $(if $(WORKERS),--numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder) $(if $(SAMPLE),--sample "$(SAMPLE)") $(TESTS)

test-faults: setup ## Disturb every process in every stage (FAULTS="--only train", SAMPLE=1/8, MINUTES=5)
	@$(BIN)/python -m tests.faults $(if $(SAMPLE),--sample "$(SAMPLE)") $(if $(MINUTES),--minutes "$(MINUTES)") $(FAULTS)

test-glue: setup ## Run all tests of AWS Glue, with the large files (TESTS and WORKERS as above)
	@$(BIN)/python -m pytest --numprocesses $(or $(WORKERS),2) --dist loadfile --no-loadscope-reorder $(or $(TESTS),$(GLUE_TESTS))

test-notebooks: setup ## Run the labs' notebooks, twice, on a lake of their own
	@$(MAKE) --no-print-directory $(VENV)/.notebook-ready
	@NOTEBOOK_TIER=1 $(BIN)/python -m pytest tests/integration/notebooks

test-docker: ## Build the image and run the tests that need a container engine
	@.ci/docker

test-aws: $(VENV)/.ready ## A whole lake in an AWS account of yours, recorded; asks first, costs money
	@$(BIN)/python -m tests.aws $(if $(YES_ACCOUNT),--yes-account "$(YES_ACCOUNT)")

lint: $(VENV)/.ready ## Check style, types, words, IAM policies and who imports whom
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/codespell $$(git ls-files '*.md' '*.py' '*.yaml' '*.toml' Makefile)
	@$(BIN)/python -m tests.prose
	@$(BIN)/python -m tests.iam.lint
	@PYTHONPATH=models $(BIN)/lint-imports --no-cache

format: $(VENV)/.ready ## Put imports and lines into the one style
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format --quiet .

lock: $(VENV)/.ready ## Resolve requirements.lock again, as of the dates in its second line
	@$(BIN)/uv --quiet $$(sed -n '2s/^# *uv //p' requirements.lock)
	@$(BIN)/python -m lakestack.tool.lock
	@$(BIN)/python -m tests.lock_files
	@$(BIN)/uv --quiet $$(sed -n '2s/^# *uv //p' notebook.lock)

pictures: $(VENV)/.ready ## Draw the pictures of docs/design.md and README.md
	@$(BIN)/python docs/pictures.py
	@$(BIN)/python docs/terminal.py

lab-pictures: setup ## Draw the pictures of the labs' pages, by the notebooks, on the lake that runs
	@$(MAKE) --no-print-directory $(VENV)/.notebook-ready
	@$(BIN)/python -m tests.notebooks

iam-policy: $(VENV)/.ready ## Write the policy of `lake iam-policy` from a recorded run
	@$(BIN)/python -m tests.iam

bench: setup ## Measure speed and memory (ROWS="word ..."); prints a table, writes bench.json
	@$(BIN)/python -m tests.bench $(ROWS)

bench-peers: setup ## Measure beside other emulators and the engines alone (SMALL=1, ROWS="word ...")
	@$(BIN)/python -m tests.bench.peers $(if $(SMALL),--small) $(ROWS)

bench-scale: setup ## Run the lake at 100k, 1m and 10m ratings (SIZES=100k,1m; SMALL=1; WRITE=1: into docs)
	@$(BIN)/python -m tests.bench.scale $(if $(SMALL),--small) $(if $(SIZES),--sizes "$(SIZES)") $(if $(WRITE),--write)

soak: setup ## Load the emulator for 20 minutes and see what grows (MINUTES=n)
	@$(BIN)/python -m tests.bench.soak --minutes $(or $(MINUTES),20)

bench-quality: setup ## Measure the recommender's lists on several data sets (minutes, fetches data)
	@$(BIN)/python -m tests.bench.quality

bench-trainers: setup ## Measure the recommender's trainers (SIZES=1m,10m,25m, TRAINERS=local,spark)
	@$(BIN)/python -m tests.bench.trainers $(if $(SIZES),--sizes "$(SIZES)") $(if $(TRAINERS),--trainers "$(TRAINERS)")

doctor: $(VENV)/.ready ## Say what this machine lacks, and the command that fixes it
	@$(LAKE) doctor

down: ## Stop the emulator and everything it started, and Spark's cluster
	@if [ -x $(LAKE) ]; then $(LAKE) emulator stop; fi
	@for record in .lake/cluster-*/cluster.json; do [ ! -e "$$record" ] || \
	  $(LAKE) cluster stop --port $$(echo "$$record" | sed 's|.*/cluster-\(.*\)/.*|\1|'); done

clean: down ## Stop, and remove the environment and all local state
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m lakestack.tool.kept; fi
	rm -rf $(VENV) .lake build bench.json faults.json *.egg-info emulation/build emulation/*.egg-info

# uv installs the lock in seconds where pip takes minutes; it is itself pinned in the lock. An
# environment that is there is kept, and brought to what the lock says; PYTHON=... makes another one.
define new_environment
	@$(if $(filter command line,$(origin PYTHON)),,[ -x $(BIN)/uv ] && $(BIN)/python $(NEW_ENVIRONMENT) --check 2> /dev/null ||) { \
	  echo "making the environment in $(VENV) (once, some two minutes; 1.4 GB)"; \
	  $(if $(filter uv,$(PYTHON)),python3,$(PYTHON)) $(NEW_ENVIRONMENT) $(if $(filter uv,$(PYTHON)),--managed) $(VENV); }
endef

# What commands import is compiled now: where Python may write no bytecode (PYTHONDONTWRITEBYTECODE, as
# in many images), every call would compile it again, half as long as `lake status` takes.
bytecode = @env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -c "import pipeline.cli.commands, pipeline.console.lake_console, pipeline.status"

or_bundle = || { $(BIN)/python $(NEW_ENVIRONMENT) --no-packages $(VENV); exit 1; }

$(VENV)/.ready: requirements.lock pipeline/pyproject.toml emulation/pyproject.toml | $(if $(BUNDLE),unpacked)
	$(new_environment)
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes --build-constraints requirements.lock requirements.lock $(or_bundle)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --build-constraints requirements.lock --editable emulation --editable pipeline $(or_bundle)
	$(bytecode)
	@du -sh $(VENV) | awk '{print "made $(VENV): " $$1 "B"}'
	@touch $@

# What the aws target needs, from the same lock: neither emulator nor Java, Spark and test tools.
$(VENV)/.aws-ready: requirements.lock pipeline/pyproject.toml
	$(new_environment)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --constraints requirements.lock -r pipeline/pyproject.toml
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --build-constraints requirements.lock --editable pipeline
	$(bytecode)
	@touch $@

# What the notebooks need beside either, in versions that fit requirements.lock.
$(VENV)/.notebook-ready: notebook.lock $(wildcard $(VENV)/.ready $(VENV)/.aws-ready)
	@echo "adding Jupyter to $(VENV) (once, under a minute)"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r notebook.lock
	@touch $@
