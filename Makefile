# Thin on purpose: scripts/check.py and demo/demo.py do the work, with nothing but Python's standard library.
# ENV=oldest or ENV=newest limits a run to one of the two environments; SH finds a Python that really runs.
PYTHON ?= $(shell sh scripts/find_python.sh)
ENV ?= all
CHECK = "$(PYTHON)" scripts/check.py --env "$(ENV)"
STEPS = lint unit simulator-test integration sanity build coverage minimums adversarial

.PHONY: help test test-all demo benchmark generate clean $(STEPS)

help:
	@echo "make demo     watch it work: the simulator, then the site playbook three times"
	@echo "make test     everything that CI runs"
	@echo "make test-all what takes longer, too: the oldest libraries, every attack of hostile services at every place"
	@echo "make STEP     one step of it: $(STEPS)"
	@echo "make benchmark what it costs, after make test has made its environments"
	@echo "make generate action files and action groups, after a module was added"
	@echo "make clean    remove what the others made (.build)"

test:
	@$(CHECK) all

test-all:
	@$(CHECK) test-all

$(STEPS):
	@$(CHECK) $@

generate:
	@$(CHECK) $@

benchmark:
	@set -- .build/venvs/core-*/bin/python; shift $$(($$# - 1)); unset REQUESTS_CA_BUNDLE CURL_CA_BUNDLE SSL_CERT_FILE; "$$1" tests/benchmark/run.py

demo:
	@PYTHONPATH=scripts "$(PYTHON)" demo/demo.py

clean:
	@rm -rf .build
