/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * IPVS_EXT: the generic netlink family of the ip_vs_ext schedulers.
 *
 * This file is the manual of the protocol. The family is registered by
 * ip_vs_ext_nl.ko, which the kernel loads when the name is first asked for.
 *
 * Who may use it
 *	Every command needs CAP_NET_ADMIN in the initial user namespace, as the
 *	family "IPVS" does; to join the group "events" CAP_NET_ADMIN in the user
 *	namespace that owns the network namespace is enough. A socket reads,
 *	changes and hears the network namespace that it was opened in, and no
 *	other.
 *
 * What is named
 *	A virtual service by IP_VS_EXT_A_SERVICE, a real server in it by
 *	IP_VS_EXT_A_SERVER. Neither has to exist when an attribute is set: what
 *	is set is kept for (network namespace, service, server) while they come
 *	and go, until it is deleted, the namespace ends or ip_vs_ext_nl.ko is
 *	unloaded.
 *
 * Commands: what each takes and gives
 *
 *	GET_SCHED, dump only. Takes nothing. Gives one message a name under which
 *	one of our schedulers is loaded: SCHED_NAME, SCHED_DESC, SCHED_ATTRS and
 *	SCHED_PARAMS (a list of descriptions). Schedulers that are not loaded do
 *	not appear; "modprobe ip_vs_NAME" loads one.
 *
 *	SET_ATTR. Takes SERVICE, SERVER and SERVER_ATTRS: the values given are
 *	set, others stay as they are. Running services use them in their next
 *	decision.
 *
 *	DEL_ATTR. Takes SERVICE and SERVER, and in SERVER_ATTRS what is to be
 *	deleted, with any value in range; without SERVER_ATTRS, all of the
 *	server. Without SERVER: the same for all servers of the service. Without
 *	SERVICE and SERVER: for all of the network namespace. ENOENT: there was
 *	nothing to delete.
 *
 *	GET_ATTR, dump only. Takes nothing or SERVICE. Gives one message a
 *	server that has attributes: SERVICE, SERVER, SERVER_ATTRS.
 *
 *	SET_PARAM. Takes SERVICE, which must exist and be bound to one of our
 *	schedulers, and PARAMS: a list of names and values. All are set, or
 *	none. They are kept as attributes are, for the service under this
 *	scheduler: under another one it has others.
 *
 *	DEL_PARAM. Takes SERVICE, and in PARAMS the names that go back to their
 *	defaults; without PARAMS, all that are kept for a service of that name,
 *	which then need not exist. ENOENT: none of them was set.
 *
 *	GET_PARAM, dump only. Takes nothing or SERVICE. Gives one message a
 *	service that exists and has parameters: SERVICE, SCHED_NAME, PARAMS
 *	(every parameter of the scheduler, with SET where it is not the
 *	default).
 *
 *	GET_STATE, dump only. Takes nothing or SERVICE. Gives for each service
 *	bound to one of our schedulers one message with SERVICE, SCHED_NAME and
 *	STATE, then one a real server with SERVICE, SERVER, SERVER_STATE and, if
 *	it has any, SERVER_ATTRS. A dump during which services or servers were
 *	added or removed has NLM_F_DUMP_INTR set: ask again.
 *
 *	EVENT is sent to the group "events": SERVICE, EVENT and, where one is
 *	meant, SERVER. Nothing is recorded while nobody listens. Every event of a
 *	namespace has the number of the one before plus 1; a gap is a loss.
 *	STATE and SERVER_STATE say up to which number events are part of what
 *	they show: who joins the group first and dumps then, and leaves out the
 *	events up to that number, misses and repeats nothing. A service whose
 *	state changes faster than events are allowed to be sent ends each such
 *	stretch with an event "summary", which says how many were left out and
 *	what has become of the service.
 *
 * Errors
 *	EPERM	not allowed, see above
 *	EINVAL, ERANGE	a value is wrong; the extended ack names the attribute,
 *		and what is allowed. Nothing has been changed.
 *	ENOENT	no such service, server or parameter
 *	ENOSPC	the namespace has as many servers with attributes, or services
 *		with parameters, as the module parameter max_entries allows
 *	ENOMEM	nothing has been changed, unless the extended ack says otherwise
 */
