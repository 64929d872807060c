/* SPDX-License-Identifier: GPL-2.0 */
/* The words of a rule: what -S writes, -R and --apply read. */
#ifndef IPVSADM_EXT_RULES_H
#define IPVSADM_EXT_RULES_H

#include <stdio.h>
#include "ipvs_ext.h"
#include "ipvs.h"

enum {
	RULE_NUMERIC = 1,	/* no names */
	RULE_FULL = 2,		/* all there is; implies RULE_NUMERIC */
};

/* rule_service() - write "-A ..." and a newline; the dialect is 1.31's -S
 * without RULE_FULL. @ext: for parameters, or NULL.
 */
void rule_service(FILE *out, const struct ipvs_service *svc, unsigned int flags,
		  const struct ext_config *ext);
/* rule_server() - write "-a ..." and a newline; @ext: for attributes, or NULL */
void rule_server(FILE *out, const struct ipvs_service *svc, const struct ipvs_server *server,
		 unsigned int flags, const struct ext_config *ext);
/* rule_change() - write any change as the command that asks for it, numeric and full */
void rule_change(FILE *out, const struct ipvs_change *change);

#endif
