# SPDX-License-Identifier: GPL-2.0-or-later
# Thin: every target is a script. `make` or `make help` lists them.
.PHONY: help python setup run up down status logs shell check check-models conformance test test-all nightly coverage fuzz bench soak module native install deb dkms image sbom clean

help:
	@echo 'make setup    say what this machine lacks to build, run and test, and what to do; changes nothing'
	@echo 'make run      boot the virtual SBC with everything, until Ctrl-C (OHT_PORT OHT_KERNEL OHT_WIRE OHT_PROFILE OHT_STATE OHT_DEMO OHT_GATEWAY)'
	@echo 'make up       the same in the background; make down, status, logs, shell (a root shell in the guest)'
	@echo 'make native   ohtd on this machine without the kernel module, over a pty with the simulator (OHT_PORT OHT_PROFILE OHT_STATE OHT_DEMO OHT_GATEWAY)'
	@echo '              OHT_DEMO=past: with seven days behind it, which take some minutes at the first start'
	@echo '              OHT_GATEWAY=127.0.0.1:1502 opens the Modbus TCP gateway there, in make run and up as well'
	@echo 'make check    the fast inner loop: builds, style, unit tests'
	@echo 'make check-models   the models of engine and stop, searched to the end, and their mutants'
	@echo 'make conformance   the conformance kit for VDA 5050 vehicles, judged by vehicles that are right and wrong (conformance/README.md)'
	@echo 'make test     the gate, some 16 minutes on 2 cores; ends with "N passed, N failed, N skipped"; good results of unchanged inputs are kept (OHT_CLEAN=1: none)'
	@echo 'make test-all before a release and after a change in kernel/: every board and kernel, end to end, whole models, long package tests'
	@echo 'make nightly  every long form, up to six hours; a second call goes on where the first one stopped'
	@echo 'make coverage lines and branches of the programs that the tests reach, per folder; in build/coverage'
	@echo 'make fuzz     the fuzzers (ONLY=target, SECONDS=n for each)'
	@echo 'make bench    the benchmarks (ONLY=group); results in build/bench'
	@echo 'make soak     what takes longer of the benchmarks (ONLY=group), hours'
	@echo 'make module   oht.ko for the running kernel, or KDIR=...'
	@echo 'make install  programs, library and documents, under DESTDIR=... if given'
	@echo 'make deb      Debian packages for this machine and for the board, or ARCH=..., in build/packages'
	@echo 'make dkms     only that of the kernel module'
	@echo 'make image    the container image, an OCI archive in build/image, or ARCH=... (docs/container.md)'
	@echo 'make sbom     what is in programs and page: build/oht.spdx.json (SPDX 2.3)'
	@echo 'make clean    remove build/ (the cache under ~/.cache/oht stays)'

# The scripts below are Python, which a small Debian does not have: the installer of packages is not.
python:
	@[ -x /usr/bin/python3 ] || scripts/install-packages

setup:
	@scripts/setup

run up down status logs shell: python
	@scripts/sbc $@

native: python
	@scripts/native

check: python
	@scripts/test --tier check

check-models: python
	@scripts/check-models

conformance: python
	@scripts/test conformance

test: python
	@scripts/test

test-all: python
	@scripts/test --tier all

nightly: python
	@scripts/test --tier nightly

coverage: python
	@scripts/coverage

fuzz: python
	@scripts/fuzz $(ONLY) $(if $(SECONDS),--seconds $(SECONDS))

bench: python
	@scripts/bench $(ONLY)

soak: python
	@OHT_SOAK=1 scripts/bench $(or $(ONLY),bus estop)

module:
	@scripts/build-module --kdir "$(or $(KDIR),/lib/modules/$(shell uname -r)/build)"

install:
	@scripts/install "$(DESTDIR)"

deb: python
	@for arch in $(or $(ARCH),$(shell dpkg --print-architecture) arm64); do scripts/build-deb --arch "$$arch" || exit 1; done

dkms: python
	@scripts/build-deb --only-dkms

image: python
	@scripts/build-container $(ARCH)

sbom: python
	@scripts/build-userspace native && scripts/sbom

clean:
	@scripts/clean
