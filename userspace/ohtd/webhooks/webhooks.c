// SPDX-License-Identifier: GPL-2.0-or-later
#include "webhooks/webhooks.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <openssl/crypto.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/poke.h"
#include "base/thread.h"
#include "config/config.h"
#include "settings/settings.h"
#include "store/store.h"
#include "webhooks/rows.h"
#include "webhooks/body.h"
#include "webhooks/sign.h"

#define TURN_MS		500
#define STACK_BYTES	(256 * 1024)
/* The process that sends has so long beyond the timeout of its requests: it comes last when the processor is busy. */
#define SILENT_S	60
/* It may die once, and by a bad moment twice. */
#define DEATHS_MAX	3
/* Taken at a time: one that says more than it was asked does not keep this thread from its end. */
#define RESULTS_MAX	64
/* A commit is some 20 kB on the card, so what several receivers answer is kept in one. */
#define TOGETHER_NS	(5 * OHTD_NS_PER_S)
#define HOST_BYTES	65

/**
 * struct flight - a delivery that is under way
 * @webhook: id; 0: the place is free
 * @number: of the delivery
 * @message: of the same
 * @url: where it went
 * @back_ns: CLOCK_MONOTONIC since when @result is here, which the store has not taken yet; 0: it is not here
 */
struct flight {
	int64_t webhook;
	int64_t number;
	char message[OHTD_WEBHOOK_MESSAGE_BYTES];
	char url[OHTD_WEBHOOK_URL_BYTES];
	uint64_t back_ns;
	struct sender_result result;
};

struct ohtd_webhooks {
	struct ohtd_webhooks_setup setup;
	char host[HOST_BYTES];
	int wake_fd;
	pthread_t thread;
	bool started;
	bool sealed;	/* secrets are sealed with @key */
	unsigned char key[OHTD_AUTH_SEAL_KEY_BYTES];
	atomic_uint sealed_count;	/* of webhooks whose secrets do not open */
	bool heard;	/* the process that sends has begun: it forgets what was said to it before */
	_Atomic bool ends;
	_Atomic bool deaf;	/* the process that sends has gone for good, or has never been there for those who wait */
	_Atomic bool idle;	/* it is there and does nothing that it is to do */
	uint64_t owes_ns;	/* CLOCK_MONOTONIC since when it is to say something; 0: it is to say nothing */
	unsigned int deaths;	/* how often it has ended by what it was to send since it last sent something */
	struct flight flights[OHTD_WEBHOOKS_MAX];
	struct ohtd_due due[OHTD_WEBHOOKS_MAX];
	struct sender_order order;
	pthread_mutex_t lock;	/* of what follows */
	unsigned int failing_count;
	struct ohtd_webhooks_failing failing[OHTD_WEBHOOKS_MAX];
};

/* ---- the store ---- */

struct due_work {
	const struct ohtd_webhooks *webhooks;
	unsigned int sealed_count;
	struct ohtd_due *due;
	int64_t now_ns;
	unsigned int told_count;
	struct ohtd_webhook_told told[OHTD_WEBHOOKS_MAX];
	bool alive;
	unsigned int failing_count;
	struct ohtd_webhooks_failing failing[OHTD_WEBHOOKS_MAX];
};

static const unsigned char *key_of(const struct ohtd_webhooks *webhooks)
{
	return webhooks->sealed ? webhooks->key : NULL;
}

static int find_failing(struct ohtd_db *db, struct due_work *work)
{
	struct ohtd_webhook_row rows[OHTD_WEBHOOKS_MAX];
	int count = ohtd_db_webhooks_enabled(db, rows);

	for (int i = 0; i < count; i++)
		work->sealed_count += !ohtd_webhooks_open(key_of(work->webhooks), &rows[i]);
	for (int i = 0; i < count; i++)
		if (rows[i].failures >= OHTD_WEBHOOKS_FAILURES)
			work->failing[work->failing_count++] = (struct ohtd_webhooks_failing){
				rows[i].id, rows[i].last_status, rows[i].failures,
			};
	OPENSSL_cleanse(rows, sizeof(rows));
	return count < 0 ? count : 0;
}

