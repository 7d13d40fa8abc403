// SPDX-License-Identifier: GPL-2.0-or-later
/* Acts on courses and certificates, each in one transaction. */
#include "courses/private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/principal.h"
#include "base/clock.h"
#include "store/store.h"

/* ---- courses ---- */

static int add_course(struct ohtd_courses *courses, struct ohtd_db *db, struct ohtd_courses_order *order)
{
	int r;

	if (order->course.required && !ohtd_courses_clock_is_kept(courses))
		return -ENODEV;
	order->course.changed_s = order->now_s;
	r = ohtd_courses_row_add(db, &order->course);
	return r ? r : ohtd_courses_row_get(db, &order->course);
}

static void change_members(struct ohtd_courses_course *course, const struct ohtd_courses_course *wished, unsigned int members)
{
	if (members & OHTD_COURSES_TITLE)
		strcpy(course->title, wished->title);
	if (members & OHTD_COURSES_DAYS)
		course->valid_days = wished->valid_days;
	if (members & OHTD_COURSES_GRANTERS)
		course->grant_role = wished->grant_role;
	if (members & OHTD_COURSES_VERBS)
		strcpy(course->verbs, wished->verbs);
	if (members & OHTD_COURSES_MODULES)
		strcpy(course->modules, wished->modules);
	if (members & OHTD_COURSES_ROUTES)
		strcpy(course->routes, wished->routes);
	if (members & OHTD_COURSES_MODES)
		strcpy(course->modes, wished->modes);
	if (members & OHTD_COURSES_SCENARIOS)
		strcpy(course->scenarios, wished->scenarios);
	if (members & OHTD_COURSES_REQUIRED)
		course->required = wished->required;
}

static int change_course(struct ohtd_courses *courses, struct ohtd_db *db, struct ohtd_courses_order *order)
{
	struct ohtd_courses_course wished = order->course;
	int r = ohtd_courses_row_get(db, &order->course);

	if (r)
		return r;
	order->before = order->course;
	change_members(&order->course, &wished, order->members);
	if (order->course.required && !order->before.required && !ohtd_courses_clock_is_kept(courses))
		return -ENODEV;
	order->course.changed_s = order->now_s;
	return ohtd_courses_row_change(db, &order->course);
}

static int delete_course(struct ohtd_db *db, struct ohtd_courses_order *order)
{
	int r = ohtd_courses_row_get(db, &order->course);

	if (r)
		return r;
	order->before = order->course;
	order->in_force = ohtd_courses_rows_in_force(db, order->course.id, order->now_s);
	if (order->in_force)
		return order->in_force < 0 ? order->in_force : -ENOTEMPTY;
	return ohtd_courses_row_delete(db, order->course.id);
}

/* ---- certificates ---- */

/* The course and the account of a new one, by their names. */
static int find_both(struct ohtd_db *db, struct ohtd_courses_order *order)
{
	struct ohtd_courses_certificate *certificate = &order->certificate;
	struct ohtd_user user = { 0 };
	int r = ohtd_courses_row_get(db, &order->course);

	if (r)
		return r;
	strcpy(user.name, certificate->user);
	r = ohtd_db_user_find(db, &user);
	if (r)
		return r == -ENOENT ? -ESRCH : r;
	certificate->user_id = user.id;
	certificate->course_id = order->course.id;
	certificate->granted_s = order->now_s;
	certificate->granted_by_id = order->by_id;
	strcpy(certificate->granted_by, order->by);
	return user.id == order->by_id ? -EPERM : 0;
}

static int add(struct ohtd_db *db, struct ohtd_courses_order *order)
{
	int r = ohtd_courses_certificate_add(db, &order->certificate, order->now_s);

	return r ? r : ohtd_courses_certificate_get(db, &order->certificate);
}

