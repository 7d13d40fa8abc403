// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ohtctl plan check, load, clear
 *
 * Only the controller may lay a plan ready, but the plan outlives its controller: so the role is
 * taken for the moment of the act, as for a reset. The farewell stops a machine that was stopped
 * before, since it had no controller.
 */
#include <errno.h>
#include <time.h>

#include "cli.h"
#include "cmd.h"
#include "plan_file.h"
#include "safety.h"
#include "show_plan.h"

#define INSTEAD		"end it first, only the controller may change the plan"
#define US_PER_MS	1000
/* Exchanges of an older plan end first: longest cycle and time-out, and some more. */
#define IN_FORCE_MS	3000
#define NAP_MS		5

/* What the kernel said of a plan. */
struct verdict {
	int error;		/* errno of the commit, 0: accepted */
	uint32_t generation;	/* 0: only asked */
	struct oht_cyclic_figures figures;
};

/* ---- the role ---- */

static int take_role(struct cli *cli)
{
	struct oht_dev_info info;

	if (oht_dev_info(cli->dev, &info))
		return cli_fail_errno(cli, "info");
	/* Nothing is enabled meanwhile, so we may be slow. */
	return safety_take_control(cli, &info.deadman_max_ms, INSTEAD);
}

/* ---- laying ready and committing ---- */

/* What one cell alone can have wrong has been found before. */
static int fail_stage(struct cli *cli, const struct plan_file *file, unsigned int bad_entry)
{
	if (errno == EINVAL && bad_entry < file->count)
		return cli_fail(cli, CLI_FAILED, "%s:%u: period_cycles: %s: '%u'", file->path,
				file->lines[bad_entry],
				"must repeat together with those before it within 10000 cycles",
				file->entries[bad_entry].period_cycles);
	if (errno == EDQUOT && bad_entry < file->count)
		return cli_fail(cli, CLI_FAILED, "%s:%u: timeout_us: with it the exchange takes longer than a "
				"unit whose loss stops may stay unheard: '%u'", file->path,
				file->lines[bad_entry], file->entries[bad_entry].timeout_us);
	return cli_fail_errno(cli, "plan");
}

static int stage(struct cli *cli, const struct plan_file *file)
{
	const struct oht_cyclic_plan plan = {
		.entries = file->entries,
		.count = file->count,
		.cycle_us = cli->cycle_us,
		.stop_budget_us = cli->stop_budget_us,
		.whole_cycles = cli->whole_cycles,
	};
	unsigned int bad_entry = 0;

	return oht_plan_stage(cli->dev, &plan, &bad_entry) ? fail_stage(cli, file, bad_entry) : 0;
}

/* 0 with the verdict, also a bad one; an exit code after a complaint. */
static int offer(struct cli *cli, const struct plan_file *file, bool dry, struct verdict *verdict)
{
	int result = take_role(cli), farewell;

	if (result)
		return result;
	result = stage(cli, file);
	if (!result && oht_plan_commit(cli->dev, dry, &verdict->figures, &verdict->generation))
		verdict->error = errno;
	farewell = safety_farewell(cli);
	return result ? result : farewell;
}

/* ---- the verdict ---- */

static void describe_quota(const struct cli *cli, const struct plan_file *file,
			   const struct verdict *verdict, char text[OHT_TEXT_BYTES])
{
	const struct oht_cyclic_figures *figures = &verdict->figures;

	if (figures->worst_permille > OHT_CYCLIC_LOAD_MAX_PERMILLE)
		snprintf(text, OHT_TEXT_BYTES, "%.2f ms are %.1f %% of the fullest cycle (%u us), "
			 "at most %.1f %% may be", (double)figures->busy_worst_ns / 1e6,
			 figures->worst_permille / 10.0, cli->cycle_us,
			 OHT_CYCLIC_LOAD_MAX_PERMILLE / 10.0);
	else if (!cli->stop_budget_us)
		snprintf(text, OHT_TEXT_BYTES, "with the pauses that a unit may make an exchange takes longer "
			 "than a unit whose loss stops may stay unheard");
	else if (figures->stop_ns == OHT_UNBOUNDED_NS)
		snprintf(text, OHT_TEXT_BYTES, "how long it keeps a stop waiting cannot be told, "
			 "since the port has no exact timing; without --stop-budget-us it is");
	else
		snprintf(text, OHT_TEXT_BYTES, "it keeps a stop waiting for up to %.2f ms, "
			 "--stop-budget-us allows %.2f ms; line %u decides",
			 (double)figures->stop_ns / 1e6, (double)cli->stop_budget_us / US_PER_MS,
			 figures->longest_entry < file->count ?
			 file->lines[figures->longest_entry] : 0);
}

