// SPDX-License-Identifier: GPL-2.0
/* Modules and their parameters, collected by constructors. */
#include "internal.h"

struct param {
	struct module *m;
	const char *name, *type;
	void *value;
};

static struct module *modules;
static struct param params[64];
static int nparams;
static struct module *loaded[32];
static int nloaded;

void shim_module_declare(struct module *m, int (*init)(void), void (*exit)(void))
{
	struct module *i;

	if (init)
		m->init = init;
	if (exit)
		m->exit = exit;
	for (i = modules; i; i = i->next)
		if (i == m)
			return;
	m->next = modules;
	modules = m;
}

void shim_param_declare(struct module *m, const char *name, const char *type,
			void *value)
{
	if (nparams == ARRAY_SIZE(params))
		shim_die("too many module parameters");
	params[nparams++] = (struct param){ m, name, type, value };
}

struct module *shim_module(const char *name)
{
	struct module *m;

	for (m = modules; m; m = m->next)
		if (!strcmp(m->name, name))
			return m;
	return NULL;
}

int shim_set_param(const char *module, const char *name, const char *value)
{
	int i;

	for (i = 0; i < nparams; i++) {
		struct param *p = &params[i];

		if (strcmp(p->m->name, module) || strcmp(p->name, name))
			continue;
		if (!strcmp(p->type, "bool"))
			*(bool *)p->value = strchr("1yY", value[0]) != NULL;
		else if (!strcmp(p->type, "int") || !strcmp(p->type, "uint"))
			*(int *)p->value = strtol(value, NULL, 0);
		else if (!strcmp(p->type, "ulong"))
			*(unsigned long *)p->value = strtoul(value, NULL, 0);
		else
			shim_die("parameter type %s", p->type);
		return 0;
	}
	return -ENOENT;
}

bool try_module_get(struct module *m)
{
	if (!m)
		return true;
	if (!__atomic_load_n(&m->loaded, __ATOMIC_RELAXED))
		return false;
	__module_get(m);
	return true;
}

void __module_get(struct module *m)
{
	if (m)
		__atomic_add_fetch(&m->refs, 1, __ATOMIC_RELAXED);
}

void module_put(struct module *m)
{
	if (m && __atomic_sub_fetch(&m->refs, 1, __ATOMIC_RELAXED) < 0)
		shim_die("module_put(%s) too often", m->name);
}

int shim_load(const char *name)
{
	struct module *m = shim_module(name);
	struct shim_balance b = shim_balance();
	int ret;

	if (!m)
		return -ENOENT;
	if (m->loaded)
		return -EEXIST;
	m->loaded = 1;
	ret = m->init ? m->init() : 0;
	shim_check_balance(b, "module_init()");
	if (ret)
		m->loaded = 0;
	else
		loaded[nloaded++] = m;
	return ret;
}

int shim_unload(const char *name)
{
	struct module *m = shim_module(name);
	struct shim_balance b = shim_balance();
	int i;

	if (!m || !m->loaded)
		return -ENOENT;
	if (m->refs)
		return -EBUSY;
	m->loaded = 0;
	if (m->exit)
		m->exit();
	shim_check_balance(b, "module_exit()");
	for (i = 0; loaded[i] != m; i++)
		;
	for (nloaded--; i < nloaded; i++)
		loaded[i] = loaded[i + 1];
	return 0;
}

void shim_module_begin(void)
{
	nloaded = 0;
}

void shim_module_end(void)
{
	while (nloaded)
		if (shim_unload(loaded[nloaded - 1]->name))
			shim_die("module %s is still in use",
				 loaded[nloaded - 1]->name);
}
