/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the server's TLS settings, and the certificate that new connections get.
 * Contexts: create, destroy: main thread. Reload: one thread at a time. The context: any loop.
 * Locks:    one mutex around the current certificate, held for a few instructions.
 */
#ifndef OHTD_PKI_TLS_H
#define OHTD_PKI_TLS_H

#include <stddef.h>
#include <openssl/ssl.h>

struct ohtd_tls;

/**
 * struct ohtd_pki_pair - a certificate and its private key
 * @certificate: PEM file, chain behind it
 * @key: PEM file of its private key
 * @passphrase: of @key; NULL: none
 * @crt, @private_key: the pair itself, in place of the files; NULL: the files
 */
struct ohtd_pki_pair {
	const char *certificate, *key, *passphrase;
	X509 *crt;
	EVP_PKEY *private_key;
};

/**
 * ohtd_tls_create() - TLS 1.3 only, HTTP/1.1 only
 * @pair: what connections get
 * @why: on failure one line that begins with the file
 * @size: of @why in bytes
 *
 * Return: to be ended with ohtd_tls_destroy(), or NULL with @why filled.
 */
struct ohtd_tls *ohtd_tls_create(const struct ohtd_pki_pair *pair, char *why, size_t size);

/**
 * ohtd_tls_reload() - have new connections get another certificate
 * @tls: as created
 * @pair: as for ohtd_tls_create(); may be the same files with another content
 * @why: the same
 * @size: the same
 *
 * Return: 0, or -1 with @why filled; the certificate is then still the old one.
 * Context: one thread at a time, while loops use the context.
 */
int ohtd_tls_reload(struct ohtd_tls *tls, const struct ohtd_pki_pair *pair, char *why, size_t size);

/* The context for h2o, the same one for as long as @tls lives: connections point to it. */
SSL_CTX *ohtd_tls_context(struct ohtd_tls *tls);

/* What new connections get; to be released with X509_free(). */
X509 *ohtd_tls_certificate(struct ohtd_tls *tls);

/* No loop may run any more, or hold a connection. NULL is allowed. */
void ohtd_tls_destroy(struct ohtd_tls *tls);

#endif /* OHTD_PKI_TLS_H */
