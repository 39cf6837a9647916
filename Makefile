# make build | test | demo | bench | install | check | clean          (make help says more)

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := build

# What the tests, the demo and the bench use: what is shipped. `make test BUILT=.build/stage` takes a debug build instead.
BUILT ?= build
DESTDIR ?=
PREFIX ?= /usr
# Where Debian has its modules: x86_64-linux-gnu, aarch64-linux-gnu.
SECURITY ?= /lib/$(shell uname -m)-linux-gnu/security
# What every file that ships is built with, dependencies included. The paths of this folder stay out of the files.
FORTIFIED := -fstack-protector-strong -D_FORTIFY_SOURCE=2 -ffile-prefix-map=$(CURDIR)=.
HARDENED := $(FORTIFIED:%=-Xcc %) $(FORTIFIED:%=-Xcxx %) -Xswiftc -file-prefix-map -Xswiftc $(CURDIR)=. \
    -Xlinker -z -Xlinker relro -Xlinker -z -Xlinker now --disable-local-rpath
RELEASE := -c release --scratch-path .build-release $(HARDENED)
# Where Debian's shells look for what completes a command.
COMPLETION_bash = $(DESTDIR)$(PREFIX)/share/bash-completion/completions/countersign
COMPLETION_zsh = $(DESTDIR)$(PREFIX)/share/zsh/vendor-completions/_countersign
COMPLETION_fish = $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/countersign.fish
MONITORING := fail2ban/filter.d fail2ban/jail.d grafana node_exporter prometheus
PROGRAMS := countersign-login countersign-net countersign countersignd

VERSION = $(shell sed -n 's/.*static let version = "\(.*\)"/\1/p' Sources/Common/CommandSupport/Usage.swift)

.PHONY: deb rpm tarball symbols test-packages
.PHONY: help build stage test test-targets test-module test-command test-system test-machines test-clients clients-folder demo bench install uninstall format check graph picture sbom docs deps clean

help:
	@echo 'make build     what is shipped, in build/'
	@echo 'make test      all tests; ends with "N passed, N failed"'
	@echo 'make test-machines  fresh Debian 12 and 13 machines with systemd, installed as README says (as root; makes roots by debootstrap once)'
	@echo 'make test-clients CLIENTS=DIR  Authy'"'"'s public clients, unchanged; DIR has their checkouts (which: Tests/ClientTests/checkouts)'
	@echo 'make demo      logins through a real sshd and sudo, as a person would see them (INTERACTIVE=1: leaves the sshd up)'
	@echo 'make bench     side by side with pam_google_authenticator and pam_oath, then the server (SCALE=N: up to N accounts)'
	@echo 'make install   DESTDIR=, PREFIX=$(PREFIX), SECURITY=$(SECURITY)'
	@echo 'make deb       libpam-countersign and countersign-server for Debian, in build/packages/;  make rpm, make tarball'
	@echo 'make test-packages  packages and tarball on fresh machines: install, log in, upgrade, remove, purge (as root)'
	@echo 'make uninstall all of that but the module, the settings and the accounts'
	@echo 'make stage     a debug build in .build/stage; make test BUILT=.build/stage takes it'
	@echo 'make check     format, comments, shell, Python, JavaScript, man pages;  make format, make clean'
	@echo 'make docs      the documents as a site, in build/site, with the pictures that the last tests of the page left'
	@echo 'make graph     the picture of the targets, from Package.swift;  make picture: that of README;  make sbom: build/countersign.spdx.json'

deps:
	@support/deps build

build: deps
	swift build $(RELEASE) --quiet --product pam_countersign
	for program in $(PROGRAMS); do echo "Building $$program"; swift build $(RELEASE) --static-swift-stdlib --quiet --product $$program; done
	support/stage "$$(swift build $(RELEASE) --show-bin-path)" build strip

# The same with its symbols, which packages have beside the programs.
symbols: build
	support/stage "$$(swift build $(RELEASE) --show-bin-path)" build/symbols

deb rpm tarball: symbols
	@support/deps $@
	support/package $@ $(VERSION)

# The same from a debug build, for a short way from an edit to a login.
stage: deps
	swift build --quiet --product pam_countersign
	for program in $(PROGRAMS); do echo "Building $$program"; swift build --quiet --product $$program; done
	support/stage "$$(swift build --show-bin-path)" .build/stage

