/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A terminal on which a picture is drawn in place, with the sequences of ECMA-48 that all have.
 *
 * Owns:     how the terminal was before, and what is on it now.
 * Contexts: the program's one thread.
 * Locks:    none.
 */
#ifndef OHTCTL_LIVE_SCREEN_H
#define OHTCTL_LIVE_SCREEN_H

#include <stdbool.h>
#include <stdio.h>
#include <termios.h>

#include "live_picture.h"

/**
 * struct live_screen - a terminal
 * @out: of the terminal
 * @keys: file descriptor that keys come from; negative: none
 * @before: how the keys were
 * @on: between begin and end
 * @rows: of the terminal, when it was last looked at
 * @columns: the same
 * @shown: what is on it, already cut
 */
struct live_screen {
	FILE *out;
	int keys;
	struct termios before;
	bool on;
	size_t rows, columns;
	struct live_picture shown;
};

/* Can it be drawn on? Else lines go there, one behind the other. */
bool live_screen_is_possible(FILE *out);

/* A screen of its own, keys as they are pressed. */
void live_screen_begin(struct live_screen *screen, FILE *out);

/* As it was before. Allowed at any time. */
void live_screen_end(struct live_screen *screen);

/* Rows of the terminal now. */
size_t live_screen_rows(struct live_screen *screen);

/* Draws what is another than before; lines are cut, never wrapped. */
void live_screen_draw(struct live_screen *screen, const struct live_picture *picture);

/* Has somebody pressed q? */
bool live_screen_quit(struct live_screen *screen);

#endif /* OHTCTL_LIVE_SCREEN_H */
