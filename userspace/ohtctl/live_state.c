// SPDX-License-Identifier: GPL-2.0-or-later
#include "live_state.h"

#include <inttypes.h>
#include <string.h>

#include "show.h"

static const char *const channel_names[LIVE_CHANNELS] = {
	[LIVE_SAFETY] = "safety", [LIVE_ROBOT] = "robot", [LIVE_MODULES] = "modules",
	[LIVE_COMMANDS] = "commands", [LIVE_TELEMETRY] = "telemetry",
};

static struct json_object *get(struct json_object *json, const char *name)
{
	return json_object_object_get(json, name);
}

static const char *text_of(struct json_object *json, const char *name)
{
	const char *text = json_object_get_string(get(json, name));

	return text ? text : "-";
}

static size_t length_of(struct json_object *array)
{
	return json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
}

/* ---- how facts are shown ---- */

static void write_codes(struct json_object *array, FILE *to)
{
	size_t count = length_of(array);

	for (size_t i = 0; i < count; i++) {
		struct json_object *one = json_object_array_get_idx(array, i);
		struct json_object *address = get(one, "address");

		fprintf(to, "%s%s", i ? ", " : "", text_of(one, "code"));
		if (address)
			fprintf(to, " (unit %d)", json_object_get_int(address));
	}
	if (!count)
		fputs("none", to);
}

static const char *word_of(struct json_object *boolean, const char *yes, const char *no)
{
	return boolean ? json_object_get_boolean(boolean) ? yes : no : "-";
}

static void write_state(struct json_object *data, FILE *to)
{
	fputs(text_of(data, "state"), to);
}

static void write_mode(struct json_object *data, FILE *to)
{
	fputs(text_of(data, "mode"), to);
}

static void write_causes(struct json_object *data, FILE *to)
{
	write_codes(get(data, "causes"), to);
}

static void write_inputs(struct json_object *data, FILE *to)
{
	struct json_object *channels = get(data, "channels");

	fprintf(to, "a %s, b %s", text_of(channels, "a"), text_of(channels, "b"));
}

static void write_outputs(struct json_object *data, FILE *to)
{
	struct json_object *outputs = get(data, "outputs");

	fprintf(to, "%s, %s", word_of(get(outputs, "enable1"), "high", "low"),
		word_of(get(outputs, "enable2"), "high", "low"));
}

static void write_control(struct json_object *data, FILE *to)
{
	struct json_object *holder = get(data, "control");

	fputs(holder ? json_object_get_string(holder) : "nobody", to);
}

static void write_command(struct json_object *data, FILE *to)
{
	struct json_object *command = get(data, "command"), *target = get(command, "position_mm");

	if (!command) {
		fputs("none", to);
		return;
	}
	fprintf(to, "%s %s", text_of(command, "number"), text_of(command, "verb"));
	if (target)
		fprintf(to, " to %.1f mm", json_object_get_double(target));
	else if (get(command, "speed_mm_s"))
		fprintf(to, " at %.1f mm/s", json_object_get_double(get(command, "speed_mm_s")));
	fprintf(to, ", %s", text_of(command, "state"));
	if (get(command, "reason"))
		fprintf(to, " (%s)", text_of(command, "reason"));
}

static void write_queue(struct json_object *data, FILE *to)
{
	fprintf(to, "%zu", length_of(get(data, "queue")));
}

static void write_faults(struct json_object *data, FILE *to)
{
	write_codes(get(data, "faults"), to);
}

static const struct {
	const char *name;
	enum live_channel channel;
	void (*write)(struct json_object *data, FILE *to);
} facts[LIVE_FACTS] = {
	[LIVE_STATE] = { "state", LIVE_ROBOT, write_state },
	[LIVE_MODE] = { "mode", LIVE_ROBOT, write_mode },
	[LIVE_STOP] = { "stop", LIVE_SAFETY, write_state },
	[LIVE_CAUSES] = { "causes", LIVE_SAFETY, write_causes },
	[LIVE_INPUTS] = { "inputs", LIVE_SAFETY, write_inputs },
	[LIVE_OUTPUTS] = { "outputs", LIVE_SAFETY, write_outputs },
	[LIVE_CONTROL] = { "control", LIVE_ROBOT, write_control },
	[LIVE_COMMAND] = { "command", LIVE_ROBOT, write_command },
	[LIVE_QUEUE] = { "queue", LIVE_ROBOT, write_queue },
	[LIVE_FAULTS] = { "faults", LIVE_ROBOT, write_faults },
};

const char *live_fact_name(enum live_fact fact)
{
	return facts[fact].name;
}

void live_signal_write(const struct live_state *state, const char *name, FILE *to)
{
	struct json_object *reading = get(state->data[LIVE_TELEMETRY], name);
	struct json_object *value = get(reading, "value");
	const char *quality = text_of(reading, "quality");

	fputs(value ? json_object_get_string(value) : "-", to);
	if (value && strcmp(quality, "good"))
		fprintf(to, " (%s)", quality);
}

/* ---- what has changed ---- */

