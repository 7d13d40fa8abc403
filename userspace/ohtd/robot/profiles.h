/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     a profile for each kind of module, or none: as a person has set it, or as the module showed it first.
 * Contexts: any thread; pure data.
 * Locks:    none.
 */
#ifndef OHTD_ROBOT_PROFILES_H
#define OHTD_ROBOT_PROFILES_H

#include <stdint.h>

#include "common/modmap.h"

#define OHTD_KINDS_MAX		8	/* modules in modules.csv */

/* A profile, or none. Set by a person, OHTD_SOME_NONE is "auto". */
enum ohtd_some_profile {
	OHTD_SOME_NONE,
	OHTD_SOME_CANONICAL,
	OHTD_SOME_LEGACY,
	OHTD_SOME_PROFILES,
};

/* The reason why a module is taken for its profile. */
enum ohtd_profile_by {
	OHTD_PROFILE_UNDECIDED,		/* nothing yet: it counts as canonical */
	OHTD_PROFILE_BY_FIRST_SIGHT,	/* the module, when it was seen first */
	OHTD_PROFILE_BY_CONFIGURATION,	/* a person */
	OHTD_PROFILE_BYS,
};

/* @of: enum ohtd_some_profile, by the number of the kind in the model */
struct ohtd_profiles {
	uint8_t of[OHTD_KINDS_MAX];
};

static inline enum ohtd_some_profile ohtd_some(enum oht_profile profile)
{
	return profile == OHT_PROFILE_LEGACY ? OHTD_SOME_LEGACY : OHTD_SOME_CANONICAL;
}

/* Not for OHTD_SOME_NONE. */
static inline enum oht_profile ohtd_profile_of(unsigned int some)
{
	return some == OHTD_SOME_LEGACY ? OHT_PROFILE_LEGACY : OHT_PROFILE_CANONICAL;
}

#endif /* OHTD_ROBOT_PROFILES_H */
