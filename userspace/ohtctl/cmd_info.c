// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl info */
#include "cli.h"
#include "cmd.h"
#include "show.h"

static const struct {
	uint64_t bit;
	const char *name;
} caps[] = {
	{ OHT_HAS_EXACT_TIMING, "exact_timing" },
	{ OHT_HAS_ESTOP, "estop" },
	{ OHT_HAS_CHANNEL_B, "channel_b" },
	{ OHT_HAS_FEEDBACK, "feedback" },
	{ OHT_HAS_BUS, "bus" },
	{ OHT_HAS_RESET_BUTTON, "reset_button" },
	{ OHT_HAS_PULSE, "pulse" },
};

#define CAPS	(sizeof(caps) / sizeof(caps[0]))

struct json_object *show_info_json(struct cli *cli, const struct oht_dev_info *info)
{
	struct json_object *object = json_object_new_object();
	struct json_object *array = json_object_new_array();
	size_t i;

	for (i = 0; i < CAPS; i++)
		if (info->caps & caps[i].bit)
			json_object_array_add(array, json_object_new_string(caps[i].name));
	show_add_text(object, "device", cli->device);
	show_add_number(object, "abi_version", info->abi_version);
	json_object_object_add(object, "caps", array);
	show_add_text(object, "port", info->port);
	show_add_number(object, "baud_bps", info->baud_bps);
	show_add_real(object, "baud_effective_bps", (double)info->baud_effective_millibps / 1e3);
	show_add_number(object, "char_bits", info->char_bits);
	show_add_text(object, "parity", oht_parity_name(info->parity));
	show_add_number(object, "stop_bits", info->stop_bits);
	show_add_number(object, "char_ns", info->char_ns);
	show_add_number(object, "t15_ns", info->t15_ns);
	show_add_number(object, "t35_ns", info->t35_ns);
	show_add_number(object, "turnaround_max_us", info->turnaround_max_us);
	show_add_number(object, "deadman_min_ms", info->deadman_min_ms);
	show_add_number(object, "deadman_max_ms", info->deadman_max_ms);
	show_add_number(object, "deadman_default_ms", info->deadman_default_ms);
	show_add_number(object, "supervision_period_us", info->supervision_period_us);
	show_add_number(object, "reset_stable_ms", info->reset_stable_ms);
	show_add_number(object, "discrepancy_window_ms", info->discrepancy_window_ms);
	show_add_number(object, "cpu_stall_us", info->cpu_stall_us);
	if (info->caps & OHT_HAS_FEEDBACK)
		show_add_number(object, "feedback_settle_ms", info->feedback_settle_ms);
	return object;
}

static void show_caps(struct cli *cli, uint64_t mask)
{
	char words[128] = "";
	size_t used = 0, i;

	for (i = 0; i < CAPS; i++)
		if (mask & caps[i].bit)
			used += snprintf(words + used, sizeof(words) - used, "%s%s",
					 used ? ", " : "", caps[i].name);
	show_field(cli, "has", "%s", used ? words : "nothing");
}

static void show_info(struct cli *cli, const struct oht_dev_info *info)
{
	double asked_bps = info->baud_bps;
	double real_bps = (double)info->baud_effective_millibps / 1e3;

	show_field(cli, "device", "%s, ABI version %u", cli->device, info->abi_version);
	show_field(cli, "port", "%s", info->port);
	show_caps(cli, info->caps);
	show_field(cli, "line", "%u bit/s, parity %s, %u stop bit%s", info->baud_bps,
		   oht_parity_name(info->parity), info->stop_bits,
		   info->stop_bits == 1 ? "" : "s");
	if (real_bps > 0 && asked_bps > 0)
		show_field(cli, "", "really %.1f bit/s (%+.2f %%)", real_bps,
			   (real_bps / asked_bps - 1) * 100);
	show_field(cli, "timing", "character %.1f us, t1.5 %.1f us, t3.5 %.1f us",
		   info->char_ns / 1e3, info->t15_ns / 1e3, info->t35_ns / 1e3);
	show_field(cli, "answers", "waited for up to %u ms", info->turnaround_max_us / 1000);
	show_field(cli, "heartbeat", "%u ms, %u..%u ms on request", info->deadman_default_ms,
		   info->deadman_min_ms, info->deadman_max_ms);
	show_field(cli, "stop", "inputs re-read every %u us", info->supervision_period_us);
	show_field(cli, "", "reset after %u ms closed, channels may disagree for %u ms",
		   info->reset_stable_ms, info->discrepancy_window_ms);
	show_field(cli, "", "a CPU may be stuck for %u us", info->cpu_stall_us);
	if (info->caps & OHT_HAS_FEEDBACK)
		show_field(cli, "", "contacts must follow the outputs within %u ms",
			   info->feedback_settle_ms);
}

int cmd_info(struct cli *cli, int count, char **arguments)
{
	struct oht_dev_info info;
	int result = cli_open(cli, OHT_OPEN_READ_ONLY);

	(void)count;
	(void)arguments;
	if (result)
		return result;
	if (oht_dev_info(cli->dev, &info))
		return cli_fail_errno(cli, "info");
	if (cli->json)
		show_json(cli, show_info_json(cli, &info));
	else
		show_info(cli, &info);
	return CLI_DONE;
}
