// SPDX-License-Identifier: GPL-2.0-or-later
/* Wire time and faults of the simulator, under an injected clock. Never a byte too early. */
#include <errno.h>

#include "sim_fixture.h"

static uint8_t request[OHT_SIM_ADU_MAX_BYTES];
static size_t request_len;

/* What came out of the station, each byte with its time. */
static struct {
	uint8_t byte[1024];
	uint64_t at_ns[1024];
	size_t len;
} out;

static uint64_t char_ns(void)
{
	return line.station.timing.char_ns;
}

/* Wakes the station only when it asks for it, as the loop does, until @end_ns. */
static void run_until(uint64_t end_ns)
{
	uint64_t now_ns;

	while ((now_ns = oht_sim_station_deadline_ns(&line.station)) <= end_ns) {
		const uint8_t *bytes;
		size_t len;

		while ((len = oht_sim_station_run(&line.station, now_ns, &bytes))) {
			while (len--) {
				out.byte[out.len] = *bytes++;
				out.at_ns[out.len++] = now_ns;
			}
		}
	}
}

static void send_request(uint64_t now_ns)
{
	oht_sim_station_receive(&line.station, request, request_len, now_ns);
}

/* ---- timing ---- */

static void computes_times(void **state)
{
	struct oht_sim_timing t;

	(void)state;
	assert_int_equal(oht_sim_timing_set(&t, 115200, "8N1", 1750), 0);
	assert_int_equal(t.char_bits, 10);
	assert_int_equal(t.char_ns, 86806);
	assert_int_equal(t.t15_ns, 750 * US);
	assert_int_equal(t.t35_ns, 1750 * US);
	assert_int_equal(oht_sim_timing_set(&t, 9600, "8E1", 0), 0);
	assert_int_equal(t.char_bits, 11);
	assert_int_equal(t.char_ns, 1145834);
	assert_int_equal(t.t35_ns, t.char_ns * 7 / 2);
	assert_int_equal(oht_sim_timing_set(&t, 9600, "8O2", 0), 0);
	assert_int_equal(t.char_bits, 12);
}

static void refuses_bad_lines(void **state)
{
	static const char *const formats[] = { "", "8", "8N", "7N1", "8M1", "8N3", "8N1 ", "8n1" };
	struct oht_sim_timing t;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		assert_int_equal(oht_sim_timing_set(&t, 9600, formats[i], 0), -EINVAL);
	assert_int_equal(oht_sim_timing_set(&t, 299, "8N1", 0), -EINVAL);
	assert_int_equal(oht_sim_timing_set(&t, 4000001, "8N1", 0), -EINVAL);
}

static void replies_in_wire_time(void **state)
{
	uint64_t start_ns = T0 + 8 * char_ns() + 1750 * US;
	size_t i;

	(void)state;
	request_len = read_request(request, 2, 0x100, 10);
	send_request(T0);
	run_until(T0 + 100 * MS);
	assert_int_equal(out.len, 25);
	for (i = 0; i < out.len; i++) {
		assert_true(out.at_ns[i] >= start_ns + (i + 1) * char_ns());
		/* No pause between two groups that could be taken for one inside the frame. */
		if (i)
			assert_true(out.at_ns[i] - out.at_ns[i - 1] <= 375 * US);
	}
	assert_int_equal(out.at_ns[24], start_ns + 25 * char_ns());
	assert_int_equal(line.station.framer.line_end_ns, start_ns + 25 * char_ns());
}

