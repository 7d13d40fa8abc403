/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     long answers on their way to their clients.
 * Contexts: the loop of the connection; pieces are made by workers.
 * Locks:    that of the places; the loop and a worker take turns.
 *
 * A piece is made when the client has taken the one before: a client that reads slowly slows its
 * own answer alone, and holds one piece. Two are under way at a time, one of each account.
 * A client that leaves leaves nothing behind.
 */
#ifndef OHTD_LIVE_DOWNLOAD_H
#define OHTD_LIVE_DOWNLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ohtd_call;
struct ohtd_loop;

#define OHTD_DOWNLOAD_FILE_BYTES	64

/**
 * struct ohtd_download_source - what makes the pieces; first member of what it makes them of
 * @what: "export", for the log and refusals
 * @type: media type
 * @file: name under which a browser keeps it; may be filled in by the first @make
 * @measured: @bytes is known when the first piece is
 * @bytes: of all pieces, with those in front of @from
 * @from: where the client wants to go on; the first @make may set it to 0. Only where it is @measured, and never changes
 * @make: on a worker: the next piece, which may be empty and is good until the next call. 1: there are more, 0: it was the last
 *	one, or a negative errno
 * @refuse: on the loop: answers, since the first piece could not be made for the reason @why
 * @free: the end of it
 */
struct ohtd_download_source {
	const char *what, *type;
	char file[OHTD_DOWNLOAD_FILE_BYTES];
	bool measured;
	uint64_t bytes, from;
	int (*make)(struct ohtd_download_source *source, const char **piece, size_t *bytes);
	void (*refuse)(struct ohtd_call *call, struct ohtd_download_source *source, int why);
	void (*free)(struct ohtd_download_source *source);
};

/* Answers with all pieces. @source is the download's from now on; NULL: there was no memory for it. */
void ohtd_download_open(struct ohtd_call *call, struct ohtd_download_source *source);

/* Each tick: those that had no worker ask again, and those whose session has ended are cut off. */
void ohtd_downloads_tick(struct ohtd_loop *loop);

/* The daemon ends: all are cut off. */
void ohtd_downloads_drain(struct ohtd_loop *loop);

#endif /* OHTD_LIVE_DOWNLOAD_H */
