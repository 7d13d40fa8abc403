// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/robot.h"

#include <errno.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/poke.h"
#include "base/thread.h"
#include "common/utf8.h"
#include "control/control.h"

#define STACK_BYTES		(256 * 1024)
#define STACK_TOUCHED_BYTES	(64 * 1024)
#define TIME_FACTOR_MAX		20
#define BAUD_DEFAULT_BPS	115200

struct ohtd_robot {
	struct ohtd_control control;
	struct ohtd_link links[OHTD_LINKS_MAX];
	struct ohtd_bus_setup setup;
	char device[256];
	char data_dir[256];
	int rt_priority;
	int cpu;
	pthread_t thread;
	int ended_fd;		/* readable when the thread has nothing left to do */
	bool running;
};

/* ---- create and destroy ---- */

static int copy_text(char *to, size_t to_bytes, const char *from, const char *what, char *error,
		     size_t error_bytes)
{
	if (snprintf(to, to_bytes, "%s", from) < (int)to_bytes)
		return 0;
	snprintf(error, error_bytes, "robot: %s is too long: '%.*s...'", what, oht_utf8_cut(from, 40), from);
	return -ENAMETOOLONG;
}

static int check_config(const struct ohtd_robot_config *config, char *error, size_t error_bytes)
{
	if (config->loops < 1 || config->loops > OHTD_LINKS_MAX)
		snprintf(error, error_bytes, "robot: links: 1 to OHTD_LINKS_MAX, %d, not %u", OHTD_LINKS_MAX,
			 config->loops);
	else if (config->time_factor > TIME_FACTOR_MAX)
		snprintf(error, error_bytes, "robot: time_factor: at most %d, not %u",
			 TIME_FACTOR_MAX, config->time_factor);
	else if (config->rt_priority < 0 || config->rt_priority > 98)
		snprintf(error, error_bytes, "robot: rt_priority: 0 to 98, not %d",
			 config->rt_priority);
	else if (config->parity && !strchr("NEO", config->parity))
		snprintf(error, error_bytes, "robot: parity: N, E or O, not '%c'", config->parity);
	else if (config->stop_bits > 2)
		snprintf(error, error_bytes, "robot: stop_bits: 1 or 2, not %u", config->stop_bits);
	else
		return 0;
	return -EINVAL;
}

static void set_setup(struct ohtd_robot *robot, const struct ohtd_robot_config *config)
{
	robot->setup = (struct ohtd_bus_setup){
		.backend = config->backend,
		.device = robot->device,
		.baud_bps = config->baud_bps ? config->baud_bps : BAUD_DEFAULT_BPS,
		.parity = config->parity ? config->parity : 'N',
		.stop_bits = config->stop_bits ? config->stop_bits : 1,
		.quiet_us = config->quiet_us,
		.simulated_outputs = config->simulated_outputs,
	};
	robot->rt_priority = config->rt_priority;
	robot->cpu = config->cpu;
	robot->control.link_count = config->loops;
	robot->control.links = robot->links;
	robot->control.time_factor = config->time_factor ? config->time_factor : 1;
	robot->control.deadman_wish_ms = config->deadman_ms;
	robot->control.auto_enable = config->auto_enable;
	robot->control.unclean_restart = config->unclean_restart;
	robot->control.commands_given = config->commands_given;
	robot->control.commands_known = config->commands_known;
}

static int create_links(struct ohtd_robot *robot)
{
	struct ohtd_control *control = &robot->control;
	unsigned int i;
	int ret = 0;

	control->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	robot->ended_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (control->wake_fd < 0 || robot->ended_fd < 0)
		return -errno;
	for (i = 0; !ret && i < control->link_count; i++)
		ret = ohtd_link_init(&robot->links[i], control->bus, control->clock,
				     control->wake_fd, &control->device_epoch);
	return ret;
}

