// SPDX-License-Identifier: GPL-2.0-or-later
#include "alerts/proof.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/part.h"
#include "common/file.h"
#include "control/robot.h"
#include "oht_client.h"
#include "robot/snapshot.h"

#define EVERY_NS	(5 * OHTD_NS_PER_S)
#define AGAIN_NS	(600 * OHTD_NS_PER_S)
#define DAY_S		86400
#define FILE_BYTES	128
/* Ages of the driver are whole seconds, and clocks are slewed: what differs by less is the same. */
#define SAME_S		60
/* 2100: a later time is nonsense. */
#define TIME_MAX_S	4102444800ll

static int64_t wall_s(const struct ohtd_proof *proof)
{
	return ohtd_clock_wall_ns(proof->clock) / (int64_t)OHTD_NS_PER_S;
}

/* ---- the file: self-test, press, begin, in one line ---- */

static bool read_times(const char *text, int64_t times_s[3])
{
	char *end;

	for (int i = 0; i < 3; i++) {
		times_s[i] = strtoll(text, &end, 10);
		if (end == text || *end != (i < 2 ? ' ' : '\n') || times_s[i] < 0 || times_s[i] >= TIME_MAX_S)
			return false;
		text = end + 1;
	}
	return !*text;
}

void ohtd_proof_open(struct ohtd_proof *proof, const char *state_dir, struct ohtd_clock *clock, const struct ohtd_robot *robot)
{
	char *text = NULL;
	int r;

	*proof = (struct ohtd_proof){ .clock = clock, .robot = robot };
	snprintf(proof->path, sizeof(proof->path), "%s/proof", state_dir);
	r = oht_file_read(proof->path, FILE_BYTES, &text, NULL);
	if (!r && !read_times(text, proof->written_s)) {
		memset(proof->written_s, 0, sizeof(proof->written_s));
		r = -EINVAL;
	}
	if (r && r != -ENOENT)
		ohtd_log(OHTD_LOG_WARNING, "main", "proof_file", "%s: %s", proof->path,
			 r == -EINVAL ? "makes no sense, ignored" : strerror(-r));
	atomic_store(&proof->tested_s, proof->written_s[0]);
	atomic_store(&proof->pressed_s, proof->written_s[1]);
	atomic_store(&proof->begun_s, proof->written_s[2]);
	free(text);
}

static void write_times(struct ohtd_proof *proof, const int64_t times_s[3], uint64_t now_ns)
{
	char text[FILE_BYTES];
	int n = snprintf(text, sizeof(text), "%" PRId64 " %" PRId64 " %" PRId64 "\n", times_s[0], times_s[1], times_s[2]);
	int r = oht_file_replace(proof->path, text, (size_t)n, 0600);

	if (!r) {
		memcpy(proof->written_s, times_s, sizeof(proof->written_s));
		return;
	}
	proof->write_ns = now_ns + AGAIN_NS;
	ohtd_log(OHTD_LOG_WARNING, "main", "proof_file", "%s: %s", proof->path, strerror(-r));
}

/* A time that has not come yet was noted by a clock that was wrong: it proves nothing. */
static bool has_come(const struct ohtd_proof *proof, int64_t time_s)
{
	return time_s <= wall_s(proof) + SAME_S;
}

/* ---- what the device says ---- */

/* In the same boot a clock that was set moves what the driver knows: the newer word is the better one. */
static void take_device(struct ohtd_proof *proof, const struct ohtd_safety_view *safety)
{
	uint64_t slept_ns;

	if (safety->tested_ns)
		atomic_store(&proof->tested_s, ohtd_clock_wall_of_ns(proof->clock, safety->tested_ns) / (int64_t)OHTD_NS_PER_S);
	if (safety->opened_age_s == OHT_NEVER_SECONDS)
		return;
	/* The driver counts no suspend. */
	slept_ns = ohtd_clock_slept_ns(proof->clock, ohtd_since(ohtd_clock_monotonic_ns(proof->clock), safety->opened_age_s * OHTD_NS_PER_S));
	atomic_store(&proof->pressed_s, wall_s(proof) - safety->opened_age_s - (int64_t)(slept_ns / OHTD_NS_PER_S));
}

