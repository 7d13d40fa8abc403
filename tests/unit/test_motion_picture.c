// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The picture of docs/motion.md, from the axis' own samples. OHT_RECORD=1 writes the picture;
 * without it the picture must be what the axis does today.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "motion/axis.h"

#define PICTURE		SOURCE_DIR "/docs/motion.svg"
#define PICTURE_BYTES	(256 * 1024)
#define CYCLE_S		0.025
#define CYCLES		1200
#define LEFT		90
#define WIDTH		800
#define LANE		120
#define TOP		60
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static const struct ohtd_axis_limits limits = {
	.speed_mm_s = 1000, .accel_mm_s2 = 500, .decel_mm_s2 = 400, .stop_mm_s2 = 800,
	.jerk_mm_s3 = 800, .soft_min_mm = -5000, .soft_max_mm = 30000,
};

/* What happens, in whole cycles. */
static const struct act {
	int cycle;
	double cap_mm_s;	/* 0: unchanged */
	double target_mm;	/* 0: unchanged */
	const char *text;
} acts[] = {
	{ 20, 0, 10000, "to 10 m" },
	{ 220, 300, 0, "cap 300 mm/s" },
	{ 380, INFINITY, 0, "no cap" },
	{ 500, 0, 4000, "to 4 m, behind" },
};

static const struct lane {
	const char *name;
	const char *colour;
	double least, most;
} lanes[] = {
	{ "position, m", "#2060a0", 0, 12 },
	{ "speed, m/s", "#207040", -1.1, 1.1 },
	{ "acceleration, m/s2", "#a04020", -0.55, 0.55 },
};

static char text[PICTURE_BYTES];
static size_t used;

__attribute__((format(printf, 1, 2)))
static void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	used += (size_t)vsnprintf(text + used, sizeof(text) - used, format, args);
	va_end(args);
	assert_true(used < sizeof(text));
}

static double x_of(int cycle)
{
	return LEFT + (double)WIDTH * cycle / CYCLES;
}

static double y_of(size_t lane, double value)
{
	const struct lane *l = &lanes[lane];

	return TOP + (double)lane * (LANE + 20) +
	       LANE * (l->most - value) / (l->most - l->least);
}

static void draw_frame(void)
{
	int height = TOP + (int)ARRAY_SIZE(lanes) * (LANE + 20) + 20, second;
	size_t i;

	say("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<!-- SPDX-License-Identifier: GPL-2.0-or-later -->\n"
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
	    "font-family=\"sans-serif\" font-size=\"12\">\n"
	    "<title>A move, a cap that comes and goes, a target behind</title>\n"
	    "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n", LEFT + WIDTH + 20, height);
	for (second = 0; second <= 30; second += 5)
		say("<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%d s</text>\n",
		    x_of(second * 40), height - 14, second);
	for (i = 0; i < ARRAY_SIZE(lanes); i++)
		say("<text x=\"%d\" y=\"%.1f\" font-weight=\"bold\" fill=\"%s\">%s</text>\n"
		    "<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" stroke=\"#999\"/>\n",
		    LEFT + 4, y_of(i, lanes[i].most) - 4, lanes[i].colour, lanes[i].name, LEFT,
		    y_of(i, 0), LEFT + WIDTH, y_of(i, 0));
}

static void draw_level(size_t lane, double value)
{
	say("<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%g</text>\n"
	    "<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" stroke=\"#ccc\" "
	    "stroke-dasharray=\"3 3\"/>\n", LEFT - 6, y_of(lane, value) + 4, value, LEFT,
	    y_of(lane, value), LEFT + WIDTH, y_of(lane, value));
}

static void draw_act(const struct act *act)
{
	say("<line x1=\"%.1f\" y1=\"40\" x2=\"%.1f\" y2=\"%d\" stroke=\"#666\" "
	    "stroke-dasharray=\"2 4\"/>\n<text x=\"%.1f\" y=\"30\">%s</text>\n",
	    x_of(act->cycle), x_of(act->cycle), TOP + 3 * LANE + 40, x_of(act->cycle) - 2,
	    act->text);
}

static void run(double values[ARRAY_SIZE(lanes)][CYCLES])
{
	struct ohtd_axis_caps caps = { INFINITY, INFINITY, INFINITY, 100 };
	struct ohtd_axis_sample s;
	struct ohtd_axis axis;
	size_t next = 0;
	int i;

	assert_int_equal(ohtd_axis_init(&axis, &limits), OHTD_AXIS_OK);
	for (i = 0; i < CYCLES; i++) {
		if (next < ARRAY_SIZE(acts) && acts[next].cycle == i) {
			if (acts[next].cap_mm_s > 0)
				caps.mode_mm_s = acts[next].cap_mm_s;
			assert_int_equal(ohtd_axis_set_caps(&axis, &caps), OHTD_AXIS_OK);
			if (acts[next].target_mm > 0)
				assert_int_equal(ohtd_axis_move(&axis, acts[next].target_mm), 0);
			next++;
		}
		assert_int_equal(ohtd_axis_step(&axis, CYCLE_S, &s), OHTD_AXIS_OK);
		values[0][i] = s.point.position_mm / 1000;
		values[1][i] = s.point.speed_mm_s / 1000;
		values[2][i] = s.point.accel_mm_s2 / 1000;
	}
	assert_true(s.arrived);
}

static void draw(void)
{
	static double values[ARRAY_SIZE(lanes)][CYCLES];
	size_t i;
	int k;

	run(values);
	draw_frame();
	draw_level(0, 4);
	draw_level(0, 10);
	draw_level(1, 1);
	draw_level(1, 0.3);
	draw_level(1, -1);
	draw_level(2, 0.5);
	draw_level(2, -0.4);
	for (i = 0; i < ARRAY_SIZE(acts); i++)
		draw_act(&acts[i]);
	for (i = 0; i < ARRAY_SIZE(lanes); i++) {
		say("<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\" points=\"",
		    lanes[i].colour);
		for (k = 0; k < CYCLES; k += 2)
			say("%s%.1f,%.1f", k ? " " : "", x_of(k), y_of(i, values[i][k]));
		say("\"/>\n");
	}
	say("</svg>\n");
}

static void record(void)
{
	FILE *file = fopen(PICTURE, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, used, file), used);
	assert_int_equal(fclose(file), 0);
}

static void picture_is_what_the_axis_does(void **state)
{
	static char there[PICTURE_BYTES];
	FILE *file;
	size_t n;

	(void)state;
	draw();
	if (getenv("OHT_RECORD"))
		record();
	file = fopen(PICTURE, "r");
	if (!file)
		fail_msg("no docs/motion.svg: OHT_RECORD=1 writes it");
	n = fread(there, 1, sizeof(there), file);
	assert_int_equal(fclose(file), 0);
	if (n != used || memcmp(there, text, n))
		fail_msg("docs/motion.svg is not what the axis does: OHT_RECORD=1 writes it");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(picture_is_what_the_axis_does) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
