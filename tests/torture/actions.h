/* SPDX-License-Identifier: GPL-2.0 */
/* Changes of the configuration and of the model, for the checks. */
#ifndef ACTIONS_H
#define ACTIONS_H

#include "torture.h"

void del_server(struct config *c, unsigned int i, unsigned int j);
/* A service with one of our schedulers and no flags; a server without limits. */
void plain_service(struct config *c, unsigned int i);
void put_plain(struct config *c, unsigned int i, unsigned int j, uint32_t weight);
void put_limits(struct config *c, unsigned int i, unsigned int j, uint32_t upper,
		uint32_t lower);
void put_attr(struct config *c, unsigned int i, unsigned int j, int attr, uint64_t value);
void put_param(struct config *c, unsigned int i, const char *name, uint64_t value);

#endif /* ACTIONS_H */
