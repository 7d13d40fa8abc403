/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     how severe an alert may be. Words and ranks are in robot/codes.h.
 * Contexts: any.
 * Locks:    none.
 */
#ifndef OHTD_BASE_SEVERITY_H
#define OHTD_BASE_SEVERITY_H

/* Critical comes first: an alert without a severity of its own is critical. Which is more severe says ohtd_robot_severity_rank(). */
enum ohtd_severity {
	OHTD_SEVERITY_CRITICAL,		/* the robot, or a part of the daemon, does not do its work */
	OHTD_SEVERITY_WARNING,		/* it does, and a person should look */
	OHTD_SEVERITY_EMERGENCY,	/* the robot is in emergency stop */
	OHTD_SEVERITIES,
};

#endif /* OHTD_BASE_SEVERITY_H */
