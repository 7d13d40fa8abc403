// SPDX-License-Identifier: GPL-2.0-or-later
#include "live/carry.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "live/hub_private.h"

/* The head of the file, with the number of its form. */
#define MAGIC		"OHTLIVE3"
#define MAGIC_BYTES	(sizeof(MAGIC) - 1)
#define EPOCH_END	(1ull << 53)
#define HEAD_BYTES	160

/* FNV-1a: finds what has been cut or mixed up. A process that can forge it can write the messages as well. */
static uint64_t sum_of(const char *data, size_t bytes)
{
	uint64_t sum = 0xcbf29ce484222325;

	for (size_t i = 0; i < bytes; i++)
		sum = (sum ^ (unsigned char)data[i]) * 0x100000001b3;
	return sum;
}

/* ---- out ---- */

static void put_number(FILE *to, uint64_t number)
{
	fwrite(&number, sizeof(number), 1, to);
}

static void put_set(FILE *to, const struct oht_set *set)
{
	for (size_t i = 0; i < OHT_SET_WORDS; i++)
		put_number(to, set->words[i]);
}

static void put_text(FILE *to, const char *text, size_t bytes)
{
	put_number(to, bytes);
	fwrite(text, 1, bytes, to);
}

/* False: a message could not be made when it was told. */
static bool put_told(FILE *to, const struct told *told, bool messages)
{
	bool quiet = told->last > told->seq;

	put_set(to, &told->changed);
	put_number(to, told->last - told->seq);
	put_set(to, &told->quiet_changed);
	if (!messages)
		return true;
	if (!told->message || (quiet && !told->quiet))
		return false;
	put_text(to, told->message->text, told->message->text_bytes);
	if (quiet)
		put_text(to, told->quiet->text, told->quiet->text_bytes);
	return true;
}

/* @messages: of events only. What has changed of a state is put together when it is told. */
static bool put_ring(FILE *to, const struct channel *channel, bool messages)
{
	uint64_t change = ohtd_told_oldest(channel);
	bool whole = true;

	put_number(to, channel->changes - change + 1);
	put_number(to, channel->ring[ohtd_told_place(change)].seq);
	for (; whole && change <= channel->changes; change++)
		whole = put_told(to, &channel->ring[ohtd_told_place(change)], messages);
	return whole;
}

static bool put_channel(FILE *to, const struct ohtd_channel_kind *kind, const struct channel *channel)
{
	put_text(to, kind->name, strlen(kind->name));
	put_number(to, channel->seq);
	if (!channel->seq)
		return true;
	put_text(to, channel->ts, strlen(channel->ts));
	put_text(to, channel->text, channel->text_bytes);
	put_text(to, channel->key, channel->key_bytes);
	return put_ring(to, channel, kind->events);
}

static bool put_all(FILE *to, const struct ohtd_hub *hub, const char *build)
{
	bool whole = true;

	fwrite(MAGIC, 1, MAGIC_BYTES, to);
	put_text(to, build, strlen(build));
	put_number(to, hub->epoch);
	put_number(to, hub->count);
	for (size_t i = 0; whole && i < hub->count; i++)
		if (!hub->kinds[i].whole)
			whole = put_channel(to, &hub->kinds[i], &hub->channels[i]);
	return whole;
}

/* Behind all the rest, which it is of. */
static bool add_sum(char **data, size_t *bytes)
{
	uint64_t sum = sum_of(*data, *bytes);
	char *more = realloc(*data, *bytes + sizeof(sum));

	if (!more)
		return false;
	memcpy(more + *bytes, &sum, sizeof(sum));
	*data = more;
	*bytes += sizeof(sum);
	return true;
}