static int grant(struct ohtd_courses *courses, struct ohtd_db *db, struct ohtd_courses_order *order)
{
	struct ohtd_courses_certificate *certificate = &order->certificate;
	int64_t longest_s;
	int r = find_both(db, order);

	if (r)
		return r;
	if (order->by_role < order->course.grant_role)
		return -EACCES;
	if (!ohtd_courses_clock_is_kept(courses))
		return -ENODEV;
	longest_s = certificate->starts_s + order->course.valid_days * OHTD_COURSES_DAY_S;
	certificate->ends_s = certificate->ends_s ? certificate->ends_s : longest_s;
	if (certificate->ends_s <= order->now_s || certificate->ends_s <= certificate->starts_s)
		return -ETIME;
	return certificate->ends_s > longest_s ? -ERANGE : add(db, order);
}

static int revoke(struct ohtd_db *db, struct ohtd_courses_order *order)
{
	struct ohtd_courses_certificate *certificate = &order->certificate;
	struct ohtd_courses_certificate wished = *certificate;
	int r = ohtd_courses_certificate_get(db, certificate);

	if (r)
		return r;
	order->course.id = certificate->course_id;
	r = ohtd_courses_row_get(db, &order->course);
	if (r)
		return r;
	/* An override ends by whichever role may begin one. */
	if (!certificate->override_ms && order->by_role < order->course.grant_role)
		return -EACCES;
	if (certificate->revoked_s)
		return -EALREADY;
	certificate->revoked_s = order->now_s > 0 ? order->now_s : 1;
	certificate->revoked_by_id = order->by_id;
	strcpy(certificate->revoked_by, order->by);
	strcpy(certificate->revoked_why, wished.revoked_why);
	return ohtd_courses_certificate_change(db, certificate);
}

/* ---- overrides ---- */

static int ask_override(struct ohtd_courses *courses, struct ohtd_db *db, struct ohtd_courses_order *order)
{
	struct ohtd_courses_certificate *certificate = &order->certificate;
	int64_t boot_ms = ohtd_courses_boot_ms(courses);
	int r = find_both(db, order);

	if (r)
		return r;
	if (!order->course.required)
		return -EDOM;
	strcpy(certificate->boot_id, courses->boot_id);
	certificate->starts_s = certificate->ends_s = 0;
	certificate->until_boot_ms = boot_ms + OHTD_OVERRIDE_WAITS_S * 1000;
	r = ohtd_courses_override_runs(db, certificate, boot_ms);
	return r ? r < 0 ? r : -EEXIST : add(db, order);
}

static int confirm(struct ohtd_courses *courses, struct ohtd_db *db, struct ohtd_courses_order *order)
{
	struct ohtd_courses_certificate *certificate = &order->certificate;
	int64_t boot_ms = ohtd_courses_boot_ms(courses);
	int r = ohtd_courses_certificate_get(db, certificate);

	if (r)
		return r;
	if (!certificate->override_ms)
		return -ENOENT;
	if (*certificate->confirmed_by || certificate->revoked_s)
		return -EALREADY;
	if (strcmp(certificate->boot_id, courses->boot_id) != 0 || boot_ms >= certificate->until_boot_ms)
		return -ETIME;
	if (order->by_id == certificate->granted_by_id || order->by_id == certificate->user_id)
		return -EPERM;
	certificate->confirmed_by_id = order->by_id;
	strcpy(certificate->confirmed_by, order->by);
	certificate->starts_s = order->now_s;
	certificate->ends_s = order->now_s + certificate->override_ms / 1000;
	certificate->until_boot_ms = boot_ms + certificate->override_ms;
	return ohtd_courses_certificate_change(db, certificate);
}

/* ---- all of them ---- */

static int act(struct ohtd_courses *courses, struct ohtd_db *db, struct ohtd_courses_order *order)
{
	switch (order->what) {
	case OHTD_COURSES_ADD:
		return add_course(courses, db, order);
	case OHTD_COURSES_CHANGE:
		return change_course(courses, db, order);
	case OHTD_COURSES_DELETE:
		return delete_course(db, order);
	case OHTD_COURSES_GRANT:
		return grant(courses, db, order);
	case OHTD_COURSES_REVOKE:
		return revoke(db, order);
	case OHTD_COURSES_OVERRIDE:
		return ask_override(courses, db, order);
	case OHTD_COURSES_CONFIRM:
		return confirm(courses, db, order);
	}
	return -EINVAL;
}