#ifndef _UAPI_LINUX_IP_VS_EXT_H
#define _UAPI_LINUX_IP_VS_EXT_H

#include <linux/types.h>

#define IP_VS_EXT_GENL_NAME		"IPVS_EXT"
#define IP_VS_EXT_GENL_VERSION		1
#define IP_VS_EXT_GENL_MCGRP_EVENTS	"events"

/* Longest names, without the final NUL. */
#define IP_VS_EXT_SCHED_NAME_MAX	15
#define IP_VS_EXT_PARAM_NAME_MAX	31

/* Limits of attribute values. */
#define IP_VS_EXT_PRIORITY_MAX		2147483647U
/* bytes per second: 8 Tbit/s */
#define IP_VS_EXT_BANDWIDTH_MAX		1000000000000ULL
/* microseconds: one minute */
#define IP_VS_EXT_LAG_MAX		60000000U

/**
 * enum ip_vs_ext_cmd - commands, see the head of this file
 */
enum ip_vs_ext_cmd {
	IP_VS_EXT_CMD_UNSPEC,
	IP_VS_EXT_CMD_GET_SCHED,
	IP_VS_EXT_CMD_SET_ATTR,
	IP_VS_EXT_CMD_DEL_ATTR,
	IP_VS_EXT_CMD_GET_ATTR,
	IP_VS_EXT_CMD_SET_PARAM,
	IP_VS_EXT_CMD_DEL_PARAM,
	IP_VS_EXT_CMD_GET_PARAM,
	IP_VS_EXT_CMD_GET_STATE,
	IP_VS_EXT_CMD_EVENT,

	__IP_VS_EXT_CMD_MAX,
	IP_VS_EXT_CMD_MAX = __IP_VS_EXT_CMD_MAX - 1
};

/**
 * enum ip_vs_ext_attr - attributes of all messages
 * @IP_VS_EXT_A_PAD: alignment of 64-bit values
 * @IP_VS_EXT_A_SERVICE: nest of enum ip_vs_ext_service_attr
 * @IP_VS_EXT_A_SERVER: nest of enum ip_vs_ext_server_key_attr
 * @IP_VS_EXT_A_SERVER_ATTRS: nest of enum ip_vs_ext_server_attr
 * @IP_VS_EXT_A_PARAMS: list of IP_VS_EXT_A_PARAM
 * @IP_VS_EXT_A_PARAM: nest of enum ip_vs_ext_param_attr
 * @IP_VS_EXT_A_SCHED_NAME: string
 * @IP_VS_EXT_A_SCHED_DESC: string, one line
 * @IP_VS_EXT_A_SCHED_ATTRS: u32, server attributes that the scheduler uses: bit
 *	1 << value of enum ip_vs_ext_server_attr for each
 * @IP_VS_EXT_A_SCHED_PARAMS: list of IP_VS_EXT_A_PARAM_DESC
 * @IP_VS_EXT_A_PARAM_DESC: nest of enum ip_vs_ext_param_desc_attr
 * @IP_VS_EXT_A_STATE: nest of enum ip_vs_ext_state_attr
 * @IP_VS_EXT_A_SERVER_STATE: nest of enum ip_vs_ext_server_state_attr
 * @IP_VS_EXT_A_EVENT: nest of enum ip_vs_ext_event_attr
 */
enum ip_vs_ext_attr {
	IP_VS_EXT_A_UNSPEC,
	IP_VS_EXT_A_PAD,
	IP_VS_EXT_A_SERVICE,
	IP_VS_EXT_A_SERVER,
	IP_VS_EXT_A_SERVER_ATTRS,
	IP_VS_EXT_A_PARAMS,
	IP_VS_EXT_A_PARAM,
	IP_VS_EXT_A_SCHED_NAME,
	IP_VS_EXT_A_SCHED_DESC,
	IP_VS_EXT_A_SCHED_ATTRS,
	IP_VS_EXT_A_SCHED_PARAMS,
	IP_VS_EXT_A_PARAM_DESC,
	IP_VS_EXT_A_STATE,
	IP_VS_EXT_A_SERVER_STATE,
	IP_VS_EXT_A_EVENT,

