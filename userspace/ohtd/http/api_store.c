// SPDX-License-Identifier: GPL-2.0-or-later
/* What others are told of the store: how it does, and why it has refused. */
#include "http/api.h"
#include "http/call.h"

#include "http/account.h"
#include "store/store.h"

void ohtd_reply_store_problem(struct ohtd_call *call, int error)
{
	struct ohtd_account_problem problem = ohtd_storage_problem(error);

	ohtd_reply_header(call, "retry-after", "2");
	ohtd_reply_problem(call, problem.status, problem.code, "%s", problem.detail);
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
