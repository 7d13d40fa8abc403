// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ohtd-sender: sends what ohtd has to say to webhooks. Started by ohtd before it closes its filter of system calls,
 * with one end of a socket as descriptor 3; ends with the other end.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <curl/curl.h>

#include "sender/confine.h"
#include "sender/post.h"

#define SLICE		10
#define OOM_SCORE	"500"
#define PAUSE_MAX_S	64
/* A sender that has lived this long is restarted at once when it ends. */
#define STEADY_S	60

static int complain(const char *what)
{
	fprintf(stderr, "ohtd-sender: %s: %s\n", what, strerror(errno));
	return 1;
}

/* The drive's process goes last when processor or memory are short, what meets the network first. */
static void step_back(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	setpriority(PRIO_PROCESS, 0, SLICE);
	if (fd >= 0 && write(fd, OOM_SCORE, strlen(OOM_SCORE)) < 0)
		complain("oom_score_adj");
	if (fd >= 0)
		close(fd);
}

/* The service manager starts ohtd again only when nothing of the last one is left. False: @parent has ended already. */
static bool end_with(pid_t parent)
{
	return !prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) && getppid() == parent;
}

static int work(const struct sender_rules *rules)
{
	step_back();
	if (curl_global_init(CURL_GLOBAL_DEFAULT)) {
		errno = ENOMEM;
		return complain("libcurl");
	}
	if (sender_confine(rules->ca_file))
		return complain("sandbox");
	return sender_serve(SENDER_FD, rules) ? complain("sending") : 0;
}

/* Status of its end, 0: ohtd has gone; -1: there was no memory for a process. */
static int run_worker(const struct sender_rules *rules)
{
	pid_t keeper = getpid(), child = fork();
	int status = -1;

	if (!child)
		_exit(end_with(keeper) ? work(rules) : 0);
	if (child < 0)
		complain("fork");
	else if (waitpid(child, &status, 0) != child)
		complain("wait");
	return status;
}

static time_t now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* Whatever ends the one that meets the network, another takes its place: ohtd itself can start no process any more. */
static int supervise(const struct sender_rules *rules)
{
	struct pollfd end = { .fd = SENDER_FD };
	int pause_s = 1, status;

	for (;; pause_s = pause_s < PAUSE_MAX_S ? 2 * pause_s : PAUSE_MAX_S) {
		time_t begun_s = now_s();

		status = run_worker(rules);
		if (!status)
			return 0;
		if (now_s() - begun_s >= STEADY_S)
			pause_s = 1;
		fprintf(stderr, "ohtd-sender: the sending process ended by status 0x%x; another begins in %d s\n",
			(unsigned int)status, pause_s);
		if (poll(&end, 1, pause_s * 1000) > 0)
			return 0;
	}
}

static pid_t find_ohtd(void)
{
	struct ucred peer = { 0 };
	socklen_t bytes = sizeof(peer);

	return getsockopt(SENDER_FD, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) ? 0 : peer.pid;
}

static int take_options(struct sender_rules *rules, int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "a:c:t:")) >= 0) {
		if (option == 'a' && rules->count < SENDER_ORDERS_MAX &&
		    oht_destination_read(&rules->list[rules->count], optarg))
			rules->count++;
		else if (option == 'c')
			rules->ca_file = optarg;
		else if (option == 't')
			rules->timeout_s = strtol(optarg, NULL, 10);
		else
			return -1;
	}
	return optind == argc && rules->timeout_s > 0 ? 0 : -1;
}

int main(int argc, char **argv)
{
	static struct sender_rules rules = { .timeout_s = 10 };
	pid_t ohtd = find_ohtd();

	if (take_options(&rules, argc, argv) || !ohtd) {
		fprintf(stderr, "ohtd-sender is started by ohtd: see [webhooks] in ohtd.conf\n");
		return 2;
	}
	/* The end is that of ohtd, which may still have something to say when the service is stopped. */
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	return end_with(ohtd) ? supervise(&rules) : 0;
}
