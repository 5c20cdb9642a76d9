# The front door. `make help` lists what one can ask for. Whatever is set on the
# command line (V=1, YES=1, MODEL=poll) reaches the scripts as environment.

ARGS =

.NOTPARALLEL:
.PHONY: all compare test demo docs doctor bench check install clean help

all: ## configure and build; say what to try next
	@scripts/setup build
	@scripts/build programs
	@scripts/next

compare: ## verify and measure all models; ARGS='--models "epoll*"'
	@scripts/setup build
	@scripts/build programs
	@build/bin/iolab compare $(ARGS)

test: ## run all tests; ARGS='-R poll' for some of them
	@scripts/setup build test
	@scripts/build --tests all
	@scripts/test $(ARGS)

demo: ## one server by hand, MODEL=poll; a lecture demo, EXPERIMENT=two-sends
	@scripts/demo $(ARGS)

docs: ## the course and the code as pages; ARGS='--result FILE'
	@scripts/setup build docs
	@scripts/docs $(ARGS)

doctor: ## is this machine fit?
	@scripts/doctor

bench: ## the standard comparison; what counting, serving and waiting cost
	@scripts/setup build
	@scripts/build programs
	@build/bin/iolab compare --preset standard $(ARGS)
	@scripts/counting_cost
	@scripts/floor
	@scripts/build masks pipetest
	@build/bin/masks
	@build/bin/pipetest

check: ## what takes longer: tests under sanitizers, and the checkers
	@scripts/setup build test check
	@scripts/check

install: ## install under PREFIX (/usr/local), for packagers below DESTDIR
	@scripts/setup build
	@scripts/build programs
	@cmake --install build --prefix "$${PREFIX:-/usr/local}"

clean: ## remove what was built; results stay
	@rm -rf build

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1 /p' Makefile | \
	    while read -r name does; do printf '  make %-9s%s\n' "$$name" "$$does"; done
	@echo
	@echo 'V=1 shows every command, YES=1 installs what is missing without asking,'
	@echo 'SETUP=no never installs, BUILD_TYPE=Debug builds for a debugger,'
	@echo 'JOBS=1 builds one file at a time.'

.DEFAULT:
	@. scripts/three_lines; three_lines "make $@: no such target" \
	    "a typing error" "make help lists the targets"; exit 2