static void describe_bus(struct ohtd_robot *robot)
{
	struct ohtd_bus_view *view = &robot->control.snapshot.bus;

	snprintf(view->backend, sizeof(view->backend), "%s", robot->control.bus->ops->name);
	snprintf(view->device, sizeof(view->device), "%.*s", (int)sizeof(view->device) - 1,
		 robot->device);
	view->cycle_ms = OHTD_CYCLE_MS;
	view->time_factor = robot->control.time_factor;
}

/* What the robot is, from the files of its folder. */
static int load_tables(struct ohtd_control *control, const char *data_dir, const char *user_dir,
		       char error[OHT_ERROR_BYTES])
{
	int ret;

	control->model = ohtd_model_load(data_dir, user_dir, error);
	if (!control->model)
		return -errno;
	ret = ohtd_machine_load(data_dir, ohtd_phrases, &control->machine, error);
	return ret ? ret : ohtd_limits_init(&control->limits, data_dir, control->model,
					    ohtd_clock_monotonic_ns(control->clock), error);
}

static int fill_robot(struct ohtd_robot *robot, const struct ohtd_robot_config *config,
		      char *error, size_t error_bytes)
{
	struct ohtd_control *control = &robot->control;
	const char *data_dir = config->data_dir ? robot->data_dir : NULL;
	char why[OHT_ERROR_BYTES] = "";
	int ret;

	set_setup(robot, config);
	ret = load_tables(control, data_dir, config->user_dir, why);
	if (ret) {
		snprintf(error, error_bytes, "%s", why);
		return ret;
	}
	control->bus = ohtd_bus_create(&robot->setup, error, error_bytes);
	if (!control->bus)
		return -errno;
	ret = create_links(robot);
	if (!ret)
		ret = ohtd_control_init(control);
	if (ret) {
		snprintf(error, error_bytes, "robot: %s", strerror(-ret));
		return ret;
	}
	describe_bus(robot);
	ohtd_publish(control);
	return 0;
}

struct ohtd_robot *ohtd_robot_create(const struct ohtd_robot_config *config,
				     struct ohtd_clock *clock, char *error, size_t error_bytes)
{
	struct ohtd_robot *robot;
	unsigned int i;
	int ret;

	errno = EINVAL;
	if (check_config(config, error, error_bytes))
		return NULL;
	robot = calloc(1, sizeof(*robot));
	if (!robot) {
		snprintf(error, error_bytes, "robot: out of memory");
		errno = ENOMEM;
		return NULL;
	}
	robot->control.clock = clock;
	robot->control.wake_fd = -1;
	robot->ended_fd = -1;
	for (i = 0; i < OHTD_LINKS_MAX; i++)
		robot->links[i].answer_fd = -1;
	ret = copy_text(robot->device, sizeof(robot->device), config->device, "device", error, error_bytes);
	if (!ret)
		ret = copy_text(robot->data_dir, sizeof(robot->data_dir),
				config->data_dir ? config->data_dir : "", "data_dir", error, error_bytes);
	if (!ret)
		ret = fill_robot(robot, config, error, error_bytes);
	if (ret) {
		ohtd_robot_destroy(robot);
		errno = -ret;
		return NULL;
	}
	return robot;
}

void ohtd_robot_destroy(struct ohtd_robot *robot)
{
	unsigned int i;

	if (!robot)
		return;
	for (i = 0; i < OHTD_LINKS_MAX; i++)
		ohtd_link_fini(&robot->links[i]);
	ohtd_bus_destroy(robot->control.bus);
	ohtd_control_fini(&robot->control);
	ohtd_limits_fini(&robot->control.limits);
	ohtd_model_free(robot->control.model);
	if (robot->control.wake_fd >= 0)
		close(robot->control.wake_fd);
	if (robot->ended_fd >= 0)
		close(robot->ended_fd);
	free(robot);
}

/* ---- the thread ---- */

/* Touches the stack that the cycle will use, so that no page of it is missing later. */
static void __attribute__((noinline)) touch_stack(void)
{
	volatile unsigned char room[STACK_TOUCHED_BYTES];
	size_t i;

	for (i = 0; i < sizeof(room); i += 1024)
		room[i] = 0;
}

