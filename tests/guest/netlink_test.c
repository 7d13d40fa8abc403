// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The generic netlink family oht: answers that agree with the ioctls, every refusal, notifications,
 * their numbers, who hears them, and a device that goes. Source: linux/oht_netlink.h. Needs nobody at
 * the far end of the wire; takes the driver off its device and puts it back.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/guest.h"
#include "lib/netlink.h"
#include "lib/stim.h"
#include "lib/stop.h"
#include "lib/tap.h"

#define WAIT_MS		15000
#define QUIET_MS	300
#define NOBODY		247
#define NOBODY_ID	65534
#define COUNTERS	29
#define RECORDS		20

static struct netlink_family family;
static uint32_t group_safety, group_bus;
static int stim;

static uint32_t group_of(const char *name)
{
	unsigned int i;

	for (i = 0; i < family.groups; i++)
		if (!strcmp(family.group_name[i], name))
			return family.group[i];
	tap_bail("no group %s", name);
}

static void begin(struct netlink_request *request, uint8_t command)
{
	netlink_begin(request, family.id, NLM_F_REQUEST, command);
}

/* Of device 0; bails out if it is refused. */
static void get(int fd, uint8_t command, uint32_t unit, struct netlink_message *message)
{
	struct netlink_request request;

	begin(&request, command);
	netlink_put_u32(&request, OHT_A_DEVICE, 0);
	if (unit)
		netlink_put_u32(&request, OHT_A_UNIT, unit);
	netlink_ask(fd, &request, message);
	if (message->error)
		tap_bail("command %u: %s (%s)", command, strerror(message->error), message->error_text);
}

/* ---- answers ---- */

static void test_device(void)
{
	struct oht_estop_status status;
	struct netlink_message message;
	struct oht_info info;
	int fd = netlink_open(), device = guest_open(O_RDONLY);
	size_t bytes;
	const char *text;

	guest_info(device, &info);
	guest_status(device, &status);
	get(fd, OHT_CMD_DEVICE_GET, 0, &message);
	text = netlink_attribute(&message, OHT_A_NAME, &bytes);
	tap_ok(text && bytes == 5 && !memcmp(text, "oht0", 5), "the name");
	text = netlink_attribute(&message, OHT_A_PORT, &bytes);
	tap_ok(text && !strcmp(text, (char *)info.port), "the port: %s", text);
	tap_is(netlink_u32(&message, OHT_A_DEVICE), 0, "the number");
	tap_is(netlink_u32(&message, OHT_A_ABI_VERSION), info.abi_version, "the version");
	tap_is((long long)netlink_u64(&message, OHT_A_CAPS), (long long)info.caps, "what it can do");
	tap_is(netlink_u32(&message, OHT_A_BAUD_BPS), info.baud_bps, "the rate");
	tap_is((long long)netlink_u64(&message, OHT_A_BAUD_EFFECTIVE_MILLIBPS),
	       (long long)info.baud_effective_millibps, "the effective rate");
	tap_is(netlink_u32(&message, OHT_A_STATE), status.state, "the state");
	tap_is(netlink_u32(&message, OHT_A_FIRST_CAUSE), status.first_cause, "the first cause");
	tap_is((long long)netlink_u64(&message, OHT_A_CAUSES), (long long)status.causes, "the causes");
	tap_is((long long)netlink_u64(&message, OHT_A_SAFETY_SEQ), (long long)status.journal_seq,
	       "the newest record of the stop");
	tap_is(netlink_u32(&message, OHT_A_INPUTS), status.inputs, "the inputs");
	tap_is((long long)netlink_u64(&message, OHT_A_TIME_NS), (long long)status.since_ns, "since when");
	close(device);
	close(fd);
}

static uint64_t counter_in_sysfs(const char *name)
{
	unsigned long long value = 0;
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "/sys/class/oht/oht0/statistics/%s", name);
	file = fopen(path, "r");
	if (!file || fscanf(file, "%llu", &value) != 1)
		tap_bail("%s cannot be read", path);
	fclose(file);
	return value;
}

