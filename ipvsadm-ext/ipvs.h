/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kernel's IP virtual server is made of, as all parts of the tool
 * speak of it: services, real servers, timeouts, sync daemons, and the changes
 * one can ask for.
 *
 * Addresses and ports are in network byte order, everything else in the host's.
 */
#ifndef IPVSADM_EXT_IPVS_H
#define IPVSADM_EXT_IPVS_H

/* First, or what linux/netfilter.h includes collides with it. */
#include <netinet/in.h>

#include <linux/ip_vs.h>
#include <linux/netfilter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct ipvs_key - what tells one virtual service from another
 * @af: AF_INET or AF_INET6, also where @fwmark is set
 * @protocol: IPPROTO_TCP, _UDP or _SCTP; 0 where @fwmark is set
 * @port: network byte order; 0: all ports
 * @fwmark: firewall mark; 0: a service of @protocol, @addr and @port
 * @addr: the virtual address; what a family does not use is zero
 */
struct ipvs_key {
	uint16_t af;
	uint16_t protocol;
	uint16_t port;
	uint32_t fwmark;
	union nf_inet_addr addr;
};

/**
 * struct ipvs_stats - counters and rates, as wide as the kernel has them
 * @value: connections, packets in, packets out, bytes in, bytes out, then the
 *	same as rates per second; see enum ipvs_stat
 */
enum ipvs_stat {
	IPVS_CONNS, IPVS_INPKTS, IPVS_OUTPKTS, IPVS_INBYTES, IPVS_OUTBYTES,
	IPVS_CPS, IPVS_INPPS, IPVS_OUTPPS, IPVS_INBPS, IPVS_OUTBPS,
	IPVS_NSTATS
};

struct ipvs_stats {
	uint64_t value[IPVS_NSTATS];
};

/**
 * struct ipvs_server - a real server
 * @addr: its address
 * @af: family of @addr; may differ from the service's if @forward is a tunnel
 * @port: network byte order
 * @place: where in a table its statistics are
 * @tun_port: port of a GUE tunnel, network byte order
 * @tun_type: IP_VS_CONN_F_TUNNEL_TYPE_*
 * @tun_flags: IP_VS_TUNNEL_ENCAP_FLAG_*
 * @forward: IP_VS_CONN_F_MASQ, _LOCALNODE, _TUNNEL or _DROUTE
 * @weight: 0 to INT_MAX; 0: no new connections
 * @upper: upper threshold in connections; 0: none
 * @lower: lower threshold in connections; 0: left to the kernel
 * @active: connections, from the kernel only
 * @inactive: the same
 * @persistent: persistence templates, the same
 * @value: instead of all from @tun_port on, where KERNEL_COUNTERS or KERNEL_RATES
 *	was asked for: the first or the second half of struct ipvs_stats
 *
 * Kept small: there may be 100,000 of them. All statistics are in an array beside
 * it, where they are wanted.
 */
struct ipvs_server {
	union nf_inet_addr addr;
	uint16_t af;
	uint16_t port;
	uint32_t place;
	union {
		struct {
			uint16_t tun_port;
			uint8_t tun_type;
			uint8_t tun_flags;
			uint32_t forward;
			int32_t weight;
			uint32_t upper;
			uint32_t lower;
			uint32_t active;
			uint32_t inactive;
			uint32_t persistent;
		};
		uint64_t value[IPVS_NSTATS / 2];
	};
};

/* With 100,000 of them, more than half of what 1.31 needs would be near. */
_Static_assert(sizeof(struct ipvs_server) <= 64, "struct ipvs_server is too large");

/**
 * struct ipvs_service - a virtual service, and in a table also its servers
 * @key: which
 * @flags: IP_VS_SVC_F_*
 * @timeout: of persistence, in seconds; means nothing without
 *	IP_VS_SVC_F_PERSISTENT in @flags
 * @netmask: of persistence: an address mask in network byte order for IPv4, a
 *	prefix length for IPv6
 * @sched: the scheduler's name
 * @pe: the persistence engine's name, or ""
 * @stats: counters, if the table has them
 * @server: the real servers
 * @server_stats: as many of them, or NULL; that of a server is at its place
 * @n: number of @server
 * @room: how many there is memory for
 */
