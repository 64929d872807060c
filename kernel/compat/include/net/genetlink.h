/* SPDX-License-Identifier: GPL-2.0 */
/* Shadows the kernel's <net/genetlink.h>: see docs/compat.md. */
#ifndef _IP_VS_COMPAT_NET_GENETLINK_H
#define _IP_VS_COMPAT_NET_GENETLINK_H

#include_next <net/genetlink.h>

/* Where groups have no flags of their own, they take the one of commands that
 * asks for the same right. Upstream: "genetlink: Use internal flags for
 * multicast groups".
 */
#ifndef GENL_MCAST_CAP_NET_ADMIN
#define GENL_MCAST_CAP_NET_ADMIN	GENL_UNS_ADMIN_PERM
#endif

#endif /* _IP_VS_COMPAT_NET_GENETLINK_H */
