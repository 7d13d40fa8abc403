// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/config.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/address.h"
#include "base/blank.h"
#include "base/entries.h"
#include "base/log.h"
#include "common/host.h"
#include "common/ini.h"

#define KEYS_MAX	96
#define FLUSH_LEAST_S	7

struct loading {
	struct ohtd_config *config;
	unsigned int lines[KEYS_MAX];	/* where each key of the table was set, 0 for never */
};

struct key {
	const char *section;
	const char *name;
	int (*set)(struct ohtd_config *config, const struct key *key, const char *value,
		   char *why, size_t size);
	size_t offset;
	unsigned long min, max;
};

static int set_number(struct ohtd_config *config, const struct key *key, const char *value,
		      char *why, size_t size)
{
	unsigned int *field = (unsigned int *)((char *)config + key->offset);
	unsigned long n;
	char *end;

	n = strtoul(value, &end, 10);
	if (!isdigit((unsigned char)*value) || *end || n < key->min || n > key->max) {
		snprintf(why, size, "%s must be %lu to %lu, not '%s'", key->name, key->min,
			 key->max, value);
		return -1;
	}
	*field = (unsigned int)n;
	return 0;
}

static int set_flag(struct ohtd_config *config, const struct key *key, const char *value,
		    char *why, size_t size)
{
	bool yes = !strcmp(value, "yes");

	if (!yes && strcmp(value, "no")) {
		snprintf(why, size, "%s must be yes or no, not '%s'", key->name, value);
		return -1;
	}
	*(unsigned int *)((char *)config + key->offset) = yes;
	return 0;
}

/* The first character of @value that may be meant as a remark, or as the blank in front of one; "": there is none. */
static void find_remark(const char *value, char mark[8])
{
	size_t n = 0;

	for (; *value && !n; value++)
		n = *value == '#' || *value == ';' ? 1 : *value == ' ' || *value == '\t' ? 0 : ohtd_blank_bytes(value);
	snprintf(mark, 8, "%.*s", (int)n, value - 1);
}

/* A path of which a remark has become a part leads elsewhere: to an empty folder, which is another robot. */
static int check_remark(const struct key *key, const char *value, char *why, size_t size)
{
	struct stat st;
	char mark[8];

	find_remark(value, mark);
	if (!*mark || !lstat(value, &st))
		return 0;
	snprintf(why, size, "%s = %s: is not there, and has '%s' in it; a remark begins with # or ; behind a space", key->name, value, mark);
	return -1;
}

static int set_path(struct ohtd_config *config, const struct key *key, const char *value,
		    char *why, size_t size)
{
	if (*value != '/' || strlen(value) >= OHTD_PATH_BYTES) {
		snprintf(why, size, "%s must be an absolute path of less than %d bytes, not '%s'",
			 key->name, OHTD_PATH_BYTES, value);
		return -1;
	}
	strcpy((char *)config + key->offset, value);
	return check_remark(key, value, why, size);
}

static int set_socket(struct ohtd_config *config, const struct key *key, const char *value,
		      char *why, size_t size)
{
	bool off = !strcmp(value, "off");

	if (!off && (*value != '/' || strlen(value) >= sizeof(config->socket))) {
		snprintf(why, size, "%s must be off or an absolute path of less than %d bytes, not '%s'",
			 key->name, OHTD_SOCKET_BYTES, value);
		return -1;
	}
	strcpy(config->socket, off ? "" : value);
	return check_remark(key, value, why, size);
}

/* "address:port" or "[address]:port"; no name service before the robot runs */
static bool take_endpoint(struct ohtd_endpoint *endpoint, const char *value)
{
	const char *colon = strrchr(value, ':'), *host = value;
	size_t n = colon ? (size_t)(colon - value) : 0;
	unsigned long port = 0;
	char *end = NULL;

	if (n > 2 && *value == '[' && value[n - 1] == ']') {
		host++;
		n -= 2;
	}
	if (colon && n && n < sizeof(endpoint->host)) {
		memcpy(endpoint->host, host, n);
		endpoint->host[n] = 0;
		port = strtoul(colon + 1, &end, 10);
	}
	if (!end || !isdigit((unsigned char)colon[1]) || *end || port > 65535 ||
	    !ohtd_address_is(endpoint->host) || (strchr(endpoint->host, ':') && *value != '['))
		return false;
	endpoint->port = (uint16_t)port;
	return true;
}

