// SPDX-License-Identifier: GPL-2.0-or-later
/* The words of the control socket, and the socket itself. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "command.h"
#include "server.h"
#include "sim_fixture.h"

static char answer[OHT_SIM_ANSWER_BYTES];

static const char *say(const char *words)
{
	char copy[OHT_SIM_COMMAND_BYTES];

	snprintf(copy, sizeof(copy), "%s", words);
	oht_sim_command(&line.station, copy, T0, answer);
	assert_null(strchr(answer, '\n'));
	return answer;
}

static const struct oht_sim_fault *fault(uint8_t unit, enum oht_sim_fault_kind kind)
{
	return &oht_sim_station_unit(&line.station, unit)->faults.fault[kind];
}

static void sets_and_clears_faults(void **state)
{
	(void)state;
	assert_string_equal(say("fault 2 delay ms=40 count=3"), "ok");
	assert_true(fault(2, OHT_SIM_FAULT_DELAY)->on);
	assert_int_equal(fault(2, OHT_SIM_FAULT_DELAY)->argument, 40);
	assert_int_equal(fault(2, OHT_SIM_FAULT_DELAY)->left, 3);
	assert_false(fault(3, OHT_SIM_FAULT_DELAY)->on);
	assert_string_equal(say("fault all silence"), "ok");
	assert_true(fault(5, OHT_SIM_FAULT_SILENCE)->on);
	assert_string_equal(say("clear 0x02"), "ok");
	assert_false(fault(2, OHT_SIM_FAULT_SILENCE)->on);
	assert_false(fault(2, OHT_SIM_FAULT_DELAY)->on);
	assert_true(fault(3, OHT_SIM_FAULT_SILENCE)->on);
	assert_string_equal(say("clear"), "ok");
	assert_false(fault(5, OHT_SIM_FAULT_SILENCE)->on);
}

/* ---- one register ---- */

static uint64_t wire_ns;

/* Asks unit 4. Returns the function of the reply, 0x80 more for an exception; @value is its last word. */
static unsigned int ask_drive(const uint8_t *pdu, size_t len, unsigned int *value)
{
	uint8_t adu[32], heard[64];
	size_t got = 0, n, adu_len = seal(adu, 4, pdu, len);
	const uint8_t *bytes;
	uint64_t end_ns;

	wire_ns = (wire_ns ? wire_ns : T0) + 100 * MS;
	oht_sim_station_receive(&line.station, adu, adu_len, wire_ns);
	for (end_ns = wire_ns + 50 * MS; wire_ns < end_ns; wire_ns += 100 * US)
		while ((n = oht_sim_station_run(&line.station, wire_ns, &bytes))) {
			memcpy(heard + got, bytes, n);
			got += n;
		}
	assert_true(got >= 5);
	*value = (unsigned int)(heard[got - 4] << 8 | heard[got - 3]);
	return heard[1];
}

static unsigned int write_drive(uint8_t address, uint8_t value)
{
	const uint8_t pdu[] = { 6, 0, address, 0, value };
	unsigned int said, function = ask_drive(pdu, sizeof(pdu), &said);

	if (function == 6)
		assert_int_equal(said, value);
	return function;
}

static unsigned int read_drive(uint8_t address)
{
	const uint8_t pdu[] = { 3, 0, address, 0, 1 };
	unsigned int said;

	assert_int_equal(ask_drive(pdu, sizeof(pdu), &said), 3);
	return said;
}

