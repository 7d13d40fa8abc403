// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * GET /metrics: Prometheus' text format. The names without "oht_" and "process_" are those of
 * userspace/data/ws_and_metrics.csv, which existing dashboards and alerts know. What has no value
 * yet is left out, not shown as 0. Labels have few values: templates of paths, unit addresses, words.
 */
#include "oht_plan.h"
#include "api/api.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "alerts/alerts.h"
#include "auth/session.h"
#include "base/clock.h"
#include "base/part.h"
#include "control/robot.h"
#include "gateway/gateway.h"
#include "server/call.h"
#include "server/figures.h"
#include "live/channels.h"
#include "http/problem.h"
#include "json/writer.h"
#include "robot/telemetry.h"
#include "settings/settings.h"
#include "views/services.h"

#define PROC_BYTES	4096

/* ---- text ---- */

__attribute__((format(printf, 2, 3)))
static void put(struct ohtd_writer *out, const char *format, ...)
{
	char line[512];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (n > 0 && (size_t)n < sizeof(line))
		ohtd_write_bytes(out, line, (size_t)n);
}

/* NAME="TEXT" with what the format wants escaped; texts of people have no line feed. */
static void put_label(struct ohtd_writer *out, const char *name, const char *text)
{
	put(out, "%s=\"", name);
	for (size_t n; *text; text += n) {
		n = strcspn(text, "\"\\");
		ohtd_write_bytes(out, text, n);
		if (text[n])
			put(out, "\\%c", text[n++]);
	}
	put(out, "\"");
}