static void test_statistics(void)
{
	struct netlink_message message, nested;
	int fd = netlink_open(), device = guest_open(O_RDWR);
	unsigned int i, found = 0;
	size_t bytes;

	guest_drain(device);
	tap_errno(guest_submit(device, guest_read), 0, "a request that nobody answers");
	guest_sleep_ms(50);
	get(fd, OHT_CMD_STATISTICS_GET, 0, &message);
	nested.attributes = netlink_attribute(&message, OHT_A_STATISTICS, &nested.attributes_bytes);
	nested.command = message.command;
	if (!nested.attributes)
		tap_bail("no statistics");
	for (i = 0; i <= OHT_A_STAT_MAX; i++)
		found += i != OHT_A_STAT_PAD && netlink_attribute(&nested, (uint16_t)i, &bytes);
	tap_is(found, COUNTERS, "as many counters as files");
	tap_is((long long)netlink_u64(&nested, OHT_A_STAT_FRAMES_SENT),
	       (long long)counter_in_sysfs("frames_sent"), "frames sent");
	tap_is((long long)netlink_u64(&nested, OHT_A_STAT_TIMEOUTS),
	       (long long)counter_in_sysfs("timeouts"), "time-outs");
	tap_is((long long)netlink_u64(&nested, OHT_A_STAT_BYTES_SENT),
	       (long long)counter_in_sysfs("bytes_sent"), "bytes sent");
	tap_ok(netlink_u64(&nested, OHT_A_STAT_FRAMES_SENT) > 0, "and there are some");
	close(device);
	close(fd);
}

/* Units in a dump; @device: of that one alone, unless it is negative. */
static unsigned int dump_units(int fd, int device, uint32_t wanted, bool *has)
{
	struct netlink_request request;
	struct netlink_message message;
	unsigned int count = 0;

	*has = false;
	netlink_begin(&request, family.id, NLM_F_REQUEST | NLM_F_DUMP, OHT_CMD_UNIT_GET);
	if (device >= 0)
		netlink_put_u32(&request, OHT_A_DEVICE, (uint32_t)device);
	netlink_ask(fd, &request, &message);
	for (; !message.end && !message.error; count++) {
		*has = *has || netlink_u32(&message, OHT_A_UNIT) == wanted;
		if (!netlink_next(fd, WAIT_MS, &message))
			tap_bail("a dump without an end");
	}
	tap_errno(message.error, 0, "the end of the dump");
	return count;
}

static void set_unit(int device, uint8_t unit)
{
	struct oht_unit_set set = {
		.size = sizeof(set), .unit = unit, .retries = 1, .degrade_after = 2, .timeout_us = 2000,
		.backoff_first_ms = 2000, .backoff_max_ms = 3000,
	};

	if (guest_ioctl(device, OHT_IOC_UNIT_SET, &set))
		tap_bail("unit %u cannot be set", unit);
}

static void test_units(void)
{
	struct netlink_message message;
	int fd = netlink_open(), device = guest_open(O_RDWR);
	unsigned int before, unit;
	bool has;

	get(fd, OHT_CMD_UNIT_GET, 5, &message);
	tap_is(netlink_u32(&message, OHT_A_UNIT), 5, "a unit that nobody has set");
	tap_is((long long)netlink_u64(&message, OHT_A_LAST_GOOD_NS), 0, "it has never answered");
	before = dump_units(fd, -1, 5, &has);
	tap_ok(!has, "it is not in a dump of %u", before);
	if (guest_take(device, LONG_MS))
		tap_bail("not the controller");
	/* More than one message of a dump can hold. */
	for (unit = 1; unit <= NOBODY; unit++)
		set_unit(device, (uint8_t)unit);
	tap_is(dump_units(fd, -1, NOBODY, &has), NOBODY, "all units in a dump");
	tap_ok(has, "the last one too");
	tap_is(dump_units(fd, 0, 1, &has), NOBODY, "all units of device 0");
	get(fd, OHT_CMD_UNIT_GET, NOBODY, &message);
	tap_is(netlink_u32(&message, OHT_A_HEALTH), OHT_HEALTH_UNKNOWN, "health of the last one");
	guest_release_role(device);
	close(device);
	close(fd);
}

/* ---- refusals ---- */

struct refusal {
	const char *what;
	uint8_t command;
	bool dump;
	int device;		/* attribute: negative: none */
	int unit;
	uint16_t odd;		/* type of an attribute that does not belong there; 0: none */
	uint8_t odd_bytes;
	int error;
	uint16_t missing;	/* attribute that the refusal says is missing; 0: another reason */
	bool mute;		/* Linux 6.1 drops what a dump says before it begins */
};

#define NONE		(-1)

