/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     when an act needs an elevated session.
 * Contexts: any thread; pure.
 * Locks:    none.
 */
#ifndef OHTD_BASE_ELEVATION_H
#define OHTD_BASE_ELEVATION_H

enum ohtd_elevation {
	OHTD_ELEVATION_NEVER,
	OHTD_ELEVATION_ALWAYS,		/* it gives lasting power, or takes evidence away */
	OHTD_ELEVATION_IN_PLANT,	/* in layer plant: settings/items.h */
	OHTD_ELEVATION_BY_MODE,		/* for mode maintenance */
	OHTD_ELEVATION_BY_ITEM,		/* for items of the configuration that need it, by layer: settings/items.h */
	OHTD_ELEVATION_BY_REGISTER,	/* for safety-critical registers: data/registers */
};

#endif /* OHTD_BASE_ELEVATION_H */