static void ignores_a_register_and_says_done(void **state)
{
	static const uint8_t block[] = { 16, 0, 1, 0, 2, 4, 0, 1, 0, 99 };
	static const uint8_t mask[] = { 22, 0, 2, 0, 0, 0, 77 };
	unsigned int said;

	(void)state;
	assert_int_equal(write_drive(2, 60), 6);
	assert_string_equal(say("fault 4 ignore register=0x0002 register=motor2_speed"), "ok");
	say("status");
	assert_non_null(strstr(answer, "faults=ignore:register=0x0002:register=0x0012"));
	assert_int_equal(write_drive(2, 80), 6);
	assert_int_equal(write_drive(0x12, 80), 6);
	assert_int_equal(ask_drive(block, sizeof(block), &said), 16);
	assert_int_equal(ask_drive(mask, sizeof(mask), &said), 22);
	assert_int_equal(read_drive(2), 60);
	assert_int_equal(read_drive(0x12), 0);
	/* A block is done as a whole or not at all; what touches neither is done. */
	assert_int_equal(read_drive(1), 0);
	assert_int_equal(write_drive(1, 1), 6);
	assert_int_equal(read_drive(1), 1);
	/* A wrong value is refused as ever. */
	assert_int_equal(ask_drive((const uint8_t[]){ 6, 0, 2, 1, 0 }, 5, &said), 0x86);
	say("clear 4");
	assert_int_equal(write_drive(2, 80), 6);
	assert_int_equal(read_drive(2), 80);
}

static void refuses_a_register_only(void **state)
{
	unsigned int said;

	(void)state;
	assert_string_equal(say("fault 4 exception code=6 register=0x0002 count=2"), "ok");
	assert_int_equal(read_drive(1), 0);
	assert_int_equal(write_drive(2, 80), 0x86);
	assert_int_equal(ask_drive((const uint8_t[]){ 3, 0, 0, 0, 3 }, 5, &said), 0x83);
	assert_int_equal(said & 0xff, 6);
	/* Twice, and then no more. */
	assert_int_equal(read_drive(2), 0);
	/* Without a register it is every request. */
	assert_string_equal(say("fault 4 exception"), "ok");
	assert_int_equal(write_drive(1, 1), 0x86);
}

static void gets_and_sets_registers(void **state)
{
	(void)state;
	assert_string_equal(say("get 4 0x104"),
			    "ok unit=0x04 address=0x0104 name=module_type raw=4 value=4");
	assert_string_equal(say("set 3 distance_1 400"),
			    "ok unit=0x03 address=0x0010 name=distance_1 raw=400 value=400 "
			    "unit_of_value=mm held");
	assert_string_equal(say("unset 3 0x10"), "ok");
	assert_non_null(strstr(say("set 4 motor1_speed 255"), "raw=255"));
	assert_null(strstr(answer, "held"));
	assert_non_null(strstr(say("set 5 euler_yaw -180"), "raw=-180 value=-180"));
	/* Either word of a value means the value. */
	assert_non_null(strstr(say("get 2 0xfc"), "address=0x00FB name=serial_number"));
}

/* Whatever the drive's registers say, and however far the daemon is from them. */
static void without_power_the_brake_falls_in(void **state)
{
	const struct oht_sim_rail *rail = &line.station.world.rail;
	uint64_t now_ns = T0;

	(void)state;
	for (unsigned int drive = 1; drive <= 2; drive++) {
		char words[64];

		snprintf(words, sizeof(words), "set 4 motor%u_speed 128", drive);
		say(words);
		snprintf(words, sizeof(words), "set 4 motor%u_direction 1", drive);
		say(words);
		snprintf(words, sizeof(words), "set 4 motor%u_enable 1", drive);
		say(words);
	}
	oht_sim_world_advance(&line.station.world, now_ns += 2000 * MS);
	assert_true(rail->speed_mm_s > 900);
	assert_non_null(strstr(say("rail power off"), "power=off"));
	oht_sim_world_advance(&line.station.world, now_ns += 500 * MS);
	assert_true(rail->speed_mm_s == 0);
	assert_null(strstr(say("rail power on"), "power="));
	oht_sim_world_advance(&line.station.world, now_ns += 500 * MS);
	assert_true(rail->speed_mm_s > 900);
}