	__IP_VS_EXT_A_MAX,
	IP_VS_EXT_A_MAX = __IP_VS_EXT_A_MAX - 1
};

/**
 * enum ip_vs_ext_service_attr - which virtual service
 * @IP_VS_EXT_SERVICE_AF: u16, AF_INET or AF_INET6; always
 * @IP_VS_EXT_SERVICE_PROTOCOL: u16, IPPROTO_TCP, _UDP or _SCTP; with an address
 * @IP_VS_EXT_SERVICE_ADDR: 4 or 16 bytes, as the family says; or FWMARK
 * @IP_VS_EXT_SERVICE_PORT: u16, network byte order; with an address, 0: all
 * @IP_VS_EXT_SERVICE_FWMARK: u32, not 0; instead of protocol, address and port
 */
enum ip_vs_ext_service_attr {
	IP_VS_EXT_SERVICE_UNSPEC,
	IP_VS_EXT_SERVICE_AF,
	IP_VS_EXT_SERVICE_PROTOCOL,
	IP_VS_EXT_SERVICE_ADDR,
	IP_VS_EXT_SERVICE_PORT,
	IP_VS_EXT_SERVICE_FWMARK,

	__IP_VS_EXT_SERVICE_MAX,
	IP_VS_EXT_SERVICE_MAX = __IP_VS_EXT_SERVICE_MAX - 1
};

/**
 * enum ip_vs_ext_server_key_attr - which real server of the service
 * @IP_VS_EXT_SERVER_AF: u16, AF_INET or AF_INET6; always (a tunnel may lead to
 *	a server of the other family)
 * @IP_VS_EXT_SERVER_ADDR: 4 or 16 bytes; always
 * @IP_VS_EXT_SERVER_PORT: u16, network byte order; always
 */
enum ip_vs_ext_server_key_attr {
	IP_VS_EXT_SERVER_UNSPEC,
	IP_VS_EXT_SERVER_AF,
	IP_VS_EXT_SERVER_ADDR,
	IP_VS_EXT_SERVER_PORT,

	__IP_VS_EXT_SERVER_MAX,
	IP_VS_EXT_SERVER_MAX = __IP_VS_EXT_SERVER_MAX - 1
};

/**
 * enum ip_vs_ext_server_attr - what can be said of a real server
 * @IP_VS_EXT_ATTR_PAD: alignment of 64-bit values
 * @IP_VS_EXT_ATTR_PRIORITY: u32, 0 to IP_VS_EXT_PRIORITY_MAX; higher is
 *	preferred. As soon as one server of a service that is in it has one,
 *	those without have 0, and the weight is the share among equals.
 * @IP_VS_EXT_ATTR_BANDWIDTH: u64, 1 to IP_VS_EXT_BANDWIDTH_MAX, bytes per second
 * @IP_VS_EXT_ATTR_LAG: u32, 0 to IP_VS_EXT_LAG_MAX, microseconds
 */
enum ip_vs_ext_server_attr {
	IP_VS_EXT_ATTR_UNSPEC,
	IP_VS_EXT_ATTR_PAD,
	IP_VS_EXT_ATTR_PRIORITY,
	IP_VS_EXT_ATTR_BANDWIDTH,
	IP_VS_EXT_ATTR_LAG,

	__IP_VS_EXT_ATTR_MAX,
	IP_VS_EXT_ATTR_MAX = __IP_VS_EXT_ATTR_MAX - 1
};

/**
 * enum ip_vs_ext_param_attr - a parameter of a service
 * @IP_VS_EXT_PARAM_PAD: alignment of 64-bit values
 * @IP_VS_EXT_PARAM_NAME: string
 * @IP_VS_EXT_PARAM_VALUE: u64, in the unit of its description
 * @IP_VS_EXT_PARAM_SET: flag, the value has been set (kernel to user)
 */
