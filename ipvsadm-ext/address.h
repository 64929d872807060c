/* SPDX-License-Identifier: GPL-2.0 */
/* Addresses, ports and numbers in the words of a command line. */
#ifndef IPVSADM_EXT_ADDRESS_H
#define IPVSADM_EXT_ADDRESS_H

#include "ipvs.h"

/**
 * address_parse() - understand host[:port] as 1.31 does
 * @text: the words; unchanged
 * @protocol: whose names of ports hold; 0: ports have no names
 * @af: where to store the family
 * @addr: where to store the address
 * @port: where to store the port, network byte order, if there is one
 *
 * "[IPv6]:port" needs its port, an IPv6 address without brackets has none. Names
 * of hosts have IPv4 addresses only. The answers of name services are kept.
 *
 * Return: 1 if there is a port, 0 if there is none, -1 if it makes no sense.
 */
int address_parse(const char *text, uint16_t protocol, uint16_t *af, union nf_inet_addr *addr,
		  uint16_t *port);

/**
 * netmask_parse() - understand an address mask or, for IPv6, a prefix length
 * @text: the word
 * @af: family
 * @mask: where to store it, as struct ipvs_service has it
 *
 * Return: false if it makes no sense.
 */
bool netmask_parse(const char *text, uint16_t af, uint32_t *mask);

/**
 * number_parse() - understand a decimal number
 * @text: the word
 * @min: least that is allowed
 * @max: most
 * @number: where to store it
 *
 * Return: false if it is none, or not within the limits.
 */
bool number_parse(const char *text, long min, long max, long *number);

#endif
