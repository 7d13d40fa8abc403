// SPDX-License-Identifier: GPL-2.0-or-later
/* What others are told of the store: how it does, and why it has refused. */
#include "http/api.h"
#include "http/call.h"

#include <errno.h>

#include "store/store.h"

static const struct {
	int status;
	const char *code;
	const char *detail;
} problems[] = {
	[OHTD_STORE_OK] = { 503, "unavailable", "this cannot be done now" },
	[OHTD_STORE_BUSY] = { 503, "storage_busy", "too much is being written, try again" },
	[OHTD_STORE_FULL] = { 507, "storage_full", "there is no room on the disk" },
	[OHTD_STORE_READ_ONLY] = { 503, "storage_read_only", "the disk cannot be written" },
	[OHTD_STORE_FAILING] = { 503, "storage_failing", "the disk gives errors" },
	[OHTD_STORE_DAMAGED] = { 503, "storage_damaged",
				 "the database is damaged; the next start repairs it" },
};

void ohtd_reply_store_problem(struct ohtd_call *call, int error)
{
	enum ohtd_store_state state = ohtd_store_state_of(error);

	ohtd_reply_header(call, "retry-after", "2");
	ohtd_reply_problem(call, problems[state].status, problems[state].code, "%s",
			   problems[state].detail);
}

static bool is_stalled(struct ohtd_call *call, const struct ohtd_store_view *view)
{
	return ohtd_call_age_ms(call, view->busy_since_ns) > OHTD_STORE_STALLED_MS;
}

static const char *state_name(struct ohtd_call *call, const struct ohtd_store_view *view)
{
	if (view->state)
		return ohtd_store_state_name(view->state);
	if (is_stalled(call, view))
		return "stalled";
	return view->damaged_files ? "damaged" : "ok";
}

bool ohtd_store_is_well(struct ohtd_call *call)
{
	struct ohtd_store_view view;

	ohtd_store_look(ohtd_call_store(call), &view);
	return !view.state && !view.damaged_files && !is_stalled(call, &view);
}

struct json_object *ohtd_json_store(struct ohtd_call *call)
{
	struct json_object *json = json_object_new_object();
	struct ohtd_store_view view;

	ohtd_store_look(ohtd_call_store(call), &view);
	json_object_object_add(json, "state", json_object_new_string(state_name(call, &view)));
	json_object_object_add(json, "writable",
			       json_object_new_boolean(!view.state && !is_stalled(call, &view)));
	json_object_object_add(json, "busy_ms", view.busy_since_ns ? json_object_new_int64(
			       ohtd_call_age_ms(call, view.busy_since_ns)) : NULL);
	json_object_object_add(json, "refused", json_object_new_int64((int64_t)view.refused));
	json_object_object_add(json, "damaged_files",
			       json_object_new_int64((int64_t)view.damaged_files));
	return json;
}