/* By the board's outputs, unless a relay is welded; it keeps its registers and answers, as behind an STO. */
static void the_outputs_feed_the_drive(void **state)
{
	const struct oht_sim_rail *rail = &line.station.world.rail;
	struct oht_sim_world *world = &line.station.world;
	uint64_t now_ns = T0;

	(void)state;
	for (unsigned int address = 0; address <= 0x10; address += 0x10) {
		write_drive((uint8_t)(address + 1), 1);
		write_drive((uint8_t)(address + 2), 128);
		write_drive((uint8_t)(address + 7), 1);
	}
	now_ns = wire_ns;
	oht_sim_world_advance(world, now_ns += 2000 * MS);
	assert_true(rail->speed_mm_s > 900);
	assert_non_null(strstr(say("rail outputs low"), "outputs=low"));
	oht_sim_world_advance(world, now_ns += 500 * MS);
	assert_true(rail->speed_mm_s == 0);
	wire_ns = now_ns;
	assert_int_equal(read_drive(2), 128);
	assert_string_equal(say("fault 4 welded"), "ok");
	assert_non_null(strstr(say("status"), "faults=welded"));
	oht_sim_world_advance(world, now_ns += 1000 * MS);
	assert_true(rail->speed_mm_s > 900);
	say("clear 4");
	oht_sim_world_advance(world, now_ns += 500 * MS);
	assert_true(rail->speed_mm_s == 0);
	assert_null(strstr(say("rail outputs high"), "outputs="));
	oht_sim_world_advance(world, now_ns += 1000 * MS);
	assert_true(rail->speed_mm_s > 900);
}

static void changes_the_vehicle(void **state)
{
	(void)state;
	assert_string_equal(say("rail"), "ok position_mm=0.00 speed_mm_s=0.00 load_kg=0.0 "
					 "slip_percent=0.0 obstacle=none");
	assert_non_null(strstr(say("rail load 50"), "load_kg=50.0"));
	assert_non_null(strstr(say("rail slip 5"), "slip_percent=5.0"));
	assert_non_null(strstr(say("rail obstacle -100"), "obstacle_mm=-100"));
	assert_non_null(strstr(say("rail obstacle none"), "obstacle=none"));
	assert_string_equal(say("rail load -1"), "error rail: 'load' cannot be '-1'");
	assert_string_equal(say("rail load 201"), "error rail: 'load' cannot be '201'");
	assert_string_equal(say("rail slip 101"), "error rail: 'slip' cannot be '101'");
	assert_string_equal(say("rail slip much"), "error rail: 'slip' cannot be 'much'");
	assert_string_equal(say("rail obstacle 32001"),
			    "error rail: 'obstacle' cannot be '32001'");
	assert_string_equal(say("rail power none"), "error rail: 'power' cannot be 'none'");
	assert_string_equal(say("rail outputs on"), "error rail: 'outputs' cannot be 'on'");
	assert_string_equal(say("rail colour 1"), "error rail: 'colour' cannot be '1'");
	assert_string_equal(say("rail load"),
			    "error usage: rail [load KG | slip PERCENT | obstacle MM|none | "
			    "power on|off | outputs high|low | own MM_S|none | wires right|swapped | push MM_S]");
	assert_non_null(strstr(say("rail own -2000"), " own_mm_s=-2000"));
	assert_non_null(strstr(say("rail wires swapped"), " wires=swapped"));
	assert_non_null(strstr(say("rail push 30"), " push_mm_s=30"));
	assert_string_equal(say("rail own 2001"), "error rail: 'own' cannot be '2001'");
	assert_string_equal(say("rail wires left"), "error rail: 'wires' cannot be 'left'");
	assert_string_equal(say("rail push none"), "error rail: 'push' cannot be 'none'");
	say("rail own none");
	say("rail wires right");
	say("rail push 0");
	assert_non_null(strstr(say("rail"), "load_kg=50.0 slip_percent=5.0 obstacle=none"));
}