/* The function that is told of a change, with its argument. */
struct told {
	struct live_state *state;
	live_change_fn tell;
	void *arg;
};

/* @before becomes @now. */
static void compare(const struct told *told, const char *name, char *before, size_t size,
		    const char *now)
{
	if (!strcmp(before, now))
		return;
	told->tell(told->arg, told->state->time, name, before, now);
	snprintf(before, size, "%s", now);
}

static void compare_facts(const struct told *told, enum live_channel channel)
{
	struct live_state *state = told->state;

	for (int i = 0; i < LIVE_FACTS; i++) {
		char now[LIVE_TEXT_BYTES] = "";
		FILE *to;

		if (facts[i].channel != channel)
			continue;
		/* A longer text is cut. */
		to = fmemopen(now, sizeof(now) - 1, "w");
		if (!to)
			continue;
		facts[i].write(state->data[channel], to);
		fclose(to);
		now[strcspn(now, "\n")] = '\0';
		compare(told, facts[i].name, state->facts[i], sizeof(state->facts[i]), now);
	}
}

/* A module by its name; a new one has no health yet. NULL: too many. */
static char *health_of(struct live_state *state, const char *name)
{
	size_t i = 0;

	while (i < state->module_count && strcmp(state->modules[i].name, name))
		i++;
	if (i == LIVE_MODULES_MAX)
		return NULL;
	if (i == state->module_count) {
		snprintf(state->modules[i].name, sizeof(state->modules[i].name), "%s", name);
		state->modules[i].health[0] = '\0';
		state->module_count++;
	}
	return state->modules[i].health;
}

static void compare_modules(const struct told *told)
{
	struct json_object *items = get(told->state->data[LIVE_MODULES], "items");

	for (size_t i = 0; i < length_of(items); i++) {
		struct json_object *item = json_object_array_get_idx(items, i);
		char name[32], now[32], *health;

		snprintf(name, sizeof(name), "%.31s", text_of(item, "name"));
		snprintf(now, sizeof(now), "%.31s", text_of(item, "health"));
		health = health_of(told->state, name);
		if (health)
			compare(told, name, health, sizeof(now), now);
	}
}

/* "finished" or "failed (REASON)" of what has ended since; of a first message nothing is new. */
static void tell_ended(const struct told *told, bool first)
{
	struct json_object *ended = get(told->state->data[LIVE_COMMANDS], "ended");
	int64_t seen = told->state->ended;

	for (size_t i = length_of(ended); i > 0; i--) {
		struct json_object *one = json_object_array_get_idx(ended, i - 1);
		int64_t number = json_object_get_int64(get(one, "number"));
		char name[64], now[96];

		if (number <= seen)
			continue;
		told->state->ended = number;
		snprintf(name, sizeof(name), "command %" PRId64 " %.20s", number, text_of(one, "verb"));
		snprintf(now, sizeof(now), "%.20s%s%.40s%s", text_of(one, "state"),
			 get(one, "reason") ? " (" : "",
			 get(one, "reason") ? text_of(one, "reason") : "",
			 get(one, "reason") ? ")" : "");
		if (!first)
			told->tell(told->arg, told->state->time, name, "", now);
	}
	if (told->state->ended < 0)
		told->state->ended = 0;
}

/* ---- messages ---- */

static int channel_of(struct json_object *message)
{
	const char *name = text_of(message, "channel");

	for (int i = 0; i < LIVE_CHANNELS; i++)
		if (!strcmp(channel_names[i], name))
			return i;
	return -1;
}

/* The members of @data take the place of those that are known. */
static void merge(struct live_state *state, int channel, struct json_object *data, bool whole)
{
	if (whole) {
		json_object_put(state->data[channel]);
		state->data[channel] = NULL;
	}
	if (!state->data[channel])
		state->data[channel] = json_object_new_object();
	json_object_object_foreach(data, name, member)
		json_object_object_add(state->data[channel], name, json_object_get(member));
}

void live_state_take(struct live_state *state, struct json_object *message, live_change_fn tell,
		     void *arg)
{
	const struct told told = { state, tell, arg };
	struct json_object *data = get(message, "data");
	int channel = channel_of(message);
	bool whole = !strcmp(text_of(message, "type"), "snapshot") &&
		     !json_object_get_boolean(get(message, "recovered"));

	if (channel < 0 || !json_object_is_type(data, json_type_object))
		return;
	snprintf(state->time, sizeof(state->time), "%.39s", text_of(get(message, "ts"), "utc"));
	merge(state, channel, data, whole);
	if (channel == LIVE_ROBOT)
		state->robot_ms = show_now_ms() -
				  json_object_get_double(get(state->data[channel], "age_ms"));
	compare_facts(&told, (enum live_channel)channel);
	if (channel == LIVE_MODULES)
		compare_modules(&told);
	if (channel == LIVE_COMMANDS)
		tell_ended(&told, whole);
}

void live_state_forget(struct live_state *state)
{
	for (int i = 0; i < LIVE_CHANNELS; i++)
		json_object_put(state->data[i]);
	*state = (struct live_state){ .ended = -1 };
}
