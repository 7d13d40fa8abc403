// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * oht-sim-robot: the simulator and ohtd as one process tree, the first process of the container image.
 *
 * It starts oht-sim, then ohtd on its pty, and follows the outputs (follow.h). ohtd ends first, so that the
 * drive still hears the last telegrams. None of the three runs without the others.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "follow.h"

#define PATH_BYTES	108	/* what the kernel takes for a socket */
#define LOOKS		500	/* for the pty */
#define LOOK_NS		20000000
#define EXIT_NO_PROGRAM	127
#define SIM_WORDS_MAX	32

/**
 * struct robot - the processes and where they meet
 * @sim: 0: not started, or ended and waited for; so for the others
 * @daemon: ohtd
 * @follower: tells the simulated drive of the outputs
 * @uart: symbolic link to the simulator's pty
 * @control: socket of the simulator
 * @socket: socket of ohtd
 * @status: exit status of ohtd as of a shell
 * @asked: a signal asked for the end
 * @failed: a process ended that must not end before ohtd
 */
struct robot {
	pid_t sim;
	pid_t daemon;
	pid_t follower;
	char uart[PATH_BYTES];
	char control[PATH_BYTES];
	char socket[PATH_BYTES];
	int status;
	bool asked;
	bool failed;
};

/* Ends with @number when its parent dies; parent: 0 or its process id. */
static pid_t divide(int number)
{
	pid_t parent = getpid();
	pid_t child = fork();
	sigset_t none;

	if (child)
		return child;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, number);
	if (getppid() != parent)
		_exit(1);
	return 0;
}

static pid_t start(const char *const *words)
{
	pid_t child = divide(SIGTERM);

	if (child < 0)
		fprintf(stderr, "oht-sim-robot: cannot start %s: %s\n", words[0], strerror(errno));
	if (child)
		return child;
	execvp(words[0], (char *const *)(uintptr_t)words);
	fprintf(stderr, "oht-sim-robot: cannot run %s: %s\n", words[0], strerror(errno));
	_exit(EXIT_NO_PROGRAM);
}

static void ended(struct robot *robot, pid_t child, int status)
{
	if (child == robot->daemon) {
		robot->daemon = 0;
		robot->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		return;
	}
	if (child != robot->sim && child != robot->follower)
		return;	/* the first process of a container inherits orphans */
	fprintf(stderr, "oht-sim-robot: the %s ended by itself\n", child == robot->sim ? "simulator" : "follower of the outputs");
	*(child == robot->sim ? &robot->sim : &robot->follower) = 0;
	robot->failed = true;
}

static void reap(struct robot *robot)
{
	pid_t child;
	int status;

	while ((child = waitpid(-1, &status, WNOHANG)) > 0)
		ended(robot, child, status);
}

static void send(pid_t child, int number)
{
	if (child > 0)
		kill(child, number);
}

static void hear(struct robot *robot, int number)
{
	if (number == SIGCHLD)
		reap(robot);
	else if (number == SIGHUP)
		send(robot->daemon, SIGHUP);
	else
		robot->asked = true;
	if (number != SIGHUP && (robot->asked || robot->failed))
		send(robot->daemon, SIGTERM);
}

/* False: there is none, or the end is asked for. */
static bool await_pty(struct robot *robot, const sigset_t *heard)
{
	const struct timespec look = { .tv_nsec = LOOK_NS };
	struct stat st;
	int i, number;

	for (i = 0; i < LOOKS; i++) {
		if (!lstat(robot->uart, &st))
			return true;
		number = sigtimedwait(heard, NULL, &look);
		if (number > 0)
			hear(robot, number);
		if (robot->asked || robot->failed)
			return false;
	}
	fprintf(stderr, "oht-sim-robot: the simulator makes no %s\n", robot->uart);
	robot->failed = true;
	return false;
}

/* @more: options of oht-sim, NULL behind the last one. */
static void run(struct robot *robot, const char *config, char **more, const sigset_t *heard)
{
	const char *sim[SIM_WORDS_MAX] = { "oht-sim", "--pty", robot->uart, "--control", robot->control, "--wait", "0" };
	const char *const daemon[] = { "ohtd", "--config", config, NULL };
	size_t count = 7;
	int number;

	while (*more && count < SIM_WORDS_MAX - 1)
		sim[count++] = *more++;
	robot->sim = start(sim);
	if (robot->sim < 0 || !await_pty(robot, heard))
		return;
	robot->follower = divide(SIGKILL);
	if (!robot->follower)
		oht_sim_follow(robot->socket, robot->control);
	robot->daemon = robot->follower < 0 ? -1 : start(daemon);
	while (robot->daemon > 0) {
		number = sigwaitinfo(heard, NULL);
		if (number > 0)
			hear(robot, number);
	}
}

static int finish(struct robot *robot)
{
	bool failed = robot->failed || robot->sim < 0 || robot->follower < 0 || robot->daemon < 0;

	send(robot->follower, SIGKILL);
	send(robot->sim, SIGTERM);
	if (robot->sim > 0)
		waitpid(robot->sim, NULL, 0);
	return robot->status ? robot->status : failed;
}

static bool name(char *path, const char *folder, const char *file)
{
	return snprintf(path, PATH_BYTES, "%s/%s", folder, file) < PATH_BYTES;
}

int main(int argc, char **argv)
{
	struct robot robot = { 0 };
	sigset_t heard;

	if (argc < 3 || argc > SIM_WORDS_MAX - 6 || argv[1][0] == '-') {
		fprintf(stderr, "Usage: oht-sim-robot FOLDER CONFIG [OPTION OF OHT-SIM...]\n"
				"Runs oht-sim and ohtd together. CONFIG has tty = FOLDER/uart and socket = FOLDER/ohtd.sock\n");
		return 2;
	}
	if (!name(robot.uart, argv[1], "uart") || !name(robot.control, argv[1], "sim.sock") || !name(robot.socket, argv[1], "ohtd.sock")) {
		fprintf(stderr, "oht-sim-robot: %s is too long for the path of a socket\n", argv[1]);
		return 2;
	}
	/* oht-sim and ohtd would each name a file in it. */
	if (access(argv[1], W_OK)) {
		fprintf(stderr, "oht-sim-robot: %s: %s; let user %u write there, then start again\n", argv[1], strerror(errno), geteuid());
		return 1;
	}
	sigemptyset(&heard);
	sigaddset(&heard, SIGTERM);
	sigaddset(&heard, SIGINT);
	sigaddset(&heard, SIGHUP);
	sigaddset(&heard, SIGCHLD);
	sigprocmask(SIG_BLOCK, &heard, NULL);
	/* Of a run that was killed: it leads to a pty that is gone. */
	if (unlink(robot.uart) && errno != ENOENT) {
		fprintf(stderr, "oht-sim-robot: cannot use %s: %s\n", robot.uart, strerror(errno));
		return 1;
	}
	run(&robot, argv[2], argv + 3, &heard);
	return finish(&robot);
}
