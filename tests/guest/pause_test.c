// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A unit whose answers come with pauses of 5 ms between the characters, on the wire in software
 * (oht_sim): told as what it is, and borne if that is allowed. Only where guest time counts
 * instructions.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/guest.h"
#include "lib/sim.h"
#include "lib/tap.h"
#include "oht_client.h"

#define PAUSING		3
#define PAUSE_US	5000
#define WAIT_MS		10000

static struct oht_dev *dev;

static struct oht_reply ask(uint16_t count, uint32_t timeout_us)
{
	const struct oht_request request = {
		.unit = PAUSING, .function = OHT_READ_HOLDING, .priority = OHT_PRIORITY_COMMAND,
		.count = count, .timeout_us = timeout_us,
	};
	struct oht_reply reply;

	if (oht_dev_transact(dev, &request, &reply, WAIT_MS) && !reply.cookie)
		tap_bail("a read is refused: %s", strerror(errno));
	/* What comes late is over. */
	guest_sleep_ms(1000);
	return reply;
}

static void allow(uint32_t pause_max_us)
{
	const struct oht_unit_policy policy = {
		.unit = PAUSING, .timeout_us = 50000, .pause_max_us = pause_max_us,
	};
	uint32_t deadman_ms = 10000;

	if (oht_dev_control_take(dev, &deadman_ms) || oht_dev_unit_set(dev, &policy) ||
	    oht_dev_control_release(dev))
		tap_bail("the policy is not taken: %s", strerror(errno));
}

static uint64_t pauses(void)
{
	struct oht_unit_view view;

	if (oht_dev_unit_get(dev, PAUSING, &view))
		tap_bail("no view of the unit: %s", strerror(errno));
	return view.pauses;
}

static bool is_told(const struct oht_reply *reply)
{
	return reply->pause_us > PAUSE_US - 100 && reply->pause_us < PAUSE_US + 100;
}

static void test_told(void)
{
	struct oht_reply reply = ask(40, 50000);

	tap_is(reply.outcome, OHT_OUTCOME_PAUSED, "85 characters take too long");
	tap_errno(reply.error, EBADMSG, "... which is no answer");
	tap_ok(reply.received > 10 && reply.received < 85, "... received: %u bytes",
	       reply.received);
	tap_ok(is_told(&reply), "... longest pause: %u us", reply.pause_us);
	reply = ask(2, 50000);
	tap_is(reply.outcome, OHT_OUTCOME_OK, "nine characters are in time");
	tap_is(reply.received, 9, "... all received");
	tap_ok(is_told(&reply), "... longest pause: %u us", reply.pause_us);
	reply = ask(2, 3000);
	tap_is(reply.outcome, OHT_OUTCOME_SHORT, "not with a time-out below the pause");
	tap_is(reply.received, 1, "... one byte received");
}

static void test_allowed(void)
{
	uint64_t before = pauses();
	struct oht_reply reply;

	allow(PAUSE_US + 500);
	reply = ask(2, 3000);
	tap_is(reply.outcome, OHT_OUTCOME_OK, "allowed: a pause longer than the time-out");
	tap_is((long long)(pauses() - before), 8, "... counted");
	reply = ask(40, 50000);
	tap_is(reply.outcome, OHT_OUTCOME_OK, "... and 85 characters");
	tap_is(reply.received, 85, "... all received");
	tap_is((long long)(pauses() - before), 8 + 84, "... counted");
	allow(PAUSE_US - 1000);
	reply = ask(2, 3000);
	tap_is(reply.outcome, OHT_OUTCOME_SHORT, "less than the pause: not borne");
	allow(0);
}

static void test_others(void)
{
	struct oht_unit_view view;

	if (oht_dev_unit_get(dev, PAUSING + 1, &view))
		tap_bail("no view of the unit: %s", strerror(errno));
	tap_is((long long)view.pauses, 0, "others have made no pauses");
	tap_is((long long)sim_result("oht_sim", "uart_de_early"), 0, "driver off too early");
}

int main(void)
{
	guest_pin_cpu(0);
	dev = oht_dev_open(NULL, 0);
	if (!dev)
		tap_bail("%s: %s", OHT_DEFAULT_DEVICE, strerror(errno));
	sim_quiet();
	sim_reset();
	sim_set_number("pause_ns", PAUSE_US * US);
	sim_set_number("pause_unit", PAUSING);
	TAP_TEST(test_told(), "pauses are told");
	TAP_TEST(test_allowed(), "pauses are allowed");
	sim_set_number("pause_unit", 0);
	TAP_TEST(test_others(), "others");
	oht_dev_close(dev);
	return tap_done();
}
