/* SPDX-License-Identifier: GPL-2.0 */
/* Shadows the kernel's <linux/rcupdate.h>: see docs/compat.md. */
#ifndef _IP_VS_COMPAT_LINUX_RCUPDATE_H
#define _IP_VS_COMPAT_LINUX_RCUPDATE_H

#include_next <linux/rcupdate.h>
#include "ip_vs_compat_config.h"

#if !IP_VS_HAVE_CALL_RCU_HURRY
/* Kernels without lazy callbacks are always in a hurry. */
#define call_rcu_hurry(head, func)	call_rcu(head, func)
#endif

#endif /* _IP_VS_COMPAT_LINUX_RCUPDATE_H */
