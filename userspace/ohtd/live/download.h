/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     exports on their way to their clients.
 * Contexts: the loop of the connection; pieces are made by workers.
 * Locks:    that of the places; the loop and a worker take turns.
 *
 * A piece is made when the client has taken the one before: a client that reads slowly slows its
 * own export alone, and holds one piece. Two exports are under way at a time, one of each account.
 * A client that leaves leaves nothing behind.
 */
#ifndef OHTD_LIVE_DOWNLOAD_H
#define OHTD_LIVE_DOWNLOAD_H

#include "history/export.h"

struct ohtd_call;
struct ohtd_loop;

/* Answers with all samples of the span. @form: enum ohtd_export_forms. */
void ohtd_download_open(struct ohtd_call *call, unsigned int form,
			const struct ohtd_export_query *query);

/* Each tick: those that had no worker ask again, and those whose session has ended are cut off. */
void ohtd_downloads_tick(struct ohtd_loop *loop);

/* The daemon ends: all are cut off. */
void ohtd_downloads_drain(struct ohtd_loop *loop);

#endif /* OHTD_LIVE_DOWNLOAD_H */