static int set_listen(struct ohtd_config *config, const struct key *key, const char *value,
		      char *why, size_t size)
{
	if (take_endpoint(&config->listen, value))
		return 0;
	snprintf(why, size, "%s must be ADDRESS:PORT or [IPV6]:PORT, not '%s'", key->name, value);
	return -1;
}

static int set_gateway(struct ohtd_config *config, const struct key *key, const char *value,
		       char *why, size_t size)
{
	config->gateway = strcmp(value, "off") != 0;
	if (!config->gateway || take_endpoint(&config->gateway_listen, value))
		return 0;
	snprintf(why, size, "%s must be off, ADDRESS:PORT or [IPV6]:PORT, not '%s'", key->name,
		 value);
	return -1;
}

static int set_names(struct ohtd_config *config, const struct key *key, const char *value,
		     char *why, size_t size)
{
	size_t n;

	for (; (n = ohtd_entry_next(&value)); value += n) {
		char *name = config->names[config->name_count];

		if (config->name_count == OHTD_NAMES_MAX) {
			snprintf(why, size, "%s has more than %d entries", key->name,
				 OHTD_NAMES_MAX);
			return -1;
		}
		if (n < OHTD_HOST_BYTES)
			snprintf(name, OHTD_HOST_BYTES, "%.*s", (int)n, value);
		if (n >= OHTD_HOST_BYTES || (!ohtd_address_is(name) && !oht_host_is_name(name))) {
			snprintf(why, size, "%s has '%.*s', which is no name and no address",
				 key->name, (int)n, value);
			return -1;
		}
		/* The dot at the end of a name says only that it is whole. */
		if (name[n - 1] == '.')
			name[n - 1] = 0;
		config->name_count++;
	}
	return 0;
}

/* Copies the next entry of a list and moves @value behind it; false: there is none. */
static bool next_entry(const char **value, char *entry, size_t size)
{
	size_t n = ohtd_entry_next(value);

	/* An entry that is too long is cut; the rest names nothing that exists. */
	snprintf(entry, size, "%.*s", (int)n, *value);
	*value += n;
	return n;
}

static int set_proxies(struct ohtd_config *config, const struct key *key, const char *value,
		       char *why, size_t size)
{
	char entry[OHTD_ADDRESS_BYTES];

	while (next_entry(&value, entry, sizeof(entry))) {
		if (config->proxy_count == OHTD_PROXIES_MAX) {
			snprintf(why, size, "%s has more than %d entries", key->name, OHTD_PROXIES_MAX);
			return -1;
		}
		if (!ohtd_network_read(&config->proxies[config->proxy_count], entry)) {
			snprintf(why, size, "%s has '%s', which is no address and no ADDRESS/BITS",
				 key->name, entry);
			return -1;
		}
		config->proxy_count++;
	}
	return 0;
}

bool ohtd_config_is_proxy(const struct ohtd_config *config, const char *address)
{
	for (unsigned int i = 0; i < config->proxy_count; i++)
		if (ohtd_network_has(&config->proxies[i], address))
			return true;
	return false;
}

/* Keeps a list of the gateway as it is written, if @read can read it. The key has the room for it. */
static int set_rights(struct ohtd_config *config, const struct key *key, const char *value,
		      const char *(*read)(struct ohtd_gateway_rights *rights, const char *text, struct ohtd_part *part),
		      char *why, size_t size)
{
	struct ohtd_gateway_rights rights = { 0 };
	struct ohtd_part part;
	const char *wrong = read(&rights, value, &part);
	const size_t n = strlen(value);

	if (wrong)
		snprintf(why, size, "%s has '%.*s', %s", key->name, part.bytes, part.text, wrong);
	else if (n >= key->max)
		snprintf(why, size, "%s is longer than %lu bytes", key->name, key->max - 1);
	else if (rights.writers || rights.writables)
		memcpy((char *)config + key->offset, value, n + 1);
	return wrong || n >= key->max ? -1 : 0;
}

static int set_write_from(struct ohtd_config *config, const struct key *key, const char *value,
			  char *why, size_t size)
{
	return set_rights(config, key, value, ohtd_rights_read_writers, why, size);
}

