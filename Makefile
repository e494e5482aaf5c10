include versions.mk

# What users need: build, demo, test. What developers need besides: generate,
# lint, check. check is all that CI runs.
.PHONY: browser flamegraph man build binaries release release-check image container demo test bench matrix churn vm provision service soak races hostile field generate offsets current lint check e2e fuzz cases foreign pictures clean

GO       ?= go
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
PACKAGES := ./... ./testdata/targets/...
# Modules of their own, with what the product shall not depend on.
MODULES  := deploy/monitoring deploy/image deploy/helm test/e2e bench/targets
# Tests that make test leaves out, because they need more than Go.
TAGS     := monitoring,container
in_each   = set -e; $(foreach module,$(1),(cd $(module) && $(2));)
FUZZTIME ?= 20s

build:
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-X main.release=$(VERSION)" -o bin/otwatch ./cmd/otwatch

# The man page, in bin/.
man: build
	bin/otwatch man > bin/otwatch.8

# All that a release has, in bin/: for each architecture a static binary, an archive, a deb,
# an rpm and an SBOM; the container image; checksums. The same commit gives the same bytes.
release: binaries
	NFPM=$(NFPM) CYCLONEDX=$(CYCLONEDX) deploy/release/build.sh $(VERSION) bin

# Checks what make release built, and that a second build gives the same bytes; needs rpm.
release-check:
	NFPM=$(NFPM) CYCLONEDX=$(CYCLONEDX) deploy/release/test.sh $(VERSION) bin

binaries:
	set -e; $(foreach arch,amd64 arm64,CGO_ENABLED=0 GOARCH=$(arch) $(GO) build -trimpath -ldflags "-s -w -X main.release=$(VERSION)" -o bin/otwatch-$(VERSION)-linux-$(arch) ./cmd/otwatch;)

# The container image for both architectures, as an OCI layout in bin/image, without a daemon:
# skopeo copy oci:bin/image docker://… pushes it.
image: binaries
	deploy/image/build.sh $(VERSION) bin bin/image

demo: build
	@bin/otwatch demo

# otwatch in a container, as the DaemonSet of the chart runs it: needs root and runc, which it
# installs on Debian and Ubuntu.
container:
	command -v runc >/dev/null || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends runc; }
	cd deploy/helm && $(GO) test -tags container -run TestInAContainer -count=1 -v .

# Kernel tests attach probes to processes, so they need root. They
# share the machine's two hot resources, CPU time and traps: one package at a
# time keeps them out of each other's way.
#
# RERUN=1, as CI has it, names every test and runs what failed once more: they
# watch real programs, on a machine that may have other things to do. What fails
# twice fails.
test:
	$(call gotest,$(PACKAGES))
	$(call in_each,$(MODULES),$(call gotest,./...))

ifdef RERUN
gotest = $(GO) run $(GOTESTSUM) --format standard-verbose --rerun-fails=1 --packages '$(1)' -- -p 1 -timeout 30m
else
gotest = $(GO) test -p 1 -timeout 30m $(1)
endif

# Dashboards and rules of deploy/ on real Prometheus servers, which takes some minutes to
# build; needs root.
monitoring:
	cd test/e2e && $(GO) test -tags monitoring -run 'TestRules|TestMonitoring|TestVersions' -count=1 -v -timeout 30m .

# Hours, on a machine that does nothing else; needs root and bpftrace. Rows come
# into the page as they are measured. BENCHFLAGS="-row Caddy -pairs 3" chooses.
bench:
	$(GO) run ./bench/accuracy -page docs/benchmarks.md $(BENCHFLAGS)
	$(GO) run ./bench/overhead -page docs/benchmarks.md $(BENCHFLAGS)
	$(GO) run ./bench/host -page docs/benchmarks.md $(BENCHFLAGS)

# Sick programs, the cure that otwatch advises, and the comparison, into
# docs/cases.md: ten minutes, on a machine that does nothing else; needs root.
# CASEFLAGS='-row falters' chooses.
cases:
	$(GO) run ./bench/cases -page docs/cases.md $(CASEFLAGS)

# Installs the browser in which test/e2e opens the live page; Debian and Ubuntu.
browser:
	apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium-headless-shell

# Bundles d3-flame-graph and what it needs of d3 for the HTML report; needs npm.
flamegraph:
	cd internal/view/flamegraph && npm ci --no-audit --no-fund && npm run build && rm -r node_modules

# The pictures in docs/images, from a run of two minutes; needs root, tmux, Debian's
# python3-rich and chromium-headless-shell.
pictures:
	$(GO) run ./bench/pictures

# Every pair of Go release, SDK version, build mode and exporter, into
# docs/compatibility.md, row by row; CASES=all takes every combination, which is
# hours. WITHIN=10m starts none after ten minutes, and the next run goes on: what
# has no row comes first, then the rows that were measured longest ago.
CASES  ?= pairs
WITHIN ?= 0
matrix:
	$(GO) test ./test/matrix -run TestMatrix -timeout 24h -cases $(CASES) -within $(WITHIN) -write

# Programs that nobody here wrote, built from the module proxy, into
# docs/proof.md; needs root and minutes. PROGRAM=caddy chooses.
foreign:
	$(GO) run ./test/foreign

# Two hundred targets that start and die at random, for five minutes; needs root.
churn:
	$(GO) test ./internal/agent -run TestChurn -v -timeout 20m -args -churn 5m -crowd 200

