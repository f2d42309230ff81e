# Wegent Mesh. `make` lists what there is.
#
# One scratch path per configuration, so that none rebuilds another's products:
#   .build          debug: build, run, test
#   .build-core     debug without NIO-SSL and JWTKit: test-core
#   .build-release  release with a static Swift library: release, install, bench
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup build run test test-core fault soak bench check format release install clean

PREFIX ?= /usr/local
BINARIES := wegent wegent-gateway wegent-registry wegent-dispatcher wegent-executor
RELEASE := swift build -c release --static-swift-stdlib --scratch-path .build-release
# What `make run` passes on, such as `make run UP='--permission-mode accept-edits --allow-dir ~/src'`.
UP ?=
# What `make bench` measures; all of it without.
BENCH ?=
# What `make test` runs, such as `make test FILTER=CLITests`.
FILTER ?=
# `make fault`, `make soak`: where the choices begin; printed by each run.
SEED ?=
# One after the other: each of these starts processes and has clocks of its own, and all of them at
# once on a small machine would test the machine.
HEAVY := MeshTests DispatcherTests GatewayTests ExecutorTests CLITests IntegrationTests FaultTests
TEST := swift test --skip-build --disable-xctest --scratch-path .build

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-11s %s\n", $$1, $$2 }'

setup: ## Install what the build needs (asks apt only when something is missing)
	@deploy/setup

# The debug build, which `make test` uses too: the first one takes minutes, a second one for release would take
# as many again. For real use: make release, make install.
run: setup ## Build, start everything on this machine, show a first task and stay up (WEGENT_PORT, WEGENT_DATA, UP=...)
	@swift build --product wegent --scratch-path .build
	@exec .build/debug/wegent up --allow-shell --first-task $(UP)

build: setup ## Build everything for development
	swift build --scratch-path .build

test: ## Install what the tests need and run all of them (FILTER=... for some)
	@deploy/setup --tests
	swift build --build-tests --scratch-path .build
ifneq ($(FILTER),)
	$(TEST) --filter '$(FILTER)'
else
	$(TEST) $(foreach suite,$(HEAVY),--skip '^$(suite)\.')
	@for suite in $(HEAVY); do $(TEST) --filter "^$$suite\."; done
endif

test-core: setup ## Build and run the tests of the parts without TLS and tokens: a much shorter first build
	WEGENT_CORE=1 swift test --scratch-path .build-core $(if $(FILTER),--filter '$(FILTER)')

fault: setup ## Kill, freeze and cut real services at every step of a task's life, and check every promise (SEED=...)
	swift build --scratch-path .build
	.build/debug/wegent-fault $(if $(SEED),--seed $(SEED))

soak: setup ## The same at random for as long as you like: make soak MINUTES=30 (SEED=...)
	swift build --scratch-path .build
	.build/debug/wegent-fault random --minutes $(or $(MINUTES),10) $(if $(SEED),--seed $(SEED))

bench: setup ## Measure rates, times, memory and recovery, and print tables (BENCH='stream --lines 1000' for one)
	$(RELEASE)
	.build-release/release/wegent-bench $(BENCH)

check: ## Check the format of the sources and the rules of the project
	swift format lint --strict --parallel --recursive Package.swift Sources Tests
	@.ci/rules

format: ## Format the sources
	swift format --in-place --parallel --recursive Package.swift Sources Tests

release: setup ## Build for real use, with the Swift library inside
	@for binary in $(BINARIES); do $(RELEASE) --product $$binary; done

install: release ## Install the binaries into PREFIX/bin (default /usr/local)
	install -d "$(DESTDIR)$(PREFIX)/bin"
	@for binary in $(BINARIES); do \
		install -v -m 755 ".build-release/release/$$binary" "$(DESTDIR)$(PREFIX)/bin/$$binary"; done

clean: ## Remove everything that was built
	rm -rf .build .build-core .build-release
