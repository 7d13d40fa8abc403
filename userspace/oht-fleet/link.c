// SPDX-License-Identifier: GPL-2.0-or-later
#include "oht-fleet/link.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <mosquitto.h>

#include "common/file.h"
#include "oht-fleet/clock.h"
#include "oht-fleet/log.h"

#define PAUSE_MIN_MS	1000
#define PAUSE_MAX_MS	60000
/* From the first byte to the broker's word. */
#define ANSWER_MS	15000
#define MISC_MS		500
#define QOS_CONNECTION	1
#define READS_MAX	64
#define SECRET_BYTES	1024
#define SYSTEM_AUTHORITIES	"/etc/ssl/certs"

static const char *const wanted[] = { "order", "instantActions" };

static int topic_of(const struct fleet_link *link, const char *word, char *topic, size_t size)
{
	return snprintf(topic, size, "%s%s", link->prefix, word) < (int)size ? 0 : -1;
}

/* ---- what libmosquitto tells ---- */

static void on_connect(struct mosquitto *client, void *arg, int code)
{
	struct fleet_link *link = arg;
	char topic[512];

	if (code) {
		fleet_warn("the broker refuses the connection: %s", mosquitto_connack_string(code));
		return;
	}
	link->up = true;
	link->pause_ms = PAUSE_MIN_MS;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (!topic_of(link, wanted[i], topic, sizeof(topic)))
			mosquitto_subscribe(client, NULL, topic, 0);
	fleet_notice("connected to the broker at %s:%d as %s", link->settings->host, (int)link->settings->port, link->prefix);
	link->tells.up(link->tells.arg);
}

static void on_message(struct mosquitto *client, void *arg, const struct mosquitto_message *message)
{
	struct fleet_link *link = arg;
	size_t bytes = strlen(link->prefix);
	char *text;

	(void)client;
	text = message->payloadlen < 0 ? NULL : strndup(message->payload ? message->payload : "", (size_t)message->payloadlen);
	if (text && strncmp(message->topic, link->prefix, bytes))
		link->tells.other(link->tells.arg, message->topic, text, (size_t)message->payloadlen, message->retain);
	else if (text)
		link->tells.message(link->tells.arg, message->topic + bytes, text, (size_t)message->payloadlen, message->retain);
	free(text);
}

static void on_publish(struct mosquitto *client, void *arg, int id)
{
	struct fleet_link *link = arg;

	(void)client;
	if (id == link->last_id)
		link->last_left = true;
}

/* Why a certificate was not taken, above all. */
static void on_log(struct mosquitto *client, void *arg, int level, const char *text)
{
	(void)client;
	(void)arg;
	if (level == MOSQ_LOG_ERR)
		fleet_warn("%s", text);
}

/* ---- its life ---- */

/* The file has one line, with or without its end. Returns 0 or a negative errno. */
static int read_password(struct fleet_link *link, const char *path)
{
	int r = oht_file_read(path, SECRET_BYTES, &link->password, NULL);

	if (!r)
		link->password[strcspn(link->password, "\r\n")] = '\0';
	return r;
}

static int use_tls(struct fleet_link *link, const struct fleet_settings *settings)
{
	const char *own = *settings->authorities ? settings->authorities : NULL;
	int r = mosquitto_tls_set(link->client, own, own ? NULL : SYSTEM_AUTHORITIES, *settings->certificate ? settings->certificate : NULL,
				  *settings->key ? settings->key : NULL, NULL);

	/* The broker must show a certificate of its own name. */
	return r ? r : mosquitto_tls_opts_set(link->client, 1, NULL, NULL);
}

static int set_up(struct fleet_link *link, const struct fleet_settings *settings, char *why, size_t size)
{
	int r;

	if (*settings->password_file) {
		r = read_password(link, settings->password_file);
		if (r) {
			snprintf(why, size, "%s: %s", settings->password_file, strerror(-r));
			return -1;
		}
	}
	r = *settings->user ? mosquitto_username_pw_set(link->client, settings->user, link->password) : 0;
	if (!r && settings->tls)
		r = use_tls(link, settings);
	if (r)
		snprintf(why, size, "authorities, certificate or key of [broker]: %s", mosquitto_strerror(r));
	return r ? -1 : 0;
}

int fleet_link_open(struct fleet_link *link, const struct fleet_settings *settings, const struct fleet_link_tells *tells, char *why, size_t size)
{
	char name[2 * FLEET_ID_BYTES + 16];

	*link = (struct fleet_link){ .settings = settings, .tells = *tells, .pause_ms = PAUSE_MIN_MS };
	snprintf(link->prefix, sizeof(link->prefix), "%s/%s/%s/%s/", settings->interface, fleet_version_topic[settings->version],
		 settings->manufacturer, settings->serial);
	snprintf(name, sizeof(name), "oht-%s-%s", settings->manufacturer, settings->serial);
	mosquitto_lib_init();
	link->client = mosquitto_new(name, true, link);
	if (!link->client) {
		snprintf(why, size, "%s", strerror(errno));
		return -1;
	}
	mosquitto_connect_callback_set(link->client, on_connect);
	mosquitto_message_callback_set(link->client, on_message);
	mosquitto_publish_callback_set(link->client, on_publish);
	mosquitto_log_callback_set(link->client, on_log);
	return set_up(link, settings, why, size);
}

