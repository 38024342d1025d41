# What a newcomer types. Everything is installed into .venv from the lock, everything that runs keeps its state in var/.
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
MANAGE := $(BIN)/python manage.py
DEVSTACK := $(BIN)/python -m portal.devstack
COMPILE := uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11
LOCKS := requirements-bootstrap.lock requirements-dev.lock
INSTALLED := .venv/installed-$(shell cat $(LOCKS) | sha256sum | cut -c1-16)
# An environment in which production would start, for `check --deploy`. Nothing is contacted.
PRODUCTION = SEALPORT_VAR=$(CURDIR)/var/production-check SEALPORT_ENVIRONMENT=production \
	SECRET_KEY=$$(head -c 48 /dev/urandom | base64 | tr -d '\n') \
	BASE_URL=https://seal.example ALLOWED_HOSTS=seal.example DATABASE_URL=postgresql://sealport@db.example/sealport \
	REDIS_URL=rediss://redis.example/0 PKCS11_MODULE=/opt/hsm/pkcs11.so PKCS11_TOKEN=seals PKCS11_PIN=from-a-secret-file \
	TSA_URLS=https://tsa.example TRUST_ANCHORS=/etc/sealport/anchors.pem EMAIL_URL=smtps://mail.example
export UV_PYTHON_DOWNLOADS := never

.DEFAULT_GOAL := help
.PHONY: help install demo test check tour bench lock clean translations

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 10

install: $(INSTALLED) ## install what is missing into .venv

demo: install ## run everything, with a demonstration customer, until Ctrl-C (PORT=8000)
	@$(DEVSTACK) packages print
	@PORT=$(PORT) $(DEVSTACK) up

test: install translations ## run all tests (ARGS="tests/rules -k vat" for some)
	@$(DEVSTACK) packages print
	@$(DEVSTACK) packages test
	$(BIN)/python -m pytest -n 2 $(ARGS)

check: install translations ## format, lint, types, imports, templates, migrations, translations, documentation
	@$(DEVSTACK) packages check
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/python -m mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --quiet --check --lint templates $(wildcard */templates)
	$(BIN)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	$(MANAGE) check_translations
	$(MANAGE) spectacular --validate --fail-on-warn --file /dev/null
	$(PRODUCTION) $(MANAGE) check --deploy --fail-level WARNING
	$(BIN)/python -m tests.architecture.documentation

tour: install ## take pictures of every page into var/tour: two widths, light and dark, two languages
	@$(DEVSTACK) packages test
	$(BIN)/python -m tests.journeys.screenshots

bench: install ## run the benchmarks beside their peers
	$(BIN)/python -m benchmarks $(ARGS)

lock: $(INSTALLED) ## resolve the locks anew from pyproject.toml (UPGRADE=--upgrade for newer versions)
	PATH="$$PATH:$(CURDIR)/$(BIN)" $(COMPILE) $(UPGRADE) pyproject.toml --output-file requirements.lock
	PATH="$$PATH:$(CURDIR)/$(BIN)" $(COMPILE) $(UPGRADE) pyproject.toml --group dev --output-file requirements-dev.lock
	echo uv | PATH="$$PATH:$(CURDIR)/$(BIN)" $(COMPILE) $(UPGRADE) - --output-file requirements-bootstrap.lock

clean: ## stop the stack and remove everything it keeps, the environment too
	@if [ -x $(BIN)/python ]; then $(DEVSTACK) down; fi
	rm -rf var .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

translations: install
	@$(DEVSTACK) translations

$(INSTALLED): $(LOCKS)
	@PYTHON=$(PYTHON) sh deploy/install-environment.sh
	@rm -f .venv/installed-*
	@touch $@
