# SPDX-License-Identifier: GPL-2.0
# For people; kbuild reads Kbuild. `make help` lists what there is.

# The kernel to build for: the newest whose headers are installed, or KVER=, or
# a header tree anywhere, KDIR=.
installed := $(shell ls -d /lib/modules/*/build 2>/dev/null | \
	sed 's,^/lib/modules/,,; s,/build$$,,' | sort -V)
KVER ?= $(lastword $(installed))
KDIR ?= $(firstword $(wildcard /lib/modules/$(KVER)/build \
	/usr/src/linux-headers-$(KVER)) /lib/modules/$(KVER)/build)
DESTDIR ?=

# The kernel that tests boot by default; see tests/vm/kernel.sh.
KERNEL ?= 6.1
KERNELS ?= $(shell $(lab) list)

out := $(CURDIR)/build
lab := tests/vm/kernel.sh

include schedulers/Kbuild
modules := ip_vs_ext ip_vs_ext_nl \
	$(addprefix ip_vs_,$(filter-out $(replacing),$(schedulers)))
replacements := $(addprefix ip_vs_,$(replacing))

# Of those that replace a module of the kernel, the ones to install: REPLACE=rr,wrr
comma := ,
REPLACE ?=
replace := $(subst $(comma), ,$(REPLACE))

MAKEFLAGS += --no-print-directory

.DEFAULT_GOAL := modules

## Build
modules: ## build for the newest installed kernel headers (KVER=version: for another)
	$(if $(KVER),,$(error no kernel headers are installed; on Debian: apt-get install linux-headers-amd64. Or name a tree: make modules KVER=version KDIR=/path/to/headers))
	@test -f '$(KDIR)/Makefile' || { \
		echo "no headers of kernel $(KVER) in $(KDIR); installed are: $(or $(installed),none)" >&2; exit 1; }
	@mkdir -p '$(out)/$(KVER)/src' '$(out)/$(KVER)/replace'
	@cp -rsfT $(CURDIR)/kernel '$(out)/$(KVER)/src/kernel'
	@cp -rsfT $(CURDIR)/schedulers '$(out)/$(KVER)/src/schedulers'
	@ln -sf $(CURDIR)/Kbuild '$(out)/$(KVER)/src/Kbuild'
	@find -L '$(out)/$(KVER)/src' -type l -delete
	@$(MAKE) -s -C '$(KDIR)' M='$(out)/$(KVER)/src' $(kbuild-btf) $(KBUILD_ARGS) modules
	@cp $(foreach m,$(modules),'$(out)/$(KVER)/src/$(m).ko') '$(out)/$(KVER)/'
	@cp $(foreach m,$(replacements),'$(out)/$(KVER)/src/$(m).ko') '$(out)/$(KVER)/replace/'
	@rm -f $(foreach m,$(replacements),'$(out)/$(KVER)/$(m).ko')
	@echo "built for $(KVER): $(foreach m,$(modules),build/$(KVER)/$(m).ko)" \
		"$(foreach m,$(replacements),build/$(KVER)/replace/$(m).ko)"

# BTF for modules needs pahole and the kernel's vmlinux; it is for debuggers.
kbuild-btf = $(if $(shell command -v pahole),,CONFIG_DEBUG_INFO_BTF_MODULES=)

tool: ## build ipvsadm-ext, the command line
	@$(MAKE) -s -C ipvsadm-ext OUT='$(out)/ipvsadm-ext'

install: modules ## install the modules into $(DESTDIR)/lib/modules/KVER/updates (REPLACE=rr,wrr)
	$(if $(filter-out $(replacing),$(replace)),$(error REPLACE=$(REPLACE): what can be replaced is $(replacing)))
	install -d '$(DESTDIR)/lib/modules/$(KVER)/updates'
	install -m 644 $(foreach m,$(modules),'$(out)/$(KVER)/$(m).ko') \
		$(foreach m,$(replace),'$(out)/$(KVER)/replace/ip_vs_$(m).ko') \
		'$(DESTDIR)/lib/modules/$(KVER)/updates/'
	$(if $(DESTDIR),,depmod -a '$(KVER)')

uninstall: ## remove the installed modules again
	rm -f $(foreach m,$(modules) $(replacements),'$(DESTDIR)/lib/modules/$(KVER)/updates/$(m).ko')
	$(if $(DESTDIR),,depmod -a '$(KVER)')

install-tool: tool ## install ipvsadm-ext, its pages and completion under $(DESTDIR)/usr
	@$(MAKE) -C ipvsadm-ext install OUT='$(out)/ipvsadm-ext' DESTDIR='$(DESTDIR)'

uninstall-tool: ## remove them again
	@$(MAKE) -C ipvsadm-ext uninstall DESTDIR='$(DESTDIR)'

clean: ## remove build/
	rm -rf '$(out)'

## Test
check: ## run every test (KERNEL="6.1 6.12": the virtual machines on both; QUICK=1, TIME=minutes)
	@tests/check.sh $(if $(QUICK),-q) $(if $(TIME),-t '$(TIME)') $(KERNEL)

deps: ## install what the tests and the demo need, or say what that is
	@tests/deps.sh

check-unit: ## the modules' code in user space: unit, threads, against mainline
	@tests/deps.sh
	@$(MAKE) -C tests/unit check OUT='$(out)/unit' \
		MAINLINE_DIR="$$($(lab) source '$(KERNEL)')"

check-cli: ## the tool's code in user space
	@tests/deps.sh
	@$(MAKE) -C tests/cli/unit check OUT='$(out)/cli-unit'

check-fuzz: ## the tool's parsers against random input, for SECONDS=60
	@tests/deps.sh
	@$(MAKE) -C tests/fuzz check OUT='$(out)/fuzz'

check-contract: ## shim against real headers, sparse, checkpatch
	@tests/deps.sh
	@$(MAKE) lab-kernel
	@tests/contract/run.sh '$(KERNEL)'

check-docs: lab-kernel lab-tools ## do what README.md and docs/ say
	@tests/docs/run.sh '$(KERNEL)'

check-vm: lab-modules lab-tools ## tests in a virtual machine (KERNEL=6.1, T="name ...")
	@tests/vm/run.sh -k '$(KERNEL)' $(if $(N),-e DIFF_N='$(N)') $(T)

check-matrix: lab-tools ## modules and the same tests for every kernel (KERNELS="6.1 7", T=, QUICK=1)
	@tests/deps.sh
	@T='$(T)' tests/vm/matrix.sh $(if $(QUICK),-q) $(KERNELS)

# Some cases load libraries in front of the tool: its sanitizers are part of it.
check-asan: lab-modules lab-tools ## the tool's tests there, built with sanitizers (T=, N=lines, E=)
	@$(MAKE) -s -C ipvsadm-ext OUT='$(out)/ipvsadm-ext-asan' \
		CFLAGS='-g -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all' \
		LDFLAGS='-static-libasan -static-libubsan'
	@IPVS_EXT_TOOL='$(out)/ipvsadm-ext-asan/ipvsadm-ext' \
		tests/vm/run.sh -k '$(KERNEL)' -t 4 -r asan \
		$(foreach e,DIFF_N=$(or $(N),500) $(E),-e '$(e)') \
		$(or $(T),cli-matrix cli-random cli-list cli-restore apply apply-big apply-drain json)

check-debug: lab-tools ## detectors and the same tests on debug kernels (DEBUG_KERNELS=, T=)
	@tests/deps.sh
	@status=0; for k in $(or $(DEBUG_KERNELS),$$(tests/debug/kernel.sh list)); do \
		tests/debug/run.sh $$k $(T) || status=1; done; exit $$status

uml: lab-tools ## the fast loop: tests (T=) in user-mode Linux, a process of this machine
	@tests/deps.sh
	@tests/debug/run.sh -d uml $(T)

torture: lab-tools ## everything changes at random under a flood (MINUTES=2, SEED=)
	@tests/deps.sh
	@tests/torture/run.sh -k '$(KERNEL)' -m '$(or $(MINUTES),2)' $(if $(SEED),-s '$(SEED)')

check-mutants: lab-tools ## break the modules on purpose; a test must notice (T="name ...")
	@tests/deps.sh
	@tests/mutants/run.sh -k '$(KERNEL)' $(T)

check-cost: ## instructions of each decision, next to what they were (tests/bench/cost.txt)
	@tests/deps.sh
	@tests/bench/cost.sh '$(KERNEL)'

list-vm: ## list the tests of check-vm
	@tests/vm/run.sh --list

## Show
demo: lab-modules ## watch connections spill to a second pool and come back
	@tests/demo/run.sh '$(KERNEL)'

demo-striping: lab-modules lab-tools ## one tunnel over three links, measured for each scheduler
	@tests/striping/run.sh '$(KERNEL)'

scale: lab-modules lab-tools ## many services, servers and connections, next to the kernel's rr
	@tests/scale/run.sh '$(KERNEL)'

bench: ## measure everything; one report with pictures (QUICK=1; AGAIN=1: print the last one)
	@tests/deps.sh
	@tests/bench/report.sh $(if $(QUICK),-q) $(if $(AGAIN),-f) '$(KERNEL)'

bench-decide: lab-modules ## what a decision costs, next to mainline's schedulers
	@tests/bench/decide.sh '$(KERNEL)'

# A kernel to boot and its headers, in a cache outside of this tree.
lab-kernel:
	@tests/deps.sh
	@$(lab) fetch '$(KERNEL)'

lab-modules: lab-kernel
	@$(MAKE) modules KVER="$$($(lab) kver '$(KERNEL)')" \
		KDIR="$$($(lab) kdir '$(KERNEL)')" >/dev/null

# What cases run in the virtual machine, besides what Debian has.
lab-tools: tool
	@$(MAKE) -C tests/cli OUT='$(out)/tests'
	@$(MAKE) -C tests/striping OUT='$(out)/tests'
	@$(MAKE) -C tests/netlink OUT='$(out)/tests'
	@$(MAKE) -C tests/torture OUT='$(out)/tests'
	@$(MAKE) -C tests/scale OUT='$(out)/tests'
	@$(MAKE) -C tests/cli/unit vm OUT='$(out)/cli-unit' VM='$(out)/tests'

help: ## this
	@awk -F ':.*## ' '/^## / { print (n++ ? "\n" : "") substr($$0, 4) ":" } \
		/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile

.PHONY: modules tool install uninstall install-tool uninstall-tool clean check deps \
	check-unit check-cli check-fuzz check-contract check-docs check-vm check-matrix check-asan check-debug uml torture check-mutants check-cost list-vm demo \
	demo-striping scale bench bench-decide lab-kernel lab-modules lab-tools help
