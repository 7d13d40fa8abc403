// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/address.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The first probe, those behind it, and how long a peer may say nothing to probes or data. */
#define PROBE_S			15
#define PROBE_AGAIN_S		5
#define PROBES			3
#define SILENT_MS		30000

void ohtd_address_fold(char folded[OHTD_FOLDED_BYTES], const char *address)
{
	struct in6_addr v6;

	if (inet_pton(AF_INET6, address, &v6) == 1) {
		memset(&v6.s6_addr[8], 0, 8);
		inet_ntop(AF_INET6, &v6, folded, OHTD_FOLDED_BYTES);
	} else {
		snprintf(folded, OHTD_FOLDED_BYTES, "%s", address);
	}
}

bool ohtd_address_is(const char *host)
{
	unsigned char raw[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, host, raw) == 1 || inet_pton(AF_INET6, host, raw) == 1;
}

#define MAPPED_BITS	96

static bool map(const char *text, uint8_t bytes[16])
{
	static const uint8_t mapped[16] = { [10] = 0xff, [11] = 0xff };

	memcpy(bytes, mapped, sizeof(mapped));
	return inet_pton(AF_INET, text, bytes + MAPPED_BITS / 8) == 1 || inet_pton(AF_INET6, text, bytes) == 1;
}

bool ohtd_network_read(struct ohtd_network *network, const char *text)
{
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : strlen(text);
	char host[OHTD_PEER_BYTES];
	unsigned long bits, most;
	char *end;

	if (n >= sizeof(host))
		return false;
	memcpy(host, text, n);
	host[n] = 0;
	if (!map(host, network->bytes))
		return false;
	most = strchr(host, ':') ? 128 : 32;
	bits = slash ? strtoul(slash + 1, &end, 10) : most;
	if (slash && (!isdigit((unsigned char)slash[1]) || *end || bits > most))
		return false;
	network->bits = (unsigned int)(most == 32 ? MAPPED_BITS + bits : bits);
	return true;
}

bool ohtd_network_has(const struct ohtd_network *network, const char *address)
{
	unsigned int whole = network->bits / 8, rest = network->bits % 8;
	uint8_t bytes[16];

	return map(address, bytes) && !memcmp(bytes, network->bytes, whole) &&
	       (!rest || !((bytes[whole] ^ network->bytes[whole]) >> (8 - rest)));
}

bool ohtd_address_is_of_one(const char *address)
{
	struct in6_addr v6;
	uint32_t v4;

	if (!map(address, v6.s6_addr))
		return false;
	if (!IN6_IS_ADDR_V4MAPPED(&v6))
		return !IN6_IS_ADDR_UNSPECIFIED(&v6) && !IN6_IS_ADDR_MULTICAST(&v6);
	memcpy(&v4, v6.s6_addr + MAPPED_BITS / 8, sizeof(v4));
	v4 = ntohl(v4);
	return v4 != INADDR_ANY && v4 != INADDR_BROADCAST && !IN_MULTICAST(v4);
}

socklen_t ohtd_address_make(const char *host, uint16_t port, struct sockaddr_storage *address)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;

	memset(address, 0, sizeof(*address));
	if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		return sizeof(*v4);
	}
	inet_pton(AF_INET6, host, &v6->sin6_addr);
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(port);
	return sizeof(*v6);
}

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

bool ohtd_address_text(const struct sockaddr *address, char text[OHTD_PEER_BYTES])
{
	const struct in6_addr *v6 = &((const struct sockaddr_in6 *)address)->sin6_addr;

	*text = 0;
	if (address->sa_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr, text, OHTD_PEER_BYTES);
	else if (address->sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(v6))
		inet_ntop(AF_INET, &v6->s6_addr[12], text, OHTD_PEER_BYTES);
	else if (address->sa_family == AF_INET6)
		inet_ntop(AF_INET6, v6, text, OHTD_PEER_BYTES);
	return *text;
}

bool ohtd_address_normalise(const char *literal, size_t length, char text[OHTD_PEER_BYTES])
{
	union address address = { .v6 = { 0 } };
	const char *zone = memchr(literal, '%', length);
	char host[OHTD_PEER_BYTES];

	*text = 0;
	if (zone)
		length = (size_t)(zone - literal);
	if (length >= sizeof(host))
		return false;
	memcpy(host, literal, length);
	host[length] = 0;
	if (!zone && inet_pton(AF_INET, host, &address.v4.sin_addr) == 1)
		address.any.sa_family = AF_INET;
	else if (inet_pton(AF_INET6, host, &address.v6.sin6_addr) == 1)
		address.any.sa_family = AF_INET6;
	else
		return false;
	return ohtd_address_text(&address.any, text);
}

void ohtd_address_of_peer(int fd, char text[OHTD_PEER_BYTES])
{
	union address peer = { .v6 = { 0 } };
	socklen_t length = sizeof(peer);

	*text = 0;
	if (!getpeername(fd, &peer.any, &length))
		ohtd_address_text(&peer.any, text);
}

void ohtd_address_watch_peers(int listener)
{
	static const int one = 1, idle_s = PROBE_S, again_s = PROBE_AGAIN_S, probes = PROBES;
	static const unsigned int silent_ms = SILENT_MS;

	/* Connections inherit all of these. */
	setsockopt(listener, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	setsockopt(listener, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s));
	setsockopt(listener, IPPROTO_TCP, TCP_KEEPINTVL, &again_s, sizeof(again_s));
	setsockopt(listener, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
	setsockopt(listener, IPPROTO_TCP, TCP_USER_TIMEOUT, &silent_ms, sizeof(silent_ms));
}

uint16_t ohtd_address_port(int fd)
{
	union address address = { .v6 = { 0 } };
	socklen_t length = sizeof(address);

	if (getsockname(fd, &address.any, &length))
		return 0;
	return ntohs(address.any.sa_family == AF_INET ? address.v4.sin_port : address.v6.sin6_port);
}