static int set_write_registers(struct ohtd_config *config, const struct key *key, const char *value,
			       char *why, size_t size)
{
	return set_rights(config, key, value, ohtd_rights_read_writables, why, size);
}

static int set_destinations(struct ohtd_config *config, const struct key *key, const char *value,
			    char *why, size_t size)
{
	char entry[OHTD_HOST_BYTES + 8];

	while (next_entry(&value, entry, sizeof(entry))) {
		if (config->destination_count == OHTD_DESTINATIONS_MAX) {
			snprintf(why, size, "%s has more than %d entries", key->name, OHTD_DESTINATIONS_MAX);
			return -1;
		}
		if (!oht_destination_read(&config->destinations[config->destination_count], entry)) {
			snprintf(why, size, "%s has '%s', which is not HOST:PORT", key->name, entry);
			return -1;
		}
		config->destination_count++;
	}
	return 0;
}

static int set_backend(struct ohtd_config *config, const struct key *key, const char *value,
		       char *why, size_t size)
{
	if (!strcmp(value, "kernel")) {
		config->backend = OHTD_BACKEND_KERNEL;
	} else if (!strcmp(value, "rtu")) {
		config->backend = OHTD_BACKEND_RTU;
	} else {
		snprintf(why, size, "%s must be kernel or rtu, not '%s'", key->name, value);
		return -1;
	}
	return 0;
}

static int set_parity(struct ohtd_config *config, const struct key *key, const char *value,
		      char *why, size_t size)
{
	if (strcmp(value, "none") && strcmp(value, "even") && strcmp(value, "odd")) {
		snprintf(why, size, "%s must be none, even or odd, not '%s'", key->name, value);
		return -1;
	}
	config->parity = (char)toupper((unsigned char)*value);
	return 0;
}

static int set_outputs(struct ohtd_config *config, const struct key *key, const char *value,
		       char *why, size_t size)
{
	config->simulated_outputs = !strcmp(value, "simulated");
	if (config->simulated_outputs || !strcmp(value, "none"))
		return 0;
	snprintf(why, size, "%s must be none or simulated, not '%s'", key->name, value);
	return -1;
}

static int set_level(struct ohtd_config *config, const struct key *key, const char *value,
		     char *why, size_t size)
{
	config->log_level = ohtd_log_level_parse(value);
	if (config->log_level < 0) {
		snprintf(why, size, "%s must be error, warning, notice, info or debug, not '%s'",
			 key->name, value);
		return -1;
	}
	return 0;
}

#define FIELD(member)	offsetof(struct ohtd_config, member)