char *ohtd_hub_pack(const struct ohtd_hub *hub, const char *build, size_t *bytes, const char **why)
{
	char *data = NULL;
	FILE *to = open_memstream(&data, bytes);
	bool whole = to && put_all(to, hub, build);

	*why = whole ? "out of memory" : "a message is missing";
	if (to && (ferror(to) || fclose(to)))
		whole = false;
	if (whole && *bytes + sizeof(uint64_t) > OHTD_CARRY_BYTES_MAX) {
		*why = "too much";
		whole = false;
	}
	if (whole && add_sum(&data, bytes))
		return data;
	free(data);
	return NULL;
}

/* ---- in ---- */

/* The rest of the file; nothing behind its first fault. */
struct input {
	const char *at;
	size_t left;
	bool wrong;
};

static const char *take(struct input *in, size_t bytes)
{
	const char *at = in->at;

	if (in->wrong || in->left < bytes) {
		in->wrong = true;
		return NULL;
	}
	in->at += bytes;
	in->left -= bytes;
	return at;
}

static uint64_t take_number(struct input *in)
{
	const char *at = take(in, sizeof(uint64_t));
	uint64_t number = 0;

	if (at)
		memcpy(&number, at, sizeof(number));
	return number;
}

static struct oht_set take_set(struct input *in)
{
	struct oht_set set;

	for (size_t i = 0; i < OHT_SET_WORDS; i++)
		set.words[i] = take_number(in);
	return set;
}

/* One line, as all texts of this daemon are: an end of line would end an event of a stream. */
static const char *take_text(struct input *in, size_t *bytes)
{
	const char *text;

	*bytes = (size_t)take_number(in);
	text = take(in, *bytes);
	for (size_t i = 0; text && i < *bytes; i++)
		if ((unsigned char)text[i] < ' ')
			in->wrong = true;
	return text;
}

/* The text that must be next. */
static void expect(struct input *in, const char *expected)
{
	size_t bytes;
	const char *text = take_text(in, &bytes);

	if (!text || bytes != strlen(expected) || memcmp(text, expected, bytes))
		in->wrong = true;
}

static char *take_copy(struct input *in, size_t *bytes)
{
	const char *text = take_text(in, bytes);
	char *made = text && *bytes ? malloc(*bytes) : NULL;

	if (made)
		memcpy(made, text, *bytes);
	else
		in->wrong = true;
	return made;
}

/* As the hub would have made it: that of another channel or number is none of this place. */
static bool is_message(const char *name, uint64_t seq, const char *type, const char *text, size_t bytes)
{
	char head[HEAD_BYTES];
	size_t n = (size_t)snprintf(head, sizeof(head), "{\"type\":\"%s\",\"channel\":\"%s\",\"seq\":%llu,",
				    type, name, (unsigned long long)seq);

	return n < sizeof(head) && bytes >= n + 2 && !memcmp(text, head, n) &&
	       memmem(text + n, bytes - n, OHTD_DATA_MARK, strlen(OHTD_DATA_MARK)) &&
	       !memcmp(text + bytes - 2, "}}", 2);
}

static struct ohtd_message *take_message(struct input *in, const char *name, uint64_t seq, const char *type)
{
	struct ohtd_message *message = NULL;
	struct ohtd_message_piece piece;

	piece.text = take_text(in, &piece.bytes);
	if (!in->wrong && is_message(name, seq, type, piece.text, piece.bytes))
		message = ohtd_message_of(&piece, 1);
	if (message)
		message->seq = seq;
	else
		in->wrong = true;
	return message;
}

/* The change of number @seq with what is behind it, at most up to @end. */
static void take_told(struct input *in, const struct ohtd_channel_kind *kind, uint64_t seq, uint64_t end,
		      struct told *told)
{
	uint64_t quiet;

	/* Told long ago: for a client that comes back to it, time counts from its return. */
	*told = (struct told){ .seq = seq, .at_ms = 1 };
	told->changed = take_set(in);
	quiet = take_number(in);
	told->quiet_changed = take_set(in);
	if (in->wrong || seq > end || quiet > end - seq || (!quiet && !oht_set_is_empty(&told->quiet_changed))) {
		in->wrong = true;
		return;
	}
	told->last = seq + quiet;
	if (!kind->events)
		return;
	told->message = take_message(in, kind->name, seq, "event");
	if (told->message)
		told->message->event = kind->prompt;
	if (quiet)
		told->quiet = take_message(in, kind->name, told->last, "update");
}