static int work_due(struct ohtd_db *db, void *arg)
{
	struct due_work *work = arg;
	int r = find_failing(db, work);

	return r ? r : ohtd_db_webhooks_due(db, work->now_ns, work->told, work->told_count, work->due, &work->alive);
}

static int work_alive(struct ohtd_db *db, void *arg)
{
	return ohtd_db_webhooks_alive(db, ((struct due_work *)arg)->now_ns);
}

struct results_work {
	unsigned int count;
	struct ohtd_delivery_result results[OHTD_WEBHOOKS_MAX];
	struct flight *flights[OHTD_WEBHOOKS_MAX];
};

static int work_results(struct ohtd_db *db, void *arg)
{
	struct results_work *work = arg;

	return ohtd_db_webhooks_results(db, work->results, work->count);
}

/* ---- results ---- */

/* The first in vain, and the first that is not: a receiver may be away for days. */
static void log_result(const struct flight *flight, const struct ohtd_delivery_result *result)
{
	bool good = !*result->error && result->status >= 200 && result->status < 300;
	char why[SENDER_ERROR_BYTES];

	snprintf(why, sizeof(why), "status %d", result->status);
	if (good && result->failures)
		ohtd_log(OHTD_LOG_NOTICE, "webhooks", "delivered_again", "webhook %" PRId64 " answers again",
			 flight->webhook);
	else if (!good && !result->failures)
		ohtd_log(OHTD_LOG_WARNING, "webhooks", "not_delivered", "webhook %" PRId64 ", delivery %" PRId64 ": %s",
			 flight->webhook, flight->number, *result->error ? result->error : why);
}

static struct ohtd_delivery_result result_of(const struct flight *flight, int64_t now_ns)
{
	return (struct ohtd_delivery_result){
		.number = flight->number, .message = flight->message, .url = flight->url, .now_ns = now_ns,
		.status = flight->result.status, .after_s = flight->result.after_s,
		.broken = !flight->result.number, .error = flight->result.error, .failures = -1,
	};
}

/* A store that takes nothing now is asked again, and until then none of these is sent again. */
static void keep_results(struct ohtd_webhooks *webhooks)
{
	struct results_work work = { 0 };

	for (unsigned int i = 0; i < OHTD_WEBHOOKS_MAX; i++) {
		struct flight *flight = &webhooks->flights[i];

		if (!flight->back_ns)
			continue;
		work.flights[work.count] = flight;
		work.results[work.count++] = result_of(flight, ohtd_clock_wall_ns(webhooks->setup.clock));
	}
	if (!work.count || ohtd_store_call(webhooks->setup.store, work_results, &work) < 0)
		return;
	for (unsigned int i = 0; i < work.count; i++) {
		if (work.results[i].failures >= 0)
			log_result(work.flights[i], &work.results[i]);
		*work.flights[i] = (struct flight){ 0 };
	}
}

static bool is_taken(const struct flight *flight)
{
	return flight->back_ns && !*flight->result.error && flight->result.status >= 200 && flight->result.status < 300;
}

/* All are back, one was in vain, or one has been here for long enough. What the receiver of one is to be told next is asked elsewhere. */
static bool is_to_keep(const struct ohtd_webhooks *webhooks)
{
	const uint64_t now_ns = ohtd_clock_monotonic_ns(webhooks->setup.clock);
	bool away = false, now = false;

	for (unsigned int i = 0; i < OHTD_WEBHOOKS_MAX; i++) {
		const struct flight *flight = &webhooks->flights[i];

		away = away || (flight->webhook && !flight->back_ns);
		now = now || (flight->back_ns && (!is_taken(flight) || ohtd_since(now_ns, flight->back_ns) >= TOGETHER_NS));
	}
	return now || !away;
}

/* Number 0: the process has begun anew, and what the one before had has no answer. */
static void take_result(struct ohtd_webhooks *webhooks, const struct sender_result *result)
{
	unsigned int back = 0, away = 0;

	for (unsigned int i = 0; i < OHTD_WEBHOOKS_MAX; i++) {
		struct flight *flight = &webhooks->flights[i];

		if (!flight->webhook || flight->back_ns)
			continue;
		if (result->number && flight->number != result->number) {
			away++;
			continue;
		}
		flight->result = *result;
		flight->result.error[sizeof(flight->result.error) - 1] = 0;
		if (!result->number)
			snprintf(flight->result.error, sizeof(flight->result.error), "the sending process ended");
		flight->back_ns = ohtd_clock_monotonic_ns(webhooks->setup.clock);
		back++;
	}
	if (result->number && !back)
		return;
	webhooks->owes_ns = away ? ohtd_clock_monotonic_ns(webhooks->setup.clock) : 0;
	webhooks->deaths = result->number ? 0 : webhooks->deaths + (back > 0);
}