static void head(struct ohtd_writer *out, const char *name, const char *type, const char *help)
{
	put(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_one(struct ohtd_writer *out, const char *name, const char *type, const char *help,
		    double value)
{
	char text[OHTD_NUMBER_BYTES];

	ohtd_number_text(text, value);
	head(out, name, type, help);
	put(out, "%s %s\n", name, text);
}

/* ---- requests ---- */

static void put_answers(struct ohtd_writer *out, const struct ohtd_server *server)
{
	struct ohtd_route_figures figures;

	head(out, "http_requests_total", "counter", "Answers to requests, by route and status.");
	for (size_t i = 0; ohtd_figures_sum(server, i, &figures); i++)
		for (size_t number = 0; number < OHTD_STATUSES_MAX; number++)
			if (figures.answers[number])
				put(out, "http_requests_total{method=\"%s\",endpoint=\"%s\","
				    "status=\"%d\"} %llu\n", figures.method, figures.path,
				    ohtd_status_at(number),
				    (unsigned long long)figures.answers[number]);
}

/* @labels: "" or some, with a comma behind the last. */
static void put_histogram(struct ohtd_writer *out, const char *name, const char *labels,
			  const struct ohtd_duration_figures *figures)
{
	const int bytes = *labels ? (int)strlen(labels) - 1 : 0;
	char whole[200] = "";
	uint64_t sum = 0;

	if (bytes)
		snprintf(whole, sizeof(whole), "{%.*s}", bytes, labels);
	for (size_t bucket = 0; bucket < OHTD_LATENCY_BUCKETS - 1; bucket++) {
		sum += figures->at_most[bucket];
		put(out, "%s_bucket{%sle=\"%g\"} %llu\n", name, labels, ohtd_latency_us[bucket] / 1e6,
		    (unsigned long long)sum);
	}
	put(out, "%s_bucket{%sle=\"+Inf\"} %llu\n", name, labels, (unsigned long long)figures->count);
	put(out, "%s_sum%s %.6f\n%s_count%s %llu\n", name, whole, (double)figures->sum_us / 1e6, name, whole,
	    (unsigned long long)figures->count);
}

static void put_durations(struct ohtd_writer *out, const struct ohtd_server *server)
{
	static const char name[] = "http_request_duration_seconds";
	struct ohtd_route_figures figures;

	head(out, name, "histogram", "Time from the request to its answer.");
	for (size_t i = 0; ohtd_figures_sum(server, i, &figures); i++) {
		char labels[192];

		if (!figures.took.count)
			continue;
		snprintf(labels, sizeof(labels), "method=\"%s\",endpoint=\"%s\",", figures.method,
			 figures.path);
		put_histogram(out, name, labels, &figures.took);
	}
}

static void put_told(struct ohtd_writer *out, const struct ohtd_server *server)
{
	static const char name[] = "oht_safety_told_seconds";
	struct ohtd_duration_figures figures;

	ohtd_channels_told(server, &figures);
	head(out, name, "histogram", "From the change of the stop until its message was written, for each client.");
	put_histogram(out, name, "", &figures);
}

/* Adds what other methods of the same path have counted; false: an earlier one has done so. */
static bool gather(const struct ohtd_server *server, size_t index,
		   struct ohtd_route_figures *figures)
{
	struct ohtd_route_figures other;

	for (size_t i = 0; ohtd_figures_sum(server, i, &other); i++) {
		if (i == index || strcmp(other.path, figures->path))
			continue;
		if (i < index)
			return false;
		figures->took.count += other.took.count;
		figures->took.sum_us += other.took.sum_us;
	}
	return true;
}

static void put_response_times(struct ohtd_writer *out, const struct ohtd_server *server)
{
	static const char name[] = "api_response_time_seconds";
	struct ohtd_route_figures figures;

	head(out, name, "summary", "Time from the request to its answer, by path.");
	for (size_t i = 0; ohtd_figures_sum(server, i, &figures); i++)
		if (gather(server, i, &figures) && figures.took.count)
			put(out, "%s_sum{endpoint=\"%s\"} %.6f\n%s_count{endpoint=\"%s\"} %llu\n",
			    name, figures.path, (double)figures.took.sum_us / 1e6, name, figures.path,
			    (unsigned long long)figures.took.count);
}

static void put_budgets(struct ohtd_writer *out, const struct ohtd_server *server)
{
	static const char name[] = "oht_rate_limited_total";

	head(out, name, "counter", "Requests refused because the client asks too often, by budget.");
	for (int budget = OHTD_BUDGET_NONE + 1; budget < OHTD_BUDGETS; budget++)
		put(out, "%s{budget=\"%s\"} %llu\n", name, ohtd_budget_name(budget),
		    (unsigned long long)ohtd_server_refused(server, budget));
}

static void put_commands(struct ohtd_writer *out, const struct ohtd_server *server)
{
	static const char *const outcomes[OHTD_OUTCOMES] = { "done", "refused", "expired", "failed" };

	head(out, "robot_commands_total", "counter", "Commands to the robot, by what came of them.");
	for (unsigned int kind = 1; kind <= OHTD_COMMAND_LAST; kind++) {
		const char *word = ohtd_verb_row(kind)->word;

		for (size_t outcome = 0; word && outcome < OHTD_OUTCOMES; outcome++)
			put(out, "robot_commands_total{command_type=\"%s\",status=\"%s\"} %llu\n", word,
			    outcomes[outcome],
			    (unsigned long long)ohtd_server_commands(server, kind, outcome));
	}
}

/* ---- robot and bus ---- */

static void put_states(struct ohtd_writer *out, const struct ohtd_snapshot *snapshot)
{
	head(out, "oht_robot_state", "gauge", "1 for the state in which the robot is.");
	for (unsigned int state = 0; state < OHTD_STATES; state++)
		put(out, "oht_robot_state{state=\"%s\"} %d\n", ohtd_state_name(state),
		    state == snapshot->state);
	head(out, "oht_safety_state", "gauge", "1 for the state in which the stop is.");
	for (unsigned int state = 0; state <= OHTD_SAFETY_UNKNOWN; state++)
		put(out, "oht_safety_state{state=\"%s\"} %d\n", ohtd_safety_state_name(state),
		    state == snapshot->safety.state);
	put_one(out, "oht_robot_located", "gauge", "1 when it is known where the robot is.", !snapshot->location.lost);
}

static void put_errors(struct ohtd_writer *out, const struct ohtd_snapshot *snapshot)
{
	static const char name[] = "rs485_communication_errors_total";

	head(out, name, "counter", "Requests on the bus that failed, by module and kind.");
	for (unsigned int i = 0; i < snapshot->module_count; i++) {
		const struct ohtd_module_view *module = &snapshot->modules[i];
		const struct { const char *kind; uint64_t count; } errors[] = {
			{ "timeout", module->timeouts }, { "crc", module->crc_errors },
			{ "exception", module->exceptions }, { "other", module->other_errors },
		};

		for (size_t kind = 0; kind < sizeof(errors) / sizeof(errors[0]); kind++)
			put(out, "%s{module_address=\"%u\",error_type=\"%s\"} %llu\n", name,
			    module->unit, errors[kind].kind, (unsigned long long)errors[kind].count);
	}
}

static void put_modules(struct ohtd_writer *out, const struct ohtd_snapshot *snapshot)
{
	head(out, "oht_module_up", "gauge", "1 when the module answers its polls well.");
	for (unsigned int i = 0; i < snapshot->module_count; i++)
		put(out, "oht_module_up{module_address=\"%u\",name=\"%s\"} %d\n",
		    snapshot->modules[i].unit, snapshot->modules[i].name,
		    snapshot->modules[i].health == OHTD_HEALTH_GOOD);
	head(out, "oht_module_requests_total", "counter", "Requests to the module.");
	for (unsigned int i = 0; i < snapshot->module_count; i++)
		put(out, "oht_module_requests_total{module_address=\"%u\"} %llu\n",
		    snapshot->modules[i].unit, (unsigned long long)snapshot->modules[i].requests);
}

/* How late the control cycles began: every bucket holds those before it. */
static void put_lateness(struct ohtd_writer *out, const struct ohtd_bus_view *bus)
{
	static const char name[] = "oht_control_late_seconds";
	double limit_s = OHTD_LATE_FIRST_US / 1e6;
	uint64_t sum = 0;

	head(out, name, "histogram", "Lateness of the control cycles behind their grid.");
	for (unsigned int i = 0; i < OHTD_LATE_BUCKETS; i++, limit_s *= 2) {
		sum += bus->late[i];
		if (i < OHTD_LATE_BUCKETS - 1)
			put(out, "%s_bucket{le=\"%.6f\"} %llu\n", name, limit_s,
			    (unsigned long long)sum);
		else
			put(out, "%s_bucket{le=\"+Inf\"} %llu\n", name, (unsigned long long)sum);
	}
	put(out, "%s_sum %.9f\n", name, (double)bus->late_sum_ns / 1e9);
	put(out, "%s_count %llu\n", name, (unsigned long long)sum);
}

static void put_plan(struct ohtd_writer *out, const struct ohtd_plan_view *plan)
{
	put_one(out, "oht_plan_entries", "gauge", "Exchanges of the bus's plan in force.",
		plan->entries);
	put_one(out, "oht_plan_refused", "gauge", "1 while the bus refuses the newest plan.",
		plan->refused);
	put_one(out, "oht_plan_load_worst", "gauge", "Share of the fullest cycle that the plan takes.",
		plan->worst_permille / 1e3);
	put_one(out, "oht_plan_load_mean", "gauge", "Share of all cycles that the plan takes.",
		plan->mean_permille / 1e3);
	if (plan->stop_ns != OHT_UNBOUNDED_NS)
		put_one(out, "oht_plan_stop_seconds", "gauge",
			"Longest from a stop to the end of a stop telegram.",
			(double)plan->stop_ns / 1e9);
	put_one(out, "oht_plan_cycles_total", "counter", "Cycles of the bus's own grid.",
		(double)plan->cycles);
	put_one(out, "oht_plan_cycles_missed_total", "counter", "Of these, not begun.",
		(double)plan->missed);
	put_one(out, "oht_plan_cycles_exceeded_total", "counter",
		"Cycles of the bus that were not over in time.", (double)plan->exceeded);
	put_one(out, "oht_plan_cycles_given_total", "counter",
		"Cycles of the bus given to a request that fitted into no slack.",
		(double)plan->given);
}

static void put_bus(struct ohtd_writer *out, struct ohtd_call *call,
		    const struct ohtd_snapshot *snapshot)
{
	const struct ohtd_bus_view *bus = &snapshot->bus;

	put_one(out, "firmware_connection_status", "gauge", "1 when the bus device is open.",
		bus->present);
	put_one(out, "oht_bus_transfers_total", "counter", "Completed transfers on the bus.",
		(double)bus->transfers);
	put_one(out, "oht_control_cycles_total", "counter", "Completed control cycles.",
		(double)bus->cycles);
	put_one(out, "oht_control_cycles_missed_total", "counter",
		"Control cycles that came too late to begin.", (double)bus->cycles_missed);
	put_one(out, "oht_control_age_seconds", "gauge", "Age of the last control cycle.",
		(double)ohtd_call_age_ms(call, snapshot->time_ns) / 1e3);
	put_lateness(out, bus);
	put_plan(out, &snapshot->plan);
	put_errors(out, snapshot);
	put_modules(out, snapshot);
}

static void put_number(struct ohtd_writer *out, const struct ohtd_telemetry_info *info, double value)
{
	char text[OHTD_NUMBER_BYTES];

	ohtd_number_text(text, value);
	put(out, "oht_signal{signal=\"%s\"", info->name);
	put_label(out, ",unit", info->unit);
	put(out, "} %s\n", text);
}

/* A line for each word, so that the one that has gone is told as 0. */
static void put_word(struct ohtd_writer *out, const char *signal, const struct ohtd_telemetry_origin *origin,
		     unsigned int value)
{
	for (unsigned int i = 0; i < origin->words; i++)
		put(out, "oht_signal_state{signal=\"%s\",state=\"%s\"} %d\n", signal, origin->word(i), i == value);
}

/* Those that are good: numbers and booleans, or @words. */
static void put_good(struct ohtd_writer *out, const struct ohtd_telemetry_sight *sight, bool words)
{
	for (unsigned int i = 0; i < ohtd_telemetry_count(); i++) {
		const struct ohtd_telemetry_info *info = ohtd_telemetry_info(i);
		const struct ohtd_reading reading = ohtd_telemetry_read(sight, i);

		if ((info->type == OHTD_TELEMETRY_WORD) != words || reading.quality != OHTD_TELEMETRY_GOOD)
			continue;
		if (words)
			put_word(out, info->name, ohtd_telemetry_origin(i), (unsigned int)reading.value);
		else
			put_number(out, info, reading.value);
	}
}

static void put_signals(struct ohtd_writer *out, struct ohtd_call *call)
{
	const struct ohtd_scene scene = ohtd_call_scene(call);
	struct ohtd_telemetry_sight *sight = ohtd_call_alloc(call, sizeof(*sight));

	ohtd_robot_look(scene.services->robot, scene.snapshot, scene.now_ns, sight);
	head(out, "oht_signal", "gauge", "Signals of the robot whose value is good, in their unit.");
	put_good(out, sight, false);
	head(out, "oht_signal_state", "gauge", "1 for the word that a signal is, of those whose word is good.");
	put_good(out, sight, true);
}

static void put_alerts(struct ohtd_writer *out, struct ohtd_call *call)
{
	const struct ohtd_scene scene = ohtd_call_scene(call);
	const struct ohtd_alert_list *list = ohtd_alerts_list(&scene);

	head(out, "oht_alert", "gauge", "1 for each alert that is active.");
	for (size_t i = 0; i < list->count; i++) {
		const struct ohtd_alert *alert = &list->items[i];
		char address[32] = "";

		if (alert->unit)
			snprintf(address, sizeof(address), ",module_address=\"%u\"", alert->unit);
		put(out, "oht_alert{code=\"%s\",severity=\"%s\"%s", alert->code, ohtd_severity_name(alert->severity), address);
		if (*alert->subject) {
			put(out, ",");
			put_label(out, "subject", alert->subject);
		}
		put(out, "} 1\n");
	}
}

/* ---- machine and process ---- */

/* Whole content of a file of /proc, "" if it cannot be read. */
static void read_proc(const char *path, char *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, PROC_BYTES - 1);

	text[n > 0 ? n : 0] = 0;
	if (fd >= 0)
		close(fd);
}

/* In bytes; -1: there is no such line. */
static double memory_of(const char *meminfo, const char *name)
{
	const char *line = strstr(meminfo, name);

	return line ? (double)strtoull(line + strlen(name), NULL, 10) * 1024 : -1;
}

static void put_memory(struct ohtd_writer *out)
{
	char text[PROC_BYTES];
	double total, available;

	read_proc("/proc/meminfo", text);
	total = memory_of(text, "MemTotal:");
	available = memory_of(text, "MemAvailable:");
	if (total >= 0 && available >= 0)
		put_one(out, "system_memory_usage_bytes", "gauge",
			"Memory in use on the machine, without what can be reclaimed.",
			total - available);
	read_proc("/proc/self/statm", text);
	if (*text)
		put_one(out, "process_resident_memory_bytes", "gauge", "Memory of ohtd in use.",
			(double)strtoull(text + strcspn(text, " "), NULL, 10) *
			(double)sysconf(_SC_PAGESIZE));
}

/* Since the last time that it was asked for, at least a second; at first since the machine's start. */
static void put_load(struct ohtd_writer *out)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static unsigned long long last_all, last_idle;
	static double percent;
	/* user, nice, system, idle, waiting for a disk, interrupts, soft interrupts, stolen */
	unsigned long long ticks[8], all = 0, idle;
	char text[PROC_BYTES], *at = text + 3, *end;

	read_proc("/proc/stat", text);
	if (strncmp(text, "cpu ", 4))
		return;
	for (size_t i = 0; i < sizeof(ticks) / sizeof(ticks[0]); i++, at = end) {
		ticks[i] = strtoull(at, &end, 10);
		if (end == at)
			return;
		all += ticks[i];
	}
	idle = ticks[3] + ticks[4];
	pthread_mutex_lock(&lock);
	if (all > last_all + (unsigned long long)sysconf(_SC_CLK_TCK)) {
		percent = 100.0 * (1 - (double)(idle - last_idle) / (double)(all - last_all));
		last_all = all;
		last_idle = idle;
	}
	put_one(out, "system_cpu_usage_percent", "gauge",
		"Processor load of the machine since the last look.", percent < 0 ? 0 : percent);
	pthread_mutex_unlock(&lock);
}