enum ip_vs_ext_param_attr {
	IP_VS_EXT_PARAM_UNSPEC,
	IP_VS_EXT_PARAM_PAD,
	IP_VS_EXT_PARAM_NAME,
	IP_VS_EXT_PARAM_VALUE,
	IP_VS_EXT_PARAM_SET,

	__IP_VS_EXT_PARAM_MAX,
	IP_VS_EXT_PARAM_MAX = __IP_VS_EXT_PARAM_MAX - 1
};

/**
 * enum ip_vs_ext_unit - what the number of a parameter means
 * @IP_VS_EXT_UNIT_NONE: a number
 * @IP_VS_EXT_UNIT_MS: a time in milliseconds
 * @IP_VS_EXT_UNIT_S: the same; but where a person writes a number without a
 *	unit, seconds are meant
 * @IP_VS_EXT_UNIT_BYTES: bytes
 * @IP_VS_EXT_UNIT_CHOICE: one of the choices, and nothing else
 */
enum ip_vs_ext_unit {
	IP_VS_EXT_UNIT_NONE,
	IP_VS_EXT_UNIT_MS,
	IP_VS_EXT_UNIT_S,
	IP_VS_EXT_UNIT_BYTES,
	IP_VS_EXT_UNIT_CHOICE,
};

/**
 * enum ip_vs_ext_param_desc_attr - the description of a parameter
 * @IP_VS_EXT_DESC_PAD: alignment of 64-bit values
 * @IP_VS_EXT_DESC_NAME: string
 * @IP_VS_EXT_DESC_TEXT: string, one line
 * @IP_VS_EXT_DESC_UNIT: u8, enum ip_vs_ext_unit
 * @IP_VS_EXT_DESC_LOWEST: u64, smallest number allowed
 * @IP_VS_EXT_DESC_HIGHEST: u64, largest number allowed
 * @IP_VS_EXT_DESC_DEFAULT: u64
 * @IP_VS_EXT_DESC_CHOICE: nest of NAME and VALUE (enum
 *	ip_vs_ext_param_attr): a word for a number, which may be outside of
 *	LOWEST and HIGHEST; as often as there are choices
 */
enum ip_vs_ext_param_desc_attr {
	IP_VS_EXT_DESC_UNSPEC,
	IP_VS_EXT_DESC_PAD,
	IP_VS_EXT_DESC_NAME,
	IP_VS_EXT_DESC_TEXT,
	IP_VS_EXT_DESC_UNIT,
	IP_VS_EXT_DESC_LOWEST,
	IP_VS_EXT_DESC_HIGHEST,
	IP_VS_EXT_DESC_DEFAULT,
	IP_VS_EXT_DESC_CHOICE,

	__IP_VS_EXT_DESC_MAX,
	IP_VS_EXT_DESC_MAX = __IP_VS_EXT_DESC_MAX - 1
};

/**
 * enum ip_vs_ext_state_attr - what a service does now, and has done
 * @IP_VS_EXT_STATE_PAD: alignment of 64-bit values
 * @IP_VS_EXT_STATE_TIME_MONO: u64, nanoseconds of CLOCK_MONOTONIC: now
 * @IP_VS_EXT_STATE_TIME_WALL: u64, nanoseconds of CLOCK_REALTIME: now
 * @IP_VS_EXT_STATE_SINCE: u64, CLOCK_MONOTONIC: when the scheduler was bound;
 *	the counters count from there
 * @IP_VS_EXT_STATE_TIER: u32, highest tier in use; absent if no server is
 *	eligible
 * @IP_VS_EXT_STATE_TIER_SINCE: u64, CLOCK_MONOTONIC: since when that is so
 * @IP_VS_EXT_STATE_SERVERS: u32, real servers
 * @IP_VS_EXT_STATE_ELIGIBLE: u32, real servers that may take a connection
 * @IP_VS_EXT_STATE_FULL_SERVERS: u32, real servers that are full
 * @IP_VS_EXT_STATE_GRANTS: u64, decisions that chose a server
 * @IP_VS_EXT_STATE_REFUSALS: u64, decisions that found none
 * @IP_VS_EXT_STATE_FULL: u64, times a server reached its upper threshold
 * @IP_VS_EXT_STATE_RELIEVED: u64, times one fell below its lower one again
 * @IP_VS_EXT_STATE_SPILLS: u64, times a lower tier had to take over
 * @IP_VS_EXT_STATE_RETURNS: u64, times a higher one took over again
 * @IP_VS_EXT_STATE_EXHAUSTED: u64, times that no tier had a server left
 * @IP_VS_EXT_STATE_EVENT_SEQ: u64, events up to this number are in the above
 */
