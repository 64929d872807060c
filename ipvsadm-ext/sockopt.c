// SPDX-License-Identifier: GPL-2.0
/* The socket option that listed services before there was netlink. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "sockopt.h"

/* More would not fit into what a length is given as. */
#define MOST (INT32_MAX / sizeof(struct ip_vs_service_entry) - 1)

static int add_entry(struct table *t, const struct ip_vs_service_entry *e)
{
	struct ipvs_service svc;

	if (e->flags & IP_VS_SVC_F_PERSISTENT)
		return -EOPNOTSUPP;
	memset(&svc, 0, sizeof(svc));
	svc.key.af = AF_INET;
	svc.key.fwmark = e->fwmark;
	if (!e->fwmark) {
		svc.key.protocol = e->protocol;
		svc.key.addr.ip = e->addr;
		svc.key.port = e->port;
	}
	svc.flags = e->flags;
	svc.timeout = e->timeout;
	svc.netmask = e->netmask;
	memcpy(svc.sched, e->sched_name, sizeof(svc.sched) - 1);
	return table_add_service(t, &svc) ? 0 : -ENOMEM;
}

/* Services that came since they were counted are missing, room for those that went
 * is left empty.
 */
static int read_entries(int fd, unsigned int n, struct table *t)
{
	socklen_t len = sizeof(struct ip_vs_get_services) + n * sizeof(struct ip_vs_service_entry);
	struct ip_vs_get_services *get = calloc(1, len);
	unsigned int i;
	int err = 0;

	if (!get)
		return -ENOMEM;
	get->num_services = n;
	if (getsockopt(fd, IPPROTO_IP, IP_VS_SO_GET_SERVICES, get, &len) < 0)
		err = -errno;
	for (i = 0; !err && i < n && get->entrytable[i].sched_name[0]; i++)
		err = add_entry(t, &get->entrytable[i]);
	free(get);
	return err;
}

int sockopt_services(struct table *t)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ip_vs_getinfo info;
	socklen_t len = sizeof(info);
	int err;

	if (fd < 0)
		return -errno;
	memset(&info, 0, sizeof(info));
	if (getsockopt(fd, IPPROTO_IP, IP_VS_SO_GET_INFO, &info, &len) < 0)
		err = -errno;
	else if (!info.num_services || info.num_services > MOST)
		err = -EOPNOTSUPP;
	else
		err = read_entries(fd, info.num_services, t);
	close(fd);
	return err;
}
