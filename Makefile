# SPDX-License-Identifier: BSD-3-Clause
# A front for Meson, which does the work in build/ (see meson.build).
# `make help` lists the targets.

BUILD ?= build
DESTDIR ?=
PREFIX ?= /usr/local

.PHONY: all demo check selftests-long bench fuzz soak mutate install clean help
.PHONY: chart static deb dist check-ship

all: $(BUILD)/build.ninja
	@ninja -C $(BUILD)

$(BUILD)/build.ninja:
	@tools/packages.sh --hint build
	meson setup $(BUILD)

demo:
	@tools/packages.sh --install build
	@$(MAKE) --no-print-directory all
	@examples/demo/demo.sh $(BUILD)

check:
	@tools/packages.sh --install build check
	@tools/check.sh $(BUILD)

# Linux's selftests with an EPC of this size.
EPC ?= 128M
selftests-long:
	@tools/packages.sh --install build check
	@$(MAKE) --no-print-directory all
	@tests/selftests/long.sh $(BUILD) $(EPC)

bench: $(BUILD)/build.ninja
	@ninja -C $(BUILD) swsgx benchmarks
	@bench/run.py $(BUILD)
	@bench/chart.py $(BUILD) $(BUILD)/bench.svg

# The same, and its picture for README.md.
chart: bench
	@cp $(BUILD)/bench.svg docs/bench.svg

# FUZZ_SECONDS for each fuzzer.
FUZZ_SECONDS ?= 600
fuzz:
	@tools/packages.sh --install build check
	@$(MAKE) --no-print-directory $(BUILD)/build.ninja
	@meson configure $(BUILD) -Dtests=enabled
	@tests/fuzz/long.sh $(BUILD) $(FUZZ_SECONDS)

# How often the service loses its enclave, at least.
SOAK_LOSSES ?= 100000
soak:
	@tools/packages.sh --install build check
	@$(MAKE) --no-print-directory $(BUILD)/build.ninja
	@meson configure $(BUILD) -Dtests=enabled
	@ninja -C $(BUILD)
	@tests/soak/run.py $(BUILD) --losses $(SOAK_LOSSES) \
		--json $(BUILD)/soak.json

# Breaks one check at a time; takes long.  MUTATE: parts of file names, --all.
MUTATE ?=
mutate:
	@tools/packages.sh --install build check
	@tests/mutation/mutate.py $(MUTATE)

# What is given away: one binary for any x86-64 Linux; Debian packages; a
# tarball, whose bytes are those of the commit.
static:
	@tools/packages.sh --install build
	@tools/static.sh $(BUILD)-ship

deb:
	@tools/packages.sh --install build ship
	@tools/deb.sh $(BUILD)-ship

dist:
	@tools/dist.sh $(BUILD)-ship

# Tries them in clean root file systems; as root.
check-ship: static deb dist
	@$(MAKE) --no-print-directory $(BUILD)/build.ninja
	@ninja -C $(BUILD) tests/process/both_ways_static
	@tests/ship/check-ship.sh $(BUILD) $(BUILD)-ship

install: all
	meson configure $(BUILD) -Dprefix=$(PREFIX)
	meson install -C $(BUILD) $(if $(DESTDIR),--destdir "$(abspath $(DESTDIR))")

clean:
	rm -rf $(BUILD) $(BUILD)-asan $(BUILD)-ship

help:
	@echo "make           build $(BUILD)/swsgx"
	@echo "make demo      install missing Debian packages, build, show a demo"
	@echo "make check     install missing Debian packages, build, run all tests"
	@echo "make selftests-long"
	@echo "               Linux's selftests with an EPC of EPC=$(EPC)"
	@echo "make bench     build, measure, write $(BUILD)/bench.json, bench.svg"
	@echo "make chart     the same, and draw docs/bench.svg anew"
	@echo "make fuzz      run each fuzzer for FUZZ_SECONDS=$(FUZZ_SECONDS)"
	@echo "make mutate    break one check at a time; see that a unit test fails"
	@echo "make soak      lose enclaves for minutes, SOAK_LOSSES=$(SOAK_LOSSES)"
	@echo "make install   install below DESTDIR=$(DESTDIR) PREFIX=$(PREFIX)"
	@echo "make static    one static binary for any x86-64 Linux"
	@echo "make deb       Debian packages, seen by lintian"
	@echo "make dist      a source tarball that builds without git"
	@echo "make check-ship"
	@echo "               these three, tried in clean root file systems; as root"
	@echo "make clean     remove $(BUILD)/ and $(BUILD)-asan/"