enum ip_vs_ext_state_attr {
	IP_VS_EXT_STATE_UNSPEC,
	IP_VS_EXT_STATE_PAD,
	IP_VS_EXT_STATE_TIME_MONO,
	IP_VS_EXT_STATE_TIME_WALL,
	IP_VS_EXT_STATE_SINCE,
	IP_VS_EXT_STATE_TIER,
	IP_VS_EXT_STATE_TIER_SINCE,
	IP_VS_EXT_STATE_SERVERS,
	IP_VS_EXT_STATE_ELIGIBLE,
	IP_VS_EXT_STATE_FULL_SERVERS,
	IP_VS_EXT_STATE_GRANTS,
	IP_VS_EXT_STATE_REFUSALS,
	IP_VS_EXT_STATE_FULL,
	IP_VS_EXT_STATE_RELIEVED,
	IP_VS_EXT_STATE_SPILLS,
	IP_VS_EXT_STATE_RETURNS,
	IP_VS_EXT_STATE_EXHAUSTED,
	IP_VS_EXT_STATE_EVENT_SEQ,

	__IP_VS_EXT_STATE_MAX,
	IP_VS_EXT_STATE_MAX = __IP_VS_EXT_STATE_MAX - 1
};

/**
 * enum ip_vs_ext_server_is - may a server take a connection?
 * @IP_VS_EXT_SERVER_IS_OPEN: yes
 * @IP_VS_EXT_SERVER_IS_HELD: its last places are reserved for connections that
 *	are being made in this moment
 * @IP_VS_EXT_SERVER_IS_FULL: not before it is below its lower threshold
 */
enum ip_vs_ext_server_is {
	IP_VS_EXT_SERVER_IS_OPEN,
	IP_VS_EXT_SERVER_IS_HELD,
	IP_VS_EXT_SERVER_IS_FULL,
};

/**
 * enum ip_vs_ext_server_state_attr - how a real server is doing
 * @IP_VS_EXT_SERVER_STATE_PAD: alignment of 64-bit values
 * @IP_VS_EXT_SERVER_STATE_IS: u8, enum ip_vs_ext_server_is
 * @IP_VS_EXT_SERVER_STATE_TIER: u32
 * @IP_VS_EXT_SERVER_STATE_WEIGHT: u32; 0: quiesced
 * @IP_VS_EXT_SERVER_STATE_CONNS: u32, connections that count for the limits
 * @IP_VS_EXT_SERVER_STATE_UPPER: u32, upper threshold, as it takes effect (less
 *	during a slow start); 0: none
 * @IP_VS_EXT_SERVER_STATE_LOWER: u32, lower threshold, as it takes effect
 * @IP_VS_EXT_SERVER_STATE_EVENT_SEQ: u64, events up to this number are in the
 *	above
 */
enum ip_vs_ext_server_state_attr {
	IP_VS_EXT_SERVER_STATE_UNSPEC,
	IP_VS_EXT_SERVER_STATE_PAD,
	IP_VS_EXT_SERVER_STATE_IS,
	IP_VS_EXT_SERVER_STATE_TIER,
	IP_VS_EXT_SERVER_STATE_WEIGHT,
	IP_VS_EXT_SERVER_STATE_CONNS,
	IP_VS_EXT_SERVER_STATE_UPPER,
	IP_VS_EXT_SERVER_STATE_LOWER,
	IP_VS_EXT_SERVER_STATE_EVENT_SEQ,

