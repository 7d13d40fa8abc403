// SPDX-License-Identifier: GPL-2.0-or-later
/* A process that is confined to the files of one configuration: which it reaches, and which not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/config.h"
#include "main/confine.h"
#include "scratch.h"

#define GOOD		42
#define UNCONFINED	43
#define FAILED		44

static char dir[] = "/tmp/ohtd-confine-XXXXXX";
static struct ohtd_config config;
static char config_path[OHTD_PATH_BYTES];

static void put(char *to, size_t size, const char *name)
{
	snprintf(to, size, "%s/%s", dir, name);
}

static void make_file(const char *name)
{
	char path[OHTD_PATH_BYTES];
	int fd;

	put(path, sizeof(path), name);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0700);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "text", 4), 4);
	close(fd);
}

static int set_up(void **state)
{
	static const char *const dirs[] = { "etc", "state", "run", "data", "ready", "elsewhere" };
	static const char *const files[] = { "etc/ohtd.conf", "state/file", "data/file", "elsewhere/file" };
	char path[OHTD_PATH_BYTES];

	(void)state;
	if (scratch_make(dir))
		return -1;
	for (unsigned int i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		put(path, sizeof(path), dirs[i]);
		if (mkdir(path, 0700))
			return -1;
	}
	for (unsigned int i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		make_file(files[i]);
	memset(&config, 0, sizeof(config));
	put(config.state_dir, sizeof(config.state_dir), "state");
	put(config.data_dir, sizeof(config.data_dir), "data");
	put(config.web_dir, sizeof(config.web_dir), "not-there");
	put(config.socket, sizeof(config.socket), "run/ohtd.sock");
	put(config.ready_file, sizeof(config.ready_file), "ready/ready");
	put(config_path, sizeof(config_path), "etc/ohtd.conf");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	return scratch_remove(dir);
}

/* Does @act in a confined process of its own; what it returned, or skips where there is no Landlock. */
static int confined(int (*act)(void))
{
	char why[256] = "";
	int status, r;
	pid_t pid = fork();

	if (!pid) {
		if (chdir(dir))
			_exit(FAILED);
		r = ohtd_confine(&config, config_path, why, sizeof(why));
		if (r < 0)
			fprintf(stderr, "# %s\n", why);
		if (r)
			_exit(r > 0 ? UNCONFINED : FAILED);
		_exit(act());
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_not_equal(WEXITSTATUS(status), FAILED);
	if (WEXITSTATUS(status) == UNCONFINED)
		skip();
	return WEXITSTATUS(status);
}

/* ---- what is refused: 0 if it was done all the same, else its errno ---- */

static int try_open(const char *path, int flags)
{
	return open(path, flags, 0600) < 0 ? errno : 0;
}

static int read_elsewhere(void)
{
	return try_open("elsewhere/file", O_RDONLY);
}

static int list_elsewhere(void)
{
	return try_open("elsewhere", O_RDONLY | O_DIRECTORY);
}

static int write_elsewhere(void)
{
	return try_open("elsewhere/file", O_WRONLY);
}

static int make_elsewhere(void)
{
	return try_open("elsewhere/new", O_WRONLY | O_CREAT);
}

static int make_in_tmp(void)
{
	return try_open("/tmp/ohtd-confine-new", O_WRONLY | O_CREAT | O_EXCL);
}

static int remove_elsewhere(void)
{
	return unlink("elsewhere/file") ? errno : 0;
}

static int move_out(void)
{
	return rename("state/file", "elsewhere/new") ? errno : 0;
}

static int reach_by_a_link(void)
{
	return link("elsewhere/file", "state/link") ? errno : 0;
}

static int make_a_link(void)
{
	return symlink("/etc/shadow", "state/link") ? errno : 0;
}

static int make_a_device(void)
{
	return mknod("state/null", S_IFCHR | 0600, 0x103) ? errno : 0;
}

static int write_data(void)
{
	return try_open("data/file", O_WRONLY);
}

static int write_the_configuration(void)
{
	return try_open("etc/ohtd.conf", O_WRONLY);
}

static int write_the_systems(void)
{
	return try_open("/etc/ohtd-confine", O_WRONLY | O_CREAT);
}

static int make_in_dev(void)
{
	return try_open("/dev/ohtd-confine", O_WRONLY | O_CREAT);
}

static int run_from_the_state(void)
{
	execl("state/file", "file", (char *)NULL);
	return errno;
}

static int run_from_the_system(void)
{
	execl("/bin/true", "true", (char *)NULL);
	return errno;
}

static void *in_thread(void *result)
{
	*(int *)result = read_elsewhere();
	return NULL;
}

static int in_a_later_thread(void)
{
	pthread_t thread;
	int result = 0;

	if (!pthread_create(&thread, NULL, in_thread, &result))
		pthread_join(thread, NULL);
	return result;
}

static void other_files_are_out_of_reach(void **state)
{
	static const struct {
		const char *what;
		int (*act)(void);
		bool between;	/* of a move between directories Landlock says so */
	} acts[] = {
		{ "read elsewhere", read_elsewhere, false },
		{ "list elsewhere", list_elsewhere, false },
		{ "write elsewhere", write_elsewhere, false },
		{ "make elsewhere", make_elsewhere, false },
		{ "make in /tmp", make_in_tmp, false },
		{ "remove elsewhere", remove_elsewhere, false },
		{ "move out", move_out, true },
		{ "reach by a link", reach_by_a_link, true },
		{ "make a link", make_a_link, false },
		{ "make a device", make_a_device, false },
		{ "write data", write_data, false },
		{ "write the configuration", write_the_configuration, false },
		{ "write the system's", write_the_systems, false },
		{ "make in /dev", make_in_dev, false },
		{ "run from the state", run_from_the_state, false },
		{ "run from the system", run_from_the_system, false },
		{ "in a later thread", in_a_later_thread, false },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		int result = confined(acts[i].act);

		/* Who may not make devices hears that first. */
		if (result == EACCES || (acts[i].between && result == EXDEV) ||
		    (acts[i].act == make_a_device && result == EPERM))
			continue;
		fail_msg("%s: %s", acts[i].what, result ? strerror(result) : "done");
	}
}

/* ---- what goes on ---- */

static int keep_state(void)
{
	int fd = open("state/new", O_RDWR | O_CREAT | O_EXCL, 0600);

	if (fd < 0 || write(fd, "text", 4) != 4 || ftruncate(fd, 2) || fsync(fd) || close(fd))
		return 1;
	if (rename("state/new", "state/newer") || unlink("state/newer") || mkdir("state/dir", 0700) ||
	    rmdir("state/dir") || try_open("state/file", O_WRONLY | O_TRUNC))
		return 2;
	return GOOD;
}

static int keep_sockets(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "run/ohtd.sock" };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) || unlink(address.sun_path))
		return 1;
	return try_open("ready/ready", O_WRONLY | O_CREAT) ? 2 : GOOD;
}

static int read_what_is_meant(void)
{
	if (try_open("data/file", O_RDONLY) || try_open("data", O_RDONLY | O_DIRECTORY))
		return 1;
	if (try_open("/proc/self/status", O_RDONLY) || try_open("/etc/passwd", O_RDONLY) ||
	    try_open("/usr/share", O_RDONLY | O_DIRECTORY))
		return 2;
	return try_open("/dev/null", O_RDWR) || try_open("etc/ohtd.conf", O_RDONLY) ? 3 : GOOD;
}

static int use_what_was_open(void)
{
	return write(STDERR_FILENO, "", 0) ? 1 : GOOD;
}

static void a_daemons_files_are_in_reach(void **state)
{
	(void)state;
	assert_int_equal(confined(keep_state), GOOD);
	assert_int_equal(confined(keep_sockets), GOOD);
	assert_int_equal(confined(read_what_is_meant), GOOD);
	assert_int_equal(confined(use_what_was_open), GOOD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(other_files_are_out_of_reach, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_daemons_files_are_in_reach, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
