/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the four roles and their order.
 * Contexts: any thread; pure.
 * Locks:    none.
 */
#ifndef OHTD_BASE_ROLE_H
#define OHTD_BASE_ROLE_H

/* A higher role may do everything that a lower one may. The numbers are stored: never change them. */
enum ohtd_role {
	OHTD_ROLE_NONE		= 0,	/* nobody has logged in */
	OHTD_ROLE_VIEWER	= 1,
	OHTD_ROLE_OPERATOR	= 2,
	OHTD_ROLE_SUPERVISOR	= 3,
	OHTD_ROLE_ADMINISTRATOR	= 4,
};

/* Never NULL. */
const char *ohtd_role_name(int role);

/* OHTD_ROLE_NONE for a word that is no role. */
enum ohtd_role ohtd_role_parse(const char *name);

#endif /* OHTD_BASE_ROLE_H */
