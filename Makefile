# Two commands for people: `make demo` and `make test`. Both need only Python 3.11 or newer and make.
# Whoever changes something says `make check` while at it, `make test` before it goes in. CONTRIBUTING.md has the others.
# Another Python: make test PYTHON=python3.12

PYTHON = python3
VENV = .venv
UV = uv
PIP = $(VENV)/bin/python -m pip --disable-pip-version-check install --quiet
LOCK = $(UV) pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
	--no-annotate --no-strip-extras --no-emit-index-url --custom-compile-command "make lock"

.PHONY: demo check test docs data build prove-all bench validation rehearsal training lock clean

# What finds most mistakes in seconds: rooms, habits, records, rows, orders, parsers, labels, lists, vectors.
FAST = tests/model tests/ledger tests/decoders tests/config tests/attribution tests/chains tests/flags \
	tests/taint/test_vectors.py tests/taint/test_apportion.py tests/docs/test_pages.py \
	tests/architecture/test_rooms.py tests/architecture/test_code_habits.py tests/architecture/test_workflows.py

# Follow the shipped case, offline.
demo: $(VENV)/.runtime
	@echo "Following the Ronin theft, offline; the result goes to tracer-demo/"
	$(VENV)/bin/tracer demo

# Lint, types and the fast tests: less than a minute on two cores, once the types are cached.
check: $(VENV)/.test
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	$(VENV)/bin/python -m pytest -q $(FAST)

# Lint, types, tests and the examples in the docstrings. Property tests run a fixed, seeded set of examples.
test: $(VENV)/.test
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	$(VENV)/bin/python -m pytest

# Write the pages that follow from the code (docs/formats.md), then walk and check every page.
docs: $(VENV)/.test
	$(VENV)/bin/python tests/docs/formats_page.py --write
	$(VENV)/bin/python tests/docs/protocols_page.py --write
	$(VENV)/bin/python -m pytest tests/docs tests/architecture/test_repository.py \
		tests/architecture/test_the_documents_of_the_house.py tests/exports/test_exports_documented.py

# Write what follows from addresses/ (SOURCES.md, counts and hashes of the bundles), then check all of it.
data: $(VENV)/.test
	$(VENV)/bin/tracer validate --write
	$(VENV)/bin/python -m pytest tests/addresses tests/attribution

# Wheel and source archive into dist/, and the wheel tried as somebody else would have it.
build: $(VENV)/.test
	$(VENV)/bin/python -m hatchling build -d dist
	$(VENV)/bin/python -m pytest tests/architecture/test_packaging.py -k "wheel"

# The same tests with the long ones, and property tests with many more examples, new ones every time.
prove-all: $(VENV)/.test
	TRACER_PROVE=1 $(VENV)/bin/python -m pytest -m "prove or not prove"

# Medians of five, as the documents quote them; about twenty minutes on two cores.
bench: $(VENV)/.test
	$(VENV)/bin/python benchmarks/bounds.py
	$(VENV)/bin/python benchmarks/compare.py
	$(VENV)/bin/python benchmarks/aims.py
	$(VENV)/bin/python benchmarks/collecting_loop.py
	$(VENV)/bin/python benchmarks/large.py

# Measure again how often links are right and what chance accepts (validation/); says so where the data are not there.
validation: $(VENV)/.test
	nice $(VENV)/bin/python validation/bridges.py

# Fetch a synthetic case of 10,000 holders from a local server, and others of 500 in real time; about twenty minutes.
rehearsal: $(VENV)/.test
	nice $(VENV)/bin/python benchmarks/rehearsal.py --markdown

# Record the training case again, from a node on this machine; needs npm. The result is the same every time.
training: $(VENV)/.test
	$(VENV)/bin/python tests/nodes/record_training.py

# Resolve the newest versions that pyproject.toml allows. hatchling builds the package, so that its version is fixed too.
lock:
	@command -v $(UV) >/dev/null || { echo "make lock needs uv: install it, or say make lock UV=path/to/uv" >&2; exit 1; }
	echo hatchling | $(LOCK) --upgrade --output-file requirements.lock pyproject.toml -
	$(LOCK) --upgrade --extra test --constraints requirements.lock --output-file requirements-test.lock pyproject.toml

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find tracer tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON). Install Python 3.11 or newer, or say make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "$(PYTHON) is `$(PYTHON) --version 2>&1`; tracer needs Python 3.11 or newer. Say make PYTHON=python3.12" >&2; exit 1; }
	@echo "1 of 3: making $(VENV)"
	@$(PYTHON) -m venv --clear $(VENV)

# What the test lock installs contains what the runtime lock installs, hence one stamp renews the other.
$(VENV)/.test: $(VENV)/bin/python requirements-test.lock pyproject.toml
	@echo "2 of 3: installing `grep -c == requirements-test.lock` packages, once; two to five minutes, in which nothing is printed"
	@$(PIP) --require-hashes --requirement requirements-test.lock
	@echo "3 of 3: installing tracer from this folder"
	@$(PIP) --no-deps --no-build-isolation --no-index --editable .
	@touch $(VENV)/.runtime $@

$(VENV)/.runtime: $(VENV)/bin/python requirements.lock pyproject.toml
	@echo "2 of 3: installing `grep -c == requirements.lock` packages, once; two to five minutes, in which nothing is printed"
	@$(PIP) --require-hashes --requirement requirements.lock
	@echo "3 of 3: installing tracer from this folder"
	@$(PIP) --no-deps --no-build-isolation --no-index --editable .
	@touch $@
