// SPDX-License-Identifier: GPL-2.0-or-later
/* How units are treated, and the end of the device. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>

#include "device.h"
#include "internal.h"

static const struct oht_unit_set good = {
	.size = sizeof(good), .unit = UNIT_NONE, .retries = 1, .timeout_us = 30000,
	.pause_max_us = 4000, .rest_us = 7000,
};

static int set(int fd, struct oht_unit_set wanted)
{
	return dev_call(fd, OHT_IOC_UNIT_SET, &wanted);
}

static struct oht_unit_status unit_of(int fd, uint8_t unit)
{
	struct oht_unit_status status = { .size = sizeof(status), .unit = unit };

	EXPECT_ERRNO(dev_call(fd, OHT_IOC_UNIT_GET, &status), 0);
	return status;
}

#define EXPECT_REFUSED(fd, member, value) do {					\
		struct oht_unit_set refused = good;				\
										\
		refused.member = (value);					\
		EXPECT_ERRNO(set(fd, refused), EINVAL);				\
	} while (0)

static void settings_are_checked(void)
{
	struct oht_unit_set degrades = good;
	int fd = dev_controller();

	EXPECT_REFUSED(fd, unit, 0);
	EXPECT_REFUSED(fd, unit, 248);
	EXPECT_REFUSED(fd, retries, 11);
	EXPECT_REFUSED(fd, pad, 1);
	EXPECT_REFUSED(fd, flags, 1);
	EXPECT_REFUSED(fd, timeout_us, 999);
	EXPECT_REFUSED(fd, timeout_us, 5000001);
	EXPECT_REFUSED(fd, degrade_after, 1);
	EXPECT_REFUSED(fd, backoff_first_ms, 100);
	EXPECT_REFUSED(fd, backoff_max_ms, 100);
	EXPECT_REFUSED(fd, pause_max_us, 50001);
	EXPECT_REFUSED(fd, rest_us, 50001);
	degrades.degrade_after = 3;
	degrades.backoff_first_ms = 9;
	degrades.backoff_max_ms = 100;
	EXPECT_ERRNO(set(fd, degrades), EINVAL);
	degrades.backoff_first_ms = 101;
	EXPECT_ERRNO(set(fd, degrades), EINVAL);
	degrades.backoff_first_ms = 60001;
	degrades.backoff_max_ms = 60001;
	EXPECT_ERRNO(set(fd, degrades), EINVAL);
	degrades.backoff_first_ms = 10;
	degrades.backoff_max_ms = 3600001;
	EXPECT_ERRNO(set(fd, degrades), EINVAL);
	EXPECT_ERRNO(set(dev_open(O_RDWR), good), EPERM);
}

static void status_is_checked(void)
{
	struct oht_unit_status reserved = { .size = sizeof(reserved), .unit = 1,
					      .rest_us = 1 };
	struct oht_unit_status status = { .size = sizeof(status), .unit = 0 };
	int fd = dev_open(O_RDONLY);

	EXPECT_ERRNO(dev_call(fd, OHT_IOC_UNIT_GET, &status), EINVAL);
	status.unit = 248;
	EXPECT_ERRNO(dev_call(fd, OHT_IOC_UNIT_GET, &status), EINVAL);
	EXPECT_ERRNO(dev_call(fd, OHT_IOC_UNIT_GET, &reserved), EINVAL);
	/* A unit that nobody has spoken of. */
	status = unit_of(fd, 200);
	EXPECT_IS(status.unit, 200);
	EXPECT_IS(status.health, OHT_HEALTH_UNKNOWN);
	EXPECT_IS(status.flags, 0);
	EXPECT_IS(status.timeout_us, 0);
	EXPECT_IS(status.last_good_ns, 0);
}

