// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ohtd-sender: sends what ohtd has to say to webhooks. Started by ohtd before it closes its filter of system calls,
 * with one end of a socket as descriptor 3; ends with the other end.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <curl/curl.h>

#include "sender/confine.h"
#include "sender/post.h"

#define SLICE		10
#define OOM_SCORE	"500"
#define PAUSE_MAX_S	64

static int complain(const char *what)
{
	fprintf(stderr, "ohtd-sender: %s: %s\n", what, strerror(errno));
	return 1;
}

/* The drive's process goes last when processor or memory are short, this one first. */
static void step_back(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	setpriority(PRIO_PROCESS, 0, SLICE);
	if (fd >= 0 && write(fd, OOM_SCORE, strlen(OOM_SCORE)) < 0)
		complain("oom_score_adj");
	if (fd >= 0)
		close(fd);
}

static int work(const struct sender_rules *rules)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT)) {
		errno = ENOMEM;
		return complain("libcurl");
	}
	if (sender_confine(rules->ca_file))
		return complain("sandbox");
	return sender_serve(SENDER_FD, rules) ? complain("libcurl") : 0;
}

/* Whatever ends the one that meets the network, another takes its place: ohtd itself can start no process any more. */
static int supervise(const struct sender_rules *rules)
{
	unsigned int pause_s = 1;
	int status = 0;
	pid_t child;

	for (;; pause_s = pause_s < PAUSE_MAX_S ? 2 * pause_s : PAUSE_MAX_S) {
		child = fork();
		if (!child)
			_exit(work(rules));
		if (child < 0 || waitpid(child, &status, 0) != child)
			return complain("fork");
		if (WIFEXITED(status) && !WEXITSTATUS(status))
			return 0;
		fprintf(stderr, "ohtd-sender: the sending process ended by status 0x%x; another begins\n", status);
		sleep(pause_s);
	}
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

	if (take_options(&rules, argc, argv) || fcntl(SENDER_FD, F_GETFD) < 0) {
		fprintf(stderr, "ohtd-sender is started by ohtd: see [webhooks] in ohtd.conf\n");
		return 2;
	}
	/* The end is that of ohtd, which may still have something to say when the service is stopped. */
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	step_back();
	return supervise(&rules);
}