static void *run_thread(void *context)
{
	struct ohtd_robot *robot = context;
	struct sched_param param = { .sched_priority = robot->rt_priority };
	cpu_set_t cpus;

	if (robot->cpu >= 0) {
		CPU_ZERO(&cpus);
		CPU_SET((unsigned int)robot->cpu, &cpus);
		/* A CPU that is not there is no reason not to run. */
		pthread_setaffinity_np(pthread_self(), sizeof(cpus), &cpus);
	}
	robot->control.snapshot.bus.realtime =
		robot->rt_priority &&
		!pthread_setschedparam(pthread_self(), SCHED_FIFO, &param);
	touch_stack();
	ohtd_control_run(&robot->control);
	ohtd_poke(robot->ended_fd);
	return NULL;
}

/*
 * With a limit on locked memory and without the right to exceed it, mlockall() succeeds and later
 * allocations of any thread fail. So only where nothing limits it.
 */
static bool may_lock_memory(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };
	struct rlimit limit;

	if (!getrlimit(RLIMIT_MEMLOCK, &limit) && limit.rlim_cur == RLIM_INFINITY)
		return true;
	return !syscall(SYS_capget, &header, data) &&
	       (data[0].effective & (1u << CAP_IPC_LOCK));
}

static int create_thread(struct ohtd_robot *robot)
{
	const struct ohtd_thread what = { "ohtd-control", STACK_BYTES, run_thread };
	sigset_t all, before;
	int ret;

	/* Signals are the main thread's business. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ret = ohtd_thread_start(&robot->thread, &what, robot);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -ret;
}

int ohtd_robot_start(struct ohtd_robot *robot, char *error, size_t error_bytes)
{
	struct ohtd_control *control = &robot->control;
	int ret;

	control->snapshot.bus.memory_locked =
		may_lock_memory() && !mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
	ohtd_control_look_at_clock(control);
	control->next_tick_ns = control->now_ns;
	control->last_tick_ns = control->now_ns;
	control->state_since_ns = control->now_ns;
	*error = '\0';
	ret = ohtd_device_open(control, error, error_bytes);
	/* A file that is no such device does not become one, and a line does not learn other settings. */
	if (ret == -ENOTTY || (ret == -EINVAL && !control->bus->ops->hardware_stop))
		return ret;
	if (ret)
		ohtd_device_await(control, error);
	ret = create_thread(robot);
	if (ret) {
		snprintf(error, error_bytes, "robot: cannot start the control thread: %s",
			 strerror(-ret));
		ohtd_device_close(control, true);
		return ret;
	}
	robot->running = true;
	return 0;
}

int ohtd_robot_stop(struct ohtd_robot *robot, uint32_t timeout_ms)
{
	struct pollfd fd = { .fd = robot->ended_fd, .events = POLLIN };
	const struct ohtd_clock *clock = robot->control.clock;
	uint64_t until_ns = ohtd_clock_monotonic_ns(clock) + timeout_ms * OHTD_NS_PER_MS;
	int ret;

	if (!robot->running)
		return 0;
	atomic_store(&robot->control.quit, true);
	ohtd_poke(robot->control.wake_fd);
	do {
		ret = ohtd_clock_wait(clock, &fd, 1, until_ns);
	} while (ret == -EINTR);
	if (ret <= 0)
		return -ETIMEDOUT;
	pthread_join(robot->thread, NULL);
	robot->running = false;
	return 0;
}

bool ohtd_robot_leaves(const struct ohtd_robot *robot)
{
	return atomic_load(&robot->control.leaves);
}

bool ohtd_control_was_enabled(const struct ohtd_robot *robot)
{
	return atomic_load(&robot->control.enabled);
}

/* ---- views ---- */

int ohtd_robot_snapshot(const struct ohtd_robot *robot, struct ohtd_snapshot *out)
{
	return ohtd_seqlock_copy(&robot->control.published, out);
}

uint64_t ohtd_robot_version(const struct ohtd_robot *robot)
{
	return ohtd_seqlock_version(&robot->control.published);
}