static void says_its_status_in_one_line(void **state)
{
	(void)state;
	say("fault 3 crc count=2");
	say("fault 3 delay ms=7");
	say("set 3 estop_active 1");
	say("status");
	assert_ptr_equal(strstr(answer, "ok profile=canonical baud_bps=115200 format=8N1 "
					"turnaround_us=1750 seed=1 "), answer);
	assert_non_null(strstr(answer, "module=power requests=0 replies=0 exceptions=0 "
				       "suppressed=0 busy=0 faults=none"));
	assert_non_null(strstr(answer, "faults=delay:ms=7,crc:count=2 held=estop_active"));
}

static void refuses_bad_lines(void **state)
{
	static const char *const bad[][2] = {
		{ "", "error empty line" },
		{ " \t", "error empty line" },
		{ "faults 2 crc", "error no such verb: 'faults'" },
		{ "fault", "error usage: fault UNIT|all KIND [key=value...]" },
		{ "fault 2", "error usage: fault UNIT|all KIND [key=value...]" },
		{ "fault 6 crc", "error no such unit: '6'" },
		{ "fault 0 crc", "error no such unit: '0'" },
		{ "fault x crc", "error no such unit: 'x'" },
		{ "fault 2 bang", "error no such fault: 'bang'" },
		{ "fault 2 crc count=x", "error bad setting of crc: 'count=x'" },
		{ "fault 4 ignore", "error ignore needs register=ADDRESS" },
		{ "fault 4 ignore register=", "error bad setting of ignore: 'register='" },
		{ "fault 4 crc register=2", "error bad setting of crc: 'register=2'" },
		{ "fault 4 ignore code=2", "error bad setting of ignore: 'code=2'" },
		{ "fault 4 ignore register=0x4000",
		  "error unit 0x04 (travel_motor) has no register '0x4000'" },
		{ "fault 4 exception register=65538",
		  "error unit 0x04 (travel_motor) has no register '65538'" },
		{ "fault 4 ignore register=two",
		  "error unit 0x04 (travel_motor) has no register 'two'" },
		{ "fault all ignore register=motor1_speed",
		  "error unit 0x02 (power) has no register 'motor1_speed'" },
		{ "fault 4 ignore register=1 register=2 register=3 register=4 register=5",
		  "error bad setting of ignore: 'register=5'" },
		{ "fault 3 welded", "error unit 0x03 (safety) cannot be welded" },
		{ "fault all welded", "error unit 0x02 (power) cannot be welded" },
		{ "fault 4 welded count=2", "error bad setting of welded: 'count=2'" },
		{ "fault 4 welded register=2", "error bad setting of welded: 'register=2'" },
		{ "clear 9", "error no such unit: '9'" },
		{ "clear 2 3", "error usage: clear [UNIT|all]" },
		{ "get 2", "error usage: get UNIT REGISTER" },
		{ "get all 2", "error no such unit: 'all'" },
		{ "get 2 0x4000", "error unit 0x02 (power) has no register '0x4000'" },
		{ "get 2 65536", "error unit 0x02 (power) has no register '65536'" },
		{ "get 2 nothing", "error unit 0x02 (power) has no register 'nothing'" },
		{ "set 2 battery_soc", "error usage: set UNIT REGISTER RAW" },
		{ "set 2 battery_soc 65536", "error battery_soc cannot hold '65536'" },
		{ "set 2 battery_soc -1", "error battery_soc cannot hold '-1'" },
		{ "set 2 battery_soc 8x", "error battery_soc cannot hold '8x'" },
		{ "set 2 charging 2", "error charging cannot hold '2'" },
		{ "status now", "error usage: status" },
		{ "fault 2 crc a b c d e f g h i j k l m n o p", "error usage: fault UNIT|all "
								  "KIND [key=value...]" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_string_equal(say(bad[i][0]), bad[i][1]);
}

/* ---- the socket ---- */

static char dir[64];
static char path[80];

static int connect_to_server(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(address.sun_path, path);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static const char *receive(int fd)
{
	static char text[OHT_SIM_ANSWER_BYTES];
	ssize_t n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void answers_lines_however_they_are_cut(void **state)
{
	struct oht_sim_server server;
	struct oht_sim_client *client;
	struct stat st;
	int fd;

	(void)state;
	assert_int_equal(oht_sim_server_open(&server, path), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	fd = connect_to_server();
	client = oht_sim_server_accept(&server);
	assert_non_null(client);
	assert_int_equal(send(fd, "cle", 3, 0), 3);
	oht_sim_client_serve(client, &line.station, T0);
	assert_string_equal(receive(fd), "");
	assert_int_equal(send(fd, "ar\nclear 9\ncl", 13, 0), 13);
	oht_sim_client_serve(client, &line.station, T0);
	assert_string_equal(receive(fd), "ok\nerror no such unit: '9'\n");
	close(fd);
	oht_sim_client_serve(client, &line.station, T0);
	assert_int_equal(client->fd, -1);
	oht_sim_server_close(&server);
	assert_int_equal(stat(path, &st), -1);
}

static void drops_clients_that_babble(void **state)
{
	struct oht_sim_server server;
	struct oht_sim_client *client;
	char babble[OHT_SIM_COMMAND_BYTES + 1];
	int fd;

	(void)state;
	assert_int_equal(oht_sim_server_open(&server, path), 0);
	fd = connect_to_server();
	client = oht_sim_server_accept(&server);
	memset(babble, 'x', sizeof(babble));
	assert_int_equal(send(fd, babble, sizeof(babble), 0), sizeof(babble));
	oht_sim_client_serve(client, &line.station, T0);
	assert_int_equal(client->fd, -1);
	assert_string_equal(receive(fd), "error line too long\n");
	close(fd);
	oht_sim_server_close(&server);
}

static void refuses_clients_beyond_its_limit(void **state)
{
	struct oht_sim_server server;
	int fd[OHT_SIM_CLIENTS_MAX + 1], i;

	(void)state;
	assert_int_equal(oht_sim_server_open(&server, path), 0);
	for (i = 0; i <= OHT_SIM_CLIENTS_MAX; i++) {
		fd[i] = connect_to_server();
		if (i < OHT_SIM_CLIENTS_MAX)
			assert_non_null(oht_sim_server_accept(&server));
		else
			assert_null(oht_sim_server_accept(&server));
	}
	assert_string_equal(receive(fd[OHT_SIM_CLIENTS_MAX]), "error too many clients\n");
	for (i = 0; i <= OHT_SIM_CLIENTS_MAX; i++)
		close(fd[i]);
	oht_sim_server_close(&server);
}

static void takes_the_place_of_the_dead_only(void **state)
{
	struct oht_sim_server first, second;
	struct stat st;
	FILE *f;

	(void)state;
	assert_int_equal(oht_sim_server_open(&first, path), 0);
	assert_int_equal(oht_sim_server_open(&second, path), -EADDRINUSE);
	close(first.fd);	/* killed: the socket file stays */
	first.fd = -1;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(oht_sim_server_open(&second, path), 0);
	oht_sim_server_close(&second);
	f = fopen(path, "w");
	assert_non_null(f);
	fclose(f);
	assert_int_equal(oht_sim_server_open(&second, path), -EEXIST);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(oht_sim_server_open(&second, "/nonexistent/dir/socket"), -ENOENT);
}

static int make_dir(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/oht-test-command-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/control", dir);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sets_and_clears_faults),
		TEST(ignores_a_register_and_says_done),
		TEST(refuses_a_register_only),
		TEST(gets_and_sets_registers),
		TEST(changes_the_vehicle),
		TEST(without_power_the_brake_falls_in),
		TEST(the_outputs_feed_the_drive),
		TEST(says_its_status_in_one_line),
		TEST(refuses_bad_lines),
		TEST(answers_lines_however_they_are_cut),
		TEST(drops_clients_that_babble),
		TEST(refuses_clients_beyond_its_limit),
		TEST(takes_the_place_of_the_dead_only),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