static void times_hold_at_every_rate(void **state)
{
	static const unsigned int rates[] = { 1200, 9600, 19200, 38400, 57600, 115200, 1000000 };
	static const char *const formats[] = { "8N1", "8E1", "8N2", "8O2" };
	size_t i;

	(void)state;
	for (i = 0; i < 7 * 4 * 2; i++) {
		uint64_t t_ns = T0 + i * 1000 * MS, end_ns;
		unsigned int turnaround_us = i & 1 ? 0 : 5000;
		struct oht_sim_timing *t = &line.station.timing;

		assert_int_equal(oht_sim_timing_set(t, rates[i / 8], formats[i / 2 % 4],
						    turnaround_us), 0);
		request_len = read_request(request, 2, 0x100, 1);
		out.len = 0;
		send_request(t_ns);
		run_until(t_ns + 900 * MS);
		end_ns = t_ns + (8 + 7) * t->char_ns + turnaround_us * US;
		assert_int_equal(out.len, 7);
		assert_int_equal(out.at_ns[6], end_ns);
		assert_true(out.at_ns[0] >= end_ns - 6 * t->char_ns);
	}
}

static void a_slow_master_is_timed_from_its_last_byte(void **state)
{
	size_t i;

	(void)state;
	request_len = read_request(request, 2, 0x100, 1);
	/* One byte every 3 ms: a pause above t3.5 each, tolerated and counted. */
	for (i = 0; i < request_len; i++) {
		run_until(T0 + i * 3 * MS);
		oht_sim_station_receive(&line.station, request + i, 1, T0 + i * 3 * MS);
	}
	run_until(T0 + 100 * MS);
	assert_int_equal(out.len, 7);
	assert_int_equal(out.at_ns[6], T0 + 21 * MS + char_ns() + 1750 * US + 7 * char_ns());
	assert_int_equal(line.station.framer.stats.pauses_t35, 7);
	assert_int_equal(line.station.framer.stats.broken, 0);
}

static void a_late_wake_up_never_makes_bytes_come_faster(void **state)
{
	const uint8_t *bytes;
	uint64_t late_ns = T0 + 40 * MS;

	(void)state;
	request_len = read_request(request, 2, 0x100, 1);
	send_request(T0);
	assert_int_equal(oht_sim_station_run(&line.station, late_ns, &bytes), 0);
	run_until(T0 + 100 * MS);
	assert_int_equal(out.len, 7);
	assert_int_equal(out.at_ns[6], late_ns + 7 * char_ns());
}

static void unknown_functions_end_by_silence(void **state)
{
	static const uint8_t pdu[] = { 0x65, 1, 2, 3 };
	uint64_t start_ns;

	(void)state;
	line.station.timing.turnaround_ns = 0;
	request_len = seal(request, 2, pdu, sizeof(pdu));
	send_request(T0);
	run_until(T0 + 100 * MS);
	start_ns = T0 + request_len * char_ns() + 1750 * US;
	assert_int_equal(out.len, 5);
	assert_int_equal(out.byte[1], 0xe5);
	assert_int_equal(out.byte[2], 1);
	assert_true(out.at_ns[0] >= start_ns);
}

/* ---- frames that are none ---- */

static void expect_silence(uint64_t until_ns)
{
	run_until(until_ns);
	assert_int_equal(out.len, 0);
}

/* A good request must be answered whatever came before it. */
static void expect_recovery(uint64_t at_ns)
{
	expect_silence(at_ns);
	request_len = read_request(request, 2, 0x100, 1);
	send_request(at_ns);
	run_until(at_ns + 100 * MS);
	assert_int_equal(out.len, 7);
	assert_int_equal(out.byte[4], 2);
}

static void wrong_checksum_is_silence(void **state)
{
	(void)state;
	request_len = read_request(request, 2, 0x100, 1);
	request[7] ^= 1;
	send_request(T0);
	expect_recovery(T0 + 100 * MS);
	assert_int_equal(line.station.framer.stats.broken, 1);
}

static void a_truncated_frame_does_not_swallow_the_next(void **state)
{
	(void)state;
	request_len = read_request(request, 2, 0x100, 1) - 3;
	send_request(T0);
	/* Sooner than the incomplete frame is given up, as a master with a short time-out would. */
	expect_recovery(T0 + 20 * MS);
	assert_int_equal(line.station.framer.stats.broken, 1);
	assert_int_equal(line.station.framer.stats.frames, 1);
}

