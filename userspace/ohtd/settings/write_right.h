/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     who may write a register of a module, for requests and for missions.
 * Contexts: any thread; pure.
 * Locks:    none.
 */
#ifndef OHTD_SETTINGS_WRITE_RIGHT_H
#define OHTD_SETTINGS_WRITE_RIGHT_H

#include "base/role.h"
#include "settings/settings.h"

struct oht_register;

enum ohtd_settings_write_right {
	OHTD_SETTINGS_WRITE_MAY,
	OHTD_SETTINGS_WRITE_ELEVATED,	/* with an elevated session */
	OHTD_SETTINGS_WRITE_READ_ONLY,
	OHTD_SETTINGS_WRITE_ROLE,
	OHTD_SETTINGS_WRITE_LAYER,	/* not in production */
};

/*
 * enum ohtd_settings_write_right of a session with @role. A register that moves the robot is refused by the control thread, in any
 * session.
 */
unsigned int ohtd_settings_write_right(const struct oht_register *reg, enum ohtd_role role, enum ohtd_layer layer);

#endif /* OHTD_SETTINGS_WRITE_RIGHT_H */