/* Transfers without a time-out take that of the unit; it stays when the controller goes. */
static void settings_stay_and_are_used(void)
{
	int fd = dev_controller();
	struct oht_transfer transfer = dev_read_of(UNIT_NONE);
	struct oht_unit_status status;
	struct oht_completion done;
	uint64_t cookie;

	EXPECT_ERRNO(set(fd, good), 0);
	EXPECT_ERRNO(dev_release(fd), 0);
	status = unit_of(fd, UNIT_NONE);
	EXPECT_IS(status.flags, OHT_UNIT_CONFIGURED);
	EXPECT_IS(status.retries, 1);
	EXPECT_IS(status.timeout_us, 30000);
	EXPECT_IS(status.pause_max_us, 4000);
	EXPECT_IS(status.rest_us, 7000);
	EXPECT_IS(status.degrade_after, 0);
	transfer.timeout_us = 0;
	EXPECT_ERRNO(dev_submit(fd, transfer, &cookie), 0);
	done = dev_completion(fd, cookie);
	EXPECT_ERRNO(-done.status, ETIMEDOUT);
	EXPECT_IS(done.attempts, 2);
	/* Retries belong to the time-out. */
	transfer.retries = 1;
	EXPECT_ERRNO(dev_submit(fd, transfer, NULL), EINVAL);
}

static void is_gone(void)
{
	int fd = dev_controller();
	const struct oht_image *image = oht_sys->map(fd, sizeof(*image));
	struct oht_transfer transfer = dev_read_of(UNIT_NONE);
	struct oht_info info = { .size = sizeof(info) };
	struct oht_record record;
	bool stopped = false, ended = false;
	uint64_t cookie;

	EXPECT(image != NULL);
	dev_reset(fd);
	EXPECT_ERRNO(dev_command(fd, OHT_IOC_ENABLE, 0, NULL), 0);
	EXPECT_ERRNO(dev_subscribe(fd, OHT_SUBSCRIBE_SAFETY, 0), 0);
	transfer.timeout_us = 3000000;
	EXPECT_ERRNO(dev_submit(fd, transfer, &cookie), 0);
	place_unbind();
	EXPECT_IS(dev_poll(fd, POLLIN, 0), POLLIN | POLLHUP | POLLERR);
	EXPECT_ERRNO(dev_call(fd, OHT_IOC_INFO, &info), ENODEV);
	EXPECT_ERRNO(dev_command(fd, OHT_IOC_STOP, 0, NULL), ENODEV);
	EXPECT_ERRNO(dev_subscribe(fd, 0, 0), ENODEV);
	EXPECT_ERRNO(dev_cancel(fd, cookie), ENODEV);
	EXPECT(!oht_sys->map(fd, sizeof(*image)) && errno == ENODEV);
	EXPECT(image->header.flags & OHT_PLAN_GONE);
	/* What is left comes first, then the end. */
	while (dev_read(fd, &record) > 0) {
		if (record.type == OHT_RECORD_SAFETY) {
			EXPECT_IS(record.safety.cause, OHT_CAUSE_UNBIND);
			EXPECT_IS(record.safety.state_from, OHT_ESTOP_ENABLED);
			stopped = true;
		} else {
			EXPECT_IS(record.completion.cookie, cookie);
			EXPECT_ERRNO(-record.completion.status, ENODEV);
			EXPECT_IS(record.completion.detail, OHT_DETAIL_GONE);
			ended = true;
		}
	}
	EXPECT(stopped && ended);
	EXPECT_IS(dev_read(fd, &record), 0);
	EXPECT(oht_sys->open(OHT_DEFAULT_DEVICE, O_RDWR) < 0 && errno == ENOENT);
	oht_sys->unmap(image, sizeof(*image));
	dev_close_all();
	place_bind();
}

const struct contract_test unit_tests[] = {
	CONTRACT(settings_are_checked),
	CONTRACT(status_is_checked),
	CONTRACT(settings_stay_and_are_used),
};
const size_t unit_count = sizeof(unit_tests) / sizeof(unit_tests[0]);

const struct contract_test gone_tests[] = {
	CONTRACT(is_gone),
};
const size_t gone_count = sizeof(gone_tests) / sizeof(gone_tests[0]);
