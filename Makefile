# SPDX-License-Identifier: Apache-2.0
# Out of habit's respect: everything is in ./dev, and so is its documentation.
COMMANDS := $(shell sed -n 's/^\#: \([a-z]*\).*/\1/p' dev)

all: build
$(COMMANDS):
	@./dev $@
help:
	@./dev
.PHONY: all help $(COMMANDS)
