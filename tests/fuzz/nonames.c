// SPDX-License-Identifier: GPL-2.0
/* No name is ever found: a fuzzer must not ask the resolver millions of times. */
#include <netdb.h>
#include <stddef.h>

struct hostent *gethostbyname(const char *name)
{
	(void)name;
	h_errno = HOST_NOT_FOUND;
	return NULL;
}

struct hostent *gethostbyname2(const char *name, int af)
{
	(void)af;
	return gethostbyname(name);
}

struct hostent *gethostbyaddr(const void *addr, socklen_t len, int type)
{
	(void)addr;
	(void)len;
	(void)type;
	return gethostbyname("");
}

struct servent *getservbyname(const char *name, const char *proto)
{
	(void)name;
	(void)proto;
	return NULL;
}

struct servent *getservbyport(int port, const char *proto)
{
	(void)port;
	(void)proto;
	return NULL;
}