	__IP_VS_EXT_SERVER_STATE_MAX,
	IP_VS_EXT_SERVER_STATE_MAX = __IP_VS_EXT_SERVER_STATE_MAX - 1
};

/**
 * enum ip_vs_ext_event_type - what happened
 * @IP_VS_EXT_EVENT_TYPE_FULL: a server reached its upper threshold
 * @IP_VS_EXT_EVENT_TYPE_RELIEVED: a full server fell below its lower threshold
 * @IP_VS_EXT_EVENT_TYPE_SPILL: a tier ran out of eligible servers, a lower one
 *	took over
 * @IP_VS_EXT_EVENT_TYPE_RETURN: a higher tier took over again
 * @IP_VS_EXT_EVENT_TYPE_EXHAUSTED: a connection was refused, because no server
 *	of the service was eligible; not repeated before one is again
 * @IP_VS_EXT_EVENT_TYPE_SUMMARY: events of the service were left out, because
 *	they came too fast; TIER_NEW, ELIGIBLE and SUPPRESSED say where it stands
 */
enum ip_vs_ext_event_type {
	IP_VS_EXT_EVENT_TYPE_UNSPEC,
	IP_VS_EXT_EVENT_TYPE_FULL,
	IP_VS_EXT_EVENT_TYPE_RELIEVED,
	IP_VS_EXT_EVENT_TYPE_SPILL,
	IP_VS_EXT_EVENT_TYPE_RETURN,
	IP_VS_EXT_EVENT_TYPE_EXHAUSTED,
	IP_VS_EXT_EVENT_TYPE_SUMMARY,
};

/**
 * enum ip_vs_ext_event_attr - one event
 * @IP_VS_EXT_EVENT_PAD: alignment of 64-bit values
 * @IP_VS_EXT_EVENT_TYPE: u8, enum ip_vs_ext_event_type
 * @IP_VS_EXT_EVENT_SEQ: u64, number of the event in its network namespace
 * @IP_VS_EXT_EVENT_TIME_MONO: u64, nanoseconds of CLOCK_MONOTONIC
 * @IP_VS_EXT_EVENT_TIME_WALL: u64, nanoseconds of CLOCK_REALTIME
 * @IP_VS_EXT_EVENT_TIER_OLD: u32, spill and return: tier in use before; full and
 *	relieved: tier of the server; absent if there was none
 * @IP_VS_EXT_EVENT_TIER_NEW: u32, spill, return and summary: tier in use now;
 *	absent if no server is eligible
 * @IP_VS_EXT_EVENT_CONNS: u32, full and relieved: connections of the server
 * @IP_VS_EXT_EVENT_UPPER: u32, full and relieved: its upper threshold
 * @IP_VS_EXT_EVENT_LOWER: u32, full and relieved: its lower threshold
 * @IP_VS_EXT_EVENT_ELIGIBLE: u32, servers of the service that are eligible now
 * @IP_VS_EXT_EVENT_SUPPRESSED: u64, summary: events of this service that were
 *	left out since the one before
 */
enum ip_vs_ext_event_attr {
	IP_VS_EXT_EVENT_UNSPEC,
	IP_VS_EXT_EVENT_PAD,
	IP_VS_EXT_EVENT_TYPE,
	IP_VS_EXT_EVENT_SEQ,
	IP_VS_EXT_EVENT_TIME_MONO,
	IP_VS_EXT_EVENT_TIME_WALL,
	IP_VS_EXT_EVENT_TIER_OLD,
	IP_VS_EXT_EVENT_TIER_NEW,
	IP_VS_EXT_EVENT_CONNS,
	IP_VS_EXT_EVENT_UPPER,
	IP_VS_EXT_EVENT_LOWER,
	IP_VS_EXT_EVENT_ELIGIBLE,
	IP_VS_EXT_EVENT_SUPPRESSED,

	__IP_VS_EXT_EVENT_MAX,
	IP_VS_EXT_EVENT_MAX = __IP_VS_EXT_EVENT_MAX - 1
};

#endif /* _UAPI_LINUX_IP_VS_EXT_H */
