# The doors for people: `make help` lists them. The module itself is built by
# the kernel's own build system from Kbuild; what runs a kernel runs in a guest.

KDIR ?= /lib/modules/$(shell uname -r)/build
KERNEL ?= 6.12
KERNELS ?= 6.1 6.12 7.2 debug
PREFIX ?= /usr/local
DESTDIR ?=
O ?= $(CURDIR)/build/user

version := $(shell sed -n 's/^zc-version := //p' kmod/Kbuild)

.DEFAULT_GOAL := all
.PHONY: all user module modules modules_install install dkms-install deps \
	demo check check-all test test-guest test-servers style bench bench-servers \
	clean help

all: user module ## the user side, and the module where its headers are

user: ## zcctl and libzcopy, into build/user
	@$(MAKE) --no-print-directory -C user O=$(O)

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
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules_install

install: user ## install the user side, the udev rule and the group
	@$(MAKE) --no-print-directory -C user O=$(O) PREFIX=$(PREFIX) \
		DESTDIR=$(DESTDIR) install
	install -D -m 644 user/dist/60-zcopy.rules \
		$(DESTDIR)/usr/lib/udev/rules.d/60-zcopy.rules
	install -D -m 644 user/dist/zcopy.sysusers \
		$(DESTDIR)/usr/lib/sysusers.d/zcopy.conf

dkms-install: ## hand the module's sources to DKMS and build it
	rm -rf $(DESTDIR)/usr/src/zcopy-$(version)
	install -d $(DESTDIR)/usr/src/zcopy-$(version)
	git ls-files Kbuild dkms.conf kmod | \
		xargs cp --parents -t $(DESTDIR)/usr/src/zcopy-$(version)
	dkms install zcopy/$(version)

deps: ## install what building and testing needs (root)
	@tests/vm/install-deps

demo: deps ## the main job, shown in a guest (root)
	@tests/demo/run

check: deps ## all that a change must pass (root)
	@tests/check

check-all: deps ## the guest tests on every kernel, and the debug one (root)
	@KERNELS="$(KERNELS)" tests/check-all

test: deps ## unit tests and builds, without a guest
	@tests/run unit
	@tests/run build

test-guest: deps ## guest tests on KERNEL
	@tests/run guest --kernel $(KERNEL)

test-servers: deps ## real servers on KERNEL, interposed (fetches a root)
	@tests/run servers --kernel $(KERNEL)

style: deps ## checkpatch, kernel-doc, shellcheck, house rules
	@tests/build/style

bench: deps ## measure in instruction-counting guests (root)
	@tests/bench/run

bench-servers: deps ## what a request of each server costs, interposed and not (root)
	@tests/bench/servers/run

clean: ## remove what was built here; the cache stays
	@if [ -e "$(KDIR)/Makefile" ]; then \
		$(MAKE) -C $(KDIR) M=$(CURDIR) clean; fi
	rm -rf build

help: ## this list
	@sed -n 's/^\([a-z_-]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | \
		awk -F '\t' '{ printf "%-16s %s\n", $$1, $$2 }'
