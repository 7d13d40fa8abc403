/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the certificate in use: which files, when it is made anew, what is told of it.
 * Contexts: open, reload, close: main thread. Renew, tick: a thread that may wait for files. Look
 *           and authority: any. The context: any loop.
 * Locks:    one mutex, held while files are read or written; a second one for what is told, held
 *           for a copy.
 *
 * Either the machine's own, which is renewed in time, or files that somebody has installed, which
 * are read again when they change. Connections that are there stay as they are.
 */
#ifndef OHTD_PKI_CERTIFICATE_H
#define OHTD_PKI_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <openssl/ssl.h>

#include "config/config.h"

struct ohtd_certificate;
struct ohtd_clock;
struct ohtd_daemon_part;

#define OHTD_FINGERPRINT_BYTES	96	/* SHA-256, "AB:CD:..." */
#define OHTD_DN_BYTES		256
#define OHTD_PEM_BYTES		8192

/**
 * struct ohtd_certificate_view - what is told of the certificate
 * @own: made by this machine; otherwise from the files of the configuration
 * @vouched: installed, and signed by another authority than its own key or that of this machine
 * @subject: whose certificate
 * @issuer: who has signed it
 * @fingerprint: SHA-256 of the certificate
 * @names: DNS names and addresses in it
 * @name_count: how many
 * @not_before_s: since 1970
 * @not_after_s: the same
 * @renews_s: when it is made anew; 0: by hand, it has been installed
 * @authority_fingerprint: of the own authority; "" for installed files
 * @authority_not_after_s: end of the own authority
 * @authority_limited: the own authority permits the names of this machine only
 * @stand_in: the own one is sealed by another credential than keys.seal is: connections get one that nobody knows
 * @failed: what went wrong at the last attempt to renew or to read; "" when nothing did
 */
struct ohtd_certificate_view {
	bool own;
	bool vouched;
	char subject[OHTD_DN_BYTES];
	char issuer[OHTD_DN_BYTES];
	char fingerprint[OHTD_FINGERPRINT_BYTES];
	char names[OHTD_NAMES_MAX + 8][OHTD_HOST_BYTES];
	unsigned int name_count;
	int64_t not_before_s;
	int64_t not_after_s;
	int64_t renews_s;
	char authority_fingerprint[OHTD_FINGERPRINT_BYTES];
	int64_t authority_not_after_s;
	bool authority_limited;
	bool stand_in;
	char failed[256];
};

/**
 * ohtd_certificate_open() - have a certificate, made now if it is our own and needs it
 * @config: names, files, state directory; copied
 * @clock: outlives the certificate
 * @from_s: since when own certificates are good at the latest, since 1970: the date of the build
 * @passphrase: that the own keys are encrypted with; copied. NULL: they are in clear
 * @why: on failure one line
 * @size: of @why in bytes
 *
 * Return: NULL with @why filled.
 */
struct ohtd_certificate *ohtd_certificate_open(const struct ohtd_config *config,
					       struct ohtd_clock *clock, int64_t from_s, const char *passphrase,
					       char *why, size_t size);

/* No loop may run any more, or hold a connection. NULL is allowed. */
void ohtd_certificate_close(struct ohtd_certificate *certificate);

/* For h2o; the same one for as long as @certificate lives. */
SSL_CTX *ohtd_certificate_context(struct ohtd_certificate *certificate);

/* Another configuration, or its files once more: 0, or -1 with @why filled and nothing changed. */
int ohtd_certificate_reload(struct ohtd_certificate *certificate, const struct ohtd_config *config,
			    char *why, size_t size);

/*
 * To be called some times a second by one thread at a time: renews what ends soon, reads installed files
 * that have changed.
 */
void ohtd_certificate_tick(struct ohtd_certificate *certificate);

/**
 * ohtd_certificate_renew() - make the own certificate anew
 * @certificate: as opened
 * @authority: a new authority too; clients that trust the old one refuse it
 * @why: on failure one line
 * @size: of @why in bytes
 *
 * Return: 0, 1 when the files have been installed, -1 with @why filled.
 */
int ohtd_certificate_renew(struct ohtd_certificate *certificate, bool authority, char *why,
			   size_t size);

void ohtd_certificate_look(struct ohtd_certificate *certificate,
			   struct ohtd_certificate_view *view);

/* @vouched of the view, without a lock. */
bool ohtd_pki_is_vouched(const struct ohtd_certificate *certificate);

/* The own authority as PEM, NUL-terminated, into OHTD_PEM_BYTES; false for installed files. */
bool ohtd_certificate_authority(struct ohtd_certificate *certificate, char *pem);

/* part.c: what is not well with it. */
extern const struct ohtd_daemon_part ohtd_pki_part;

#endif /* OHTD_PKI_CERTIFICATE_H */
