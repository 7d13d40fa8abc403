/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the situations for training: what each does to the modules and the vehicle, and how it is undone.
 * Contexts: the simulator's one thread.
 * Locks:    none.
 */
#ifndef OHT_SIM_TRAINING_H
#define OHT_SIM_TRAINING_H

#include "bank.h"

struct oht_sim_station;

/* Its module; common/training.h has its registers. */
extern const struct oht_module oht_sim_training_module;

/* Tells in register OHT_TRAINING_KNOWN which situations the modules of @station allow. */
void oht_sim_training_begin(struct oht_sim_station *station);

/* Undoes the situation that stands and makes the one of register OHT_TRAINING_NOW, if that is another one. */
void oht_sim_training_follow(struct oht_sim_station *station);

#endif
