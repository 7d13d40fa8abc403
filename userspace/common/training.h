/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the training unit: the slave of the simulator by which ohtd makes situations for training.
 * Contexts: any; constants.
 * Locks:    none.
 *
 * The unit is on the simulated wire alone, beside the modules. No module of metal is at its address (docs/simulator.md).
 */
#ifndef OHT_COMMON_TRAINING_H
#define OHT_COMMON_TRAINING_H

#define OHT_TRAINING_UNIT	240

/* Its holding registers. */
#define OHT_TRAINING_MARK	0xF000	/* reads OHT_TRAINING_MARK_VALUE */
#define OHT_TRAINING_KNOWN	0xF001	/* bit N: the simulator can make situation N */
#define OHT_TRAINING_NOW	0xF002	/* the situation that stands; a write begins another one, or none */
#define OHT_TRAINING_REGISTERS	3
#define OHT_TRAINING_MARK_VALUE	0x7452

/* The numbers are those on the wire: they stay. */
enum oht_training_situation {
	OHT_TRAINING_NONE,
	OHT_TRAINING_OBSTACLE,		/* something on the rail, OHT_TRAINING_WAY_MM from the vehicle */
	OHT_TRAINING_SILENT_MODULE,	/* the drive answers nothing */
	OHT_TRAINING_STUCK_BUTTON,	/* the stop input of the safety module says pressed */
	OHT_TRAINING_GARBLED_MODULE,	/* each answer of the dock module has a wrong checksum */
	OHT_TRAINING_BATTERY_LOW,	/* the battery has OHT_TRAINING_CHARGE_PERCENT */
	OHT_TRAINING_DOCK_UNSEEN,	/* the dock module never says docked */
	OHT_TRAINING_DRIVE_IGNORES,	/* the drive acknowledges its set-points, and goes on as before */
	OHT_TRAINING_SITUATIONS,
};

#define OHT_TRAINING_WAY_MM		6000
#define OHT_TRAINING_CHARGE_PERCENT	8

#endif