static const struct key keys[] = {
	{ "http", "listen", set_listen, 0, 0, 0 },
	{ "http", "names", set_names, 0, 0, 0 },
	{ "http", "trusted_proxies", set_proxies, 0, 0, 0 },
	{ "http", "loops", set_number, FIELD(loops), 0, OHTD_LOOPS_MAX },
	{ "http", "connections", set_number, FIELD(connections_max), 8, 4096 },
	{ "http", "logins_per_s", set_number, FIELD(logins_per_s), 0, 10000 },
	{ "http", "changes_per_s", set_number, FIELD(changes_per_s), 0, 10000 },
	{ "http", "queries_per_s", set_number, FIELD(queries_per_s), 0, 10000 },
	{ "tls", "certificate", set_path, FIELD(certificate), 0, 0 },
	{ "tls", "key", set_path, FIELD(key), 0, 0 },
	{ "paths", "state", set_path, FIELD(state_dir), 0, 0 },
	{ "paths", "data", set_path, FIELD(data_dir), 0, 0 },
	{ "paths", "web", set_path, FIELD(web_dir), 0, 0 },
	{ "paths", "ready_file", set_path, FIELD(ready_file), 0, 0 },
	{ "paths", "socket", set_socket, 0, 0, 0 },
	{ "bus", "backend", set_backend, 0, 0, 0 },
	{ "bus", "device", set_path, FIELD(device), 0, 0 },
	{ "bus", "tty", set_path, FIELD(tty), 0, 0 },
	{ "bus", "baud", set_number, FIELD(baud_bps), 1200, 1000000 },
	{ "bus", "parity", set_parity, 0, 0, 0 },
	{ "bus", "stop_bits", set_number, FIELD(stop_bits), 1, 2 },
	{ "bus", "quiet_us", set_number, FIELD(quiet_us), 0, 100000 },
	{ "bus", "outputs", set_outputs, 0, 0, 0 },
	{ "bus", "deadman_ms", set_number, FIELD(deadman_ms), 0, 10000 },
	{ "bus", "time_factor", set_number, FIELD(time_factor), 1, 20 },
	{ "robot", "auto_enable", set_flag, FIELD(auto_enable), 0, 0 },
	{ "robot", "simulated", set_flag, FIELD(simulated), 0, 0 },
	{ "robot", "clock", set_path, FIELD(clock), 0, 0 },
	{ "robot", "realtime_priority", set_number, FIELD(realtime_priority), 0, 98 },
	{ "robot", "cpu", set_number, FIELD(cpu), 0, 1023 },
	{ "gateway", "listen", set_gateway, 0, 0, 0 },
	{ "gateway", "write_from", set_write_from, FIELD(gateway_write_from), 0, OHTD_WRITERS_BYTES },
	{ "gateway", "write_registers", set_write_registers, FIELD(gateway_write_registers), 0, OHTD_WRITABLE_BYTES },
	{ "gateway", "idle_s", set_number, FIELD(gateway_idle_s), 1, OHTD_GATEWAY_IDLE_S_MAX },
	{ "gateway", "fresh_ms", set_number, FIELD(gateway_fresh_ms), 0, OHTD_GATEWAY_FRESH_MS_MAX },
	{ "history", "flush_s", set_number, FIELD(history_flush_s), 1, 60 },
	{ "webhooks", "destinations", set_destinations, 0, 0, 0 },
	{ "webhooks", "authorities", set_path, FIELD(webhook_ca), 0, 0 },
	{ "webhooks", "sender", set_path, FIELD(sender), 0, 0 },
	{ "webhooks", "timeout_s", set_number, FIELD(webhook_timeout_s), 1, 60 },
	{ "backup", "key", set_path, FIELD(backup_key), 0, 0 },
	{ "backup", "nightly", set_flag, FIELD(backup_nightly), 0, 0 },
	{ "backup", "hour", set_number, FIELD(backup_hour), 0, 23 },
	{ "log", "level", set_level, 0, 0, 0 },
};

_Static_assert(sizeof(keys) / sizeof(keys[0]) <= KEYS_MAX, "KEYS_MAX: a place for each key");

static int find_key(const char *section, const char *name)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!strcmp(keys[i].section, section) && !strcmp(keys[i].name, name))
			return (int)i;
	return -1;
}

static int take_key(const struct oht_ini_line *line, void *ctx, char *why, size_t size)
{
	struct loading *loading = ctx;
	int i = find_key(line->section, line->key);

	if (i < 0) {
		snprintf(why, size, "unknown key '%s' in section [%s]", line->key, line->section);
		return -1;
	}
	if (loading->lines[i]) {
		snprintf(why, size, "'%s' was already set in line %u", line->key,
			 loading->lines[i]);
		return -1;
	}
	loading->lines[i] = line->number;
	return keys[i].set(loading->config, &keys[i], line->value, why, size);
}

static unsigned int line_of(const struct loading *loading, const char *section, const char *name)
{
	return loading->lines[find_key(section, name)];
}

/* The lists of writers and of registers: one without the other would have no effect, unseen. */
static int check_writers(const struct loading *loading, const char *path, char *why, size_t size)
{
	const struct ohtd_config *config = loading->config;
	const char *there = *config->gateway_write_from ? "write_from" : "write_registers";

	if (!*config->gateway_write_from == !*config->gateway_write_registers)
		return 0;
	snprintf(why, size, "%s:%u: '%s' needs '%s' beside it", path,
		 line_of(loading, "gateway", there), there,
		 *config->gateway_write_from ? "write_registers" : "write_from");
	return -1;
}