static void take_ring(struct input *in, const struct ohtd_channel_kind *kind, struct channel *channel)
{
	uint64_t changes = take_number(in), seq = take_number(in);

	if (!changes || changes > OHTD_CHANNEL_RING || !seq)
		in->wrong = true;
	while (!in->wrong && channel->changes < changes) {
		struct told *told = &channel->ring[ohtd_told_place(++channel->changes)];

		take_told(in, kind, seq, channel->seq, told);
		seq = told->last + 1;
	}
	if (seq != channel->seq + 1)
		in->wrong = true;
}

static void take_state(struct input *in, const struct ohtd_channel_kind *kind, struct channel *channel)
{
	size_t bytes;
	const char *ts = take_text(in, &bytes);

	if (!ts || bytes < 2 || bytes >= sizeof(channel->ts) || ts[0] != '{' || ts[bytes - 1] != '}') {
		in->wrong = true;
		return;
	}
	memcpy(channel->ts, ts, bytes);
	channel->text = take_copy(in, &channel->text_bytes);
	channel->key = take_copy(in, &channel->key_bytes);
	if (in->wrong ||
	    !ohtd_members_split(&channel->members, channel->text, channel->text_bytes) ||
	    (kind->terse && !ohtd_members_split(&channel->keys, channel->key, channel->key_bytes)))
		in->wrong = true;
}

static void take_channel(struct input *in, const struct ohtd_channel_kind *kind, struct channel *channel)
{
	expect(in, kind->name);
	channel->seq = take_number(in);
	if (channel->seq >= EPOCH_END)
		in->wrong = true;
	if (in->wrong || !channel->seq)
		return;
	take_state(in, kind, channel);
	take_ring(in, kind, channel);
}

static void take_channels(struct input *in, struct ohtd_hub *hub)
{
	for (size_t i = 0; !in->wrong && i < hub->count; i++)
		if (!hub->kinds[i].whole)
			take_channel(in, &hub->kinds[i], &hub->channels[i]);
	if (in->left)
		in->wrong = true;
}

/* Of what @in has behind the sum's check. */
static struct ohtd_hub *take_hub(struct input *in, const struct ohtd_channel_kind *kinds, size_t count)
{
	uint64_t epoch = take_number(in);
	struct ohtd_hub *hub;

	if (take_number(in) != count || in->wrong || !epoch || epoch >= EPOCH_END)
		return NULL;
	hub = ohtd_hub_create(kinds, count, epoch);
	if (!hub)
		return NULL;
	take_channels(in, hub);
	if (!in->wrong)
		return hub;
	ohtd_hub_destroy(hub);
	return NULL;
}

struct ohtd_hub *ohtd_hub_unpack(const struct ohtd_channel_kind *kinds, size_t count, const char *build,
				 const void *data, size_t bytes, const char **why)
{
	struct input in = { .at = data, .left = bytes };
	const char *magic = take(&in, MAGIC_BYTES);
	struct ohtd_hub *hub;
	uint64_t sum;

	*why = "not of this form";
	if (bytes > OHTD_CARRY_BYTES_MAX || !magic || memcmp(magic, MAGIC, MAGIC_BYTES) ||
	    in.left < sizeof(sum))
		return NULL;
	in.left -= sizeof(sum);
	memcpy(&sum, in.at + in.left, sizeof(sum));
	*why = "wrong checksum";
	if (sum != sum_of(data, bytes - sizeof(sum)))
		return NULL;
	*why = "another version of the daemon has written it";
	expect(&in, build);
	if (in.wrong)
		return NULL;
	hub = take_hub(&in, kinds, count);
	if (!hub)
		*why = "makes no sense";
	return hub;
}