static const struct refusal refusals[] = {
	{ "device: none named", OHT_CMD_DEVICE_GET, false, NONE, NONE, 0, 0, EINVAL, OHT_A_DEVICE, false },
	{ "device: number 1", OHT_CMD_DEVICE_GET, false, 1, NONE, 0, 0, ENODEV, 0, false },
	{ "device: number 16", OHT_CMD_DEVICE_GET, false, 16, NONE, 0, 0, ENODEV, 0, false },
	{ "device: number 2^31 - 1", OHT_CMD_DEVICE_GET, false, 0x7fffffff, NONE, 0, 0, ENODEV, 0, false },
	{ "device: with a unit", OHT_CMD_DEVICE_GET, false, 0, 5, 0, 0, EINVAL, 0, false },
	{ "device: with a state", OHT_CMD_DEVICE_GET, false, 0, NONE, OHT_A_STATE, 4, EINVAL, 0, false },
	{ "device: with padding", OHT_CMD_DEVICE_GET, false, 0, NONE, OHT_A_PAD, 0, EINVAL, 0, false },
	{ "device: with an unknown one", OHT_CMD_DEVICE_GET, false, 0, NONE, 999, 4, EINVAL, 0, false },
	{ "device: of 2 bytes", OHT_CMD_DEVICE_GET, false, NONE, NONE, OHT_A_DEVICE, 2, EINVAL, 0, false },
	{ "device: of 8 bytes", OHT_CMD_DEVICE_GET, false, NONE, NONE, OHT_A_DEVICE, 8, EINVAL, 0, false },
	{ "device: empty", OHT_CMD_DEVICE_GET, false, NONE, NONE, OHT_A_DEVICE, 0, EINVAL, 0, false },
	{ "devices: of one", OHT_CMD_DEVICE_GET, true, 0, NONE, 0, 0, EINVAL, 0, true },
	{ "devices: of a unit", OHT_CMD_DEVICE_GET, true, NONE, 5, 0, 0, EINVAL, 0, false },
	{ "devices: of an unknown one", OHT_CMD_DEVICE_GET, true, NONE, NONE, 999, 4, EINVAL, 0, false },
	{ "statistics: none named", OHT_CMD_STATISTICS_GET, false, NONE, NONE, 0, 0, EINVAL, OHT_A_DEVICE, false },
	{ "statistics: number 1", OHT_CMD_STATISTICS_GET, false, 1, NONE, 0, 0, ENODEV, 0, false },
	{ "statistics: with a unit", OHT_CMD_STATISTICS_GET, false, 0, 5, 0, 0, EINVAL, 0, false },
	{ "statistics: of 3 bytes", OHT_CMD_STATISTICS_GET, false, NONE, NONE, OHT_A_DEVICE, 3, EINVAL, 0, false },
	{ "statistics: with themselves", OHT_CMD_STATISTICS_GET, false, 0, NONE, OHT_A_STATISTICS, 8, EINVAL, 0, false },
	{ "statistics: all of one", OHT_CMD_STATISTICS_GET, true, 0, NONE, 0, 0, EINVAL, 0, true },
	{ "statistics: all of a unit", OHT_CMD_STATISTICS_GET, true, NONE, 5, 0, 0, EINVAL, 0, false },
	{ "statistics: all of an unknown one", OHT_CMD_STATISTICS_GET, true, NONE, NONE, 40, 4, EINVAL, 0, false },
	{ "unit: nothing named", OHT_CMD_UNIT_GET, false, NONE, NONE, 0, 0, EINVAL, OHT_A_DEVICE, false },
	{ "unit: no unit named", OHT_CMD_UNIT_GET, false, 0, NONE, 0, 0, EINVAL, OHT_A_UNIT, false },
	{ "unit: no device named", OHT_CMD_UNIT_GET, false, NONE, 5, 0, 0, EINVAL, OHT_A_DEVICE, false },
	{ "unit: number 0", OHT_CMD_UNIT_GET, false, 0, 0, 0, 0, ERANGE, 0, false },
	{ "unit: number 248", OHT_CMD_UNIT_GET, false, 0, 248, 0, 0, ERANGE, 0, false },
	{ "unit: number 261", OHT_CMD_UNIT_GET, false, 0, 261, 0, 0, ERANGE, 0, false },
	{ "unit: of device 1", OHT_CMD_UNIT_GET, false, 1, 5, 0, 0, ENODEV, 0, false },
	{ "unit: of 1 byte", OHT_CMD_UNIT_GET, false, 0, NONE, OHT_A_UNIT, 1, EINVAL, 0, false },
	{ "unit: with health", OHT_CMD_UNIT_GET, false, 0, 5, OHT_A_HEALTH, 4, EINVAL, 0, false },
	{ "unit: with a cause", OHT_CMD_UNIT_GET, false, 0, 5, OHT_A_CAUSE, 4, EINVAL, 0, false },
	{ "units: of device 1", OHT_CMD_UNIT_GET, true, 1, NONE, 0, 0, ENODEV, 0, true },
	{ "units: of one unit", OHT_CMD_UNIT_GET, true, NONE, 5, 0, 0, EINVAL, 0, true },
	{ "units: of unit 0", OHT_CMD_UNIT_GET, true, NONE, 0, 0, 0, ERANGE, 0, false },
	{ "command 0", 0, false, 0, NONE, 0, 0, EOPNOTSUPP, 0, false },
	{ "command SAFETY_NTF", OHT_CMD_SAFETY_NTF, false, 0, NONE, 0, 0, EOPNOTSUPP, 0, false },
	{ "command UNIT_NTF", OHT_CMD_UNIT_NTF, false, 0, NONE, 0, 0, EOPNOTSUPP, 0, false },
	{ "command CYCLE_NTF", OHT_CMD_CYCLE_NTF, true, 0, NONE, 0, 0, EOPNOTSUPP, 0, false },
	{ "command 255", 255, false, 0, NONE, 0, 0, EOPNOTSUPP, 0, false },
};