void ohtd_proof_note(struct ohtd_proof *proof, const struct ohtd_safety_view *safety)
{
	const uint64_t now_ns = ohtd_clock_monotonic_ns(proof->clock);
	struct ohtd_clock_view clock;
	int64_t times_s[3];
	bool is_new = false;

	if (!safety->hardware_stop)
		return;
	atomic_store(&proof->watched, true);
	take_device(proof, safety);
	/* A clock that comes up with the date of the build would make a new robot months old. */
	ohtd_clock_look(proof->clock, &clock);
	if (clock.synchronised && (!atomic_load(&proof->begun_s) || !has_come(proof, atomic_load(&proof->begun_s))))
		atomic_store(&proof->begun_s, wall_s(proof));
	times_s[0] = atomic_load(&proof->tested_s);
	times_s[1] = atomic_load(&proof->pressed_s);
	times_s[2] = atomic_load(&proof->begun_s);
	for (int i = 0; i < 3; i++)
		is_new = is_new || llabs(times_s[i] - proof->written_s[i]) > SAME_S;
	if (is_new && now_ns >= proof->write_ns)
		write_times(proof, times_s, now_ns);
}

/* Takes what the newest snapshot says, if the last time was some seconds ago. */
static void tick(void *part)
{
	struct ohtd_proof *proof = part;
	const uint64_t now_ns = ohtd_clock_monotonic_ns(proof->clock);
	struct ohtd_snapshot *snapshot;

	if (now_ns < proof->next_ns)
		return;
	proof->next_ns = now_ns + EVERY_NS;
	snapshot = malloc(sizeof(*snapshot));
	if (snapshot && !ohtd_robot_snapshot(proof->robot, snapshot) && snapshot->bus.present)
		ohtd_proof_note(proof, &snapshot->safety);
	free(snapshot);
}

/* ---- what is due ---- */

static int64_t age_s(const struct ohtd_proof *proof, int64_t time_s)
{
	if (!time_s)
		time_s = atomic_load(&proof->begun_s);
	return time_s && has_come(proof, time_s) ? wall_s(proof) - time_s : -1;
}

/* 0: never, or not known. */
static int64_t proved_s(const struct ohtd_proof *proof, const _Atomic int64_t *at_s)
{
	const int64_t time_s = atomic_load(at_s);

	return has_come(proof, time_s) ? time_s : 0;
}

void ohtd_proof_look(const struct ohtd_proof *proof, struct ohtd_proof_view *view)
{
	const int64_t tested_s = proved_s(proof, &proof->tested_s), pressed_s = proved_s(proof, &proof->pressed_s);
	const bool watched = atomic_load(&proof->watched);

	*view = (struct ohtd_proof_view){
		.test_age_s = age_s(proof, tested_s), .press_age_s = age_s(proof, pressed_s),
		.tested = tested_s, .pressed = pressed_s,
	};
	view->test_due = watched && view->test_age_s > OHTD_SELF_TEST_DAYS * (int64_t)DAY_S;
	view->press_due = watched && view->press_age_s > OHTD_BUTTON_PRESS_DAYS * (int64_t)DAY_S;
}

enum { SELF_TEST_DUE, BUTTON_PRESS_DUE };

/* A simulated robot has no button. */
static const struct ohtd_part_alert alerts[] = {
	[SELF_TEST_DUE] = { "safety", "self_test_due", OHTD_SEVERITY_WARNING, .notice = true, .real_only = true,
		.action = "Stop the robot, then ohtctl safety selftest, or Self-test on the page Safety." },
	[BUTTON_PRESS_DUE] = { "safety", "button_press_due", OHTD_SEVERITY_WARNING, .notice = true, .real_only = true,
		.action = "Press the emergency-stop button while the robot stands; GET safety .proof_test_age_s is small then. "
			  "Release it and reset." },
};

/* "... was 40 days ago", "No ... in 40 days" */
static void report_age(const struct ohtd_part_reports *to, unsigned int alert, const char *what, bool done, int64_t age_s, const char *risk)
{
	ohtd_part_report_text(to, alert, 0, done ? "The last %s was %lld days ago: %s." : "There was no %s in %lld days: %s.", what,
			      (long long)(age_s / DAY_S), risk);
}

static void judge(void *part, const struct ohtd_part_reports *to)
{
	struct ohtd_proof_view view;

	ohtd_proof_look(part, &view);
	if (view.test_due)
		report_age(to, SELF_TEST_DUE, "self-test of the stop", view.tested, view.test_age_s,
			   "an output that cannot be lowered is not noticed");
	if (view.press_due)
		report_age(to, BUTTON_PRESS_DUE, "press of the emergency-stop button", view.pressed, view.press_age_s,
			   "a contact that has welded is not noticed");
}

const struct ohtd_daemon_part ohtd_alert_proof_part = { OHTD_PART_ALERTS(alerts), .judge = judge, .tick = tick };
