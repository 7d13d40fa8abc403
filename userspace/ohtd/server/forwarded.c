// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * For whom a request asks, as a proxy says it. Only proxies of trusted_proxies are believed, and of what
 * they send only the last address that is none of theirs: a client may have written all before it.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/address.h"
#include "server/cookie.h"
#include "server/loop.h"

#define BLANKS	" \t"

/* All values of a header, as one list; NULL: there is no such header. */
static char *list_of(struct ohtd_call *call, const char *name)
{
	const h2o_headers_t *headers = &call->req->headers;
	size_t n = strlen(name), bytes = 0;
	char *list = NULL;

	for (ssize_t i = -1; (i = h2o_find_header_by_str(headers, name, n, i)) >= 0;)
		bytes += headers->entries[i].value.len + 1;
	if (!bytes)
		return NULL;
	list = ohtd_call_alloc(call, bytes + 1);
	bytes = 0;
	for (ssize_t i = -1; (i = h2o_find_header_by_str(headers, name, n, i)) >= 0;) {
		h2o_iovec_t value = headers->entries[i].value;

		memcpy(list + bytes, value.base, value.len);
		bytes += value.len;
		list[bytes++] = ',';
	}
	list[bytes - 1] = 0;
	return list;
}

/* The parameter "for" of an element of Forwarded (RFC 7239); "" without one. */
static const char *for_of(char *element)
{
	for (char *pair; (pair = strsep(&element, ";"));) {
		pair += strspn(pair, BLANKS);
		if (!strncasecmp(pair, "for=", 4))
			return pair + 4;
	}
	return "";
}

/* "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]:80", each perhaps in quotes. */
static bool read_node(const char *node, char address[OHTD_PEER_BYTES])
{
	const char *colon;
	size_t n;

	node += strspn(node, BLANKS "\"");
	n = strcspn(node, BLANKS "\"");
	colon = memchr(node, ':', n);
	if (*node == '[') {
		node++;
		n = strcspn(node, "]");
	} else if (colon && !memchr(colon + 1, ':', n - (size_t)(colon + 1 - node))) {
		n = (size_t)(colon - node);
	}
	return ohtd_address_normalise(node, n, address);
}

/* @list is cut into pieces. What is no address ends the search: the proxy before it is the last that is known. */
static void last_untrusted(const struct ohtd_conn *conn, char *list, bool named,
			   char client[OHTD_ADDRESS_BYTES])
{
	const struct ohtd_config *config = conn->loop->server->services->config;
	char address[OHTD_PEER_BYTES];

	snprintf(client, OHTD_ADDRESS_BYTES, "%s", conn->peer);
	while (list && ohtd_config_is_proxy(config, client)) {
		char *comma = strrchr(list, ','), *element = comma ? comma + 1 : list;

		if (!read_node(named ? for_of(element) : element, address))
			return;
		snprintf(client, OHTD_ADDRESS_BYTES, "%s", address);
		if (comma)
			*comma = 0;
		else
			list = NULL;
	}
}

void ohtd_forwarded_take(struct ohtd_call *call)
{
	struct ohtd_conn *conn = call->conn;
	char by_old[OHTD_ADDRESS_BYTES], by_new[OHTD_ADDRESS_BYTES];
	char *old, *new;

	if (!conn->proxy)
		return;
	old = list_of(call, "x-forwarded-for");
	new = list_of(call, "forwarded");
	conn->forwarded = old || new;
	last_untrusted(conn, old, false, by_old);
	last_untrusted(conn, new, true, by_new);
	/* A proxy sets one of them and may pass on the other as the client has sent it: which, is not known. */
	if (old && new && strcmp(by_old, by_new))
		snprintf(conn->address, sizeof(conn->address), "%s", conn->peer);
	else
		snprintf(conn->address, sizeof(conn->address), "%s", old ? by_old : by_new);
	ohtd_place_move(conn, conn->address);
}

/* ---- this machine itself ---- */

static bool is_forwarded(struct ohtd_call *call)
{
	static const char *const headers[] = {
		"forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto",
		"x-forwarded-server", "x-forwarded-port", "x-real-ip", "via",
	};

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		if (ohtd_call_has_header(call, headers[i]))
			return true;
	return false;
}

static bool is_loopback(const char *address)
{
	return !strncmp(address, "127.", 4) || !strcmp(address, "::1");
}

bool ohtd_server_is_own_machine(struct ohtd_call *call)
{
	const struct ohtd_conn *conn = call->conn;
	const char *host = ohtd_origin_own(call) + strlen("https://");
	char name[OHTD_PEER_BYTES];
	bool v6 = *host == '[';
	size_t n = v6 ? strcspn(++host, "]") : strcspn(host, ":");

	return is_loopback(conn->peer) && !conn->proxy && !is_forwarded(call) && call->req->version >= 0x101 &&
	       ((n == strlen("localhost") && !strncasecmp(host, "localhost", n)) ||
		(ohtd_address_normalise(host, n, name) && is_loopback(name)));
}
