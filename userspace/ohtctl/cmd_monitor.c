// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl monitor: what happens to all devices, or what they are, without opening one. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "cli.h"
#include "cmd.h"
#include "common/number.h"
#include "oht_monitor.h"
#include "show.h"
#include "show_monitor.h"

/* Longest sleep, so that a signal that came just before it does not wait for long. */
#define NAP_MS		200
/* At the end, for what is still on its way. */
#define SETTLE_MS	500
#define DEVICES_MAX	64
#define UNITS_MAX	247
#define DEVICE_FOLDER	"/dev/"
#define DEVICE_NAME	"oht"

/* One run. */
struct watching {
	struct oht_monitor *monitor;
	bool of_one;
	uint32_t device;	/* with of_one */
	uint32_t left;		/* notifications still wanted, 0: without end */
	uint64_t shown;
	uint64_t lost;
};

static int fail_monitor(struct cli *cli, const char *doing)
{
	if (errno == ENOENT)
		return cli_fail(cli, CLI_NO_DEVICE, "no netlink family '%s': %s", DEVICE_NAME,
				"the kernel module is not loaded (modprobe oht), or this is not "
				"the initial network namespace");
	return cli_fail_errno(cli, doing);
}

/* "0", "oht0" or "/dev/oht0". */
static int parse_device(struct cli *cli, uint32_t *device)
{
	const char *word = cli->device;
	int64_t number;

	if (!strncmp(word, DEVICE_FOLDER, strlen(DEVICE_FOLDER)))
		word += strlen(DEVICE_FOLDER);
	if (!strncmp(word, DEVICE_NAME, strlen(DEVICE_NAME)))
		word += strlen(DEVICE_NAME);
	if (oht_number_parse(word, 0, UINT32_MAX, &number))
		return cli_fail(cli, CLI_USAGE, "--device needs the number of a device here, "
				"as in 0 or /dev/oht0: '%s'", cli->device);
	*device = (uint32_t)number;
	return 0;
}

/* It must be there at the beginning; 0, or an exit code after a complaint. */
static int look_for_device(struct cli *cli, const struct watching *watching)
{
	struct oht_device_view view;

	if (!watching->of_one || !oht_monitor_device(watching->monitor, watching->device, &view))
		return 0;
	if (errno == ENODEV)
		return cli_fail(cli, CLI_NO_DEVICE, "there is no device oht%u", watching->device);
	return fail_monitor(cli, "monitor");
}

/* ---- notifications ---- */

static unsigned int wanted_groups(const struct cli *cli)
{
	unsigned int groups = 0;

	if (cli->given & CLI_OPT_SAFETY)
		groups |= OHT_MONITOR_SAFETY;
	if (cli->given & CLI_OPT_BUS)
		groups |= OHT_MONITOR_BUS;
	return groups ? groups : OHT_MONITOR_SAFETY | OHT_MONITOR_BUS;
}

static void take_news(struct cli *cli, struct watching *watching, const struct oht_news *news)
{
	if (watching->of_one && news->device != watching->device)
		return;
	show_news(cli, news);
	if (news->type == OHT_NEWS_LOST) {
		watching->lost += news->lost.count;
		return;
	}
	watching->shown++;
	if (watching->left)
		watching->left--;
}

/* 0: interrupted, or as many as wanted have come; else an exit code after a complaint. */
static int watch(struct cli *cli, struct watching *watching)
{
	bool counted = watching->left;
	struct oht_news news;
	int result;

	while (!cli_interrupted() && (!counted || watching->left)) {
		result = oht_monitor_read(watching->monitor, &news, NAP_MS);
		if (result < 0 && errno != EINTR)
			return fail_monitor(cli, "monitor");
		if (result > 0)
			take_news(cli, watching, &news);
	}
	return 0;
}

/* Counts the messages lost behind the last one. Without an answer their number stays unknown. */
static int settle(struct cli *cli, struct watching *watching)
{
	struct oht_news news;
	int result;

	if (oht_monitor_settle(watching->monitor))
		return errno == ENOENT ? 0 : fail_monitor(cli, "monitor");
	do {
		result = oht_monitor_read(watching->monitor, &news, SETTLE_MS);
		if (result > 0)
			take_news(cli, watching, &news);
	} while (result > 0 || (result < 0 && errno == EINTR));
	return result < 0 ? fail_monitor(cli, "monitor") : 0;
}

