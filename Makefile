.PHONY: demo test check wheels docs pictures homes install clean
PYTHON ?= python3
BIN := .venv/bin

demo: install  ## train, explain, score, report
	$(BIN)/xaiplug run plugins.yaml

test: install  ## the whole suite
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto --dist worksteal $(TESTS)

check: install  ## style, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python .ci/contracts.py

wheels: install  ## built as they would be published, and installed from that
	$(BIN)/python .ci/wheels.py

docs: install  ## the site, into docs/_site
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_site

pictures: install  ## those of the pages, by following the pages; one for each plug-in
	$(BIN)/python docs/pictures.py
	$(BIN)/python docs/plugin_pictures.py

homes: install  ## after a component came, went or moved
	$(BIN)/python .ci/homes.py

bench: install  ## races against peers that were not run yet; docs/results/peers.md
	$(BIN)/uv pip install --quiet --python $(BIN)/python --editable '.[bench]'
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.peers $(RACES)

install: .venv/installed

.venv/installed: requirements.txt pyproject.toml $(wildcard plugins/*/pyproject.toml trainers/pyproject.toml)
	test -x $(BIN)/python || $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "xaiplug needs Python 3.11 or newer; set PYTHON=")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip install --compile-bytecode --python $(BIN)/python --requirement requirements.txt
	touch $@

clean:
	rm -rf .venv runs docs/_site .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