static void refuse(int fd, const struct refusal *refusal)
{
	static const uint8_t zero[8];
	struct netlink_request request;
	struct netlink_message message;

	netlink_begin(&request, family.id, NLM_F_REQUEST | NLM_F_ACK | (refusal->dump ? NLM_F_DUMP : 0),
		      refusal->command);
	if (refusal->device != NONE)
		netlink_put_u32(&request, OHT_A_DEVICE, (uint32_t)refusal->device);
	if (refusal->unit != NONE)
		netlink_put_u32(&request, OHT_A_UNIT, (uint32_t)refusal->unit);
	if (refusal->odd)
		netlink_put(&request, refusal->odd, zero, refusal->odd_bytes);
	netlink_ask(fd, &request, &message);
	tap_errno(message.error, refusal->error, "%s (%s)", refusal->what, message.error_text);
	if (refusal->missing)
		tap_is(message.missing, refusal->missing, "%s: the one that is missing", refusal->what);
	else if (refusal->error != EOPNOTSUPP && !refusal->mute)
		tap_ok(message.error_offset || message.error_text[0], "%s: says which", refusal->what);
}

static void test_refusals(void)
{
	struct oht_estop_status before, after;
	int fd = netlink_open(), device = guest_open(O_RDONLY);
	unsigned int i;

	guest_status(device, &before);
	for (i = 0; i < sizeof(refusals) / sizeof(*refusals); i++)
		refuse(fd, &refusals[i]);
	tap_note("refusals: %u", i);
	guest_status(device, &after);
	tap_ok(!memcmp(&before, &after, sizeof(before)), "the stop is as it was");
	close(device);
	close(fd);
}

/* What no attribute is wrong with. */
static void test_odd_messages(void)
{
	struct netlink_request request;
	struct netlink_message message;
	int fd = netlink_open();

	begin(&request, OHT_CMD_DEVICE_GET);
	netlink_put_u32(&request, OHT_A_DEVICE, 0);
	/* Reserved bytes of the header of generic netlink. */
	request.bytes[NLMSG_HDRLEN + 2] = 1;
	netlink_ask(fd, &request, &message);
	tap_errno(message.error, EINVAL, "reserved bytes that are not zero");
	begin(&request, OHT_CMD_DEVICE_GET);
	netlink_put_u32(&request, OHT_A_DEVICE, 0);
	memset(request.bytes + request.used, 0xff, 3);
	request.used += 3;
	netlink_ask(fd, &request, &message);
	tap_errno(message.error, EINVAL, "three bytes behind the last attribute");
	begin(&request, OHT_CMD_DEVICE_GET);
	netlink_put_u32(&request, OHT_A_DEVICE | NLA_F_NESTED, 0);
	netlink_ask(fd, &request, &message);
	tap_errno(message.error, EINVAL, "a number that says it is nested");
	netlink_begin(&request, family.id, NLM_F_REQUEST | NLM_F_ACK, OHT_CMD_DEVICE_GET);
	request.used -= 4;
	netlink_ask(fd, &request, &message);
	tap_errno(message.error, EINVAL, "no header of generic netlink");
	close(fd);
}

