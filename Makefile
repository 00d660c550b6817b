# Everything a user of ticklake types. `make` alone lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help

# Node 24 that set-up fetched comes before the machine's own: the native Kafka client is built for it.
export PATH := $(CURDIR)/.local/node-bin:$(PATH)
# What Node makes of the sources is kept: a command starts with a third less work.
export NODE_COMPILE_CACHE := $(CURDIR)/.local/compiled

# Unexpanded, so that SQL='SELECT "$$path" ...' needs no second dollar.
export TICKLAKE_SQL := $(value SQL)
unexport MAKEFLAGS MAKELEVEL MFLAGS

STACK := node stack/main.ts
HERE := $(STACK) exec -- node

##@ Run it here
.PHONY: demo
demo: setup ## Everything, without Docker: CSV=file MODE=replay|loop|sample RATE=200|max SECONDS_TO_RUN=30
	@exec $(STACK) demo

.PHONY: stack
stack: setup ## Only Kafka and the AWS endpoint, in the background; prints the exports for other tools
	@$(STACK) up

.PHONY: stack-down
stack-down: setup ## Stop them
	@$(STACK) down

.PHONY: stack-env
stack-env: setup ## Print the exports again: eval "$(make -s stack-env)"
	@$(STACK) env

##@ Ask it (needs the demo or the stack running, or .env.aws)
.PHONY: query
query: setup ## Ask Athena: make query SQL='SELECT COUNT(*) FROM ticks' [OUTPUT=table|csv|json|jsonl]
	@if [ -z "$$TICKLAKE_SQL" ]; then echo "say what: make query SQL='SELECT COUNT(*) FROM ticks'" >&2; exit 2; fi
	@exec $(HERE) catalog/main.ts query $(if $(OUTPUT),--output $(OUTPUT)) "$$TICKLAKE_SQL"

.PHONY: declare crawl audit watch serve doctor
declare: setup ## Make the Glue database, the table and the view
	@exec $(HERE) catalog/main.ts declare
crawl: setup ## Let a Glue crawler find the table by itself, and hold it against the declared one
	@exec $(HERE) catalog/main.ts crawl --compare
audit: setup ## Compare Kafka, the lake and Athena: is a row lost or there twice?
	@exec $(HERE) catalog/main.ts audit
watch: setup ## Show the count rise
	@exec $(HERE) catalog/main.ts watch
serve: setup ## Keep the catalog's partitions up to date
	@exec $(HERE) catalog/main.ts serve
doctor: setup ## Say what is wrong with the settings, Kafka or AWS
	@exec $(HERE) catalog/main.ts doctor

##@ In Docker
COMPOSE := docker compose$(if $(filter localstack,$(LOCAL_AWS)), -f docker-compose.yml -f compose.localstack.yml)
.PHONY: up down stand-ins e2e
up: ## The same in containers; LOCAL_AWS=localstack (with LOCALSTACK_AUTH_TOKEN) puts LocalStack in the place of local-aws
	@$(COMPOSE) up --build --wait
	@$(COMPOSE) ps
down: ## Stop them; the data stays until: docker compose down --volumes
	@$(COMPOSE) down
	@docker volume rm --force "$${COMPOSE_PROJECT_NAME:-ticklake}_secret" >/dev/null
stand-ins: ## Where no image registry answers: an engine and stand-ins of the images, from packages (root)
	@./e2e/offline/prepare.sh
e2e: setup stand-ins ## Tests of everything in containers
	@exec node tools/checks/e2e.ts

##@ On AWS (costs money: docs/aws.md)
.PHONY: aws-plan aws-deploy aws aws-down aws-destroy
aws-plan: setup ## What would be made there, and what it costs a day; asks AWS nothing [ARGS='--instance-type t3.micro']
	@exec node infra/main.ts plan $(ARGS)
aws-deploy: setup ## Make it, or bring it up to date; writes .env.aws
	@exec node infra/main.ts deploy $(ARGS)
aws: ## The same containers against the broker and the account of .env.aws
	@./compose.aws.sh
aws-down: ## Stop the services here; what is on AWS stays
	@./compose.aws.sh down
aws-destroy: setup ## Delete what is on AWS: DATA=keep or DATA=delete says what becomes of the bucket
	@exec node infra/main.ts destroy $(if $(DATA),--data $(DATA)) $(ARGS)

##@ Work on it
.PHONY: setup
setup: ## Bring everything that is missing into .local/ (every target does)
	@./stack/setup.sh

.PHONY: check
check: setup ## For every save: lint, types, unit tests; starts no server
	@exec node tools/checks/check.ts

.PHONY: test
test: setup ## Lint, unit tests, tests against a real stack; those of days and hours far from UTC
	@./tools/checks/chromium.sh
	@exec node tools/checks/tests.ts

.PHONY: faults
faults: setup ## Kill, freeze and starve the consumer while rows flow, then audit [SEED=n ROUNDS=n WITHIN=seconds]
	@exec node faults/main.ts $(if $(SEED),--seed $(SEED)) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(WITHIN),--within $(WITHIN))

.PHONY: lint
lint: setup ## Types, format, unused code, which folder may import which
	@exec node tools/checks/lint.ts

.PHONY: pictures
pictures: setup ## Take the README's pictures of the page and of the terminal, from a demo that runs (docs/pictures/)
	@./tools/checks/chromium.sh
	@exec node tools/pictures/main.ts

.PHONY: format
format: setup ## Format every file
	@node_modules/.bin/biome check --write .

.PHONY: pins sbom
pins: ## Write the lists of hashes again, after a version was changed on purpose (docs/dependencies.md)
	@./stack/pins.sh
sbom: setup ## Everything that is downloaded, as one CycloneDX file [OUTPUT=.local/sbom.cdx.json]
	@exec node stack/sbom/main.ts $(OUTPUT)

##@ Tidy up
.PHONY: clean-data
clean-data: setup ## Empty the topics, the lake and the catalog
	@$(STACK) clean-data

.PHONY: clean
clean: ## Delete everything that set-up fetched, and the data
	@if [ -e .local/stack.json ]; then $(STACK) down; fi
	rm -rf .local node_modules */node_modules packages/*/node_modules

.PHONY: help
help: ## This list
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
