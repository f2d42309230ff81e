# Wegent Mesh. `make` lists the targets.
#
# Each configuration has a scratch path of its own, so that no build discards the products of another:
#   .build          debug: build, run, test
#   .build-core     debug without NIO-SSL and JWTKit: test-core
#   .build-release  release with a static Swift library: release, install, bench
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup build run test test-core test-oldest-claude fault soak bench check format pictures release install clean

PREFIX ?= /usr/local
BINARIES := wegent wegent-gateway wegent-registry wegent-dispatcher wegent-executor
RELEASE := swift build -c release --static-swift-stdlib --scratch-path .build-release
# Options that `make run` passes to `wegent up`, such as UP='--permission-mode accept-edits --allow-dir ~/src'.
UP ?=
# The benchmark that `make bench` runs, with its options; empty: all of them.
BENCH ?=
# A regular expression of the tests that `make test` runs, such as FILTER=CLITests; empty: all of them.
FILTER ?=
# The seed of the random choices of `make fault` and `make soak`; each run prints its own.
SEED ?=
# Test targets that run one after the other: each starts processes and waits for time limits, which a small machine
# misses when they all run at once.
HEAVY := MeshTests DispatcherTests GatewayTests ExecutorTests CLITests IntegrationTests FaultTests DocsTests
# Suites that use up processes and descriptors, or need their turn at once to end what does so.
ALONE := ^ExecutorTests\.(ExhaustionTests|ProcessSearchTests|SurroundingsTests)
# The version of PyPI's claude-agent-sdk that carries the oldest Claude Code of README.md (2.1.332), and the tests that run with it.
OLDEST_CLAUDE ?= 0.2.189
CLAUDE_TESTS := ^ExecutorTests\.(Claude|AgentConformance)|^IntegrationTests\.Claude|^CLITests\.Claude
# At most 16 tests at a time: more of them wait for one another on two cores, and miss their time limits.
# Toolchains before 6.3 may lack the option.
WIDTH = $(shell swift test --help-hidden 2>/dev/null | grep -om1 -e --experimental-maximum-parallelization-width)
TEST = swift test --skip-build --disable-xctest --scratch-path .build $(if $(WIDTH),$(WIDTH) 16)

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-18s %s\n", $$1, $$2 }'

setup: ## Install the packages that the build needs (calls apt only when one is missing)
	@deploy/setup

# Uses the debug build, as `make test` does: the first build takes minutes, and a release build as many again.
# For real use: make install.
run: setup ## Build, start everything on this machine and run a first task (WEGENT_PORT, WEGENT_DATA, UP=...)
	@swift build --product wegent --scratch-path .build
	@exec .build/debug/wegent up --allow-shell --first-task $(UP)

build: setup ## Build everything for development
	swift build --scratch-path .build

test: ## Install the packages that the tests need and run all tests (FILTER=... for some)
	@deploy/setup --tests
	swift build --build-tests --scratch-path .build
ifneq ($(FILTER),)
	$(TEST) --filter '$(FILTER)'
else
	$(TEST) $(foreach suite,$(HEAVY),--skip '^$(suite)\.')
	@for suite in $(HEAVY); do $(TEST) --filter "^$$suite\." --skip '$(ALONE)'; done
	$(TEST) --filter '$(ALONE)'
endif

test-core: setup ## Build and test the parts that need neither TLS nor tokens: a much shorter first build
	WEGENT_CORE=1 swift test --scratch-path .build-core $(if $(FILTER),--filter '$(FILTER)')

test-oldest-claude: ## Run the tests of Claude Code with the oldest version that README.md names (a download, once)
	@deploy/setup --tests
	swift build --build-tests --scratch-path .build
	@claude="$$(deploy/claude $(OLDEST_CLAUDE))"; "$$claude" --version; \
		WEGENT_TEST_CLAUDE="$$claude" $(TEST) --no-parallel --filter '$(CLAUDE_TESTS)'

fault: setup ## Kill, freeze and cut off real services at every step of a task and check every promise (SEED=...)
	swift build --scratch-path .build
	.build/debug/wegent-fault $(if $(SEED),--seed $(SEED))

soak: setup ## The same at random, for MINUTES=10 unless given (SEED=...)
	swift build --scratch-path .build
	.build/debug/wegent-fault random --minutes $(or $(MINUTES),10) $(if $(SEED),--seed $(SEED))

bench: setup ## Measure rates, latencies, memory and recovery (BENCH='stream --lines 1000' for one)
	$(RELEASE)
	.build-release/release/wegent-bench $(BENCH)

check: ## Check the format of the sources and the rules in .ci/rules
	swift format lint --strict --parallel --recursive Package.swift Sources Tests
	@.ci/rules

format: ## Format the sources
	swift format --in-place --parallel --recursive Package.swift Sources Tests

release: setup ## Build the release binaries, with the Swift library linked statically
	@for binary in $(BINARIES); do $(RELEASE) --product $$binary; done

install: release ## Build and install the release binaries into PREFIX/bin (default /usr/local)
	install -d "$(DESTDIR)$(PREFIX)/bin"
	@for binary in $(BINARIES); do \
		install -v -m 755 ".build-release/release/$$binary" "$(DESTDIR)$(PREFIX)/bin/$$binary"; done

pictures: ## Draw the pictures of the documentation from their text (docs/pictures/*.txt)
	@docs/pictures/draw.py

clean: ## Remove all build products
	rm -rf .build .build-core .build-release
