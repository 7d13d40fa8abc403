/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the device's own certificate authority and the server certificate that it signs.
 * Contexts: one thread at a time (certificate.h sees to it); makes keys and files.
 * Locks:    none.
 *
 * Files in the state directory: ca.key, ca.crt, server.key, server.crt. Keys have mode 0600; with a passphrase they are encrypted (PKCS#8).
 */
#ifndef OHTD_PKI_PKI_H
#define OHTD_PKI_PKI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#define OHTD_CA_DAYS		3650
#define OHTD_LEAF_DAYS		397
#define OHTD_LEAF_RENEW_DAYS	30
/* What a certificate is good for at least, made by a clock that nobody keeps right. */
#define OHTD_LEAF_UNSURE_DAYS	90
/* So far behind the build no such clock is believed. */
#define OHTD_LEAF_BELIEVED_DAYS	1826

/**
 * struct ohtd_pki_request - what the certificate must say
 * @state_dir: where the files are
 * @names: DNS names and numeric addresses, as in the certificate
 * @name_count: at least one; the first is also the common name
 * @now_s: wall time with the build date as its floor, so that it is never 1970
 * @from_s: since when the certificates are good at the latest: our clock may be ahead of the
 *	clients' by any amount, theirs is not before the date of the build
 * @certain: somebody keeps @now_s right
 * @mend: an authority that cannot be used is set aside and made anew; else it is an error
 * @passphrase: keys are encrypted with it; NULL: they are in clear
 */
struct ohtd_pki_request {
	const char *state_dir;
	const char *const *names;
	unsigned int name_count;
	int64_t now_s;
	int64_t from_s;
	bool certain;
	bool mend;
	const char *passphrase;
};

/* A key is there that @passphrase does not open. */
#define OHTD_PKI_SEALED	1

/**
 * ohtd_pki_ensure() - have a valid certificate in the state directory
 * @request: see there
 * @why: on failure one line that begins with the file
 * @size: of @why in bytes
 *
 * Makes what is missing. The server certificate is made anew when it ends within
 * OHTD_LEAF_RENEW_DAYS, begins in the future, lasts too long, lacks a name, is not signed by our authority or does
 * not belong to its key. The authority is only made when there is no ca.crt, or it and its key are no pair: then both
 * are set aside first, and clients have to be told to trust the new one. A name that the authority does not permit
 * is left out, and logged.
 *
 * A certificate is good for OHTD_LEAF_DAYS at most: from the day before now, or if @certain is not set as far back as the
 * date of the build permits. Only while the time is not believed it lasts from the build until after that time, so that clients
 * are served whose clock is right; it is made anew as soon as the time is certain.
 *
 * A key in clear is encrypted if there is a passphrase. One that the passphrase does not open stays as it is, and nothing is made in its place.
 *
 * Return: 0, OHTD_PKI_SEALED or -1 with @why filled.
 */
int ohtd_pki_ensure(const struct ohtd_pki_request *request, char *why, size_t size);

/**
 * ohtd_pki_renew() - make the server certificate anew, whatever it is like
 * @request: see there
 * @authority: a new authority too, which every client has to be told to trust; a key that the passphrase does not open is set aside
 * @why: as above
 * @size: of @why in bytes
 *
 * Return: as ohtd_pki_ensure().
 */
int ohtd_pki_renew(const struct ohtd_pki_request *request, bool authority, char *why, size_t size);

/**
 * ohtd_pki_stand_in() - make a certificate of no authority that anybody knows, in memory alone
 * @request: see there
 * @crt: out, to be released with X509_free()
 * @key: out, to be released with EVP_PKEY_free()
 *
 * Return: false: out of memory.
 */
bool ohtd_pki_stand_in(const struct ohtd_pki_request *request, X509 **crt, EVP_PKEY **key);

/* For OpenSSL, which would ask at a terminal: the text @passphrase; NULL: there is none. */
int ohtd_pki_passphrase(char *buffer, int size, int writing, void *passphrase);

#endif /* OHTD_PKI_PKI_H */
