/* SPDX-License-Identifier: GPL-2.0 */
/* Attributes and parameters, set as the netlink front end does. */
#ifndef ATTRS_H
#define ATTRS_H

#include "ip_vs_ext.h"
#include "unit.h"

/* Between shim_begin(), loading ip_vs_ext, and shim_end(). */
void attrs_begin(void);
void attrs_end(void);

/* Of the server with that id, which need not exist; 0 or an error. */
int attrs_bandwidth(struct ip_vs_service *svc, unsigned int id, u64 bandwidth);
int attrs_lag(struct ip_vs_service *svc, unsigned int id, u32 lag);
int attrs_priority(struct ip_vs_service *svc, unsigned int id, u32 priority);
int attrs_del(struct ip_vs_service *svc, unsigned int id);
int attrs_param(struct ip_vs_service *svc, const char *name, u64 value);
int attrs_param_del(struct ip_vs_service *svc, const char *name);

#endif
