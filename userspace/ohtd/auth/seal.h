/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     how secrets are sealed that the robot needs in clear: AES-256-GCM, bound to their place.
 * Contexts: any.
 * Locks:    none.
 *
 * A secret that was moved to another place, or was sealed with another key, does not open.
 */
#ifndef OHTD_AUTH_SEAL_H
#define OHTD_AUTH_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OHTD_AUTH_SEAL_KEY_BYTES	32
/* A sealed secret is so much longer: nonce and tag. */
#define OHTD_AUTH_SEAL_MORE		28
#define OHTD_AUTH_SEAL_TEXT_BYTES	(2 * OHTD_AUTH_SEAL_KEY_BYTES + 1)

/**
 * ohtd_auth_seal_close() - seal a secret
 * @key: OHTD_AUTH_SEAL_KEY_BYTES
 * @place: to which it is bound
 * @secret: what is sealed
 * @bytes: of @secret
 * @sealed: out: @bytes and OHTD_AUTH_SEAL_MORE
 *
 * Return: false: no random numbers, or no memory.
 */
bool ohtd_auth_seal_close(const unsigned char *key, int64_t place, const unsigned char *secret, size_t bytes, unsigned char *sealed);

/* The way back; @bytes are those of @secret. False: another key or place has sealed it, or it was changed. */
bool ohtd_auth_seal_open(const unsigned char *key, int64_t place, const unsigned char *sealed, size_t bytes, unsigned char *secret);

/* A key for one @purpose, made of the credential @seal (HKDF, SHA-256), so that no use of it opens what another one has sealed. False: out of memory. */
bool ohtd_auth_seal_derive(const unsigned char seal[OHTD_AUTH_SEAL_KEY_BYTES], const char *purpose, unsigned char key[OHTD_AUTH_SEAL_KEY_BYTES]);

#endif /* OHTD_AUTH_SEAL_H */