static void noise_in_front_does_not_swallow_the_next(void **state)
{
	static const uint8_t noise[] = { 0x00, 0xff, 0x55 };

	(void)state;
	oht_sim_station_receive(&line.station, noise, sizeof(noise), T0);
	expect_recovery(T0 + 5 * MS);
}

static void endless_noise_is_dropped(void **state)
{
	uint8_t noise[700];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(noise); i++)
		noise[i] = (uint8_t)(i * 37 + 11);
	oht_sim_station_receive(&line.station, noise, sizeof(noise), T0);
	expect_recovery(T0 + sizeof(noise) * char_ns() + 2 * MS);
}

static void bytes_behind_a_frame_spoil_it(void **state)
{
	(void)state;
	request_len = read_request(request, 2, 0x100, 1);
	request[request_len++] = 0x55;
	send_request(T0);
	expect_recovery(T0 + 100 * MS);
}

static void of_two_frames_at_once_the_newer_is_answered(void **state)
{
	(void)state;
	request_len = read_request(request, 2, 0x100, 1);
	request_len += read_request(request + request_len, 3, 0x100, 1);
	send_request(T0);
	run_until(T0 + 100 * MS);
	assert_int_equal(out.len, 7);
	assert_int_equal(out.byte[0], 3);
	assert_int_equal(line.station.framer.stats.stale, 1);
}

static void foreign_units_and_broadcasts_are_silence(void **state)
{
	static const uint8_t write[] = { 6, 0x01, 0x09, 0, 1 };

	(void)state;
	request_len = read_request(request, 6, 0x100, 1);
	send_request(T0);
	expect_silence(T0 + 10 * MS);
	request_len = seal(request, 0, write, sizeof(write));
	send_request(T0 + 10 * MS);
	expect_recovery(T0 + 20 * MS);
	assert_int_equal(line.station.foreign, 1);
	assert_int_equal(line.station.broadcasts, 1);
}

static void every_split_of_a_request_is_one_request(void **state)
{
	size_t cut;

	(void)state;
	for (cut = 1; cut < 8; cut++) {
		uint64_t t_ns = T0 + cut * 100 * MS;

		request_len = read_request(request, 2, 0x100, 1);
		out.len = 0;
		oht_sim_station_receive(&line.station, request, cut, t_ns);
		run_until(t_ns + 30 * MS);
		oht_sim_station_receive(&line.station, request + cut, request_len - cut,
					t_ns + 30 * MS);
		run_until(t_ns + 90 * MS);
		assert_int_equal(out.len, 7);
	}
}

static void counts_requests_that_come_too_early(void **state)
{
	uint64_t end_ns;

	(void)state;
	request_len = read_request(request, 2, 0x100, 1);
	send_request(T0);
	run_until(T0 + 50 * MS);
	end_ns = out.at_ns[out.len - 1];
	send_request(end_ns + 1750 * US);
	run_until(end_ns + 50 * MS);
	assert_int_equal(line.station.framer.stats.early, 0);
	send_request(line.station.framer.line_end_ns + 1749 * US);
	run_until(end_ns + 100 * MS);
	assert_int_equal(line.station.framer.stats.early, 1);
}

static void hears_nothing_while_it_speaks(void **state)
{
	(void)state;
	request_len = read_request(request, 2, 0x100, 9);
	send_request(T0);
	run_until(T0 + 3 * MS);
	send_request(T0 + 3 * MS);
	run_until(T0 + 100 * MS);
	assert_int_equal(out.len, 23);
	assert_int_equal(line.station.collisions, 8);
}

static void a_cut_line_forgets_what_was_under_way(void **state)
{
	(void)state;
	request_len = read_request(request, 2, 0x100, 9);
	send_request(T0);
	run_until(T0 + 3 * MS);
	oht_sim_station_cut(&line.station);
	out.len = 0;
	request_len = 3;
	send_request(T0 + 10 * MS);
	oht_sim_station_cut(&line.station);
	expect_recovery(T0 + 11 * MS);
}

