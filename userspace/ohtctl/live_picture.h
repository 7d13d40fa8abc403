/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The robot as lines of text, for a terminal of at least 80 x 24.
 *
 * Owns:     nothing but its lines.
 * Contexts: the program's one thread; does no I/O.
 * Locks:    none.
 */
#ifndef OHTCTL_LIVE_PICTURE_H
#define OHTCTL_LIVE_PICTURE_H

#include <stdbool.h>
#include <stddef.h>

#include "live_state.h"

#define PICTURE_ROWS_MAX	64
#define PICTURE_BYTES		256	/* of a line: what is longer is cut */
#define PICTURE_CHANGES		48

/* Changes of late, the newest at @first. */
struct live_changes {
	char lines[PICTURE_CHANGES][PICTURE_BYTES];
	size_t first, count;
};

/* Puts a line in front, in place of the oldest if there is no room. */
void live_changes_add(struct live_changes *changes, const char *line);

/**
 * struct live_connection - how the daemon is heard
 * @whom: address or socket
 * @up: something has come of late
 * @silent_s: since when nothing has come
 * @why: reason for which the connection is lost; "": none is known
 */
struct live_connection {
	const char *whom;
	bool up;
	double silent_s;
	const char *why;
};

/**
 * struct live_picture - lines
 * @rows: how many there are to be
 * @text: each of them
 * @marked: that must be seen at once
 */
struct live_picture {
	size_t rows;
	char text[PICTURE_ROWS_MAX][PICTURE_BYTES];
	bool marked[PICTURE_ROWS_MAX];
};

/* Makes all lines; @rows of @picture is set before. */
void live_picture_make(struct live_picture *picture, const struct live_state *state,
		       const struct live_connection *connection, const struct live_changes *changes);

/*
 * In place: printable ASCII alone, of at most @columns characters, so that a line takes as many places as
 * it has bytes. A character of several bytes becomes one "?".
 */
void live_picture_cut(char *line, size_t columns);

#endif /* OHTCTL_LIVE_PICTURE_H */