int ohtd_robot_registers(const struct ohtd_robot *robot, uint8_t unit, struct ohtd_registers *out)
{
	int place = ohtd_unit_place(&robot->control.modules, unit);
	int ret;

	if (place < 0)
		return -ENOENT;
	ret = ohtd_seqlock_copy(&robot->control.modules.units[place].published, out);
	/* The place may have been given to another unit meanwhile. */
	if (!ret && (out->unit != unit || !out->generation))
		return -ENOENT;
	return ret;
}

const struct oht_regmap *ohtd_robot_map(const struct ohtd_robot *robot, const char *module_name,
					const char *profile)
{
	const struct ohtd_kind *kind = ohtd_model_by_name(robot->control.model, module_name);
	enum oht_profile which;

	if (!kind || oht_profile_parse(profile, &which))
		return NULL;
	return kind->plan[which].map;
}

int ohtd_robot_event(const struct ohtd_robot *robot, struct ohtd_event_reader *reader,
		     struct ohtd_event_record *record)
{
	return ohtd_event_ring_next(&robot->control.event_ring, reader, record);
}

int ohtd_robot_sample(const struct ohtd_robot *robot, struct ohtd_sample_reader *reader,
		      struct ohtd_sample *sample)
{
	return ohtd_samples_next(&robot->control.samples, reader, sample);
}

uint64_t ohtd_robot_events(const struct ohtd_robot *robot)
{
	return atomic_load(&robot->control.event_ring.newest);
}

void ohtd_robot_look(const struct ohtd_robot *robot, const struct ohtd_snapshot *snapshot,
		     uint64_t now_ns, struct ohtd_telemetry_sight *sight)
{
	sight->snapshot = snapshot;
	sight->now_ns = now_ns;
	for (unsigned int i = 0; i < snapshot->module_count; i++) {
		const struct ohtd_module_view *module = &snapshot->modules[i];
		struct ohtd_registers *registers = &sight->registers[i];

		sight->map[i] = ohtd_robot_map(robot, module->name, module->profile);
		if (sight->map[i] && (ohtd_robot_registers(robot, module->unit, registers) ||
				      registers->generation != module->generation))
			sight->map[i] = NULL;
	}
}

unsigned int ohtd_robot_registers_of(const struct ohtd_robot *robot, unsigned int profile)
{
	const struct ohtd_model *model = robot->control.model;
	unsigned int i, count = 0;
	size_t k;

	for (i = 0; i < model->count; i++) {
		const struct oht_regmap *map = &model->kinds[i].module->map[profile];

		for (k = 0; k < map->count; k++)
			count += !map->reg[k].added;
	}
	return count;
}

const struct ohtd_model *ohtd_robot_model(const struct ohtd_robot *robot)
{
	return robot->control.model;
}

const struct ohtd_user_maps *ohtd_robot_user_maps(const struct ohtd_robot *robot)
{
	return &robot->control.model->user;
}

void ohtd_robot_stations(struct ohtd_robot *robot, struct ohtd_stations *stations)
{
	ohtd_limits_stations(&robot->control.limits, stations);
}

void ohtd_robot_recall(struct ohtd_robot *robot, const struct ohtd_profiles *kept)
{
	robot->control.modules.kept = *kept;
}

void ohtd_robot_recall_location(struct ohtd_robot *robot, const struct ohtd_kept_location *kept)
{
	robot->control.travel.location.kept = *kept;
}

void ohtd_robot_begin_with(struct ohtd_robot *robot, const struct ohtd_rule_table *table,
			   const struct ohtd_stations *stations, const struct ohtd_searched *searched,
			   const struct ohtd_profiles *profiles, bool waits)
{
	robot->control.unclean_restart = robot->control.unclean_restart || waits;
	ohtd_limits_begin(&robot->control.limits, table, stations, searched, profiles);
	ohtd_travel_use_limits(&robot->control);
	ohtd_units_search(&robot->control.modules, searched, profiles);
	ohtd_publish(&robot->control);
}