/* Lines that make no sense together: the message names the one that should go or is missing. */
static int check_together(const struct loading *loading, const char *path, char *why, size_t size)
{
	static const char *const rtu_only[] = { "tty", "baud", "parity", "stop_bits", "quiet_us", "outputs" };
	static const char *const kernel_only[] = { "device", "deadman_ms" };
	const struct ohtd_config *config = loading->config;
	bool rtu = config->backend == OHTD_BACKEND_RTU;
	const char *const *foreign = rtu ? kernel_only : rtu_only;
	size_t count = rtu ? sizeof(kernel_only) / sizeof(*kernel_only) :
			     sizeof(rtu_only) / sizeof(*rtu_only);

	for (size_t i = 0; i < count; i++) {
		unsigned int line = line_of(loading, "bus", foreign[i]);

		if (line) {
			snprintf(why, size, "%s:%u: '%s' contradicts backend = %s", path, line,
				 foreign[i], rtu ? "rtu" : "kernel");
			return -1;
		}
	}
	if (rtu && !*config->tty) {
		snprintf(why, size, "%s:%u: backend = rtu needs 'tty'", path,
			 line_of(loading, "bus", "backend"));
		return -1;
	}
	if (!*config->certificate != !*config->key) {
		snprintf(why, size, "%s:%u: '%s' needs '%s' beside it", path,
			 line_of(loading, "tls", *config->key ? "key" : "certificate"),
			 *config->key ? "key" : "certificate",
			 *config->key ? "certificate" : "key");
		return -1;
	}
	/* A lost module would stop a real machine so many times later than modules.csv says. */
	if (config->time_factor != 1 && !config->simulated) {
		snprintf(why, size, "%s:%u: time_factor = %u needs simulated = yes in [robot]", path,
			 line_of(loading, "bus", "time_factor"), config->time_factor);
		return -1;
	}
	if (config->simulated_outputs && !config->simulated) {
		snprintf(why, size, "%s:%u: outputs = simulated needs simulated = yes in [robot]", path,
			 line_of(loading, "bus", "outputs"));
		return -1;
	}
	if (*config->clock && !config->simulated) {
		snprintf(why, size, "%s:%u: clock needs simulated = yes in [robot]", path, line_of(loading, "robot", "clock"));
		return -1;
	}
	return check_writers(loading, path, why, size);
}

const struct ohtd_config ohtd_config_preset = {
	.listen = { "127.0.0.1", 8443 },
	.connections_max = 256,
	.logins_per_s = 10,
	.changes_per_s = 100,
	.queries_per_s = 250,
	.state_dir = "/var/lib/oht",
	.socket = "/run/oht/ohtd.sock",
	.data_dir = OHT_DATADIR,
	.web_dir = OHT_DATADIR "/web",
	.device = "/dev/oht0",
	.baud_bps = 115200,
	.parity = 'N',
	.stop_bits = 1,
	.time_factor = 1,
	.realtime_priority = 50,
	.cpu = -1,
	.gateway_idle_s = 60,
	.gateway_fresh_ms = 1000,
	.history_flush_s = 10,
	.sender = OHT_LIBEXECDIR "/ohtd-sender",
	.webhook_timeout_s = 10,
	.backup_nightly = 1,
	.backup_hour = 2,
	.log_level = OHTD_LOG_INFO,
};

static void resolve(struct ohtd_config *config)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	/* More than CPUs: a stop waits for its own loop's requests only, and the kernel wakes it first. */
	if (!config->loops)
		config->loops = cpus < 2 ? 2 : 4;
}

/* No line is needed; a file without a single byte is what is left of one, and a robot with all defaults is another robot. */
static int refuse_empty(const char *path, char *why, size_t size)
{
	struct stat st;

	if (stat(path, &st) || !S_ISREG(st.st_mode) || st.st_size)
		return 0;
	snprintf(why, size, "%s: the file is empty, as after a power cut: restore it", path);
	errno = EINVAL;
	return -1;
}

unsigned int ohtd_config_flush_s(const struct ohtd_config *config)
{
	return config->simulated || config->history_flush_s > FLUSH_LEAST_S ? config->history_flush_s : FLUSH_LEAST_S;
}

int ohtd_config_load(struct ohtd_config *config, const char *path, char *why, size_t size)
{
	struct loading loading = { .config = config };

	*config = ohtd_config_preset;
	if (oht_ini_parse(path, take_key, &loading, why, size) || refuse_empty(path, why, size))
		return -1;
	if (check_together(&loading, path, why, size)) {
		errno = EINVAL;
		return -1;
	}
	resolve(config);
	return 0;
}