int ohtd_courses_act(struct ohtd_courses *courses, struct ohtd_db *db, struct ohtd_courses_order *order)
{
	int r = ohtd_courses_rows_begin(db);

	if (r)
		return r;
	ohtd_courses_release(order);
	r = act(courses, db, order);
	if (!r)
		r = ohtd_courses_copy_make(courses, db, &order->copy);
	return ohtd_courses_rows_end(db, r);
}

void ohtd_courses_settle(struct ohtd_courses *courses, struct ohtd_courses_order *order)
{
	if (!order->copy)
		return;
	ohtd_courses_copy_take(courses, order->copy);
	order->copy = NULL;
}

void ohtd_courses_release(struct ohtd_courses_order *order)
{
	ohtd_courses_copy_free(order->copy);
	order->copy = NULL;
}

/* ---- what an account has earned by scenarios ---- */

/**
 * struct earning - a scenario was passed
 * @order: the grants, one after the other; its copy is that of all
 * @rows: the courses
 * @granted: their certificates
 * @count: of @granted
 */
struct earning {
	struct ohtd_courses *courses;
	const char *scenario;
	struct ohtd_user user;
	struct ohtd_courses_order order;
	struct ohtd_courses_course rows[OHTD_COURSES_MAX];
	struct ohtd_courses_certificate granted[OHTD_COURSES_MAX];
	unsigned int count;
};

static int earn_one(struct ohtd_db *db, struct earning *earning, const struct ohtd_courses_course *course)
{
	struct ohtd_courses_order *order = &earning->order;
	int64_t since_s = order->now_s - course->valid_days * OHTD_COURSES_DAY_S;
	int r = ohtd_courses_rows_passed(db, course, earning->user.id, earning->scenario, since_s * (int64_t)OHTD_NS_PER_S);

	if (r <= 0)
		return r;
	order->course = *course;
	order->certificate = (struct ohtd_courses_certificate){ .starts_s = order->now_s };
	strcpy(order->certificate.user, earning->user.name);
	snprintf(order->certificate.evidence, sizeof(order->certificate.evidence), "passed in the simulator: %s", course->scenarios);
	r = grant(earning->courses, db, order);
	if (!r)
		earning->granted[earning->count++] = order->certificate;
	return r;
}

static int earn_all(struct ohtd_db *db, struct earning *earning)
{
	int r = ohtd_db_user_get(db, &earning->user), count;

	if (r || earning->user.disabled || earning->user.service)
		return r == -ENOENT ? 0 : r;
	count = ohtd_courses_rows(db, earning->rows, OHTD_COURSES_MAX);
	if (count < 0)
		return count;
	for (int i = 0; !r && i < count; i++)
		if (ohtd_courses_is_among(earning->rows[i].scenarios, earning->scenario))
			r = earn_one(db, earning, &earning->rows[i]);
	return r || !earning->count ? r : ohtd_courses_copy_make(earning->courses, db, &earning->order.copy);
}

static int work_earn(struct ohtd_db *db, void *arg)
{
	struct earning *earning = arg;
	int r = ohtd_courses_rows_begin(db);

	earning->count = 0;
	ohtd_courses_release(&earning->order);
	return r ? r : ohtd_courses_rows_end(db, earn_all(db, earning));
}

int ohtd_courses_earn(struct ohtd_courses *courses, int64_t user_id, const char *scenario,
		      void (*tell)(void *arg, const struct ohtd_courses_certificate *certificate), void *arg)
{
	struct earning *earning = calloc(1, sizeof(*earning));
	int r;

	if (!earning)
		return -ENOMEM;
	earning->courses = courses;
	earning->scenario = scenario;
	earning->user.id = user_id;
	earning->order.what = OHTD_COURSES_GRANT;
	earning->order.by_role = OHTD_ROLE_ADMINISTRATOR;
	earning->order.now_s = ohtd_clock_wall_s(courses->clock);
	strcpy(earning->order.by, OHTD_COURSES_GRANTER);
	r = ohtd_store_call(courses->store, work_earn, earning);
	if (!r) {
		ohtd_courses_settle(courses, &earning->order);
		for (unsigned int i = 0; i < earning->count; i++)
			tell(arg, &earning->granted[i]);
	}
	ohtd_courses_release(&earning->order);
	free(earning);
	return r;
}
