/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the TLS settings: 1.3 only, HTTP/1.1 only, one certificate with its key.
 * Contexts: main thread.
 * Locks:    none.
 */
#ifndef OHTD_HTTP_TLS_H
#define OHTD_HTTP_TLS_H

#include <stddef.h>
#include <openssl/ssl.h>

/**
 * ohtd_tls_create() - load certificate and key
 * @certificate: PEM file with the chain
 * @key: PEM file
 * @why: on failure one line that begins with the file
 * @size: of @why in bytes
 *
 * Return: for SSL_CTX_free(), or NULL with @why filled.
 */
SSL_CTX *ohtd_tls_create(const char *certificate, const char *key, char *why, size_t size);

#endif /* OHTD_HTTP_TLS_H */
