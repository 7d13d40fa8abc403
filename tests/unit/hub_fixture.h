/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hub with a channel of each kind and one subscriber. What is published has a value and an age.
 *
 * Owns:     the hub of the running test.
 * Contexts: the test's main thread.
 * Locks:    none.
 */
#ifndef HUB_FIXTURE_H
#define HUB_FIXTURE_H

#include "live/hub.h"

#define HUB_EPOCH	77

enum { EVENTS, STATE, TERSE, WHOLE, WHOLE_EVENTS, CHANNELS };

extern const struct ohtd_channel_kind hub_kinds[CHANNELS];

struct fixture {
	struct ohtd_hub *hub;
	uint64_t version, now_ms;
	struct ohtd_subscription place;
};

int hub_set_up(void **state);
int hub_tear_down(void **state);

/* What is in @text and not in @key is no news when it changes. */
void publish_text(struct fixture *fixture, int channel, const char *text, const char *key);
/* The state {"a":@a,"b":[1,"}"],"age":@age}, whose age is no news; without @age it is 0. */
void publish_at(struct fixture *fixture, int channel, int a, int age);
void publish(struct fixture *fixture, int channel, int a);

/* @rounds times nothing but the age has changed: 1, 2, ... @rounds. One listens, to another channel perhaps. */
void stay_quiet(struct fixture *fixture, int channel, int a, int rounds);

/* The subscriber comes back with the message @seq as its newest. */
void resume(struct fixture *fixture, int channel, uint64_t seq);

/* The next message holds @text; NULL: there is none. */
void expect_next(struct fixture *fixture, int channel, const char *text);

#endif /* HUB_FIXTURE_H */