static void take_results(struct ohtd_webhooks *webhooks)
{
	struct sender_result result;
	ssize_t n;

	for (unsigned int i = 0; i < RESULTS_MAX && !webhooks->deaf; i++) {
		n = recv(webhooks->setup.fd, &result, sizeof(result), MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n == sizeof(result)) {
			webhooks->heard = true;
			take_result(webhooks, &result);
			continue;
		}
		webhooks->deaf = true;
		ohtd_log(OHTD_LOG_ERROR, "webhooks", "sender_ended",
			 "%s has ended: webhooks wait until ohtd is started again", webhooks->setup.config->sender);
	}
}

/* ---- orders ---- */

static struct flight *find_place(struct ohtd_webhooks *webhooks, int64_t webhook)
{
	struct flight *place = NULL;

	for (unsigned int i = 0; i < OHTD_WEBHOOKS_MAX; i++) {
		if (webhooks->flights[i].webhook == webhook)
			return NULL;
		if (!webhooks->flights[i].webhook)
			place = &webhooks->flights[i];
	}
	return place;
}

static void board(struct flight *place, const struct ohtd_due *due)
{
	*place = (struct flight){ .webhook = due->webhook.id, .number = due->delivery.number };
	memcpy(place->message, due->delivery.message, sizeof(place->message));
	memcpy(place->url, due->webhook.url, sizeof(place->url));
}

/* What cannot be signed for want of a credential is not tried: it waits for that. */
static void send_order(struct ohtd_webhooks *webhooks, struct ohtd_due *due, int64_t now_ns)
{
	char name[OHTD_ROBOT_NAME_BYTES], place_name[OHTD_ROBOT_PLACE_BYTES];
	const struct ohtd_webhook_robot robot = { name, webhooks->host, webhooks->setup.robot_id };
	struct flight *place = find_place(webhooks, due->webhook.id);
	struct sender_order *order = &webhooks->order;

	if (!place || !ohtd_webhooks_open(key_of(webhooks), &due->webhook))
		return;
	ohtd_settings_name(webhooks->setup.settings, name, place_name);
	if (!ohtd_webhook_order(order, due, &robot, now_ns / (int64_t)OHTD_NS_PER_S)) {
		board(place, due);
		place->back_ns = ohtd_clock_monotonic_ns(webhooks->setup.clock);
		place->result.number = place->number;
		snprintf(place->result.error, sizeof(place->result.error), "%s",
			 "it cannot be written or signed: make the webhook anew");
		return;
	}
	if (send(webhooks->setup.fd, order, sizeof(*order), MSG_DONTWAIT | MSG_NOSIGNAL) != sizeof(*order))
		return;
	board(place, due);
	if (!webhooks->owes_ns)
		webhooks->owes_ns = ohtd_clock_monotonic_ns(webhooks->setup.clock);
}

static void note_failing(struct ohtd_webhooks *webhooks, const struct due_work *work)
{
	pthread_mutex_lock(&webhooks->lock);
	if (work->sealed_count != atomic_exchange(&webhooks->sealed_count, work->sealed_count) && work->sealed_count)
		ohtd_log(OHTD_LOG_ERROR, "webhooks", "secret_sealed", "%u webhooks wait: their secrets are sealed by another credential than keys.seal is",
			 work->sealed_count);
	webhooks->failing_count = work->failing_count;
	memcpy(webhooks->failing, work->failing, sizeof(webhooks->failing));
	pthread_mutex_unlock(&webhooks->lock);
}

unsigned int ohtd_webhooks_list_failing(struct ohtd_webhooks *webhooks, struct ohtd_webhooks_failing *rows)
{
	unsigned int count;

	pthread_mutex_lock(&webhooks->lock);
	count = webhooks->failing_count;
	memcpy(rows, webhooks->failing, sizeof(webhooks->failing));
	pthread_mutex_unlock(&webhooks->lock);
	return count;
}

