// SPDX-License-Identifier: GPL-2.0-or-later
#include "common/destination.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/host.h"

#define HTTPS_PORT	443
#define HTTP_PORT	80

/* False: no address and no name. */
static bool take_host(struct oht_destination *to, const char *text, size_t bytes, bool bracketed)
{
	unsigned char address[sizeof(struct in6_addr)];
	int family = bracketed ? AF_INET6 : AF_INET;
	char host[sizeof(to->host)];

	if (!bytes || bytes >= sizeof(host))
		return false;
	for (size_t i = 0; i < bytes; i++)
		host[i] = (char)tolower((unsigned char)text[i]);
	host[bytes] = 0;
	if (inet_pton(family, host, address) == 1)
		return inet_ntop(family, address, to->host, sizeof(to->host));
	/* 127.1 and 0x7f000001 are addresses for some: what ends in a number is a whole address or nothing. */
	if (bracketed || !oht_host_is_name(host) || host[bytes - 1] == '.' || isdigit((unsigned char)host[bytes - 1]))
		return false;
	memcpy(to->host, host, bytes + 1);
	return true;
}

/* @text: up to @bytes: HOST, HOST:PORT, or the host in brackets. @preset: port without one; 0: it must be there. */
static bool take_place(struct oht_destination *to, const char *text, size_t bytes, uint16_t preset)
{
	bool bracketed = bytes && *text == '[';
	const char *end = memchr(text, bracketed ? ']' : ':', bytes), *colon;
	size_t host_bytes = end ? (size_t)(end - text) : bytes;
	unsigned long port = 0;

	if (bracketed && !end)
		return false;
	colon = bracketed ? end + 1 : text + host_bytes;
	if (bracketed ? !take_host(to, text + 1, host_bytes - 1, true) : !take_host(to, text, host_bytes, false))
		return false;
	to->port = preset;
	if (colon == text + bytes)
		return preset;
	if (*colon != ':' || colon + 1 == text + bytes || text + bytes - colon > 6)
		return false;
	for (const char *digit = colon + 1; digit < text + bytes; digit++) {
		if (!isdigit((unsigned char)*digit))
			return false;
		port = port * 10 + (unsigned long)(*digit - '0');
	}
	to->port = (uint16_t)port;
	return port && port <= UINT16_MAX;
}

bool oht_destination_read(struct oht_destination *to, const char *text)
{
	return take_place(to, text, strlen(text), 0);
}

static bool is_loopback(const char *host)
{
	struct in_addr v4;

	return !strcmp(host, "::1") || (inet_pton(AF_INET, host, &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127);
}

const char *oht_destination_of_url(struct oht_destination *to, const char *url)
{
	bool secure = !strncasecmp(url, "https://", 8);
	const char *place = url + (secure ? 8 : 7);
	size_t bytes;

	if (!secure && strncasecmp(url, "http://", 7))
		return "it does not begin with https://";
	if (strlen(url) >= OHT_URL_BYTES)
		return "it is longer than 400 bytes";
	for (const char *c = url; *c; c++)
		if (!isgraph((unsigned char)*c) || strchr("\\\"<>^`{|}#", *c))
			return "it has a blank, a fragment or another character that no URL has: write %XX";
	bytes = strcspn(place, "/?");
	if (memchr(place, '@', bytes))
		return "it has a user or password, which would be sent in clear words: leave them out";
	if (!take_place(to, place, bytes, secure ? HTTPS_PORT : HTTP_PORT))
		return "its host is no name and no address, or its port is not 1 to 65535";
	if (!secure && !is_loopback(to->host))
		return "http goes to 127.0.0.1 and [::1] only: use https";
	return NULL;
}

bool oht_destination_is_listed(const struct oht_destination *list, size_t count,
			       const struct oht_destination *wanted)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].port == wanted->port && !strcmp(list[i].host, wanted->host))
			return true;
	return false;
}

static bool is_special4(uint32_t address)
{
	return address >> 24 == 0 || address >> 24 == 127 || address >> 16 == 0xa9fe || address >> 28 >= 0xe;
}

static bool is_special6(const struct in6_addr *address)
{
	const unsigned char *b = address->s6_addr;

	if (IN6_IS_ADDR_V4MAPPED(address) || IN6_IS_ADDR_V4COMPAT(address))
		return is_special4((uint32_t)b[12] << 24 | (uint32_t)b[13] << 16 | (uint32_t)b[14] << 8 | b[15]);
	return IN6_IS_ADDR_LOOPBACK(address) || IN6_IS_ADDR_UNSPECIFIED(address) ||
	       IN6_IS_ADDR_LINKLOCAL(address) || IN6_IS_ADDR_MULTICAST(address);
}

bool oht_destination_may_connect(const struct oht_destination *list, size_t count,
				 const struct sockaddr *address)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)address;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)address;
	struct oht_destination here;

	if (address->sa_family == AF_INET) {
		if (!is_special4(ntohl(v4->sin_addr.s_addr)))
			return true;
		inet_ntop(AF_INET, &v4->sin_addr, here.host, sizeof(here.host));
		here.port = ntohs(v4->sin_port);
	} else if (address->sa_family == AF_INET6) {
		if (!is_special6(&v6->sin6_addr))
			return true;
		inet_ntop(AF_INET6, &v6->sin6_addr, here.host, sizeof(here.host));
		here.port = ntohs(v6->sin6_port);
	} else {
		return false;
	}
	return oht_destination_is_listed(list, count, &here);
}
