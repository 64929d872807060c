/* SPDX-License-Identifier: GPL-2.0 */
/* What kernel/compat/probe.sh would find out about the kernel of the shim. */
#define IP_VS_HAVE_TOTALCONNS		1
#define IP_VS_HAVE_U64_STATS_T		1
#define IP_VS_HAVE_CALL_RCU_HURRY	1
#define IP_VS_HAVE_RB_ADD		1
