// SPDX-License-Identifier: GPL-2.0-or-later
#include "http/tls.h"

#include <stdio.h>
#include <h2o.h>
#include <openssl/err.h>

/* HTTP/2 of the packaged library has open reset floods, so it is not offered. */
static char http_1_1[] = "http/1.1";
static const h2o_iovec_t protocols[] = { { http_1_1, sizeof(http_1_1) - 1 }, { NULL, 0 } };

static int complain(char *why, size_t size, const char *file)
{
	const char *reason = ERR_reason_error_string(ERR_peek_error());

	snprintf(why, size, "%s: %s", file, reason ? reason : "cannot be used");
	ERR_clear_error();
	return -1;
}

static int load(SSL_CTX *ssl, const char *certificate, const char *key, char *why, size_t size)
{
	ERR_clear_error();
	if (SSL_CTX_use_certificate_chain_file(ssl, certificate) != 1)
		return complain(why, size, certificate);
	if (SSL_CTX_use_PrivateKey_file(ssl, key, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_check_private_key(ssl) != 1)
		return complain(why, size, key);
	return 0;
}

SSL_CTX *ohtd_tls_create(const char *certificate, const char *key, char *why, size_t size)
{
	SSL_CTX *ssl = SSL_CTX_new(TLS_server_method());

	if (!ssl || SSL_CTX_set_min_proto_version(ssl, TLS1_3_VERSION) != 1) {
		snprintf(why, size, "TLS 1.3 is not available");
		SSL_CTX_free(ssl);
		return NULL;
	}
	SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(ssl, 1);
	h2o_ssl_register_alpn_protocols(ssl, protocols);
	if (load(ssl, certificate, key, why, size)) {
		SSL_CTX_free(ssl);
		return NULL;
	}
	return ssl;
}
