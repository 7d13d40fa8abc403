/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the longest life of a credential, of whatever kind.
 * Contexts: any thread; pure.
 * Locks:    none.
 */
#ifndef OHTD_BASE_LIFE_H
#define OHTD_BASE_LIFE_H

#include <stdint.h>

#define OHTD_LIFE_MAX_DAYS	365
#define OHTD_LIFE_MAX_S		(OHTD_LIFE_MAX_DAYS * 24 * 3600)

/* What may be left of a credential that says that @left_s are: sessions and keys, new and from the store, come through here. */
static inline int64_t ohtd_life_s(int64_t left_s)
{
	return left_s < 0 ? 0 : left_s < OHTD_LIFE_MAX_S ? left_s : OHTD_LIFE_MAX_S;
}

#endif /* OHTD_BASE_LIFE_H */
