# Everything a user of ticklake types. `make` alone lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help

# The Node 24 of set-up comes before the machine's own: the native Kafka client is built for it.
export PATH := $(CURDIR)/.local/node-bin:$(PATH)
# Node's compiled code is cached: a command starts with a third less work.
export NODE_COMPILE_CACHE := $(CURDIR)/.local/compiled

# Unexpanded, so that SQL='SELECT "$$path" ...' needs no second dollar.
export TICKLAKE_SQL := $(value SQL)
unexport MAKEFLAGS MAKELEVEL MFLAGS

STACK := node stack/main.ts
HERE := $(STACK) exec -- node

##@ Run it here
.PHONY: demo
demo: setup ## Everything, without Docker: CSV=file SOURCE=feed MODE=replay|loop|sample RATE=200|max SECONDS_TO_RUN=30
	@exec $(STACK) demo

.PHONY: stack
stack: setup ## Only Kafka and the AWS endpoint, in the background; prints the exports for other tools
	@$(STACK) up

.PHONY: stack-down
stack-down: setup ## Stop what make stack has started; the data stays
	@$(STACK) down

.PHONY: stack-env
stack-env: setup ## Print the exports again: eval "$(make -s stack-env)"
	@$(STACK) env

##@ Query it (needs a running demo or stack, or .env.aws)
.PHONY: query
query: setup ## Query Athena: make query SQL='SELECT COUNT(*) FROM ticks' [OUTPUT=table|csv|json|jsonl]
	@if [ -z "$$TICKLAKE_SQL" ]; then echo "missing SQL: make query SQL='SELECT COUNT(*) FROM ticks'" >&2; exit 2; fi
	@exec $(HERE) catalog/main.ts query $(if $(OUTPUT),--output $(OUTPUT)) "$$TICKLAKE_SQL"

.PHONY: declare crawl audit watch serve doctor
declare: setup ## Create the Glue database, the table and the views
	@exec $(HERE) catalog/main.ts declare
crawl: setup ## Let a Glue crawler find the table by itself, and compare it with the declared one
	@exec $(HERE) catalog/main.ts crawl --compare
audit: setup ## Compare Kafka, the lake and Athena: are rows lost or duplicated?
	@exec $(HERE) catalog/main.ts audit
watch: setup ## Watch the count rise
	@exec $(HERE) catalog/main.ts watch
serve: setup ## Run the dashboard; register partitions, compact closed hours, audit every hour
	@exec $(HERE) catalog/main.ts serve
doctor: setup ## Diagnose the settings, Kafka and AWS
	@exec $(HERE) catalog/main.ts doctor

##@ In Docker
COMPOSE := docker compose$(if $(filter localstack,$(LOCAL_AWS)), -f docker-compose.yml -f compose.localstack.yml)
.PHONY: up down stand-ins e2e
up: ## Everything in containers; LOCAL_AWS=localstack (with LOCALSTACK_AUTH_TOKEN) uses LocalStack instead of local-aws
	@$(COMPOSE) up --build --wait
	@$(COMPOSE) ps
down: ## Stop the containers; to delete the data too: docker compose down --volumes
	@$(COMPOSE) down
	@docker volume rm --force "$${COMPOSE_PROJECT_NAME:-ticklake}_secret" >/dev/null
stand-ins: ## Without an image registry: install Docker and stand-ins of the images from packages (as root)
	@./e2e/offline/prepare.sh
e2e: setup stand-ins ## Tests of everything in containers
	@exec node tools/checks/run.ts e2e

##@ On AWS (costs money: docs/aws.md)
.PHONY: aws-plan aws-deploy aws aws-down aws-destroy
aws-plan: setup ## Show what would be created, and its cost per day; sends nothing to AWS [ARGS='--instance-type t3.micro']
	@exec node infra/main.ts plan $(ARGS)
aws-deploy: setup ## Create or update the AWS stack; writes .env.aws
	@exec node infra/main.ts deploy $(ARGS)
aws: ## Run the containers with the broker and the account in .env.aws
	@./compose.aws.sh
aws-down: ## Stop the local services; what is on AWS stays
	@./compose.aws.sh down
aws-destroy: setup ## Delete what is on AWS: DATA=keep or DATA=delete decides what happens to the bucket
	@exec node infra/main.ts destroy $(if $(DATA),--data $(DATA)) $(ARGS)

##@ Work on it
.PHONY: setup
setup: ## Install what is missing into .local/ (every target that needs it does this first)
	@./stack/setup.sh

.PHONY: check
check: setup ## Lint, types and unit tests, for every save; starts no server
	@exec node tools/checks/run.ts check

.PHONY: test
test: setup ## Lint, unit tests, tests with a real stack, tests of dates in time zones far from UTC
	@./tools/checks/chromium.sh
	@exec node tools/checks/run.ts test

.PHONY: faults
faults: setup ## Kill, freeze and cut off services while rows flow, then audit [SEED=n ROUNDS=n WITHIN=seconds]
	@exec node faults/main.ts $(if $(SEED),--seed $(SEED)) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(WITHIN),--within $(WITHIN))

.PHONY: bench bench-quick
bench: setup ## Measure the services beside alternatives; writes bench/results/ and docs/benchmarks.md [ROWS=n ROUNDS=n ONLY=text BENCH_PEER=dir]
	@exec node bench/main.ts $(if $(ROWS),--rows $(ROWS)) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(ONLY),--only "$(ONLY)")
bench-quick: setup ## make bench in two minutes: checks every output, keeps no figures
	@exec node bench/main.ts --quick

.PHONY: soak
soak: setup ## An hour at 50,000 rows a second, then the audit: is memory flat, is a row lost? [MINUTES=n RATE=n]
	@exec node bench/soak.ts $(if $(MINUTES),--minutes $(MINUTES)) $(if $(RATE),--rate $(RATE))

.PHONY: conformance
conformance: setup ## Run the clients' own test suites against local-aws; writes docs/compatibility.md [SUITES=dir ONLY=name SELECT=text UNPASSED=1]
	@exec node tools/conformance/main.ts $(if $(ONLY),--only $(ONLY)) $(if $(SUITES),--suites "$(SUITES)") $(if $(SELECT),--select "$(SELECT)") $(if $(UNPASSED),--unpassed)

.PHONY: lint
lint: setup ## Check types, format, unused code, and which folder imports which
	@exec node tools/checks/lint.ts

.PHONY: pictures
pictures: setup ## Take the pictures in docs/pictures/ from a demo that it runs (stop yours first)
	@./tools/checks/chromium.sh
	@exec node tools/pictures/main.ts

.PHONY: format
format: setup ## Format every file
	@node_modules/.bin/biome check --write .

.PHONY: pins sbom
pins: ## Update the lists of hashes after a deliberate version change (docs/dependencies.md)
	@./stack/pins.sh
sbom: setup ## Write a bill of materials of everything that is downloaded (CycloneDX) [OUTPUT=.local/sbom.cdx.json]
	@exec node stack/sbom/main.ts $(OUTPUT)

##@ Tidy up
.PHONY: clean-data
clean-data: setup ## Empty the topics, the lake and the catalog
	@$(STACK) clean-data

.PHONY: clean
clean: ## Delete everything that set-up downloaded, and the data
	@if [ -e .local/stack.json ]; then $(STACK) down; fi
	rm -rf .local node_modules */node_modules packages/*/node_modules

.PHONY: help
help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
