# The jobs of everyday work. Continuous integration is .ci/run, and the targets
# below are its steps, so that a green target here is a green step there.

.DEFAULT_GOAL := help
.PHONY: help test lint race fuzz tidy generate imports network campaign campaign-ci ci

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

test: ## test every module of the workspace
	go test work

lint: ## golangci-lint in every module; builds the linter the first time
	.ci/run prepare lint

race: ## test every module under the race detector
	.ci/run race

fuzz: ## fuzz every target for a few seconds; SMMKIT_FUZZ=600 gives ten minutes in all
	.ci/run fuzz

tidy: ## go mod tidy in every module
	@set -e; for dir in $$(go list -m -f '{{.Dir}}'); do (cd "$$dir" && GOWORK=off go mod tidy); done

generate: ## rewrite generated files in every module
	@set -e; for dir in $$(go list -m -f '{{.Dir}}'); do (cd "$$dir" && go generate ./...); done

imports: ## who may import whom, file sizes, and the consumer without third parties
	.ci/run imports

network: ## the real Bluesky stack and the OAuth judge; installs them the first time
	.ci/run prepare network judge

campaign: ## the fault campaign, in depth: takes more than an hour
	go run ./internal/campaign -tier deep

campaign-ci: ## the fault campaign as continuous integration runs it: under 6 minutes
	.ci/run campaign

ci: ## everything, as continuous integration runs it
	.ci/run
