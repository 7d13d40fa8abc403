// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The whole simulated line, with what a person does at its control socket. Input: the profile, then
 * steps: a byte that says what, then a command or a request, each with its length, or a time.
 */
#include "fuzz.h"

#include <stdbool.h>

#include "command.h"
#include "station.h"

#define T0_NS		1000000000ull
#define STEPS_MAX	32

enum step { COMMAND, REQUEST, TIME, STEPS };

static struct oht_modmap *modmap;
/* Has any unit had a fault in this input? A reply that it spoils may be sent after its end. */
static bool faulty;

static bool any_fault(struct oht_sim_station *station)
{
	for (size_t i = 0; i < station->units; i++)
		for (int k = 0; k < OHT_SIM_FAULTS; k++)
			if (station->unit[i].faults.fault[k].on)
				return true;
	return false;
}

static size_t take_length(struct fuzz_input *in, size_t max)
{
	size_t len = fuzz_take8(in);

	len = len < max ? len : max;
	return len < in->left ? len : in->left;
}

/* The number behind " raw=" in an answer. */
static long long raw_of(const char *answer)
{
	const char *at = strstr(answer, " raw=");

	return at ? strtoll(at + 5, NULL, 10) : INT64_MIN;
}

static void obey(struct oht_sim_station *station, const char *text, uint64_t now_ns, char *answer)
{
	char *line = fuzz_text(text, strlen(text));

	oht_sim_command(station, line, now_ns, answer);
#ifdef FUZZ_SEED_DEFECT
	/* Quotes a word with all its control characters. */
	if (strstr(answer, "no such verb") && strchr(text, '\v'))
		strcpy(answer, "error no such verb: '\n'");
#endif
	HOLDS("an answer is one line",
	      strlen(answer) < OHT_SIM_ANSWER_BYTES && !strchr(answer, '\n'));
	HOLDS("it says whether it was done",
	      !strncmp(answer, "ok", 2) || !strncmp(answer, "error ", 6));
	free(line);
}

/* What was set is what is got. */
static void check_set(struct oht_sim_station *station, const char *text, uint64_t now_ns,
		      const char *said)
{
	char unit[64], name[64], again[160], answer[OHT_SIM_ANSWER_BYTES];

	if (strncmp(said, "ok unit=", 8) || sscanf(text, " set %63s %63s", unit, name) != 2)
		return;
	snprintf(again, sizeof(again), "get %s %s", unit, name);
	obey(station, again, now_ns, answer);
	HOLDS("what was set is what is got", raw_of(answer) == raw_of(said));
}

static void do_command(struct oht_sim_station *station, struct fuzz_input *in, uint64_t now_ns)
{
	size_t len = take_length(in, OHT_SIM_COMMAND_BYTES);
	char *text = fuzz_text(in->at, len), answer[OHT_SIM_ANSWER_BYTES];

	in->at += len;
	in->left -= len;
	/* A line ends with its newline. */
	text[strcspn(text, "\n")] = 0;
	obey(station, text, now_ns, answer);
	faulty |= any_fault(station);
	check_set(station, text, now_ns, answer);
	free(text);
}

static void do_request(struct oht_sim_station *station, struct fuzz_input *in, uint64_t now_ns)
{
	size_t len = take_length(in, OHT_SIM_ADU_MAX_BYTES - 2);
	uint8_t request[OHT_SIM_ADU_MAX_BYTES];

	memcpy(request, in->at, len);
	in->at += len;
	in->left -= len;
	len = oht_sim_adu_seal(request, len);
	oht_sim_station_receive(station, request, len, now_ns);
}

/* Lets the time pass and looks at what comes back; without a fault that is frames. */
static uint64_t pass(struct oht_sim_station *station, uint64_t now_ns, uint64_t until_ns)
{
	bool clean = !faulty && !station->tx_bytes;
	uint8_t sent[4096];
	const uint8_t *bytes;
	size_t total = 0, n;

	for (int turns = 0; turns < 4096; turns++) {
		uint64_t due_ns;

		n = oht_sim_station_run(station, now_ns, &bytes);
		if (n && total + n <= sizeof(sent))
			memcpy(sent + total, bytes, n);
		total += n;
		if (n)
			continue;
		due_ns = oht_sim_station_deadline_ns(station);
		if (due_ns > until_ns)
			break;
		now_ns = due_ns > now_ns ? due_ns : now_ns + 1;
	}
	HOLDS("what is sent is counted", !clean || station->tx_bytes == total);
	/* The first reply of a station that nothing was done to, if all of it has been sent. */
	if (clean && total && station->framer.stats.frames == 1 &&
	    oht_sim_pacer_deadline_ns(&station->pacer) == OHT_SIM_NEVER)
		HOLDS("a reply is a frame", total <= OHT_SIM_ADU_MAX_BYTES &&
		      oht_sim_adu_sealed(sent, total));
	return until_ns;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	struct oht_sim_station *station = malloc(sizeof(*station));
	struct oht_sim_timing timing;
	char error[OHT_ERROR_BYTES];
	uint64_t now_ns = T0_NS;

	faulty = false;
	if (!modmap && oht_modmap_load(OHT_SOURCE_DATADIR, &modmap, error))
		abort();
	if (!station || oht_sim_timing_set(&timing, 115200, "8N1", 1750) ||
	    oht_sim_station_init(station, modmap, fuzz_take8(&in) & 1, &timing, 1))
		abort();
	for (int i = 0; i < STEPS_MAX && in.left; i++) {
		switch (fuzz_take8(&in) % STEPS) {
		case COMMAND:
			do_command(station, &in, now_ns);
			break;
		case REQUEST:
			do_request(station, &in, now_ns);
			break;
		default:
			now_ns = pass(station, now_ns, now_ns + fuzz_take16(&in) * 10000ull);
		}
	}
	pass(station, now_ns, now_ns + 1000000000ull);
	oht_sim_station_free(station);
	free(station);
	return 0;
}