uint32_t ohtd_robot_offer(struct ohtd_robot *robot, const struct ohtd_rule_table *table,
			  const struct ohtd_stations *stations, const struct ohtd_searched *searched,
			  const struct ohtd_profiles *profiles)
{
	return ohtd_limits_offer(&robot->control.limits, table, stations, searched, profiles,
				 ohtd_clock_monotonic_ns(robot->control.clock));
}

void ohtd_robot_limits(struct ohtd_robot *robot, struct ohtd_limits_block *block)
{
	ohtd_limits_copy(&robot->control.limits, block);
}

int ohtd_robot_limits_changed(struct ohtd_robot *robot, uint32_t generation,
			      struct ohtd_limits_change *changes)
{
	return ohtd_limits_changed(&robot->control.limits, generation, changes);
}

/* ", NAME" behind what is there; a list that is too long ends in dots. */
static void add_name(char *list, size_t size, const char *name)
{
	size_t n = strlen(list);

	if (n + strlen(name) + sizeof(", ...") < size)
		snprintf(list + n, size - n, "%s%s", n ? ", " : "", name);
	else if (n >= 3 && strcmp(list + n - 3, "..."))
		snprintf(list + n, size - n, "...");
}

void ohtd_control_lacks(const struct ohtd_robot *robot, struct oht_complaints *complaints)
{
	const struct ohtd_rule_table *table = &ohtd_limits_block(&robot->control.limits)->table;
	char rows[OHT_ERROR_BYTES / 2] = "", words[OHT_ERROR_BYTES / 2] = "", line[OHT_ERROR_BYTES];

	for (unsigned int i = 0; i < table->rows; i++)
		if (table->row[i].shipped)
			add_name(rows, sizeof(rows), ohtd_rule_name(table->row[i].rule));
	for (unsigned int i = 0; i < OHTD_FACTS; i++)
		if (!ohtd_robot_table_asks(&robot->control.machine, i))
			add_name(words, sizeof(words), ohtd_robot_fact_name(i));
	if (*rows) {
		snprintf(line, sizeof(line), "motion.csv has no row of %s: the shipped values hold", rows);
		complaints->take(complaints, line);
	}
	if (*words) {
		snprintf(line, sizeof(line), "state_machine.csv: no guard asks for %s, as the shipped table does", words);
		complaints->take(complaints, line);
	}
}

/* Leaves the folder out, which is no business of a client. */
struct without_folder {
	struct oht_complaints complaints;
	struct oht_complaints *to;
	const char *dir;
	unsigned int count;
};

static void pass_on(struct oht_complaints *complaints, const char *line)
{
	struct without_folder *from = (struct without_folder *)complaints;
	size_t n = strlen(from->dir);
	bool below = !strncmp(line, from->dir, n) && line[n] == '/';

	from->count++;
	from->to->take(from->to, below ? line + n + 1 : line);
}

int ohtd_robot_limits_read(struct ohtd_robot *robot, struct oht_complaints *complaints,
			   struct ohtd_rule_table *table)
{
	const char *dir = *robot->data_dir ? robot->data_dir : OHT_DATADIR;
	struct without_folder passing = {
		.complaints.take = pass_on, .to = complaints, .dir = dir,
	};
	char error[OHT_ERROR_BYTES] = "";
	int ret = ohtd_rules_load(dir, table, &passing.complaints, error);

	if (ret && ret != -ENOMEM && !passing.count)
		pass_on(&passing.complaints, error);
	return ret && ret != -ENOMEM ? -EINVAL : ret;
}

const char *ohtd_robot_event_name(unsigned int event)
{
	return ohtd_event_name(event);
}

struct ohtd_link *ohtd_robot_link(struct ohtd_robot *robot, uint32_t index)
{
	return index < robot->control.link_count ? &robot->links[index] : NULL;
}

unsigned int ohtd_control_link_number(const struct ohtd_robot *robot, const struct ohtd_link *link)
{
	return (unsigned int)(link - robot->links) + 1;
}