/* ---- notifications ---- */

static uint64_t newest(int fd)
{
	struct netlink_message message;

	get(fd, OHT_CMD_DEVICE_GET, 0, &message);
	return netlink_u64(&message, OHT_A_SAFETY_SEQ);
}

static void compare(const struct netlink_message *message, const struct oht_safety_record *record)
{
	size_t bytes;

	tap_is(message->command, OHT_CMD_SAFETY_NTF, "a notification of the stop");
	tap_is((long long)netlink_u64(message, OHT_A_SEQ), (long long)record->journal_seq, "its number");
	tap_is((long long)netlink_u64(message, OHT_A_TIME_NS), (long long)record->event_ns, "its time");
	tap_is(netlink_u32(message, OHT_A_DEVICE), 0, "its device");
	tap_is(netlink_u32(message, OHT_A_KIND), record->kind, "its kind");
	tap_is(netlink_u32(message, OHT_A_CAUSE), record->cause, "its cause");
	tap_is((long long)netlink_u64(message, OHT_A_CAUSES), (long long)record->causes, "all causes");
	tap_is(netlink_u32(message, OHT_A_STATE_FROM), record->state_from, "the state before");
	tap_is(netlink_u32(message, OHT_A_STATE), record->state_to, "the state after");
	tap_is(netlink_u32(message, OHT_A_INPUTS), record->inputs, "the inputs");
	tap_is(netlink_u32(message, OHT_A_OUTPUTS), record->outputs, "the outputs");
	if (record->low_ns)
		tap_is((long long)netlink_u64(message, OHT_A_LOW_NS), (long long)record->low_ns, "low since");
	else
		tap_ok(!netlink_attribute(message, OHT_A_LOW_NS, &bytes), "it lowered nothing");
}

static void test_safety(void)
{
	struct netlink_message message;
	struct oht_record record;
	int fd = netlink_open(), bus = netlink_open(), device;

	tap_errno(netlink_join(fd, group_safety), 0, "join safety");
	tap_errno(netlink_join(bus, group_bus), 0, "join bus");
	device = stop_enabled_controller(stim, LONG_MS);
	while (netlink_next(fd, QUIET_MS, &message))
		tap_note("told of record %llu", (unsigned long long)netlink_u64(&message, OHT_A_SEQ));
	guest_press(stim, BOTH);
	if (!guest_next_safety(device, WAIT_MS, &record))
		tap_bail("a press without a record");
	if (!netlink_next(fd, WAIT_MS, &message))
		tap_bail("a press that the group safety is not told of");
	compare(&message, &record.safety);
	tap_ok(record.safety.low_ns, "the press lowered the outputs");
	guest_unpress(stim, BOTH);
	tap_ok(!netlink_next(bus, QUIET_MS, &message), "the group bus hears nothing of the stop");
	guest_release_role(device);
	close(device);
	close(bus);
	close(fd);
}

/* At least one record each. */
static void make_records(int device, unsigned int count)
{
	while (count--)
		if (guest_take(device, LONG_MS) || guest_release_role(device))
			tap_bail("the role cannot be taken and given back");
}

static void test_numbers(void)
{
	struct netlink_message message;
	int fd = netlink_open(), asking = netlink_open(), device = guest_open(O_RDWR);
	uint64_t before, seq, last;
	bool in_order = true;

	netlink_join(fd, group_safety);
	seq = before = newest(asking);
	make_records(device, RECORDS);
	last = newest(asking);
	tap_ok(last >= seq + RECORDS, "there are records");
	while (in_order && seq < last) {
		in_order = netlink_next(fd, WAIT_MS, &message);
		/* What tells may run late: then it tells who has just joined of the test before, too. */
		if (in_order && netlink_u64(&message, OHT_A_SEQ) > before)
			in_order = netlink_u64(&message, OHT_A_SEQ) == ++seq;
	}
	tap_ok(in_order, "each is told, in order, without a gap");
	tap_errno(netlink_leave(fd, group_safety), 0, "leave");
	make_records(device, 1);
	tap_ok(!netlink_next(fd, QUIET_MS, &message), "who has left hears nothing");
	netlink_join(fd, group_safety);
	tap_ok(!netlink_next(fd, QUIET_MS, &message), "who joins hears nothing of what was before");
	last = newest(asking);
	make_records(device, 1);
	tap_ok(netlink_next(fd, WAIT_MS, &message) && netlink_u64(&message, OHT_A_SEQ) == last + 1,
	       "but its number tells that there was something");
	close(device);
	close(asking);
	close(fd);
}

