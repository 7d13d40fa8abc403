/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the daemon's configuration: one validated structure from one file.
 * Contexts: the main thread fills it before the others start; afterwards everybody only reads.
 * Locks:    none.
 *
 * The file holds only what is needed before the database opens; everything else lives there.
 */
#ifndef OHTD_CONFIG_CONFIG_H
#define OHTD_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "common/destination.h"
#include "config/rights.h"

#define OHTD_PATH_BYTES		256
#define OHTD_SOCKET_BYTES	108	/* what the kernel takes, with its NUL */
#define OHTD_HOST_BYTES		254
#define OHTD_NAMES_MAX		16
#define OHTD_LOOPS_MAX		16
#define OHTD_ADDRESS_BYTES	64
#define OHTD_PROXIES_MAX	8
#define OHTD_DESTINATIONS_MAX	16

enum ohtd_backend_kind {
	OHTD_BACKEND_KERNEL	= 0,
	OHTD_BACKEND_RTU	= 1,
};

/* @host: numeric IPv4 or IPv6. @port: 0: the system chooses. */
struct ohtd_endpoint {
	char host[OHTD_ADDRESS_BYTES];
	uint16_t port;
};

struct ohtd_config {
	/* [http] */
	struct ohtd_endpoint listen;		/* port 0: see ready_file */
	char names[OHTD_NAMES_MAX][OHTD_HOST_BYTES];	/* further DNS names and addresses */
	unsigned int name_count;
	struct ohtd_network proxies[OHTD_PROXIES_MAX];	/* whose word about their clients is taken */
	unsigned int proxy_count;
	unsigned int loops;			/* resolved: never 0 */
	unsigned int connections_max;
	/* of one client, see http/budget.h; 0: without a limit */
	unsigned int logins_per_s;
	unsigned int changes_per_s;
	unsigned int queries_per_s;
	/* [tls] */
	char certificate[OHTD_PATH_BYTES];	/* empty: own certificate authority in state_dir */
	char key[OHTD_PATH_BYTES];
	/* [paths] */
	char state_dir[OHTD_PATH_BYTES];
	char data_dir[OHTD_PATH_BYTES];
	char web_dir[OHTD_PATH_BYTES];
	char ready_file[OHTD_PATH_BYTES];	/* empty: none */
	char socket[OHTD_SOCKET_BYTES];		/* local administration; empty: none */
	/* [bus] */
	enum ohtd_backend_kind backend;
	char device[OHTD_PATH_BYTES];		/* kernel */
	char tty[OHTD_PATH_BYTES];		/* rtu */
	unsigned int baud_bps;			/* rtu */
	char parity;				/* rtu: 'N', 'E' or 'O' */
	unsigned int stop_bits;			/* rtu */
	unsigned int quiet_us;			/* rtu: least silence between frames; t3.5 if that is more */
	unsigned int simulated_outputs;		/* rtu: 0 or 1: a simulator is at the wire, nothing is cut */
	unsigned int deadman_ms;		/* kernel: 0 for the driver's default */
	unsigned int time_factor;		/* stretches answer times, for emulated boards */
	/* [robot] */
	unsigned int auto_enable;		/* 0 or 1: after a clean start, without a person */
	unsigned int simulated;			/* 0 or 1: no robot, only said to people */
	char clock[OHTD_PATH_BYTES];		/* of a simulated robot in the past, base/behind_clock.h; empty: that of the system */
	unsigned int realtime_priority;		/* of the control thread, 0: ordinary */
	int cpu;				/* of the control thread, -1: any */
	/* [gateway] */
	unsigned int gateway;			/* 0 or 1: there is one */
	struct ohtd_endpoint gateway_listen;
	/* of a robot that has no configuration yet: items of it */
	char gateway_write_from[OHTD_WRITERS_BYTES];
	char gateway_write_registers[OHTD_WRITABLE_BYTES];
	unsigned int gateway_idle_s;
	unsigned int gateway_fresh_ms;
	/* [history] */
	unsigned int history_flush_s;		/* values are written so often */
	/* [webhooks] */
	struct oht_destination destinations[OHTD_DESTINATIONS_MAX];
	unsigned int destination_count;		/* 0: nothing is sent, and nothing runs that could */
	char webhook_ca[OHTD_PATH_BYTES];	/* empty: the authorities of the system */
	char sender[OHTD_PATH_BYTES];		/* the program that sends */
	unsigned int webhook_timeout_s;
	/* [backup] */
	char backup_key[OHTD_PATH_BYTES];	/* empty: backups are not encrypted */
	unsigned int backup_nightly;		/* 0 or 1 */
	unsigned int backup_hour;		/* of UTC */
	/* [log] */
	int log_level;				/* enum ohtd_log_level */
};

/* What holds without a line in the file. */
extern const struct ohtd_config ohtd_config_preset;

/**
 * ohtd_config_load() - read and validate a configuration file
 * @config: filled with defaults, then with the file
 * @path: the file
 * @why: on failure one line "file:line: text"
 * @size: of @why in bytes
 *
 * Return: 0, or -1 with @why filled and errno, as of oht_ini_parse().
 */
int ohtd_config_load(struct ohtd_config *config, const char *path, char *why, size_t size);

/*
 * Seconds after which values are written. A real robot writes them at most each 7 s, whatever the file says: more often would
 * write more than 100 MB a day more to its card (docs/history.md).
 */
unsigned int ohtd_config_flush_s(const struct ohtd_config *config);

/* Is the numeric @address one of trusted_proxies? */
bool ohtd_config_is_proxy(const struct ohtd_config *config, const char *address);

#endif /* OHTD_CONFIG_CONFIG_H */
