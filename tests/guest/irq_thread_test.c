// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The button is on a GPIO controller that handles its interrupts in a thread (oht_thread), which no
 * call tells before the first edge: that one stops, and from then on nobody can enable.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <unistd.h>

#include "lib/guest.h"
#include "lib/stop.h"
#include "lib/tap.h"

#define PRESS		"/sys/module/oht_thread/parameters/press"
#define COMPLAINT	"its interrupt is handled in a thread"
#define IRQ_THREAD	OHT_CAUSE_BIT(OHT_CAUSE_IRQ_THREAD)
#define LOG_READ_ALL	3
#define LOG_BYTES	(1 << 20)

static void press(bool pressed)
{
	int fd = open(PRESS, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, pressed ? "1" : "0", 1) != 1)
		tap_bail("%s: %s", PRESS, strerror(errno));
	close(fd);
}

/* Lines of the kernel's log that say it. */
static int complaints(void)
{
	char *log = calloc(1, LOG_BYTES), *at = log;
	int count = 0;

	if (!log || klogctl(LOG_READ_ALL, log, LOG_BYTES - 1) < 0)
		tap_bail("kernel log: %s", strerror(errno));
	while ((at = strstr(at, COMPLAINT))) {
		at += strlen(COMPLAINT);
		count++;
	}
	free(log);
	return count;
}

static void test_noticed(void)
{
	int fd = guest_open(O_RDWR);
	struct oht_record record = { 0 };
	struct oht_estop_status status;
	uint64_t blocking = 0;

	guest_make_enabled(fd, LONG_MS);
	tap_is(complaints(), 0, "no edge yet: nothing is known");
	guest_subscribe(fd, OHT_SUBSCRIBE_SAFETY);
	press(true);
	tap_ok(guest_next_safety(fd, STOP_WAIT_MS, &record) &&
	       record.safety.state_from == OHT_ESTOP_ENABLED && !record.safety.outputs,
	       "the first edge stops");
	guest_status(fd, &status);
	tap_ok(status.causes & IRQ_THREAD, "it is a cause of the stop");
	press(false);
	guest_drain(fd);
	tap_ok(GUEST_UNTIL((guest_status(fd, &status), status.standing == IRQ_THREAD), STOP_WAIT_MS),
	       "it stands when the button is closed");
	tap_errno(guest_command(fd, OHT_IOC_RESET, 0, &blocking), EBUSY, "reset is refused");
	tap_is(blocking, IRQ_THREAD, "for that alone");
	tap_errno(guest_command(fd, OHT_IOC_ENABLE, 0, &blocking), ECANCELED, "enable is refused");
	tap_ok(blocking & IRQ_THREAD, "and says why");
	press(true);
	press(false);
	tap_is(complaints(), 1, "one line in the kernel's log");
	close(fd);
}

/* Nothing is remembered of the driver that has gone; the next edge is as the first. */
static void test_bound_anew(void)
{
	struct oht_estop_status status;
	int fd;

	guest_rebind();
	fd = guest_open(O_RDWR);
	guest_make_enabled(fd, LONG_MS);
	press(true);
	guest_status(fd, &status);
	tap_ok(status.state == OHT_ESTOP_STOPPED && (status.causes & IRQ_THREAD),
	       "bound anew: the first edge stops");
	press(false);
	close(fd);
}

int main(void)
{
	TAP_TEST(test_noticed(), "the first edge, in a thread");
	TAP_TEST(test_bound_anew(), "bound anew");
	return tap_done();
}