/* ---- faults ---- */

static void fault(const char *words)
{
	struct oht_sim_fault_words registers;
	enum oht_sim_fault_kind kind;
	struct oht_sim_fault f;
	char copy[80], error[100], *word[8] = { 0 }, *save = NULL;
	int n = 0;

	strcpy(copy, words);
	for (word[0] = strtok_r(copy, " ", &save); word[n]; word[n] = strtok_r(NULL, " ", &save))
		n++;
	if (oht_sim_fault_parse(word, &kind, &f, &registers, error, sizeof(error)))
		fail_msg("%s", error);
	oht_sim_station_unit(&line.station, 2)->faults.fault[kind] = f;
}

/* Asks unit 2 once, at its own time, and collects what comes back. */
static void ask_at(uint64_t now_ns)
{
	out.len = 0;
	request_len = read_request(request, 2, 0x100, 1);
	send_request(now_ns);
	run_until(now_ns + 400 * MS);
}

static void spoils_as_told_and_as_often(void **state)
{
	static const struct { const char *words; size_t len; bool sealed; } cases[] = {
		{ "silence count=2", 0, false },     { "crc count=2", 7, false },
		{ "truncate count=2", 5, false },    { "truncate bytes=255 count=2", 1, false },
		{ "wrong-unit count=2", 7, true },   { "exception count=2", 5, true },
		{ "duplicate count=2", 14, false },  { "noise bytes=64 count=2", 71, false },
		/* What follows a frame as zeros does not change its checksum. */
		{ "lead count=2", 8, false },	     { "trail count=2", 10, true },
		{ "delay ms=300 count=2", 7, true }, { "pauses ms=50 count=2", 7, true },
	};
	uint64_t t_ns = T0;
	size_t i;
	int k;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		fault(cases[i].words);
		for (k = 0; k < 2; k++, t_ns += 500 * MS) {
			ask_at(t_ns);
			assert_int_equal(out.len, cases[i].len);
			assert_int_equal(oht_sim_adu_sealed(out.byte, out.len), cases[i].sealed);
		}
		ask_at(t_ns);
		t_ns += 500 * MS;
		assert_int_equal(out.len, 7);
		assert_true(oht_sim_adu_sealed(out.byte, 7));
	}
}

static void faults_last_until_cleared(void **state)
{
	int i;

	(void)state;
	fault("crc");
	for (i = 0; i < 20; i++) {
		ask_at(T0 + (uint64_t)i * 500 * MS);
		assert_false(oht_sim_adu_sealed(out.byte, out.len));
	}
}

/* How much of an answer comes to a request to unit @unit at @at_ns. */
static size_t heard_at(unsigned int unit, uint64_t at_ns)
{
	out.len = 0;
	request_len = read_request(request, (uint8_t)unit, 0x100, 1);
	send_request(at_ns);
	run_until(at_ns + 8 * char_ns() + 1750 * US + 7 * char_ns());
	return out.len;
}

static void too_little_rest_is_not_heard(void **state)
{
	uint64_t end_ns;

	(void)state;
	fault("rest ms=15");
	assert_int_equal(heard_at(2, T0), 7);
	end_ns = out.at_ns[6];
	/* Another unit is asked in it, and what is not heard begins no rest. */
	assert_int_equal(heard_at(3, end_ns + 2 * MS), 7);
	assert_int_equal(heard_at(2, end_ns + 15 * MS - US), 0);
	assert_int_equal(heard_at(2, end_ns + 19 * MS), 7);
	end_ns = out.at_ns[6];
	assert_int_equal(heard_at(2, end_ns + 15 * MS), 7);
}

static void too_little_quiet_is_not_heard(void **state)
{
	uint64_t end_ns;

	(void)state;
	fault("quiet us=3000");
	assert_int_equal(heard_at(2, T0), 7);
	end_ns = out.at_ns[6];
	assert_int_equal(heard_at(2, end_ns + 2999 * US), 0);
	/* Whoever has spoken: here another unit. */
	assert_int_equal(heard_at(3, end_ns + 20 * MS), 7);
	end_ns = out.at_ns[6];
	assert_int_equal(heard_at(2, end_ns + 2 * MS), 0);
	assert_int_equal(heard_at(2, end_ns + 2 * MS + 8 * char_ns() + 3000 * US), 7);
}

