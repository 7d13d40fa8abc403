// SPDX-License-Identifier: GPL-2.0-or-later
#include "pki/tls.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>

#include "pki/pki.h"

/* HTTP/2 of the packaged library has open reset floods, so it is not offered. */
static const unsigned char http_1_1[] = "\x08http/1.1";

/* A client that offers none of ours goes on without a choice, as one that offers nothing. */
static int choose_protocol(SSL *ssl, const unsigned char **chosen, unsigned char *bytes,
			   const unsigned char *offered, unsigned int offered_bytes, void *arg)
{
	unsigned char *protocol = NULL;

	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto(&protocol, bytes, http_1_1, sizeof(http_1_1) - 1, offered,
				  offered_bytes) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_NOACK;
	*chosen = protocol;
	return SSL_TLSEXT_ERR_OK;
}

static int complain(char *why, size_t size, const char *file)
{
	unsigned long error = ERR_peek_error();
	const char *reason = ERR_SYSTEM_ERROR(error) ? strerror(ERR_GET_REASON(error)) :
						       ERR_reason_error_string(error);

	snprintf(why, size, "%s: %s", file, reason ? reason : "cannot be used");
	ERR_clear_error();
	return -1;
}

static int load(SSL_CTX *ssl, const struct ohtd_pki_pair *pair, char *why, size_t size)
{
	ERR_clear_error();
	if (pair->crt)
		return SSL_CTX_use_cert_and_key(ssl, pair->crt, pair->private_key, NULL, 1) == 1 ? 0 : complain(why, size, "certificate");
	SSL_CTX_set_default_passwd_cb(ssl, ohtd_pki_passphrase);
	SSL_CTX_set_default_passwd_cb_userdata(ssl, (void *)pair->passphrase);
	if (SSL_CTX_use_certificate_chain_file(ssl, pair->certificate) != 1)
		return complain(why, size, pair->certificate);
	if (SSL_CTX_use_PrivateKey_file(ssl, pair->key, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_check_private_key(ssl) != 1)
		return complain(why, size, pair->key);
	SSL_CTX_set_default_passwd_cb_userdata(ssl, NULL);
	return 0;
}

/*
 * h2o's connections point to the context they were accepted with, without a reference of their own.
 * So there is one for good, and the certificate is chosen in each handshake.
 *
 * @current is a context too, which never sees a connection: it reads the files, checks that they
 * belong together, and counts its references.
 */
struct ohtd_tls {
	SSL_CTX *context;
	pthread_mutex_t lock;		/* of @current */
	SSL_CTX *current;
};

static SSL_CTX *hold_current(struct ohtd_tls *tls)
{
	SSL_CTX *current;

	pthread_mutex_lock(&tls->lock);
	current = tls->current;
	SSL_CTX_up_ref(current);
	pthread_mutex_unlock(&tls->lock);
	return current;
}

/* In the handshake, on a loop. 1, or 0 which ends the handshake. */
static int choose_certificate(SSL *ssl, void *arg)
{
	SSL_CTX *current = hold_current(arg);
	STACK_OF(X509) *chain = NULL;
	int r;

	SSL_CTX_get0_chain_certs(current, &chain);
	r = SSL_use_cert_and_key(ssl, SSL_CTX_get0_certificate(current),
				 SSL_CTX_get0_privatekey(current), chain, 1);
	SSL_CTX_free(current);
	return r == 1;
}

static SSL_CTX *read_pair(const struct ohtd_pki_pair *from, char *why, size_t size)
{
	SSL_CTX *pair = SSL_CTX_new(TLS_server_method());

	if (!pair) {
		snprintf(why, size, "out of memory");
		return NULL;
	}
	if (!load(pair, from, why, size))
		return pair;
	SSL_CTX_free(pair);
	return NULL;
}

static SSL_CTX *make_context(struct ohtd_tls *tls)
{
	SSL_CTX *ssl = SSL_CTX_new(TLS_server_method());

	if (!ssl || SSL_CTX_set_min_proto_version(ssl, TLS1_3_VERSION) != 1) {
		SSL_CTX_free(ssl);
		return NULL;
	}
	SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(ssl, 1);
	/* A connection that stays open is idle for most of its life: without this each keeps 33 KiB for records. */
	SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_alpn_select_cb(ssl, choose_protocol, NULL);
	SSL_CTX_set_cert_cb(ssl, choose_certificate, tls);
	return ssl;
}

struct ohtd_tls *ohtd_tls_create(const struct ohtd_pki_pair *pair, char *why, size_t size)
{
	struct ohtd_tls *tls = calloc(1, sizeof(*tls));

	if (!tls) {
		snprintf(why, size, "out of memory");
		return NULL;
	}
	pthread_mutex_init(&tls->lock, NULL);
	tls->context = make_context(tls);
	if (!tls->context)
		snprintf(why, size, "TLS 1.3 is not available");
	else
		tls->current = read_pair(pair, why, size);
	if (tls->current)
		return tls;
	ohtd_tls_destroy(tls);
	return NULL;
}

int ohtd_tls_reload(struct ohtd_tls *tls, const struct ohtd_pki_pair *pair, char *why, size_t size)
{
	SSL_CTX *fresh = read_pair(pair, why, size);
	SSL_CTX *old;

	if (!fresh)
		return -1;
	pthread_mutex_lock(&tls->lock);
	old = tls->current;
	tls->current = fresh;
	pthread_mutex_unlock(&tls->lock);
	SSL_CTX_free(old);
	return 0;
}

X509 *ohtd_tls_certificate(struct ohtd_tls *tls)
{
	SSL_CTX *current = hold_current(tls);
	X509 *crt = SSL_CTX_get0_certificate(current);

	X509_up_ref(crt);
	SSL_CTX_free(current);
	return crt;
}

SSL_CTX *ohtd_tls_context(struct ohtd_tls *tls)
{
	return tls->context;
}

void ohtd_tls_destroy(struct ohtd_tls *tls)
{
	if (!tls)
		return;
	SSL_CTX_free(tls->context);
	SSL_CTX_free(tls->current);
	pthread_mutex_destroy(&tls->lock);
	free(tls);
}
