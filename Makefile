# Two commands need nothing but Python ≥ 3.11 and make: `make demo` and `make test`.
PYTHON ?= python3
PIP = .venv/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

# Servers that some tests ask, of models and of S3, each in a venv of its own for its pins: 900 MB, a minute. Without
# them those tests are skipped and say so.
SERVERS = $(patsubst tests/products/servers/%/requirements.txt,.venv-servers/%/made,\
	$(wildcard tests/products/servers/*/requirements.txt)) .venv-servers/moto/made

# Hugging Face's library, which a test asks to read what Steelyard wrote for it: 430 MB. Without it that test is skipped.
DATASETS = .venv-servers/datasets/made

# OpenSSF's model-signing, whose digests of folders are compared with ours: 100 MB. Without it that test is skipped.
MODEL_SIGNING = .venv-servers/model-signing/made

.PHONY: servers demo test check benchmarks studies set-quality speech dialogue medical clean

demo: .venv/demo
	.venv/bin/steelyard demo

test: .venv/test
	.venv/bin/python -m pytest --numprocesses=auto

check: .venv/check
	.venv/bin/ruff format
	.venv/bin/ruff check --fix
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/python -m pytest --numprocesses=auto

# Ten minutes; needs the network once, for the peers. Writes docs/benchmarks.md.
benchmarks: benchmarks/.venv/peers
	benchmarks/.venv/bin/python benchmarks/table.py

# What the bounds are worth, by simulation from fixed seeds: some minutes. Writes docs/statistics.md.
studies: .venv/demo
	.venv/bin/python studies/table.py

# Plants faults into the sets of STEELYARD_MIRROR and checks all of them: ten minutes. Writes docs/set-quality.md.
set-quality: .venv/test
	.venv/bin/python studies/set_quality/table.py

# What real recognisers come to, from the sets of STEELYARD_MIRROR: half a minute. Writes docs/speech-results.md and its pictures.
speech: .venv/test
	.venv/bin/python -m studies.speech.table

# What products that talk come to, from the sets of STEELYARD_MIRROR: a minute. Writes docs/dialogue-results.md and its pictures.
dialogue: .venv/test
	.venv/bin/python -m studies.dialogue.table

# The pictures of the pages on medical methods: some seconds.
medical: .venv/test
	.venv/bin/python -m studies.medical.draw

clean:
	rm -rf .venv .venv-servers benchmarks/.venv build src/*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Steelyard needs Python 3.11 or later: make PYTHON=python3.11")'
	$(PYTHON) -m venv .venv

.venv/demo: pyproject.toml constraints.txt | .venv/bin/python
	$(PIP) --editable .
	touch $@

.venv/test: pyproject.toml constraints.txt | .venv/bin/python
	$(PIP) --editable '.[test]'
	touch $@

.venv/check: pyproject.toml constraints.txt | .venv/bin/python
	$(PIP) --editable '.[check]'
	touch $@

benchmarks/.venv/peers: pyproject.toml constraints.txt benchmarks/requirements.txt
	$(PYTHON) -m venv benchmarks/.venv
	benchmarks/.venv/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt \
		--requirement benchmarks/requirements.txt --editable '.[http]'
	touch $@

servers: $(SERVERS) $(DATASETS) $(MODEL_SIGNING)

# A venv of its own from the requirements that it hangs on.
define venv
rm -rf $(@D)
$(PYTHON) -m venv $(@D)
$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
touch $@
endef

$(DATASETS): tests/library/exchange/requirements.txt
	$(venv)

$(MODEL_SIGNING): tests/products/model_signing/requirements.txt
	$(venv)

.venv-servers/moto/made: tests/library/sharing/servers/moto/requirements.txt
	$(venv)

.venv-servers/%/made: tests/products/servers/%/requirements.txt
	$(venv)
