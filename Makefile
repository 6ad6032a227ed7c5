# Thin on purpose: noxfile.py has the steps, scripts/find_python.sh finds a Python that really runs.
# ENV=oldest or ENV=newest limits a run to one of the two environments.
PYTHON ?= $(shell sh scripts/find_python.sh)
ENV ?= all
NOX = .build/nox/bin/python -m nox --non-interactive </dev/null
STEPS = lint docs unit simulator integration molecule controllers browser sanity build coverage minimums first-release adversarial faults devel benchmark generate release demo
export ENV
export PYTHONUTF8 = 1

.PHONY: help test test-all clean $(STEPS)

help:
	@echo "make demo     watch it work: the simulator, the site playbook four times, a rotation that is killed and resumed, evidence"
	@echo "make test     what CI runs on the oldest and the newest ansible-core"
	@echo "make test-all what takes longer, too: everything on every core, the oldest libraries, every attack of hostile services"
	@echo "make faults   let every request of a rotation fail in every way, and see that it loses nothing"
	@echo "make release  the files of a release, in .build/dist: the artifact, its bill of materials, the simulator, their checksums"
	@echo "make STEP     one step of it: $(STEPS)"
	@echo "make clean    remove what the others made (.build)"

test test-all $(STEPS): .build/nox/complete
	@$(NOX) --tags $@

# nox, and uv, ten times as fast as pip, where it can be had
.build/nox/complete: requirements-nox.txt constraints-dev.txt
	@rm -rf .build/nox
	@"$(PYTHON)" -m venv .build/nox
	@.build/nox/bin/python -m pip install -qq --disable-pip-version-check -r requirements-nox.txt -c constraints-dev.txt
	@.build/nox/bin/python -m pip install -qq --disable-pip-version-check uv || echo "there is no uv: pip installs"
	@touch $@

clean:
	@rm -rf .build
