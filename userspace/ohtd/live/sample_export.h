/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     samples on their way to a client, in the form that it wants.
 * Contexts: as said in download.h.
 * Locks:    none.
 */
#ifndef OHTD_LIVE_SAMPLE_EXPORT_H
#define OHTD_LIVE_SAMPLE_EXPORT_H

#include "history/export.h"

struct ohtd_call;

/* Answers with all samples of the span. @form: enum ohtd_export_forms. */
void ohtd_sample_export_open(struct ohtd_call *call, unsigned int form, const struct ohtd_export_query *query);

#endif /* OHTD_LIVE_SAMPLE_EXPORT_H */
