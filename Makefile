# SPDX-License-Identifier: GPL-2.0
# The doors for people: `make help` lists them. The module itself is built by
# the kernel's own build system from Kbuild; what runs a kernel runs in a guest.

KDIR ?= /lib/modules/$(shell uname -r)/build
KERNEL ?= 6.12
KERNELS ?= 6.1 6.12 7.2 debug
PREFIX ?= /usr/local
DESTDIR ?=
O ?= $(CURDIR)/build/user
DOCS ?= $(CURDIR)/build/docs

# The same place for a make that works in another directory
stage := $(abspath $(DESTDIR))
to_user = $(MAKE) --no-print-directory -C user O=$(abspath $(O)) \
	PREFIX=$(PREFIX) DESTDIR=$(stage)
rules := /usr/lib/udev/rules.d/60-zcopy.rules
sysusers := /usr/lib/sysusers.d/zcopy.conf

.DEFAULT_GOAL := all
.PHONY: all user module modules modules_install install install-rules uninstall \
	dkms-install dkms-uninstall deb deps-deb rpm deps-rpm deps demo check check-all \
	test test-guest test-reach test-install test-packages test-servers style docs coverage \
	bench bench-check bench-baseline bench-table bench-servers \
	figures figures-quick clean help

all: user module ## the user side, and the module where its headers are

user: ## zcctl and libzcopy, into build/user
	@$(to_user)

# Without headers there is no module, and that is no reason to stop.
module:
	@if [ -e "$(KDIR)/Makefile" ]; then \
		$(MAKE) --no-print-directory modules; \
	else \
		echo "zcopy: no headers of the running kernel in $(KDIR):"; \
		echo "zcopy: apt install linux-headers-$$(uname -r), or make modules KDIR=..."; \
		echo "zcopy: the module is left out"; \
	fi

modules: ## the module, for the kernel whose build tree is KDIR
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

modules_install: ## install the module for that kernel
	$(MAKE) -C $(KDIR) M=$(CURDIR) $(if $(stage),INSTALL_MOD_PATH=$(stage)) \
		modules_install

# With DESTDIR files are laid out there, and the running system stays as it is.
install: user ## install the user side, the udev rule and the group (root)
	@$(to_user) install
	@if [ -z "$(stage)" ] && [ "$$(id -u)" != 0 ]; then \
		echo "zcopy: only root can install the udev rule and make the group zcopy"; \
	else \
		$(MAKE) --no-print-directory install-rules; \
	fi

install-rules:
	install -D -m 644 user/dist/60-zcopy.rules $(stage)$(rules)
	install -D -m 644 user/dist/zcopy.sysusers $(stage)$(sysusers)
	@[ -n "$(stage)" ] || user/dist/live install $(or $(LIBDIR),$(PREFIX)/lib)

uninstall: ## take away what install brought; DKMS's module stays (root)
	@$(to_user) uninstall
	@[ -z "$(stage)" ] && [ "$$(id -u)" != 0 ] || \
		user/dist/leave "$(stage)" $(rules) $(sysusers)
	@[ -n "$(stage)" ] || [ "$$(id -u)" != 0 ] || user/dist/live uninstall

dkms-install: ## hand the module's sources to DKMS and build it (root)
	@DESTDIR=$(stage) user/dist/dkms install

dkms-uninstall: ## take module and sources away from DKMS again (root)
	@DESTDIR=$(stage) user/dist/dkms uninstall

deps-deb:
	@user/dist/deb --tools

deb: deps-deb ## Debian's packages, into build/deb (root for the tools)
	@user/dist/deb build/deb

deps-rpm:
	@user/dist/rpm --tools

rpm: deps-rpm ## RPM packages, into build/rpm (root for the tools, on Debian)
	@user/dist/rpm build/rpm

deps: ## install what building and testing needs (root)
	@tests/vm/install-deps

demo: deps ## the main job, shown in a guest (root)
	@tests/demo/run

check: deps ## all that a change must pass (root)
	@tests/check

check-all: deps ## the guest tests on every kernel, and the debug one (root)
	@tests/run guest $(KERNELS:%=--kernel %)

test: deps ## unit tests and builds, without a guest
	@tests/run unit
	@tests/run build

test-guest: deps ## guest tests on KERNEL
	@tests/run guest --kernel $(KERNEL)

test-reach: deps ## the module for more kernels, as arm64 (fetches packages)
	@tests/run reach

test-install: deps ## README's installation in an empty Debian (root; fetches packages)
	@tests/run install

test-packages: deps ## packages built, installed, upgraded, purged (root; fetches packages)
	@tests/run packages

test-servers: deps ## real servers on KERNEL, interposed (fetches a root)
	@tests/run servers --kernel $(KERNEL)

style: deps ## checkpatch, kernel-doc, shellcheck, house rules
	@tests/build/style

docs: ## the manual as HTML, into build/docs (needs mandoc)
	@user/dist/manual-html $(DOCS)

coverage: deps ## what of kmod/ the guest tests of KERNEL run through (root; 10 minutes)
	@tests/coverage/run --kernel $(KERNEL)

bench: deps ## measure in instruction-counting guests (root)
	@tests/bench/run

bench-check: deps ## fail if zcopy got dearer by 3 % than the stored baseline (root)
	@tests/bench/run --check

bench-baseline: deps ## measure what bench-check compares with, and store it (root)
	@tests/bench/run --store

bench-table: ## the tables and the plot of small responses, from bench's results
	@tests/bench/table.py build/bench/results.json
	@tests/bench/plot.py build/bench/results.json build/bench/small-responses.svg

bench-servers: deps ## what a request of each server costs, interposed and not (root)
	@tests/bench/servers/run

figures: deps ## measure docs/figures.md and its pictures anew (root; 10 minutes)
	@tests/figures/run --store

figures-quick: deps ## the same with small files, into build only (root; 5 minutes)
	@tests/figures/run --quick

clean: ## remove what was built here; the cache stays
	@if [ -e "$(KDIR)/Makefile" ]; then \
		$(MAKE) -C $(KDIR) M=$(CURDIR) clean; fi
	rm -rf build

help: ## this list
	@sed -n 's/^\([a-z_-]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | \
		awk -F '\t' '{ printf "%-16s %s\n", $$1, $$2 }'