static void each_fault_does_what_its_name_says(void **state)
{
	uint64_t start_ns = 8 * char_ns() + 1750 * US;

	(void)state;
	fault("wrong-unit count=1");
	ask_at(T0);
	assert_int_equal(out.byte[0], 3);
	fault("exception code=6 count=1");
	ask_at(T0 + 1000 * MS);
	assert_int_equal(out.byte[1], 0x83);
	assert_int_equal(out.byte[2], 6);
	fault("delay ms=40 count=1");
	ask_at(T0 + 2000 * MS);
	assert_int_equal(out.at_ns[6], T0 + 2040 * MS + start_ns + 7 * char_ns());
	fault("duplicate count=1");
	ask_at(T0 + 3000 * MS);
	assert_memory_equal(out.byte, out.byte + 7, 7);
	assert_int_equal(out.at_ns[13] - out.at_ns[6], 1750 * US + 7 * char_ns());
	fault("pauses count=1");
	ask_at(T0 + 3500 * MS);
	assert_int_equal(out.at_ns[6] - out.at_ns[0], 6 * (5 * MS + char_ns()));
	assert_int_equal(out.at_ns[0], T0 + 3500 * MS + start_ns + char_ns());
	fault("noise bytes=4 count=1");
	ask_at(T0 + 4000 * MS);
	assert_true(oht_sim_adu_sealed(out.byte + 4, 7));
	fault("noise bytes=64 count=1");
	fault("lead bytes=8 count=1");
	fault("trail bytes=8 count=1");
	ask_at(T0 + 4500 * MS);
	assert_int_equal(out.len, 8 + 64 + 7 + 8);
	assert_true(oht_sim_adu_sealed(out.byte + 8 + 64, 7));
	for (unsigned int i = 0; i < 8; i++)
		assert_int_equal(out.byte[i] | out.byte[out.len - 1 - i], 0);
	/* Two at once. */
	fault("wrong-unit count=1");
	fault("truncate bytes=1 count=1");
	ask_at(T0 + 5000 * MS);
	assert_int_equal(out.len, 6);
	assert_int_equal(out.byte[0], 3);
}

static void silence_and_exception_write_nothing(void **state)
{
	static const uint8_t write[] = { 6, 0x00, 0x3f, 0, 1 };
	struct oht_sim_unit *unit = oht_sim_station_unit(&line.station, 2);
	const struct oht_register *reg = oht_regmap_at(unit->bank.map, 0x3f);
	uint64_t t_ns;

	(void)state;
	fault("silence count=1");
	fault("exception count=1");
	for (t_ns = T0; t_ns < T0 + 1000 * MS; t_ns += 500 * MS) {
		request_len = seal(request, 2, write, sizeof(write));
		send_request(t_ns);
		run_until(t_ns + 100 * MS);
		assert_int_equal(oht_sim_bank_get(&unit->bank, reg), 0);
	}
	/* A spoiled reply is another matter: the module has done it. */
	fault("crc count=1");
	send_request(t_ns);
	run_until(t_ns + 100 * MS);
	assert_int_equal(oht_sim_bank_get(&unit->bank, reg), 1);
}

static void a_late_reply_meets_the_next_request(void **state)
{
	(void)state;
	fault("delay ms=30 count=1");
	request_len = read_request(request, 2, 0x100, 1);
	send_request(T0);
	run_until(T0 + 20 * MS);
	/* The same unit is still busy, another one is not. */
	send_request(T0 + 20 * MS);
	run_until(T0 + 25 * MS);
	request_len = read_request(request, 3, 0x100, 1);
	send_request(T0 + 25 * MS);
	run_until(T0 + 100 * MS);
	assert_int_equal(oht_sim_station_unit(&line.station, 2)->stats.busy, 1);
	assert_int_equal(out.len, 14);
	assert_int_equal(out.byte[0], 3);
	assert_int_equal(out.byte[7], 2);
}