static void list_told(const struct ohtd_webhooks *webhooks, struct due_work *work)
{
	for (unsigned int i = 0; i < OHTD_WEBHOOKS_MAX; i++)
		if (is_taken(&webhooks->flights[i]))
			work->told[work->told_count++] = (struct ohtd_webhook_told){ webhooks->flights[i].webhook, webhooks->flights[i].number };
}

static bool is_told_more(const struct due_work *work, int count)
{
	for (int i = 0; i < count; i++)
		for (unsigned int k = 0; k < work->told_count; k++)
			if (work->due[i].webhook.id == work->told[k].webhook)
				return true;
	return false;
}

static void send_due(struct ohtd_webhooks *webhooks)
{
	struct due_work work = { .webhooks = webhooks, .due = webhooks->due, .now_ns = ohtd_clock_wall_ns(webhooks->setup.clock) };
	int count;

	list_told(webhooks, &work);
	count = ohtd_store_read(webhooks->setup.store, work_due, &work);
	if (count >= 0)
		note_failing(webhooks, &work);
	if (is_told_more(&work, count))
		keep_results(webhooks);
	for (int i = 0; i < count; i++)
		send_order(webhooks, &webhooks->due[i], work.now_ns);
	if (count >= 0 && work.alive)
		ohtd_store_call(webhooks->setup.store, work_alive, &work);
}

/* ---- the thread ---- */

/* It never begins, ends by each message, or hangs. */
static bool is_idle(const struct ohtd_webhooks *webhooks)
{
	uint64_t patience_ns = (webhooks->setup.config->webhook_timeout_s + SILENT_S) * OHTD_NS_PER_S;

	return webhooks->deaths >= DEATHS_MAX ||
	       (webhooks->owes_ns && ohtd_since(ohtd_clock_monotonic_ns(webhooks->setup.clock), webhooks->owes_ns) > patience_ns);
}

static void look_after(struct ohtd_webhooks *webhooks)
{
	bool idle = !webhooks->deaf && is_idle(webhooks);

	if (idle && !webhooks->idle)
		ohtd_log(OHTD_LOG_ERROR, "webhooks", "sender_idle",
			 "%s runs and does not send: see its lines in the journal of ohtd, then start ohtd again",
			 webhooks->setup.config->sender);
	webhooks->idle = idle;
}

static void *run(void *arg)
{
	struct ohtd_webhooks *webhooks = arg;
	struct pollfd fds[] = {
		{ .fd = webhooks->wake_fd, .events = POLLIN }, { .fd = webhooks->setup.fd, .events = POLLIN },
	};
	uint64_t count;

	while (!atomic_load(&webhooks->ends)) {
		if (poll(fds, webhooks->deaf ? 1 : 2, TURN_MS) > 0 && fds[0].revents &&
		    read(webhooks->wake_fd, &count, sizeof(count)) < 0)
			continue;
		take_results(webhooks);
		if (is_to_keep(webhooks))
			keep_results(webhooks);
		if (webhooks->heard && !webhooks->deaf)
			send_due(webhooks);
		look_after(webhooks);
	}
	keep_results(webhooks);
	return NULL;
}

/* ---- life ---- */

static int work_count(struct ohtd_db *db, void *arg)
{
	struct ohtd_webhook_row rows[OHTD_WEBHOOKS_MAX];
	int count = ohtd_db_webhooks_list(db, rows), enabled = 0;

	(void)arg;
	for (int i = 0; i < count; i++)
		enabled += rows[i].enabled;
	return count < 0 ? count : enabled;
}

/* Has the robot any receiver, by ohtd.conf or by its webhooks? */
static bool is_wanted(const struct ohtd_webhooks_setup *setup)
{
	return setup->config->destination_count || ohtd_store_read(setup->store, work_count, NULL) > 0;
}