void fleet_link_close(struct fleet_link *link)
{
	mosquitto_destroy(link->client);
	mosquitto_lib_cleanup();
	if (link->password)
		explicit_bzero(link->password, strlen(link->password));
	free(link->password);
}

static void lose(struct fleet_link *link, int64_t now_ms, const char *why)
{
	int pause = fleet_chance_ms(link->pause_ms);
	bool was_up = link->up;

	link->dial_at = now_ms + pause;
	link->give_up_at = FLEET_NEVER;
	link->pause_ms = link->pause_ms * 2 < PAUSE_MAX_MS ? link->pause_ms * 2 : PAUSE_MAX_MS;
	link->up = false;
	if (link->ending)
		return;
	fleet_warn("no connection to the broker at %s:%d: %s; again in %d ms", link->settings->host, (int)link->settings->port, why, pause);
	if (was_up)
		link->tells.down(link->tells.arg);
}

static void dial(struct fleet_link *link, int64_t now_ms)
{
	char topic[512], *will = link->tells.will(link->tells.arg);
	int r;

	if (!will || topic_of(link, "connection", topic, sizeof(topic))) {
		free(will);
		lose(link, now_ms, "no memory");
		return;
	}
	r = mosquitto_will_set(link->client, topic, (int)strlen(will), will, QOS_CONNECTION, true);
	free(will);
	link->give_up_at = now_ms + ANSWER_MS;
	if (!r)
		r = mosquitto_connect_async(link->client, link->settings->host, (int)link->settings->port, (int)link->settings->keepalive_s);
	if (r)
		lose(link, now_ms, r == MOSQ_ERR_ERRNO ? strerror(errno) : mosquitto_strerror(r));
}

int fleet_link_fd(const struct fleet_link *link, short *events)
{
	int fd = mosquitto_socket(link->client);

	*events = (short)(POLLIN | (fd >= 0 && mosquitto_want_write(link->client) ? POLLOUT : 0));
	return fd;
}

/* TLS may hold messages back that poll() does not see: until there is none, or enough for one turn. */
static int read_all(struct fleet_link *link)
{
	int r = 0;

	for (int i = 0; !r && i < READS_MAX && mosquitto_socket(link->client) >= 0; i++) {
		errno = 0;
		r = mosquitto_loop_read(link->client, 1);
		if (errno == EAGAIN)
			break;
	}
	return r;
}

void fleet_link_turn(struct fleet_link *link, short events)
{
	int r = 0;

	if (events & POLLOUT)
		r = mosquitto_loop_write(link->client, 1);
	if (!r && (events & (POLLIN | POLLERR | POLLHUP)))
		r = read_all(link);
	if (r || mosquitto_socket(link->client) < 0)
		lose(link, fleet_now_ms(), r == MOSQ_ERR_ERRNO ? strerror(errno) : mosquitto_strerror(r));
}

/* The broker has said nothing for too long. The next look at the descriptor finds its end. */
static void hang_up(struct fleet_link *link)
{
	link->give_up_at = FLEET_NEVER;
	fleet_warn("the broker at %s:%d gives no answer", link->settings->host, (int)link->settings->port);
	shutdown(mosquitto_socket(link->client), SHUT_RDWR);
}

int64_t fleet_link_work(struct fleet_link *link, int64_t now_ms)
{
	bool connected = mosquitto_socket(link->client) >= 0;

	if (connected && now_ms >= link->misc_at) {
		link->misc_at = now_ms + MISC_MS;
		if (read_all(link) || mosquitto_loop_misc(link->client) || mosquitto_socket(link->client) < 0)
			lose(link, now_ms, "the broker is silent");
	}
	if (connected && !link->up && now_ms >= link->give_up_at)
		hang_up(link);
	if (link->ending && link->up && link->last_left)
		mosquitto_disconnect(link->client);
	if (mosquitto_socket(link->client) >= 0)
		return link->misc_at;
	if (link->ending)
		return FLEET_NEVER;
	if (now_ms >= link->dial_at)
		dial(link, now_ms);
	return mosquitto_socket(link->client) >= 0 ? link->misc_at : link->dial_at;
}

int fleet_link_send(struct fleet_link *link, const char *topic, const char *text, int qos, bool retain)
{
	char whole[512];

	return topic_of(link, topic, whole, sizeof(whole)) ? -1 : fleet_link_send_to(link, whole, text, qos, retain);
}

int fleet_link_send_to(struct fleet_link *link, const char *topic, const char *text, int qos, bool retain)
{
	int id = 0;

	if (!link->up || mosquitto_publish(link->client, &id, topic, (int)strlen(text), text, qos, retain))
		return -1;
	if (qos) {
		link->last_id = id;
		link->last_left = false;
	}
	return 0;
}

bool fleet_link_has_left(const struct fleet_link *link)
{
	return link->last_left;
}

void fleet_link_hear(struct fleet_link *link, const char *topic, int qos)
{
	mosquitto_subscribe(link->client, NULL, topic, qos);
}

void fleet_link_end(struct fleet_link *link)
{
	link->ending = true;
	if (!link->up && mosquitto_socket(link->client) >= 0)
		mosquitto_disconnect(link->client);
}

bool fleet_link_has_ended(const struct fleet_link *link)
{
	return mosquitto_socket(link->client) < 0;
}