static void a_late_reply_waits_for_the_line(void **state)
{
	uint64_t other_end_ns;

	(void)state;
	/* Due at 32.44 ms, while unit 3 sends until 32.64 ms. */
	fault("delay ms=30 count=1");
	request_len = read_request(request, 2, 0x100, 1);
	send_request(T0);
	run_until(T0 + 28200 * US);
	request_len = read_request(request, 3, 0x100, 9);
	send_request(T0 + 28200 * US);
	run_until(T0 + 100 * MS);
	assert_int_equal(out.len, 23 + 7);
	other_end_ns = T0 + 28200 * US + (8 + 23) * char_ns() + 1750 * US;
	assert_int_equal(out.at_ns[22], other_end_ns);
	assert_int_equal(out.byte[23], 2);
	assert_int_equal(out.at_ns[29], other_end_ns + 7 * char_ns());
}

static void refuses_bad_faults(void **state)
{
	static char *const bad[][4] = {
		{ NULL },
		{ (char *)"" },
		{ (char *)"CRC" },
		{ (char *)"crc", (char *)"count" },
		{ (char *)"crc", (char *)"count=" },
		{ (char *)"crc", (char *)"count=-1" },
		{ (char *)"crc", (char *)"count=1000001" },
		{ (char *)"crc", (char *)"ms=1" },
		{ (char *)"delay", (char *)"ms=60001" },
		{ (char *)"delay", (char *)"ms=1x" },
		{ (char *)"exception", (char *)"code=0" },
		{ (char *)"exception", (char *)"code=256" },
		{ (char *)"truncate", (char *)"bytes=0" },
		{ (char *)"noise", (char *)"bytes=65" },
	};
	struct oht_sim_fault_words registers;
	enum oht_sim_fault_kind kind;
	struct oht_sim_fault f;
	char error[100];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		error[0] = '\0';
		assert_int_equal(oht_sim_fault_parse(bad[i], &kind, &f, &registers, error,
						     sizeof(error)), -EINVAL);
		assert_true(error[0]);
	}
}

static int open_timed(void **state)
{
	out.len = 0;
	return open_line(state);
}

#define TIMED(f)	cmocka_unit_test_setup_teardown(f, open_timed, close_line)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TIMED(computes_times),
		TIMED(refuses_bad_lines),
		TIMED(replies_in_wire_time),
		TIMED(times_hold_at_every_rate),
		TIMED(a_slow_master_is_timed_from_its_last_byte),
		TIMED(a_late_wake_up_never_makes_bytes_come_faster),
		TIMED(unknown_functions_end_by_silence),
		TIMED(wrong_checksum_is_silence),
		TIMED(a_truncated_frame_does_not_swallow_the_next),
		TIMED(noise_in_front_does_not_swallow_the_next),
		TIMED(endless_noise_is_dropped),
		TIMED(bytes_behind_a_frame_spoil_it),
		TIMED(of_two_frames_at_once_the_newer_is_answered),
		TIMED(foreign_units_and_broadcasts_are_silence),
		TIMED(every_split_of_a_request_is_one_request),
		TIMED(counts_requests_that_come_too_early),
		TIMED(hears_nothing_while_it_speaks),
		TIMED(a_cut_line_forgets_what_was_under_way),
		TIMED(spoils_as_told_and_as_often),
		TIMED(faults_last_until_cleared),
		TIMED(each_fault_does_what_its_name_says),
		TIMED(too_little_rest_is_not_heard),
		TIMED(too_little_quiet_is_not_heard),
		TIMED(silence_and_exception_write_nothing),
		TIMED(a_late_reply_meets_the_next_request),
		TIMED(a_late_reply_waits_for_the_line),
		TIMED(refuses_bad_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