# What is tested and shown is built from the sources as they are now.
fresh := $(if $(filter build,$(BUILT)),build,stage)

test: $(fresh)
	@support/deps test
	@support/test $(BUILT)

test-machines: $(fresh)
	@support/deps machines
	COUNTERSIGN_BUILD=$(abspath $(BUILT)) PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -s -m pytest -q -p no:cacheprovider Tests/MachineTests

test-packages: deb tarball
	@support/deps machines
	PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -s -m pytest -q -p no:cacheprovider Tests/MachineTests --packages build/packages

# Nobody fetches their sources: a client that CLIENTS has not is skipped, with the reason.
test-clients: clients-folder $(fresh)
	@support/deps test clients
	CLIENTS='$(abspath $(CLIENTS))' COUNTERSIGN_BUILD=$(abspath $(BUILT)) PYTHONDONTWRITEBYTECODE=1 .build-python/bin/python -m pytest -q -rs -p no:cacheprovider Tests/ClientTests

clients-folder:
	@test -d '$(CLIENTS)' || { echo 'error: CLIENTS names no folder'; echo 'hint: it holds a checkout of each of these'; cat Tests/ClientTests/checkouts; exit 2; } >&2

demo: $(fresh)
	@support/deps test
	@support/demo $(BUILT)

bench: $(fresh)
	@support/deps test bench
	@support/bench $(BUILT)

