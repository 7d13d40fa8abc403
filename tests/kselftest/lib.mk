# SPDX-License-Identifier: GPL-2.0-or-later
# The targets that self-tests of the kernel have: all, run_tests, install, clean. The Makefile that includes this file sets
# TEST_GEN_PROGS; a program is made of its own file and of lib/.

source := $(dir $(realpath $(lastword $(MAKEFILE_LIST))))
OUTPUT ?= $(source)build
override OUTPUT := $(abspath $(OUTPUT))

# make has a CC of its own, which a CROSS_COMPILE replaces.
ifneq ($(filter default undefined,$(origin CC)),)
CC := $(CROSS_COMPILE)gcc
endif
CFLAGS ?= -O2 -g
flags := -std=gnu11 -Wall -Wextra -Wshadow -D_GNU_SOURCE -pthread -I$(source)../../include/uapi -I$(source)

headers := $(wildcard $(source)lib/*.h $(source)../../include/uapi/linux/*.h)
library := $(patsubst $(source)lib/%.c,$(OUTPUT)/lib/%.o,$(wildcard $(source)lib/*.c))
programs := $(addprefix $(OUTPUT)/,$(TEST_GEN_PROGS))

.PHONY: all run_tests install clean
.SECONDARY:

all: $(programs)

$(OUTPUT)/%.o: $(source)%.c $(headers)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(flags) $(EXTRA_CFLAGS) -c -o $@ $<

$(programs): $(OUTPUT)/%: $(OUTPUT)/%.o $(library)
	$(CC) $(CFLAGS) $(flags) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# A machine on which all are skipped is no failure of make, as with the kernel's.
run_tests: all
	@$(source)run_selftest.sh -d "$(OUTPUT)" $(if $(filter 1,$(summary)),-s) $(foreach test,$(TEST_GEN_PROGS),-t $(test)) || [ $$? -eq 4 ]

# The list is what the runner runs without -t.
install: all
	$(if $(INSTALL_PATH),,$(error INSTALL_PATH=FOLDER is wanted))
	@mkdir -p "$(INSTALL_PATH)"
	install -C -m 755 $(programs) $(source)run_selftest.sh "$(INSTALL_PATH)"
	install -C -m 644 $(source)settings "$(INSTALL_PATH)"
	@printf 'oht:%s\n' $(TEST_GEN_PROGS) >"$(OUTPUT)/kselftest-list.txt"
	install -C -m 644 "$(OUTPUT)/kselftest-list.txt" "$(INSTALL_PATH)"

clean:
	rm -f $(programs) $(addsuffix .o,$(programs)) $(library) "$(OUTPUT)/kselftest-list.txt"
	@rmdir "$(OUTPUT)/lib" "$(OUTPUT)" 2>/dev/null || true
