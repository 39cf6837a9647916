# make build | test | demo | bench | install | check | clean          (make help says more)

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := build

# What the tests, the demo and the bench use: what is shipped. `make test BUILT=.build/stage` takes a debug build instead.
BUILT ?= build
DESTDIR ?=
PREFIX ?= /usr
SECURITY ?= /lib/$(shell gcc -dumpmachine 2>/dev/null || echo x86_64-linux-gnu)/security
RELEASE := -c release --scratch-path .build-release
PROGRAMS := countersign-login countersign-net countersign

.PHONY: help build stage test test-targets test-module test-command test-system demo bench install uninstall format check deps clean

help:
	@echo 'make build     what is shipped, in build/'
	@echo 'make test      all tests; ends with "N passed, N failed"'
	@echo 'make demo      logins through a real sshd and sudo, as a person would see them (INTERACTIVE=1: leaves the sshd up)'
	@echo 'make bench     side by side with pam_google_authenticator and pam_oath (SCALE=N: up to N accounts)'
	@echo 'make install   DESTDIR=, PREFIX=$(PREFIX), SECURITY=$(SECURITY)'

deps:
	@support/deps build

build: deps
	swift build $(RELEASE) --product pam_countersign
	for program in $(PROGRAMS); do swift build $(RELEASE) --static-swift-stdlib --product $$program; done
	support/stage .build-release/release build strip

# The same from a debug build, for a short way from an edit to a login.
stage: deps
	swift build --product pam_countersign
	for program in $(PROGRAMS); do swift build --product $$program; done
	support/stage .build/debug .build/stage

build/%:
	$(MAKE) build

test:
	@support/deps build test
	@support/test $(BUILT)

demo:
	@support/deps build test
	@test -x build/countersign || $(MAKE) build
	@support/demo $(BUILT)

bench:
	@support/deps build test bench
	@test -x build/countersign || $(MAKE) build
	@support/bench $(BUILT)

install:
	@test -x build/countersign || { echo 'error: nothing is built'; echo 'hint: run make build first, as an ordinary user'; exit 1; } >&2
	install -d -m 755 $(DESTDIR)$(SECURITY) $(DESTDIR)$(PREFIX)/libexec/countersign $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man5 $(DESTDIR)$(PREFIX)/share/man/man8 $(DESTDIR)$(PREFIX)/share/doc/countersign/pam.d $(DESTDIR)/etc/countersign
	install -m 644 build/pam_countersign.so $(DESTDIR)$(SECURITY)/pam_countersign.so
	install -m 755 build/countersign-login build/countersign-net $(DESTDIR)$(PREFIX)/libexec/countersign/
	install -m 755 build/countersign $(DESTDIR)$(PREFIX)/bin/countersign
	install -m 644 docs/man/*.5 $(DESTDIR)$(PREFIX)/share/man/man5/
	install -m 644 docs/man/*.8 $(DESTDIR)$(PREFIX)/share/man/man8/
	install -m 644 pam.d/* $(DESTDIR)$(PREFIX)/share/doc/countersign/pam.d/
	install -m 644 docs/countersign.toml $(DESTDIR)$(PREFIX)/share/doc/countersign/
	support/users '$(DESTDIR)'

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/countersign $(DESTDIR)$(PREFIX)/share/man/man8/{pam_countersign,countersign}.8 $(DESTDIR)$(PREFIX)/share/man/man5/countersign.toml.5
	rm -rf $(DESTDIR)$(PREFIX)/libexec/countersign $(DESTDIR)$(PREFIX)/share/doc/countersign
	@echo 'Left in place: $(DESTDIR)$(SECURITY)/pam_countersign.so, the settings and the accounts.'
	@echo 'A stack in /etc/pam.d that names a missing module refuses every login: take our line out of them first, then remove the module.'

format:
	swift format --in-place --recursive Package.swift Sources Tests

check:
	swift format lint --strict --recursive Package.swift Sources Tests
	mandoc -T lint -W warning docs/man/*.[58]

clean:
	rm -rf .build .build-release build
