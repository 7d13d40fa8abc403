// SPDX-License-Identifier: GPL-2.0-or-later
/* Read two registers of unit 2, then tell safety events until ten seconds were quiet. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include <oht_client.h>

static int read_battery(struct oht_dev *dev)
{
	const struct oht_request request = {
		.unit = 2,
		.function = OHT_READ_HOLDING,
		.priority = OHT_PRIORITY_BACKGROUND,
		.retries = 2,
		.address = 0x0000,
		.count = 2,
		.timeout_us = 30000,
	};
	struct oht_reply reply;

	if (oht_dev_transact(dev, &request, &reply, 1000)) {
		fprintf(stderr, "unit 2: %s\n", reply.cookie ? oht_outcome_text(reply.outcome) :
			oht_errno_text(errno));
		return 1;
	}
	printf("%.1f V, answered after %.2f ms\n", reply.words[0] / 10.0,
	       reply.turnaround_ns / 1e6);
	return 0;
}

static int tell_safety_events(struct oht_dev *dev, int quiet_ms)
{
	struct oht_event event;
	int result = oht_dev_subscribe_safety(dev, true);

	while (!result && (result = oht_dev_read_event(dev, &event, quiet_ms)) == 1) {
		if (event.type == OHT_EVENT_SAFETY)
			printf("#%" PRIu64 ": %s (%s)\n", event.safety.journal_seq,
			       oht_kind_text(event.safety.kind),
			       oht_cause_name(event.safety.cause));
		result = 0;
	}
	if (!result)
		return 0;
	fprintf(stderr, "safety events: %s\n", oht_errno_text(errno));
	return 1;
}

int main(void)
{
	char why[OHT_TEXT_BYTES];
	struct oht_dev *dev = oht_dev_open(NULL, 0);
	int result;

	if (!dev) {
		oht_open_text(NULL, errno, why, sizeof(why));
		fprintf(stderr, "%s\n", why);
		return 1;
	}
	result = read_battery(dev) || tell_safety_events(dev, 10000);
	oht_dev_close(dev);
	return result;
}