install:
	@test -x $(BUILT)/countersign || { echo 'error: nothing is built'; echo 'hint: run make build first, as an ordinary user'; exit 1; } >&2
	@test -n '$(DESTDIR)' -o "$$(id -u)" = 0 || { echo 'error: only root may install'; echo 'hint: sudo make install, or with DESTDIR=FOLDER'; exit 1; } >&2
	install -d -m 755 $(DESTDIR)$(SECURITY) $(DESTDIR)$(PREFIX)/libexec/countersign $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man5 $(DESTDIR)$(PREFIX)/share/man/man8 $(DESTDIR)$(PREFIX)/share/doc/countersign/pam.d $(DESTDIR)/etc/countersign
	@# 711: who cannot read a program cannot trace it either, not even before its first act.
	@# Each in one step: a login that comes meanwhile finds the old one or the new one.
	for helper in countersign-login countersign-net; do install -m 711 $(BUILT)/$$helper $(DESTDIR)$(PREFIX)/libexec/countersign/$$helper.new; mv -f $(DESTDIR)$(PREFIX)/libexec/countersign/$$helper.new $(DESTDIR)$(PREFIX)/libexec/countersign/$$helper; done
	install -m 644 $(BUILT)/pam_countersign.so $(DESTDIR)$(SECURITY)/pam_countersign.so.new
	mv -f $(DESTDIR)$(SECURITY)/pam_countersign.so.new $(DESTDIR)$(SECURITY)/pam_countersign.so
	install -m 755 $(BUILT)/countersign $(DESTDIR)$(PREFIX)/bin/countersign
	install -d -m 755 $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/lib/systemd/system $(DESTDIR)$(PREFIX)/lib/sysusers.d $(DESTDIR)$(PREFIX)/lib/tmpfiles.d $(DESTDIR)$(PREFIX)/share/pam-configs
	install -m 755 $(BUILT)/countersignd $(DESTDIR)$(PREFIX)/sbin/countersignd.new
	mv -f $(DESTDIR)$(PREFIX)/sbin/countersignd.new $(DESTDIR)$(PREFIX)/sbin/countersignd
	install -m 644 systemd/countersignd.service $(DESTDIR)$(PREFIX)/lib/systemd/system/
	install -m 644 systemd/sysusers.d/*.conf $(DESTDIR)$(PREFIX)/lib/sysusers.d/
	install -m 644 systemd/tmpfiles.d/*.conf $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/
	install -m 644 packaging/pam-config $(DESTDIR)$(PREFIX)/share/pam-configs/countersign
	install -m 644 docs/reference/man/*.5 $(DESTDIR)$(PREFIX)/share/man/man5/
	install -m 644 docs/reference/man/*.8 $(DESTDIR)$(PREFIX)/share/man/man8/
	install -m 644 pam.d/* $(DESTDIR)$(PREFIX)/share/doc/countersign/pam.d/
	for folder in admin reference; do install -d -m 755 $(DESTDIR)$(PREFIX)/share/doc/countersign/$$folder; install -m 644 docs/$$folder/*.md $(DESTDIR)$(PREFIX)/share/doc/countersign/$$folder/; done
	install -d -m 755 $(addprefix $(DESTDIR)$(PREFIX)/share/doc/countersign/monitoring/,$(MONITORING))
	$(foreach folder,$(MONITORING),install -m 644 monitoring/$(folder)/*.* $(DESTDIR)$(PREFIX)/share/doc/countersign/monitoring/$(folder)/;)
	install -m 644 docs/countersign.toml docs/countersignd.toml docs/countersign.sudoers docs/examples/*.toml $(DESTDIR)$(PREFIX)/share/doc/countersign/
	install -d -m 755 $(foreach folder,apparmor selinux,$(DESTDIR)$(PREFIX)/share/doc/countersign/$(folder))
	$(foreach folder,apparmor selinux,install -m 644 $(folder)/* $(DESTDIR)$(PREFIX)/share/doc/countersign/$(folder)/;)
	install -d -m 755 $(foreach shell,bash zsh fish,$(dir $(COMPLETION_$(shell))))
	$(foreach shell,bash zsh fish,$(BUILT)/countersign completion $(shell) >$(COMPLETION_$(shell)); chmod 644 $(COMPLETION_$(shell));)
	support/users '$(DESTDIR)' '$(PREFIX)/bin/countersign'

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/countersign $(DESTDIR)$(PREFIX)/sbin/countersignd $(DESTDIR)$(PREFIX)/lib/systemd/system/countersignd.service $(DESTDIR)$(PREFIX)/lib/sysusers.d/countersign{,d}.conf $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/countersign.conf $(DESTDIR)$(PREFIX)/share/pam-configs/countersign
	rm -f $(DESTDIR)$(PREFIX)/share/man/man8/{pam_countersign,countersign,countersignd}.8 $(DESTDIR)$(PREFIX)/share/man/man5/{countersign,countersignd}.toml.5
	rm -f $(foreach shell,bash zsh fish,$(COMPLETION_$(shell)))
	rm -rf $(DESTDIR)$(PREFIX)/libexec/countersign $(DESTDIR)$(PREFIX)/share/doc/countersign
	@echo 'Left in place: $(DESTDIR)$(SECURITY)/pam_countersign.so, the settings and the accounts.'
	@echo 'A stack in /etc/pam.d that names a missing module refuses every login: take our line out of them first, then remove the module.'

format:
	@support/deps check
	swift format --in-place --recursive Package.swift Sources Tests
	.build-python/bin/ruff format --quiet $(PYTHON)
	.build-python/bin/ruff check --quiet --fix $(PYTHON)

PYTHON := Tests support/graph support/sbom support/site support/picture support/demo.py support/bench.py support/bench_server.py
SHELLS = $(shell grep -l -m 1 '^\#!.*bash' support/* .ci/run Tests/SystemTests/run Tests/SystemTests/inside)

check:
	@support/deps check
	swift format lint --strict --recursive Package.swift Sources Tests
	.build-python/bin/ruff format --check $(PYTHON)
	.build-python/bin/ruff check $(PYTHON)
	shellcheck --severity=warning $(SHELLS) packaging/install.sh debian/*.p[or]*
	for page in Sources/Server/PhonePages/pages/*.js; do node --input-type=module --check <$$page || { echo "error: $$page"; exit 1; } >&2; done
	mandoc -T lint -W warning docs/reference/man/*.[58]

graph:
	@support/deps check
	support/graph >docs/develop/targets.svg.new
	mv docs/develop/targets.svg.new docs/develop/targets.svg

picture:
	support/picture docs/login.txt >docs/login.svg.new
	mv docs/login.svg.new docs/login.svg

sbom:
	mkdir -p build
	support/sbom docs/develop/dependencies.md Sources/Common/CommandSupport/Usage.swift >build/countersign.spdx.json

docs:
	@support/deps check
	support/site build/site-pages
	.build-python/bin/mkdocs build --strict --quiet

clean:
	rm -rf .build .build-release .build-machines build
