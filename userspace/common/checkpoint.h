/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     checkpoints of a tree in the form of C2SP: tlog-checkpoint in a signed-note with one Ed25519 signature.
 * Contexts: any thread; pure.
 * Locks:    none.
 *
 * The name of the key is the origin. A verifier is "name+hash+key" as signed-note has it.
 */
#ifndef OHT_COMMON_CHECKPOINT_H
#define OHT_COMMON_CHECKPOINT_H

#include <stdint.h>

#include "common/tree.h"

#define OHT_SIGN_KEY_BYTES	32
#define OHT_ORIGIN_BYTES	48	/* with its NUL */
#define OHT_VERIFIER_BYTES	128
#define OHT_CHECKPOINT_BYTES	512

/**
 * struct oht_checkpoint - what was signed
 * @origin: which tree
 * @size: its leaves
 * @root: its root
 * @has_kept: of records that were removed: the checkpoint says which of them are still there
 * @kept: how many
 * @kept_root: root of the tree of these alone
 */
struct oht_checkpoint {
	char origin[OHT_ORIGIN_BYTES];
	uint64_t size;
	struct oht_hash root;
	bool has_kept;
	uint64_t kept;
	struct oht_hash kept_root;
};

/* "oht/" and the beginning of the public key's hash and "/audit". 0, or -1: no key can be made of @seed. */
int oht_checkpoint_origin(const unsigned char seed[OHT_SIGN_KEY_BYTES], char origin[OHT_ORIGIN_BYTES]);

/* The verifier of a key. 0 or -1. */
int oht_checkpoint_verifier(const unsigned char seed[OHT_SIGN_KEY_BYTES], const char *origin,
			    char verifier[OHT_VERIFIER_BYTES]);

/* The verifier of the same key under its name with @ending behind it. 0, or -1: @verifier is none. */
int oht_checkpoint_rename(const char *verifier, const char *ending, char renamed[OHT_VERIFIER_BYTES]);

/* Behind the origin of a checkpoint of records that were removed: no other checkpoint can pass for one. */
#define OHT_CHECKPOINT_REMOVED	"/removed"

/* Signs. 0 or -1. */
int oht_checkpoint_sign(const unsigned char seed[OHT_SIGN_KEY_BYTES], const struct oht_checkpoint *checkpoint,
			char note[OHT_CHECKPOINT_BYTES]);

/**
 * oht_checkpoint_open() - read a checkpoint and check its signature
 * @note: as text; signatures of other keys are passed over
 * @verifier: of the key that must have signed it
 * @checkpoint: filled
 *
 * Return: NULL, or what is wrong, in a few words.
 */
const char *oht_checkpoint_open(const char *note, const char *verifier, struct oht_checkpoint *checkpoint);

#endif /* OHT_COMMON_CHECKPOINT_H */
