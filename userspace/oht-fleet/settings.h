/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the settings of oht-fleet: one validated struct from one file.
 * Contexts: filled once at the start; afterwards everything only reads it.
 * Locks:    none.
 */
#ifndef FLEET_SETTINGS_H
#define FLEET_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "oht-fleet/model.h"

#define FLEET_PATH_BYTES	256
#define FLEET_STATION_BYTES	65
#define FLEET_ALIASES_MAX	256

/* A node of the fleet and the station that it is. */
struct fleet_alias {
	char node[FLEET_ID_BYTES];
	char station[FLEET_STATION_BYTES];
};

struct fleet_settings {
	/* [broker] */
	char host[254];
	int64_t port;
	char user[FLEET_ID_BYTES];
	char password_file[FLEET_PATH_BYTES];
	bool tls;
	char authorities[FLEET_PATH_BYTES];	/* empty: those of the system */
	char certificate[FLEET_PATH_BYTES];	/* empty: none of this client's own */
	char key[FLEET_PATH_BYTES];
	int64_t keepalive_s;
	/* [robot] */
	unsigned int version;			/* enum fleet_version */
	char interface[FLEET_ID_BYTES];
	char manufacturer[FLEET_ID_BYTES];
	char serial[FLEET_ID_BYTES];
	char map[FLEET_ID_BYTES];
	/* [paths] */
	char socket[108];
	char state_dir[FLEET_PATH_BYTES];
	/* [timing] */
	int64_t state_ms;			/* at least once in this time */
	int64_t state_min_ms;			/* at most once in this time */
	int64_t visualization_ms;		/* 0: never */
	/* [factsheet] */
	char series[FLEET_ID_BYTES];
	char series_description[FLEET_TEXT_BYTES];
	double load_max_kg, length_m, width_m, height_m;
	/* [home_assistant] */
	char home_prefix[FLEET_ID_BYTES];	/* empty: it is told nothing */
	int64_t home_period_ms;			/* values at most once in this time */
	/* [nodes] */
	struct fleet_alias aliases[FLEET_ALIASES_MAX];
	uint32_t alias_count;
};

/**
 * fleet_settings_load() - read and validate the file
 * @settings: filled with what holds without a line, then with the file
 * @path: the file
 * @why: on failure one line
 * @size: of @why in bytes
 *
 * Return: 0, or -1 with @why filled.
 */
int fleet_settings_load(struct fleet_settings *settings, const char *path, char *why, size_t size);

/* The station that is node @node, or @node itself. */
const char *fleet_settings_station(const struct fleet_settings *settings, const char *node);

/* The node that station @station is, or @station itself. */
const char *fleet_settings_node(const struct fleet_settings *settings, const char *station);

#endif /* FLEET_SETTINGS_H */