/* A request to a unit that nobody is: its health changes, and the group bus is told. */
static void test_bus(void)
{
	struct oht_transfer transfer = guest_read;
	struct netlink_message message;
	int fd = netlink_open(), device = guest_open(O_RDWR);
	unsigned int i;

	netlink_join(fd, group_bus);
	if (guest_take(device, LONG_MS))
		tap_bail("not the controller");
	set_unit(device, NOBODY);
	transfer.unit = NOBODY;
	for (i = 0; i < 2; i++)
		tap_errno(guest_submit(device, transfer), 0, "request %u to nobody", i + 1);
	if (!netlink_next(fd, WAIT_MS, &message))
		tap_bail("no notification of the bus");
	tap_is(message.command, OHT_CMD_UNIT_NTF, "a notification of a unit");
	tap_is(netlink_u32(&message, OHT_A_UNIT), NOBODY, "that one");
	tap_is(netlink_u32(&message, OHT_A_HEALTH), OHT_HEALTH_DEGRADED, "it is degraded");
	tap_is(netlink_u32(&message, OHT_A_DETAIL), OHT_DETAIL_TIMEOUT, "it was silent");
	tap_is(netlink_u32(&message, OHT_A_ERRORS_IN_ROW), 2, "twice");
	tap_is((long long)netlink_u64(&message, OHT_A_LAST_GOOD_NS), 0, "it has never answered");
	guest_release_role(device);
	close(device);
	close(fd);
}

/* A program of somebody without any right may look and listen. */
static int as_nobody(void)
{
	struct netlink_message message;
	int fd;

	if (setgid(NOBODY_ID) || setuid(NOBODY_ID))
		return 1;
	fd = netlink_open();
	get(fd, OHT_CMD_DEVICE_GET, 0, &message);
	return netlink_join(fd, group_safety) || netlink_join(fd, group_bus) ? 2 : 0;
}

static void test_rights(void)
{
	int status = 1;
	pid_t child = fork();

	if (!child)
		_exit(as_nobody());
	waitpid(child, &status, 0);
	tap_is(status, 0, "a program without any right");
}

/* ---- a device that goes ---- */

static void test_unbind(void)
{
	struct netlink_request request;
	struct netlink_message message;
	int fd = netlink_open(), asking = netlink_open();
	bool told = false;

	netlink_join(fd, group_safety);
	tap_errno(guest_unbind(), 0, "unbind");
	while (!told && netlink_next(fd, WAIT_MS, &message))
		told = netlink_u32(&message, OHT_A_CAUSE) == OHT_CAUSE_UNBIND;
	tap_ok(told, "the last record is told");
	begin(&request, OHT_CMD_DEVICE_GET);
	netlink_put_u32(&request, OHT_A_DEVICE, 0);
	netlink_ask(asking, &request, &message);
	tap_errno(message.error, ENODEV, "then there is no such device");
	netlink_begin(&request, family.id, NLM_F_REQUEST | NLM_F_DUMP, OHT_CMD_DEVICE_GET);
	netlink_ask(asking, &request, &message);
	tap_ok(message.end && !message.error, "a dump without a device is empty");
	tap_errno(guest_bind(), 0, "bind");
	tap_ok(newest(asking) < 20, "its numbers begin anew");
	close(asking);
	close(fd);
}

int main(void)
{
	int fd = netlink_open();

	if (!netlink_find(fd, OHT_GENL_NAME, &family))
		tap_bail("no family " OHT_GENL_NAME);
	close(fd);
	stim = guest_open_stim();
	group_safety = group_of(OHT_MCGRP_SAFETY);
	group_bus = group_of(OHT_MCGRP_BUS);
	TAP_TEST(test_device(), "device: as the ioctls say");
	TAP_TEST(test_statistics(), "statistics: as sysfs says");
	TAP_TEST(test_refusals(), "refusals: errno, and which attribute");
	TAP_TEST(test_odd_messages(), "messages that are none");
	TAP_TEST(test_safety(), "safety: the record of a press");
	TAP_TEST(test_numbers(), "safety: numbers without gaps, for members alone");
	TAP_TEST(test_bus(), "bus: a unit is lost");
	TAP_TEST(test_rights(), "anybody may look and listen");
	TAP_TEST(test_units(), "units: one, all, all of a device");
	TAP_TEST(test_unbind(), "a device that goes");
	return tap_done();
}