struct ipvs_service {
	struct ipvs_key key;
	uint32_t flags;
	uint32_t timeout;
	uint32_t netmask;
	char sched[IP_VS_SCHEDNAME_MAXLEN];
	char pe[IP_VS_PENAME_MAXLEN + 1];
	struct ipvs_stats stats;
	struct ipvs_server *server;
	struct ipvs_stats *server_stats;
	size_t n;
	size_t room;
};

/* struct ipvs_timeouts - in seconds; in a change, 0 leaves one as it is */
struct ipvs_timeouts {
	uint32_t tcp;
	uint32_t tcp_fin;
	uint32_t udp;
};

/**
 * struct ipvs_daemon - a connection synchronisation daemon
 * @state: IP_VS_STATE_MASTER or IP_VS_STATE_BACKUP
 * @ifname: multicast interface
 * @syncid: 0 to 255
 * @maxlen: of a message in bytes; 0: the kernel's choice
 * @group_af: AF_INET, AF_INET6, or 0: the kernel's choice of group
 * @group: multicast group
 * @port: in host byte order; 0: the kernel's choice
 * @ttl: 0: the kernel's choice
 */
struct ipvs_daemon {
	uint32_t state;
	char ifname[IP_VS_IFNAME_MAXLEN];
	uint32_t syncid;
	uint16_t maxlen;
	uint16_t group_af;
	union nf_inet_addr group;
	uint16_t port;
	uint8_t ttl;
};

/**
 * struct ipvs_info - the module's answer to "who are you"
 * @version: as in IP_VS_VERSION_CODE
 * @conn_tab_size: rows of the connection table
 */
struct ipvs_info {
	uint32_t version;
	uint32_t conn_tab_size;
};

/**
 * struct ipvs_attrs - what ipvs-ext knows of a real server besides
 * @set: which of them have a value: bits 1 << IP_VS_EXT_ATTR_*
 * @clear: in a change, those that are to have none
 * @priority: higher is preferred
 * @lag: microseconds
 * @bandwidth: bytes per second
 */
struct ipvs_attrs {
	uint32_t set;
	uint32_t clear;
	uint32_t priority;
	uint32_t lag;
	uint64_t bandwidth;
};

/* Longest name of a parameter or of one of its choices, with its zero. */
#define IPVS_PARAM_NAME 32

/**
 * struct ipvs_param - a parameter of a service's scheduler
 * @name: its name
 * @value: in the unit of its description
 * @set: it has been given a value; in a change: it gets one, else its default
 * @text: the value as a file has it, before the scheduler's description is known
 * @raw: @text is a number in the unit of the description, as JSON has it
 */
struct ipvs_param {
	char name[IPVS_PARAM_NAME];
	uint64_t value;
	bool set;
	char *text;
	bool raw;
};

struct ipvs_params {
	struct ipvs_param *param;
	size_t n;
};

enum ipvs_op {
	IPVS_ADD_SERVICE,
	IPVS_EDIT_SERVICE,
	IPVS_DEL_SERVICE,
	IPVS_ADD_SERVER,
	IPVS_EDIT_SERVER,
	IPVS_DEL_SERVER,
	IPVS_SET_TIMEOUTS,
	IPVS_START_DAEMON,
	IPVS_STOP_DAEMON,
	IPVS_ZERO,		/* of one service */
	IPVS_ZERO_ALL,
	IPVS_FLUSH,
	/* of family IPVS_EXT, see ipvs_ext.h */
	IPVS_SET_ATTRS,
	IPVS_SET_PARAMS,
};

/**
 * struct ipvs_change - one request that changes the kernel's table
 * @op: what is to be done; it says which of the others mean something
 * @service: all of it for ADD and EDIT, @service.key for the rest; its servers
 *	are not looked at
 * @server: all of it for ADD and EDIT; address, port and family for DEL
 * @timeouts: for SET_TIMEOUTS
 * @daemon: all of it for START, @daemon.state and .syncid for STOP
 * @attrs: for SET_ATTRS, of @server in @service; where a change is written as a
 *	command, also for ADD_SERVER
 * @params: for SET_PARAMS, of @service; likewise for ADD_SERVICE; not owned
 */
struct ipvs_change {
	enum ipvs_op op;
	struct ipvs_service service;
	struct ipvs_server server;
	struct ipvs_timeouts timeouts;
	struct ipvs_daemon daemon;
	struct ipvs_attrs attrs;
	const struct ipvs_params *params;
};

#endif
