/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whom to trust: the authority that signs the certificate of an ohtd, kept when it is seen for the
 * first time, as ssh does with host keys.
 *
 * Owns:     the file HOST_PORT.pem in the folder of keep.h.
 * Contexts: the program's one thread; may ask a person.
 * Locks:    that of the name, while the file is written.
 */
#ifndef OHTCTL_PIN_H
#define OHTCTL_PIN_H

#include <stdbool.h>

struct cli;

/* SHA-256 as pairs of digits with colons, and its NUL. */
#define PIN_FINGERPRINT_BYTES	96

/**
 * pin_get() - the authority of a server
 * @cli: --fingerprint, and where complaints go
 * @folder: from keep_open()
 * @url: https://HOST:PORT
 * @name: HOST_PORT
 * @anew: what is kept and is no certificate counts as nothing; otherwise it is refused
 * @authority: takes its certificate (PEM), to be freed
 *
 * A certificate that is not kept yet is taken from the server (/ca.crt, else the end of its chain) and kept if
 * --fingerprint names it, or if the person at the terminal says yes. With --fingerprint another one
 * may also take the place of the one that was kept.
 *
 * Return: 0, or an exit code after a complaint.
 */
int pin_get(struct cli *cli, int folder, const char *url, const char *name, bool anew, char **authority);

/* Replace the kept authority by @pem, which came over a connection that the kept one had signed. 0 or an exit code. */
int pin_keep(struct cli *cli, int folder, const char *name, const char *pem);

/* Fingerprint of a certificate (PEM); 0, or -1 if it is none. */
int pin_fingerprint(const char *pem, char text[PIN_FINGERPRINT_BYTES]);

#endif /* OHTCTL_PIN_H */