static int work_seal(struct ohtd_db *db, void *arg)
{
	const struct ohtd_webhooks *webhooks = arg;
	struct ohtd_webhook_row rows[OHTD_WEBHOOKS_MAX];
	int count = ohtd_db_webhooks_list(db, rows), sealed = 0, r = 0;

	for (int i = 0; !r && i < count; i++) {
		if (!ohtd_webhooks_is_clear(&rows[i]) || !ohtd_webhooks_close(webhooks->key, &rows[i]))
			continue;
		r = ohtd_db_webhook_change(db, &rows[i]);
		sealed++;
	}
	OPENSSL_cleanse(rows, sizeof(rows));
	return count < 0 ? count : r ? r : sealed;
}

/* Those that were made without the credential. What the store does not take stays in clear until the next start. */
static void seal_all(struct ohtd_webhooks *webhooks)
{
	int r;

	webhooks->sealed = webhooks->setup.seal && webhooks->setup.seal("ohtd secrets of webhooks 1", webhooks->key);
	r = webhooks->sealed ? ohtd_store_call(webhooks->setup.store, work_seal, webhooks) : 0;
	if (r > 0)
		ohtd_log(OHTD_LOG_NOTICE, "webhooks", "secrets_sealed", "the secrets of %d webhooks are sealed by the credential keys.seal now", r);
	if (r < 0)
		ohtd_log(OHTD_LOG_WARNING, "webhooks", "secrets_not_sealed", "the store does not take them: %s", strerror(-r));
}

bool ohtd_webhooks_take_secret(const struct ohtd_webhooks *webhooks, struct ohtd_webhook_row *row, const char *secret)
{
	const unsigned char *key = key_of(webhooks);
	bool opens;

	*row->secret_before = 0;
	opens = ohtd_webhooks_open(key, row);
	if (opens)
		memcpy(row->secret_before, row->secret, sizeof(row->secret_before));
	snprintf(row->secret, sizeof(row->secret), "%s", secret);
	return ohtd_webhooks_close(key, row);
}

unsigned int ohtd_webhooks_count_sealed(const struct ohtd_webhooks *webhooks)
{
	return webhooks ? atomic_load(&webhooks->sealed_count) : 0;
}

struct ohtd_webhooks *ohtd_webhooks_create(const struct ohtd_webhooks_setup *setup)
{
	struct ohtd_webhooks *webhooks = calloc(1, sizeof(*webhooks));

	if (!webhooks)
		return NULL;
	pthread_mutex_init(&webhooks->lock, NULL);
	webhooks->setup = *setup;
	webhooks->deaf = setup->fd < 0 && is_wanted(setup);
	webhooks->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (webhooks->wake_fd >= 0) {
		gethostname(webhooks->host, sizeof(webhooks->host) - 1);
		seal_all(webhooks);
		return webhooks;
	}
	free(webhooks);
	return NULL;
}

int ohtd_webhooks_start(struct ohtd_webhooks *webhooks)
{
	static const struct ohtd_thread what = { "ohtd-webhooks", STACK_BYTES, run };
	int r;

	/* Its beginning. */
	webhooks->owes_ns = ohtd_clock_monotonic_ns(webhooks->setup.clock);
	r = webhooks->setup.fd < 0 ? 0 : ohtd_thread_start(&webhooks->thread, &what, webhooks);
	webhooks->started = webhooks->setup.fd >= 0 && !r;
	return -r;
}

void ohtd_webhooks_wake(struct ohtd_webhooks *webhooks)
{
	ohtd_poke(webhooks->wake_fd);
}

bool ohtd_webhooks_fail(const struct ohtd_webhooks *webhooks)
{
	return webhooks && (atomic_load(&webhooks->deaf) || atomic_load(&webhooks->idle));
}

void ohtd_webhooks_stop(struct ohtd_webhooks *webhooks)
{
	if (!webhooks)
		return;
	atomic_store(&webhooks->ends, true);
	ohtd_webhooks_wake(webhooks);
	if (webhooks->started)
		pthread_join(webhooks->thread, NULL);
	webhooks->started = false;
}

void ohtd_webhooks_destroy(struct ohtd_webhooks *webhooks)
{
	if (!webhooks)
		return;
	if (webhooks->setup.fd >= 0)
		close(webhooks->setup.fd);
	close(webhooks->wake_fd);
	pthread_mutex_destroy(&webhooks->lock);
	OPENSSL_cleanse(webhooks->key, sizeof(webhooks->key));
	free(webhooks);
}
