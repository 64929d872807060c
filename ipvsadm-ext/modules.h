/* SPDX-License-Identifier: GPL-2.0 */
/* Modules that are installed for the running kernel. */
#ifndef IPVSADM_EXT_MODULES_H
#define IPVSADM_EXT_MODULES_H

#include <stdbool.h>
#include <stddef.h>

/* module_exists() - is there one of this name? */
bool module_exists(const char *name);

/* module_loaded() - is it loaded, or part of the kernel? */
bool module_loaded(const char *name);

/**
 * struct module_sched - a module with a scheduler
 * @name: of the scheduler: without "ip_vs_"
 * @mainline: the kernel's own
 * @builtin: part of the kernel
 */
struct module_sched {
	char name[32];
	bool mainline;
	bool builtin;
};

/**
 * modules_of_schedulers() - list them, by name
 * @list: where to store an array; free it
 *
 * Of two modules of one name, modprobe takes the one that is listed.
 *
 * Return: how many, or -1 without memory. None, where there is no list of modules.
 */
long modules_of_schedulers(struct module_sched **list);

/* modules_parse() - the same for the texts of modules.dep and modules.builtin, each of
 * which may be NULL and is changed
 */
long modules_parse(char *dep, char *builtin, struct module_sched **list);

#endif
