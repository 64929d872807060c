/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Modules. Every compiled file names its module (__KBUILD_MODNAME); files of
 * one module share one object, and a test loads and unloads it by name.
 */
#ifndef SHIM_MODULE_H
#define SHIM_MODULE_H

#include <shim/work.h>

struct module {
	const char *name;
	int refs;
	int loaded;
	int (*init)(void);
	void (*exit)(void);
	struct module *next;
};

void shim_module_declare(struct module *m, int (*init)(void), void (*exit)(void));
void shim_param_declare(struct module *m, const char *name, const char *type,
			void *value);
bool try_module_get(struct module *m);
void __module_get(struct module *m);
void module_put(struct module *m);

#ifdef __KBUILD_MODNAME
#define SHIM_MODULE	SHIM_CAT(shim_module_, __KBUILD_MODNAME)
struct module SHIM_MODULE __attribute__((__weak__)) = { .name = KBUILD_MODNAME };
#define THIS_MODULE	(&SHIM_MODULE)
#else
#define THIS_MODULE	((struct module *)NULL)
#endif

#define module_init(fn)							\
static void __attribute__((__constructor__, __used__)) shim_init_##fn(void) \
{ shim_module_declare(THIS_MODULE, fn, NULL); }
#define module_exit(fn)							\
static void __attribute__((__constructor__, __used__)) shim_exit_##fn(void) \
{ shim_module_declare(THIS_MODULE, NULL, fn); }
#define module_param_named(n, v, t, perm)				\
static void __attribute__((__constructor__, __used__)) shim_param_##n(void) \
{ shim_param_declare(THIS_MODULE, #n, #t, &(v)); }
#define module_param(n, t, perm)	module_param_named(n, n, t, perm)
#define SHIM_NOTHING		_Static_assert(1, "")
#define MODULE_PARM_DESC(n, d)	SHIM_NOTHING
#define MODULE_LICENSE(x)	SHIM_NOTHING
#define MODULE_AUTHOR(x)	SHIM_NOTHING
#define MODULE_DESCRIPTION(x)	SHIM_NOTHING
#define MODULE_VERSION(x)	SHIM_NOTHING
#define MODULE_ALIAS(x)		SHIM_NOTHING
#define MODULE_SOFTDEP(x)	SHIM_NOTHING
#define MODULE_IMPORT_NS(x)	SHIM_NOTHING
#define EXPORT_SYMBOL(x)	SHIM_NOTHING
#define EXPORT_SYMBOL_GPL(x)	SHIM_NOTHING

#endif