static double seconds(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void put_robot(struct ohtd_writer *out, const struct ohtd_services *services)
{
	char name[OHTD_ROBOT_NAME_BYTES], place[OHTD_ROBOT_PLACE_BYTES];

	ohtd_settings_name(services->settings, name, place);
	head(out, "oht_robot_info", "gauge", "1, with the id, name and place of the robot.");
	put(out, "oht_robot_info{");
	put_label(out, "robot_id", services->robot_id);
	put_label(out, ",name", name);
	put_label(out, ",place", place);
	put(out, "} 1\n");
}

static void put_process(struct ohtd_writer *out, const struct ohtd_server *server, const struct ohtd_services *services)
{
	struct rusage usage;

	put_load(out);
	put_memory(out);
	if (!getrusage(RUSAGE_SELF, &usage))
		put_one(out, "process_cpu_seconds_total", "counter", "Processor time of ohtd.",
			seconds(usage.ru_utime) + seconds(usage.ru_stime));
	put_one(out, "oht_connections", "gauge", "Open connections, local ones included.",
		ohtd_server_connections(server));
	put_one(out, "websocket_active_connections", "gauge", "Open WebSockets and event streams.",
		ohtd_live_count(server));
	put_one(out, "oht_exports_active", "gauge", "Exports of values under way.",
		ohtd_download_count(server));
	put_robot(out, services);
	head(out, "oht_build_info", "gauge", "1, with the version of ohtd.");
	put(out, "oht_build_info{version=\"%s\"} 1\n", OHT_VERSION);
}

static void put_part(struct ohtd_writer *out, const struct ohtd_daemon_part *part, void *of)
{
	double values[OHTD_PART_FIGURES_MAX];

	part->measure(of, values);
	for (unsigned int i = 0; i < part->figure_count; i++)
		put_one(out, part->figures[i].name, part->figures[i].counts ? "counter" : "gauge", part->figures[i].help, values[i]);
}

/* The parts of the daemon that are open. */
static void put_parts(struct ohtd_writer *out, const struct ohtd_services *services)
{
	for (unsigned int i = 0; i < services->part_count; i++) {
		const struct ohtd_views_part *row = &services->parts[i];
		void *of = row->of ? row->of(services) : NULL;

		if (row->part->measure && (of || !row->of))
			put_part(out, row->part, of);
	}
}

static void put_gateway(struct ohtd_writer *out, const struct ohtd_gateway *gateway)
{
	const struct ohtd_gateway_figures *figures = gateway ? ohtd_gateway_look(gateway) : NULL;

	if (!figures)
		return;
	put_one(out, "oht_gateway_clients", "gauge", "Clients of the Modbus TCP gateway.",
		(double)atomic_load(&figures->clients));
	put_one(out, "oht_gateway_clients_refused_total", "counter",
		"Connections to the gateway for which there was no place.",
		(double)atomic_load(&figures->refused));
	put_one(out, "oht_gateway_clients_cut_total", "counter",
		"Connections that the gateway has ended.", (double)atomic_load(&figures->cut));
	put_one(out, "oht_gateway_requests_total", "counter", "Requests to the gateway.",
		(double)atomic_load(&figures->requests));
	put_one(out, "oht_gateway_exceptions_total", "counter",
		"Of these, answered with an exception.", (double)atomic_load(&figures->exceptions));
	put_one(out, "oht_gateway_from_image_total", "counter",
		"Reads of the gateway that took no time of the bus.",
		(double)atomic_load(&figures->from_image));
	put_one(out, "oht_gateway_bus_reads_total", "counter", "Requests of the gateway on the bus.",
		(double)atomic_load(&figures->bus_reads));
	put_one(out, "oht_gateway_joined_total", "counter",
		"Reads of the gateway that were answered along with another.",
		(double)atomic_load(&figures->joined));
	put_one(out, "oht_gateway_writes_total", "counter", "Writes of the gateway.",
		(double)atomic_load(&figures->writes));
	put_one(out, "oht_gateway_writes_refused_total", "counter",
		"Writes to the gateway that were refused.",
		(double)atomic_load(&figures->writes_refused));
}

/* ---- who may ---- */

/* A session, this machine itself, or an administrator at the local socket may read them. */
static bool may(struct ohtd_call *call)
{
	const char *token = ohtd_call_token(call, 0);

	if (call->who.role >= OHTD_ROLE_VIEWER)
		return true;
	if (token)
		return ohtd_auth_check(call->services->auth, token, ohtd_call_address(call), &call->who) == OHTD_TOKEN_GOOD &&
		       !ohtd_auth_must_enrol(call->services->auth, &call->who);
	return ohtd_server_is_own_machine(call);
}

static void get_metrics(struct ohtd_call *call)
{
	const struct ohtd_snapshot *snapshot = ohtd_call_snapshot(call);
	const struct ohtd_server *server = ohtd_server_of(call);
	struct ohtd_writer out;

	if (!may(call)) {
		ohtd_reply_header(call, "www-authenticate", "Bearer realm=\"oht\"");
		ohtd_reply_problem(call, 401, "token_missing",
				   "metrics need a token, or a request of this machine itself");
		return;
	}
	if (!ohtd_server_permits(call))
		return;
	ohtd_writer_begin(&out, &call->memory, 65536);
	put_answers(&out, server);
	put_durations(&out, server);
	put_response_times(&out, server);
	put_budgets(&out, server);
	put_told(&out, server);
	put_commands(&out, server);
	put_states(&out, snapshot);
	put_bus(&out, call, snapshot);
	put_signals(&out, call);
	put_alerts(&out, call);
	put_parts(&out, call->services);
	put_gateway(&out, call->services->gateway);
	put_process(&out, server, call->services);
	ohtd_reply_data(call, 200, "text/plain; version=0.0.4; charset=utf-8", out.text, out.used);
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "/metrics",
		.replies = { { 200, NULL, "text/plain" } },
		.problems = { "token_missing", "key_scope" },
		.handle = get_metrics,
		.summary = "Figures for Prometheus",
		.text = "With a token or a key, or without from loop-back and no header of a proxy.",
	},
};

OHTD_ROUTE_TABLE(ohtd_metrics_routes, "Metrics", routes);