# Kernel tests on other kernels, both architectures, in emulated machines; needs
# qemu-system-x86, qemu-system-arm and apt. KERNEL=6.1 ARCH=arm64
# RUN=TestEveryCallIsCounted chooses; KERNEL=today is another kernel each day;
# JOBS=1 runs one machine at a time.
vm:
	$(GO) run ./test/vm

# Lets Vagrant read vagrant/Vagrantfile, and provisions fresh Debians or Ubuntus in
# chroots as vagrant/ does machines; needs root, mmdebstrap and vagrant.
# SUITES="bullseye bookworm trixie jammy noble" takes all that there are.
SUITES ?= bookworm
provision:
	vagrant/test.sh $(SUITES)

# Installs the package under systemd in emulated machines, and checks that the service works
# with the privileges that it is left, and that the package can be upgraded and removed; needs
# root, mmdebstrap, cpio and qemu-system-x86.
SERVICE_KERNELS ?= 5.10 6.12
service: release
	deploy/systemd/test.sh bin/otwatch_*_amd64.deb $(SERVICE_KERNELS)

# Attaches to targets that start, end, crash and become others, again and again,
# and looks for what stays behind; needs root. make test does half a minute of it.
SOAK     ?= 20m
ATTACHES ?= 1000
soak:
	$(GO) test ./test/soak -count=1 -v -timeout 2h -soak $(SOAK) -attaches $(ATTACHES)

# Programs that become others, fork, end and are replaced while they are watched:
# nothing may stand in their code but probes at their places. Needs root; EACH is how
# long each of nine races lasts. make test lets each last for six seconds.
EACH ?= 2m
races:
	$(GO) test ./test/races -count=1 -v -timeout 2h -each $(EACH)

# Programs, files and recordings that mean harm, each by itself, and then all of them
# at once beside a healthy program, for TOGETHER; needs root. make test does it too, but
# has them all at once for 45 seconds. HOSTILE='TestCases/emoji' chooses.
TOGETHER ?= 5m
HOSTILE  ?= .
hostile:
	$(GO) test ./test/hostile -count=1 -v -timeout 1h -run '$(HOSTILE)' -together $(TOGETHER)

# Programs in situations that people have reported, and what otwatch says of them, into
# docs/field.md; needs root and half an hour. make test tries the rows of the day.
# ROW=nil_exporter chooses.
ROW ?= .
field:
	$(GO) test ./test/field -run 'TestField/rows/$(ROW)' -count=1 -v -timeout 2h -every -update

# Needs clang, llvm-strip and libbpf's headers; the results are committed.
generate:
	BPF2GO_CC=$(CLANG) $(GO) generate ./...
	$(call in_each,$(MODULES),$(GO) generate ./...)

# Where fields of the SDK's structs lie, by version, into internal/layout: builds
# a program with each minor version, which takes the network and some minutes.
offsets:
	$(GO) run ./internal/layout/gen

lint:
	$(call in_each,. $(MODULES) test/e2e/prometheus,$(GO) mod tidy -diff)
	@for mod in test/field/programs/*/*.mod; do \
	  (cd $$(dirname $$mod) && $(GO) mod tidy -diff -modfile=$$(basename $$mod)) || exit 1; \
	done
	@unformatted=$$(gofmt -l bench bpf cmd deploy docs internal test testdata); \
	  if [ -n "$$unformatted" ]; then echo "run gofmt -w on:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet $(PACKAGES)
	$(call in_each,$(MODULES),$(GO) vet -tags $(TAGS) ./...)
	$(GO) run $(STATICCHECK) $(PACKAGES)
	@$(call reached,$$($(GO) list -f '{{if eq .Name "main"}}{{.ImportPath}}{{end}}' $(PACKAGES)))
	@$(call reached,-test $(PACKAGES))
	@$(call in_each,$(MODULES),$(call reached,-tags $(TAGS) -test ./...))

# Fails on functions that no program reaches, or with -test no test either. Packages
# that only tests import are not part of any program.
reached = dead=$$($(GO) run $(DEADCODE) $(1)) || exit 1; if [ -n "$$dead" ]; then echo "$$dead"; exit 1; fi

# Generated files are as committed. BPF objects can be compared with those of the
# same compiler only.
CLANG_HERE = $(firstword $(subst ., ,$(shell $(CLANG) -dumpversion 2>/dev/null)))
current:
ifeq ($(CLANG_HERE),$(CLANG_MAJOR))
	$(MAKE) generate
else
	@echo "NOT COMPARED: the BPF objects, which clang $(CLANG_MAJOR) made; here is $(CLANG_HERE)"
	$(GO) generate -skip bpf2go ./...
	$(call in_each,$(MODULES),$(GO) generate ./...)
endif
	@git diff --exit-code || { echo "generated files are out of date: commit what make generate makes"; exit 1; }

check: current
	$(MAKE) lint test demo

# Every fuzz target for FUZZTIME each; FUZZ=Steps chooses, by a regular expression, and
# TURN=today every third of them, others each day. An input fails that has 256 MB allocated
# or takes a second: internal/fuzzlimit.
FUZZ ?= .
TURN ?= all
fuzz:
	@number=0; day=$$(($$(date +%s) / 86400)); \
	for package in $$($(GO) list ./internal/...); do \
	  for target in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz' | grep -E '$(FUZZ)'); do \
	    number=$$((number + 1)); \
	    [ "$(TURN)" != today ] || [ $$((number % 3)) = $$((day % 3)) ] || continue; \
	    echo "$$package $$target"; GOTOOLCHAIN=$(FUZZ_TOOLCHAIN) $(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x $$package || exit 1; \
	  done; \
	done

clean:
	rm -rf bin