static int fail_quota(struct cli *cli, const char *reason, const struct verdict *verdict)
{
	struct json_object *object;

	if (!cli->json) {
		show_plan_figures(cli, &verdict->figures);
		return cli_fail(cli, CLI_FAILED, "plan refused: %s", reason);
	}
	object = json_object_new_object();
	json_object_object_add(object, "figures", show_plan_figures_json(&verdict->figures));
	show_add_text(object, "error", reason);
	show_add_number(object, "exit", CLI_FAILED);
	show_json(cli, object);
	return CLI_FAILED;
}

static int fail_verdict(struct cli *cli, const struct plan_file *file,
			const struct verdict *verdict)
{
	char reason[OHT_TEXT_BYTES];

	if (verdict->error == EDQUOT) {
		describe_quota(cli, file, verdict, reason);
		return fail_quota(cli, reason, verdict);
	}
	if (verdict->error == EBUSY)
		return cli_fail(cli, CLI_FAILED, "plan refused: %s",
				"the one before is not in force yet; try again in a moment");
	errno = verdict->error;
	return cli_fail_errno(cli, "plan");
}

static int show_accepted(struct cli *cli, const struct verdict *verdict, const char *sentence)
{
	struct json_object *object;

	if (!cli->json) {
		show_plan_figures(cli, &verdict->figures);
		fprintf(cli->out, "%s\n", sentence);
		return CLI_DONE;
	}
	object = json_object_new_object();
	json_object_object_add(object, "figures", show_plan_figures_json(&verdict->figures));
	show_add_bool(object, "in_force", !!verdict->generation);
	show_add_number(object, "generation", verdict->generation);
	show_json(cli, object);
	return CLI_DONE;
}

/* ---- the verbs ---- */

/* Read the file and hear what the kernel says of it. */
static int judge(struct cli *cli, const char *path, bool dry, struct verdict *verdict)
{
	struct plan_file file;
	int result = cli_open(cli, 0);

	if (!result)
		result = plan_file_load(cli, path, &file);
	if (!result)
		result = offer(cli, &file, dry, verdict);
	if (!result && verdict->error)
		result = fail_verdict(cli, &file, verdict);
	return result;
}

int cmd_plan_check(struct cli *cli, int count, char **arguments)
{
	struct verdict verdict = { 0 };
	int result = judge(cli, arguments[0], true, &verdict);

	(void)count;
	return result ? result : show_accepted(cli, &verdict, "accepted; not put in force");
}

/* It comes in force at the next beginning of a cycle, without us. */
static int wait_in_force(struct cli *cli, uint32_t generation)
{
	const struct timespec nap = { .tv_nsec = NAP_MS * 1000000L };
	struct oht_cyclic_status status = { .pending = true };
	int waited_ms;

	for (waited_ms = 0; status.pending && waited_ms < IN_FORCE_MS; waited_ms += NAP_MS) {
		if (oht_plan_status(cli->dev, &status))
			return cli_fail_errno(cli, "plan status");
		if (status.running && status.generation == generation)
			return 0;
		nanosleep(&nap, NULL);
	}
	return cli_fail(cli, CLI_FAILED, "generation %u is not in force: %s; see ohtctl plan",
			generation, status.pending ? "the plan before it does not end" :
			"another program has changed the plan");
}

int cmd_plan_load(struct cli *cli, int count, char **arguments)
{
	struct verdict verdict = { 0 };
	char sentence[64];
	int result = judge(cli, arguments[0], false, &verdict);

	(void)count;
	if (!result)
		result = wait_in_force(cli, verdict.generation);
	if (result)
		return result;
	snprintf(sentence, sizeof(sentence), "in force, generation %u", verdict.generation);
	return show_accepted(cli, &verdict, sentence);
}

static int show_cleared(struct cli *cli)
{
	struct oht_cyclic_status status;

	if (oht_plan_status(cli->dev, &status))
		return cli_fail_errno(cli, "plan status");
	if (cli->json)
		show_json(cli, show_plan_status_json(&status));
	else
		fprintf(cli->out, "no plan is in force\n");
	return CLI_DONE;
}

int cmd_plan_clear(struct cli *cli, int count, char **arguments)
{
	int result = cli_open(cli, 0), farewell;

	(void)count;
	(void)arguments;
	if (!result)
		result = take_role(cli);
	if (result)
		return result;
	if (oht_plan_clear(cli->dev))
		result = cli_fail_errno(cli, "plan clear");
	farewell = safety_farewell(cli);
	if (result || farewell)
		return result ? result : farewell;
	return show_cleared(cli);
}
