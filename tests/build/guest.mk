# SPDX-License-Identifier: GPL-2.0
# Builds the C tests for guests and their helpers under build/tests. Run it from the
# top of the tree: make -f tests/build/guest.mk
T := build/tests
HELPERS := $(patsubst tests/lib/%.c,$T/lib/%.o,$(wildcard tests/lib/*.c))
TESTS := $(patsubst tests/%.c,$T/%,$(shell find tests/guest tests/fault tests/fuzz -name '*.c'))
USERLIB := $(wildcard build/user/libzcopy.so)

all: $(TESTS) $T/pages.built

# The examples of the manual
$T/pages.built: $(wildcard user/man/*) tests/build/page-examples $(USERLIB)
	@mkdir -p $(@D)
	tests/build/page-examples $T/pages
	@touch $@

$T/lib/%.o: tests/lib/%.c
	@mkdir -p $(@D)
	gcc -std=gnu11 -O2 -g -Wall -Wextra -Werror -D_GNU_SOURCE -MMD -MP \
		-I kmod/uapi -I user/lib -I tests/lib -c -o $@ $<

$T/libtests.a: $(HELPERS) tests/build/guest.mk
	@mkdir -p $(@D)
	@rm -f $@
	ar rcs $@ $(HELPERS)

$T/%: tests/%.c $T/libtests.a tests/build/cc-test $(USERLIB)
	@mkdir -p $(@D)
	tests/build/cc-test $< $@

-include $(shell find $T -name '*.d' 2>/dev/null)
.PHONY: all
.DELETE_ON_ERROR:
