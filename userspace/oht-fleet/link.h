/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way to the broker: one connection, dialled again with growing pauses of which chance takes up to a half, so that a hundred
 * robots do not come at once.
 *
 * Owns:     libmosquitto's client.
 * Contexts: the program's one thread. A host name is looked up while everything waits; ohtd and the robot go on meanwhile.
 * Locks:    none.
 */
#ifndef FLEET_LINK_H
#define FLEET_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "oht-fleet/settings.h"

struct mosquitto;
struct fleet_link;

/* What the owner is asked and told. */
struct fleet_link_tells {
	/* Text of the last will, to be freed; NULL: the link waits. */
	char *(*will)(void *arg);
	/* The broker has accepted the connection. */
	void (*up)(void *arg);
	void (*down)(void *arg);
	/* A message has come on a topic that was subscribed to, by its last word. @text ends with NUL. */
	void (*message)(void *arg, const char *topic, const char *text, size_t bytes, bool retained);
	/* The same of a topic that fleet_link_hear() has asked for, whole. */
	void (*other)(void *arg, const char *topic, const char *text, size_t bytes, bool retained);
	void *arg;
};

struct fleet_link {
	const struct fleet_settings *settings;
	struct fleet_link_tells tells;
	struct mosquitto *client;
	char prefix[4 * FLEET_ID_BYTES];	/* of all topics, with the "/" at its end */
	char *password;
	bool up, ending;
	int64_t dial_at, give_up_at, misc_at;
	int pause_ms;
	int last_id;			/* of the message that must have left before the end */
	bool last_left;
};

/* Returns 0, or -1 with one line in @why: libmosquitto takes none of the files of the settings. */
int fleet_link_open(struct fleet_link *link, const struct fleet_settings *settings, const struct fleet_link_tells *tells, char *why, size_t size);
void fleet_link_close(struct fleet_link *link);

/* The descriptor and its events of poll(); -1: there is none. */
int fleet_link_fd(const struct fleet_link *link, short *events);

/* The descriptor is ready: its events. */
void fleet_link_turn(struct fleet_link *link, short events);

/* Begins what is due; returns when to come again, as fleet_now_ms(). */
int64_t fleet_link_work(struct fleet_link *link, int64_t now_ms);

/* Sends @text on @topic (its last word). Returns 0, or -1: not connected, or no memory. */
int fleet_link_send(struct fleet_link *link, const char *topic, const char *text, int qos, bool retain);

/* The same on a topic that is whole. */
int fleet_link_send_to(struct fleet_link *link, const char *topic, const char *text, int qos, bool retain);

/* The broker has confirmed the message that was sent last with QoS 1. */
bool fleet_link_has_left(const struct fleet_link *link);

/* Asks for a topic that is not the standard's, whole. It ends with the connection. */
void fleet_link_hear(struct fleet_link *link, const char *topic, int qos);

/* Dials no more, and disconnects once the broker has confirmed the message that was sent last with QoS 1. */
void fleet_link_end(struct fleet_link *link);

/* True: nothing is left to do for the end. */
bool fleet_link_has_ended(const struct fleet_link *link);

#endif /* FLEET_LINK_H */
