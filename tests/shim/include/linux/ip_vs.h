/* SPDX-License-Identifier: GPL-2.0 */
/* The ABI constants are the system's; the two flags moved to net/ip_vs.h. */
#ifndef SHIM_LINUX_IP_VS_H
#define SHIM_LINUX_IP_VS_H

#include <shim/kernel.h>
#include_next <linux/ip_vs.h>
#undef IP_VS_DEST_F_AVAILABLE
#undef IP_VS_DEST_F_OVERLOAD

#endif
