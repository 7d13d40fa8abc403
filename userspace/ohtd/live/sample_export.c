// SPDX-License-Identifier: GPL-2.0-or-later
#include "live/sample_export.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "http/problem.h"
#include "json/writer.h"
#include "live/download.h"
#include "live/export_form.h"
#include "server/call.h"
#include "server/late.h"

struct sample_export {
	struct ohtd_download_source source;
	struct ohtd_export *export;
	int64_t run;			/* in which it was to begin, or 0 */
	struct ohtd_export_text text;
	bool begun;			/* a piece has been made */
	bool told;			/* all items; what is left is the end of the form */
};

static int make(struct ohtd_download_source *source, const char **piece, size_t *bytes)
{
	struct sample_export *samples = (struct sample_export *)source;
	struct ohtd_export_text *text = &samples->text;
	const struct ohtd_export_form *form = text->form;
	struct ohtd_export_item item;
	int r = samples->told ? 0 : 1;

	/* What the form's head has put there goes with the first piece. */
	if (samples->begun) {
		text->sent += text->used;
		text->used = 0;
	}
	samples->begun = true;
	while (r > 0 && text->used < form->piece_bytes) {
		r = ohtd_export_next(samples->export, &item);
		if (r > 0)
			form->item(text, &item);
	}
	if (form->seal && !samples->told)
		form->seal(text);
	if (!r) {
		samples->told = true;
		r = form->tail && form->tail(text);
	}
	*piece = text->text;
	*bytes = text->used;
	return r == -EAGAIN ? 1 : r;
}

static void refuse(struct ohtd_call *call, struct ohtd_download_source *source, int why)
{
	if (why == -ENODATA)
		ohtd_reply_member(call, "/from_cycle", "unfit",
				  "run %lld is not kept, or began behind the end: begin another export, with from",
				  (long long)((struct sample_export *)source)->run);
	else
		ohtd_reply_history_problem(call, why);
}

static void end(struct ohtd_download_source *source)
{
	struct sample_export *samples = (struct sample_export *)source;

	ohtd_export_end(samples->export);
	ohtd_export_text_end(&samples->text);
	free(samples);
}

/* A file's name with the time of now. */
static void name_file(struct ohtd_call *call, struct sample_export *samples)
{
	char time[OHTD_TIME_BYTES + 1] = "";

	ohtd_time_text(ohtd_clock_wall_ns(call->services->clock), time);
	snprintf(samples->source.file, sizeof(samples->source.file), "oht-%.4s%.2s%.2s-%.2s%.2s%.2s.%s",
		 time, time + 5, time + 8, time + 11, time + 14, time + 17, samples->text.form->suffix);
}

void ohtd_sample_export_open(struct ohtd_call *call, unsigned int form, const struct ohtd_export_query *query)
{
	struct sample_export *samples = calloc(1, sizeof(*samples));

	if (samples) {
		samples->source = (struct ohtd_download_source){
			.what = "export", .type = ohtd_export_form_of(form)->type, .make = make, .refuse = refuse, .free = end };
		samples->run = query->begin_run;
		samples->export = ohtd_export_begin(call->services->history, query);
		if (!samples->export || ohtd_export_text_begin(&samples->text, form, query)) {
			end(&samples->source);
			samples = NULL;
		}
	}
	if (samples)
		name_file(call, samples);
	ohtd_download_open(call, samples ? &samples->source : NULL);
}
