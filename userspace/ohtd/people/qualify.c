// SPDX-License-Identifier: GPL-2.0-or-later
#include "people/qualify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "people/account.h"
#include "people/people.h"
#include "server/call.h"

void ohtd_people_qualify_begin(struct ohtd_call *call, struct ohtd_people_qualify *act, enum ohtd_courses_what what)
{
	act->courses = call->services->courses;
	act->epoch = call->who.epoch;
	act->order.what = what;
	act->order.by_id = call->who.user_id;
	act->order.by_role = (int)call->who.role;
	act->order.now_s = ohtd_clock_wall_s(call->services->clock);
	snprintf(act->order.by, sizeof(act->order.by), "%s", call->who.user);
}

int ohtd_people_qualify_work(struct ohtd_db *db, struct ohtd_people_qualify *act)
{
	int r = ohtd_people_giver_check(db, act->order.by_id, act->epoch);

	return r ? r : ohtd_courses_act(act->courses, db, &act->order);
}

static void refuse_missing(struct ohtd_call *call, const struct ohtd_courses_order *order)
{
	const bool named = order->what == OHTD_COURSES_GRANT || order->what == OHTD_COURSES_OVERRIDE;

	if (named)
		ohtd_reply_problem(call, 422, "unknown_course", "there is no course '%s': see GET courses", order->course.name);
	else if (order->what == OHTD_COURSES_REVOKE || order->what == OHTD_COURSES_CONFIRM)
		ohtd_reply_problem(call, 404, "not_found", "there is no %s %" PRId64,
				   order->what == OHTD_COURSES_CONFIRM ? "override" : "certificate", order->certificate.id);
	else
		ohtd_reply_problem(call, 404, "not_found", "there is no course %" PRId64, order->course.id);
}

static void refuse_oneself(struct ohtd_call *call, const struct ohtd_courses_order *order)
{
	const struct ohtd_courses_certificate *certificate = &order->certificate;

	if (order->what == OHTD_COURSES_CONFIRM && order->by_id != certificate->user_id)
		ohtd_reply_problem(call, 403, "own_certificate", "%s has asked for the override: another account confirms it", order->by);
	else
		ohtd_reply_problem(call, 403, "own_certificate", "nobody grants or confirms what is for himself: it is for %s", order->by);
}

static void refuse_time(struct ohtd_call *call, const struct ohtd_courses_order *order)
{
	if (order->what == OHTD_COURSES_CONFIRM)
		ohtd_reply_problem(call, 409, "override_over", "the override was not confirmed within %d minutes", OHTD_OVERRIDE_WAITS_S / 60);
	else
		ohtd_reply_member(call, "/ends", "range", "the certificate would have ended already");
}

void ohtd_people_qualify_refuse(struct ohtd_call *call, const struct ohtd_courses_order *order, int error)
{
	struct ohtd_store_problem problem;

	switch (error) {
	case -ENOENT:
		refuse_missing(call, order);
		break;
	case -ESRCH:
		ohtd_reply_problem(call, 422, "unknown_user", "there is no account '%s'", order->certificate.user);
		break;
	case -EEXIST:
		if (order->what == OHTD_COURSES_OVERRIDE)
			ohtd_reply_problem(call, 409, "override_runs", "%s has an override of the course %s that waits or lasts", order->certificate.user,
					   order->course.name);
		else
			ohtd_reply_problem(call, 409, "course_exists", "there is a course '%s' already", order->course.name);
		break;
	case -E2BIG:
		if (order->what == OHTD_COURSES_ADD)
			ohtd_reply_problem(call, 409, "too_many_courses", "there are %d courses", OHTD_COURSES_MAX);
		else
			ohtd_reply_problem(call, 409, "too_many_certificates", "there are %d certificates, and each is in force", OHTD_CERTIFICATES_MAX);
		break;
	case -ENOTEMPTY:
		ohtd_reply_problem(call, 409, "course_in_use", "%d certificates of the course %s are in force: revoke them first", order->in_force,
				   order->course.name);
		break;
	case -EPERM:
		refuse_oneself(call, order);
		break;
	case -EACCES:
		ohtd_reply_problem(call, 403, "role", "certificates of the course %s need the role %s, %s is %s", order->course.name,
				   ohtd_role_name(order->course.grant_role), order->by, ohtd_role_name(order->by_role));
		break;
	case -ETIME:
		refuse_time(call, order);
		break;
	case -ERANGE:
		ohtd_reply_member(call, "/ends", "range", "a certificate of the course %s lasts at most %" PRId64 " days", order->course.name,
				  order->course.valid_days);
		break;
	case -EALREADY:
		if (*order->certificate.confirmed_by && !order->certificate.revoked_s)
			ohtd_reply_problem(call, 409, "override_confirmed", "%s has confirmed it", order->certificate.confirmed_by);
		else
			ohtd_reply_problem(call, 409, "certificate_revoked", "%s has revoked it", order->certificate.revoked_by);
		break;
	case -EDOM:
		ohtd_reply_problem(call, 409, "course_not_required", "the course %s is not required: nothing is refused for it", order->course.name);
		break;
	case -ENODEV:
		ohtd_reply_problem(call, 409, "clock_unkept", "no time server has set the clock of the robot since ohtd started");
		break;
	default:
		problem = ohtd_account_problem(error);
		ohtd_reply_problem(call, problem.status, problem.code, "%s", problem.detail);
	}
}
