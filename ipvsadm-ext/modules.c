// SPDX-License-Identifier: GPL-2.0
/* Modules that are installed for the running kernel. */
#include "modules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define PREFIX "ip_vs_"
/* Where distributions have the kernel's own modules. */
#define MAINLINE "kernel/net/netfilter/ipvs/"

/* The path of a line of modules.dep or modules.builtin,
 * "kernel/net/netfilter/ipvs/NAME.ko.xz: ...": is NAME @name?
 */
static bool is_module(const char *line, const char *name)
{
	const char *end = line + strcspn(line, ":\n"), *slash;
	size_t len = strlen(name);

	slash = memrchr(line, '/', end - line);
	if (slash)
		line = slash + 1;
	for (; len; len--, line++, name++)
		if (*line != *name && !(*line == '-' && *name == '_'))
			return false;
	return !strncmp(line, ".ko", 3);
}

static FILE *open_list(const char *name)
{
	struct utsname uts;
	char path[256];

	if (uname(&uts) < 0)
		return NULL;
	snprintf(path, sizeof(path), "/lib/modules/%s/%s", uts.release, name);
	return fopen(path, "re");
}

bool module_exists(const char *name)
{
	FILE *f = open_list("modules.dep");
	bool found = false;
	char *line = NULL;
	size_t room = 0;

	if (!f)
		return false;
	while (!found && getline(&line, &room, f) > 0)
		found = is_module(line, name);
	free(line);
	fclose(f);
	return found;
}

bool module_loaded(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "/sys/module/%s", name);
	return !access(path, F_OK);
}

/* What is called ip_vs_ and is no scheduler. */
static bool other(const char *name)
{
	return !strcmp(name, "ftp") || !strncmp(name, "pe_", 3) || !strncmp(name, "ext", 3);
}

static bool sched_of(char *line, struct module_sched *m, bool builtin)
{
	char *base, *name, *p;

	line[strcspn(line, ":\n")] = '\0';
	base = strrchr(line, '/');
	name = base ? base + 1 : line;
	for (p = name; *p; p++)
		if (*p == '-')
			*p = '_';
	p = strstr(name, ".ko");
	if (!p || strncmp(name, PREFIX, strlen(PREFIX)))
		return false;
	*p = '\0';
	name += strlen(PREFIX);
	if (!*name || strlen(name) >= sizeof(m->name) || other(name))
		return false;
	strcpy(m->name, name);
	m->mainline = !strncmp(line, MAINLINE, strlen(MAINLINE));
	m->builtin = builtin;
	return true;
}

static bool add(struct module_sched **list, size_t *n, const struct module_sched *m)
{
	struct module_sched *more;
	size_t i;

	for (i = 0; i < *n; i++) {
		if (strcmp((*list)[i].name, m->name))
			continue;
		/* updates/ comes before kernel/ in modprobe's order. */
		if (!m->mainline)
			(*list)[i] = *m;
		return true;
	}
	more = reallocarray(*list, *n + 1, sizeof(*more));
	if (!more)
		return false;
	*list = more;
	more[(*n)++] = *m;
	return true;
}

static bool add_lines(struct module_sched **list, size_t *n, char *text, bool builtin)
{
	struct module_sched m;
	char *line, *rest;

	if (!text)
		return true;
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (sched_of(line, &m, builtin) && !add(list, n, &m))
			return false;
	return true;
}

static int by_name(const void *a, const void *b)
{
	const struct module_sched *x = a, *y = b;

	return strcmp(x->name, y->name);
}

long modules_parse(char *dep, char *builtin, struct module_sched **list)
{
	size_t n = 0;

	*list = NULL;
	if (!add_lines(list, &n, builtin, true) || !add_lines(list, &n, dep, false)) {
		free(*list);
		*list = NULL;
		return -1;
	}
	if (n > 1)
		qsort(*list, n, sizeof(**list), by_name);
	return n;
}

static char *read_list(const char *name)
{
	FILE *f = open_list(name);
	char *text = NULL;
	size_t room = 0;

	if (!f)
		return NULL;
	if (getdelim(&text, &room, '\0', f) < 0) {
		free(text);
		text = NULL;
	}
	fclose(f);
	return text;
}

long modules_of_schedulers(struct module_sched **list)
{
	char *dep = read_list("modules.dep"), *builtin = read_list("modules.builtin");
	long n = modules_parse(dep, builtin, list);

	free(dep);
	free(builtin);
	return n;
}
