// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The simulator as a program, with libmodbus as somebody else's master on a pty: discovery, reads,
 * writes, a far end that goes and comes back, and the command line. Its answers, refusals, faults and
 * their times are in sim_slave and sim_wire.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <modbus.h>

/*
 * Two time-outs: where an answer must come the machine may be busy with other work (a pty hands its
 * bytes over by a kernel thread of ordinary priority), where none may come nobody wants to wait.
 */
#define PATIENT_US	5000000
#define IMPATIENT_US	200000
#define WAIT_MS		10000
#define DEVICE_ID	0x100

static char dir[64], link_path[96], control_path[96], wire_path[96];
static char wire_option[112], datadir[] = OHT_SOURCE_DATADIR;
static pid_t simulator;
static modbus_t *master;

static void pause_ms(unsigned int ms)
{
	const struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

/* ---- the program ---- */

static void start(char *const *options)
{
	simulator = fork();
	assert_true(simulator >= 0);
	if (!simulator) {
		execv(OHT_SIM_PROGRAM, options);
		_exit(127);
	}
}

/* Exit status of the simulator, which is asked to end with @sig unless that is 0. */
static int end_with(int sig)
{
	int status = -1;

	if (sig)
		kill(simulator, sig);
	assert_int_equal(waitpid(simulator, &status, 0), simulator);
	simulator = 0;
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* A path that the simulator makes when it is ready. */
static void wait_for(const char *path)
{
	struct stat st;
	int i;

	for (i = 0; lstat(path, &st); i++) {
		if (i == WAIT_MS / 10)
			fail_msg("%s did not come", path);
		pause_ms(10);
	}
}

static void set_patience(uint32_t us)
{
	modbus_set_response_timeout(master, us / 1000000, us % 1000000);
	modbus_set_byte_timeout(master, us / 1000000, us % 1000000);
}

static int start_on_pty(void **state)
{
	char *const options[] = {
		(char *)"oht-sim", (char *)"--pty", link_path, (char *)"--data", datadir,
		(char *)"--control", control_path, NULL,
	};

	(void)state;
	start(options);
	wait_for(link_path);
	wait_for(control_path);
	master = modbus_new_rtu(link_path, 115200, 'N', 8, 1);
	assert_non_null(master);
	assert_int_equal(modbus_connect(master), 0);
	set_patience(PATIENT_US);
	return 0;
}

/* ---- requests ---- */

static int read_unit(int unit, int address, int count, uint16_t *words)
{
	modbus_flush(master);
	modbus_set_slave(master, unit);
	errno = 0;
	return modbus_read_registers(master, address, count, words);
}

static void expect_words(int unit, int address, int count, uint16_t *words)
{
	if (read_unit(unit, address, count, words) != count)
		fail_msg("unit %d: %s", unit, modbus_strerror(errno));
}

/* Nobody answers. */
static void expect_silence(int unit)
{
	uint16_t word;

	set_patience(IMPATIENT_US);
	assert_int_equal(read_unit(unit, 0x100, 1, &word), -1);
	assert_int_equal(errno, ETIMEDOUT);
	set_patience(PATIENT_US);
}

static void finds_the_four_modules(void **state)
{
	uint16_t id[5];
	int unit;

	(void)state;
	for (unit = 1; unit <= 8; unit++) {
		if (unit < 2 || unit > 5) {
			expect_silence(unit);
			continue;
		}
		expect_words(unit, 0x100, 5, id);
		assert_int_equal(id[0], unit);
		assert_int_equal(id[4], unit);
	}
}

static void reads_and_writes(void **state)
{
	uint16_t words[3] = { 1, 120, 60 }, back[3];

	(void)state;
	modbus_set_slave(master, 4);
	assert_int_equal(modbus_write_register(master, 0x02, 99), 1);
	expect_words(4, 0x02, 1, back);
	assert_int_equal(back[0], 99);
	assert_int_equal(modbus_write_registers(master, 0x01, 3, words), 3);
	assert_int_equal(modbus_write_and_read_registers(master, 0x02, 1, words + 2, 0x01, 3, back),
			 3);
	assert_int_equal(back[1], 60);
	/* Keep the low four bits, set the highest of the byte. */
	assert_int_equal(modbus_mask_write_register(master, 0x02, 0x0f, 0x80), 1);
	assert_int_equal(modbus_read_registers(master, 0x02, 1, words), 1);
	assert_int_equal(words[0], (back[1] & 0x0f) | 0x80);
}

/* ---- a far end that comes and goes ---- */

static int listen_as_qemu_does(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	unlink(wire_path);
	strcpy(address.sun_path, wire_path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static void expect_answer_on(int listener)
{
	static const uint8_t request[] = { 5, 3, 1, 0, 0, 1, 0x84, 0x72 };
	static const uint8_t reply[] = { 5, 3, 2, 0, 5, 0x89, 0x87 };
	uint8_t got[16];
	size_t len = 0;
	int fd = accept(listener, NULL, NULL);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, request, sizeof(request)), sizeof(request));
	while (len < sizeof(reply)) {
		ssize_t n = read(fd, got + len, sizeof(got) - len);

		assert_true(n > 0);
		len += (size_t)n;
	}
	assert_memory_equal(got, reply, sizeof(reply));
	close(fd);
	close(listener);
}

static void comes_back_when_the_far_end_does(void **state)
{
	char *const options[] = { (char *)"oht-sim", (char *)"--connect", wire_option,
				  (char *)"--data", datadir, NULL };
	int i;

	(void)state;
	start(options);		/* before there is anything to connect to */
	pause_ms(150);
	for (i = 0; i < 3; i++)
		expect_answer_on(listen_as_qemu_does());
	assert_int_equal(end_with(SIGTERM), 0);
}

static void gives_up_after_its_time(void **state)
{
	char *const options[] = { (char *)"oht-sim", (char *)"--connect", wire_option,
				  (char *)"--wait", (char *)"1", (char *)"--data", datadir, NULL };

	(void)state;
	unlink(wire_path);
	start(options);
	assert_int_equal(end_with(0), 1);
}

/* ---- the command line ---- */

static int run_with(const char *first, const char *second)
{
	char *const options[] = { (char *)"oht-sim", (char *)first, (char *)second, NULL };

	start(options);
	return end_with(0);
}

static void checks_its_command_line(void **state)
{
	static const char *const bad[][2] = {
		{ NULL, NULL },		      { "--bogus", NULL },
		{ "extra", NULL },	      { "--pty", NULL },
		{ "--pty", "" },	      { "--connect", "/no/prefix" },
		{ "--connect", "unix:" },     { "--baud", "299" },
		{ "--baud", "4000001" },      { "--baud", "9600x" },
		{ "--turnaround-us", "-1" },  { "--seed", "18446744073709551616" },
		{ "--profile", "both" },      { "--wait", "86401" },
		{ "--print", "extra" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(run_with(bad[i][0], bad[i][1]), 2);
	assert_int_equal(run_with("--help", NULL), 0);
	assert_int_equal(run_with("--version", NULL), 0);
}

/* As the kernel's simulator takes them: a unit, then its registers, its own number among them. How many lines. */
static unsigned int print_registers(const char *profile)
{
	char command[1024], line[64];
	unsigned int unit = 0, at, value, found = 0, lines = 0;
	FILE *said;

	snprintf(command, sizeof(command), "%s --print --profile %s --data '%s'", OHT_SIM_PROGRAM, profile, datadir);
	said = popen(command, "re");
	assert_non_null(said);
	for (; fgets(line, sizeof(line), said); lines++) {
		unsigned int here;
		int words = sscanf(line, "%u %u %u", &here, &at, &value);

		assert_true(words == 1 || (words == 3 && here == unit));
		unit = here;
		found += words == 3 && at == DEVICE_ID && value == unit;
	}
	assert_int_equal(pclose(said), 0);
	assert_int_equal(found, 4);
	return lines;
}

static void prints_its_registers(void **state)
{
	(void)state;
	assert_int_not_equal(print_registers("canonical"), print_registers("legacy"));
}

static void says_what_it_cannot_do(void **state)
{
	char *const no_tty[] = { (char *)"oht-sim", (char *)"--open", (char *)"/dev/null",
				 (char *)"--data", datadir, NULL };
	char *const no_link[] = { (char *)"oht-sim", (char *)"--pty", dir, (char *)"--data",
				  datadir, NULL };
	char *const no_data[] = { (char *)"oht-sim", (char *)"--pty", link_path, (char *)"--data",
				  dir, NULL };

	(void)state;
	start(no_tty);
	assert_int_equal(end_with(0), 1);
	start(no_link);		/* a directory is in the way of the link */
	assert_int_equal(end_with(0), 1);
	start(no_data);
	assert_int_equal(end_with(0), 1);
}

/* ---- set up ---- */

static int stop(void **state)
{
	struct stat st;

	(void)state;
	if (master) {
		modbus_close(master);
		modbus_free(master);
		master = NULL;
	}
	if (!simulator)
		return 0;
	if (end_with(SIGTERM))
		return -1;
	/* Clean: neither link nor socket stays. */
	return !lstat(link_path, &st) || !lstat(control_path, &st) ? -1 : 0;
}

static int make_dir(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/oht-test-sim-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(link_path, sizeof(link_path), "%s/tty", dir);
	snprintf(control_path, sizeof(control_path), "%s/control", dir);
	snprintf(wire_path, sizeof(wire_path), "%s/wire", dir);
	snprintf(wire_option, sizeof(wire_option), "unix:%s", wire_path);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	unlink(wire_path);
	return rmdir(dir);
}

#define ON_PTY(f)	cmocka_unit_test_setup_teardown(f, start_on_pty, stop)
#define ALONE(f)	cmocka_unit_test_teardown(f, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_PTY(finds_the_four_modules),
		ON_PTY(reads_and_writes),
		ALONE(comes_back_when_the_far_end_does),
		ALONE(gives_up_after_its_time),
		ALONE(checks_its_command_line),
		ALONE(prints_its_registers),
		ALONE(says_what_it_cannot_do),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