static int watch_and_sum_up(struct cli *cli, struct watching *watching)
{
	int result;

	cli_catch_signals();
	result = watch(cli, watching);
	/* Messages behind the last wanted one are not counted as lost. */
	if (!result && cli_interrupted())
		result = settle(cli, watching);
	cli_release_signals();
	if (!result)
		fprintf(cli->err, "%" PRIu64 " notifications, %" PRIu64 " lost\n", watching->shown,
			watching->lost);
	return result;
}

/* ---- what is there ---- */

/* Of a device, all that can be asked. */
struct answers {
	struct oht_device_view device;
	bool has_bus;
	struct oht_statistics_view statistics;
	struct oht_unit_view units[UNITS_MAX];
	int unit_count;
};

static int ask_units(struct oht_monitor *monitor, uint32_t device, struct answers *answers)
{
	uint8_t units[UNITS_MAX];
	int count = oht_monitor_units(monitor, device, units, UNITS_MAX), i;

	if (count < 0)
		return -1;
	for (i = 0; i < count && i < UNITS_MAX; i++)
		if (oht_monitor_unit(monitor, device, units[i], &answers->units[i]))
			return -1;
	answers->unit_count = i;
	return 0;
}

/* 0, or -1 with errno. */
static int ask_all(struct oht_monitor *monitor, uint32_t device, struct answers *answers)
{
	memset(answers, 0, sizeof(*answers));
	if (oht_monitor_device(monitor, device, &answers->device))
		return -1;
	if (oht_monitor_statistics(monitor, device, &answers->statistics))
		return errno == EOPNOTSUPP ? 0 : -1;
	answers->has_bus = true;
	return ask_units(monitor, device, answers);
}

static void answers_json(struct cli *cli, uint32_t device, const struct answers *answers)
{
	struct json_object *object = json_object_new_object(), *units = json_object_new_array();
	int i;

	show_add_number(object, "device", device);
	show_add_device_view(object, &answers->device);
	if (answers->has_bus)
		show_add_statistics_view(object, &answers->statistics);
	for (i = 0; i < answers->unit_count; i++)
		json_object_array_add(units, show_unit_view_json(&answers->units[i]));
	json_object_object_add(object, "units", units);
	show_json(cli, object);
}

static void answers_text(struct cli *cli, const struct answers *answers)
{
	int i;

	show_device_view(cli, &answers->device);
	if (answers->has_bus)
		show_statistics_view(cli, &answers->statistics);
	for (i = 0; i < answers->unit_count; i++)
		show_unit_view(cli, &answers->units[i]);
}

/* A device that goes meanwhile is not there: nothing is said of it. */
static int dump_device(struct cli *cli, struct watching *watching, uint32_t device)
{
	struct answers answers;

	if (ask_all(watching->monitor, device, &answers))
		return errno == ENODEV ? 0 : fail_monitor(cli, "monitor");
	if (cli->json)
		answers_json(cli, device, &answers);
	else
		answers_text(cli, &answers);
	return 0;
}

static int dump(struct cli *cli, struct watching *watching)
{
	uint32_t devices[DEVICES_MAX];
	int count, i, result = 0;

	if (watching->of_one)
		return dump_device(cli, watching, watching->device);
	count = oht_monitor_devices(watching->monitor, devices, DEVICES_MAX);
	if (count < 0)
		return fail_monitor(cli, "monitor");
	if (!count && !cli->json)
		fprintf(cli->out, "no devices\n");
	for (i = 0; i < count && i < DEVICES_MAX && !result; i++)
		result = dump_device(cli, watching, devices[i]);
	return result;
}

/* ---- the verb ---- */

static int check_together(struct cli *cli)
{
	const uint64_t of_watching = CLI_OPT_SAFETY | CLI_OPT_BUS | CLI_OPT_ROUNDS;

	if (cli->given & CLI_OPT_DUMP && cli->given & of_watching)
		return cli_fail(cli, CLI_USAGE, "--dump shows once what is there: it goes with none "
				"of --safety, --bus and --count");
	return 0;
}

int cmd_monitor(struct cli *cli, int count, char **arguments)
{
	struct watching watching = { .of_one = cli->device_given, .left = cli->rounds };
	bool dumps = cli->given & CLI_OPT_DUMP;
	int result = check_together(cli);

	(void)count;
	(void)arguments;
	if (!result && watching.of_one)
		result = parse_device(cli, &watching.device);
	if (result)
		return result;
	watching.monitor = oht_monitor_open(dumps ? 0 : wanted_groups(cli));
	if (!watching.monitor)
		return fail_monitor(cli, "monitor");
	result = look_for_device(cli, &watching);
	if (!result)
		result = dumps ? dump(cli, &watching) : watch_and_sum_up(cli, &watching);
	oht_monitor_close(watching.monitor);
	return result;
}
