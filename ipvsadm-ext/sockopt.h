/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The socket option that listed services before there was netlink. It takes a
 * tenth of the time, but knows nothing of IPv6 and of persistence engines.
 */
#ifndef IPVSADM_EXT_SOCKOPT_H
#define IPVSADM_EXT_SOCKOPT_H

#include "table.h"

/**
 * sockopt_services() - read IPv4 services, without statistics
 * @t: an empty table; services are in the kernel's order
 *
 * Return: 0, or a negative errno: also where there are none, or one that might
 * have a persistence engine. Whether there are IPv6 services as well, is for the
 * caller to find out.
 */
int sockopt_services(struct table *t);

#endif
