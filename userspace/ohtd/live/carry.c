// SPDX-License-Identifier: GPL-2.0-or-later
#include "live/carry.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "live/hub_private.h"

/* What is written in this order, with the number of the form in it. */
#define MAGIC		"OHTLIVE1"
#define MAGIC_BYTES	(sizeof(MAGIC) - 1)
#define EPOCH_END	(1ull << 53)
#define HEAD_BYTES	160

/* FNV-1a: finds what has been cut or mixed up. Who could forge it could write the messages as well. */
static uint64_t sum_of(const char *data, size_t bytes)
{
	uint64_t sum = 0xcbf29ce484222325;

	for (size_t i = 0; i < bytes; i++)
		sum = (sum ^ (unsigned char)data[i]) * 0x100000001b3;
	return sum;
}

static size_t in_ring(uint64_t seq)
{
	return seq < OHTD_CHANNEL_RING ? (size_t)seq : OHTD_CHANNEL_RING;
}

/* ---- out ---- */

static void put_number(FILE *to, uint64_t number)
{
	fwrite(&number, sizeof(number), 1, to);
}

static void put_text(FILE *to, const char *text, size_t bytes)
{
	put_number(to, bytes);
	fwrite(text, 1, bytes, to);
}

static void put_told(FILE *to, const struct told *told)
{
	put_number(to, told->changed);
	put_number(to, told->event);
	put_text(to, told->message->text, told->message->text_bytes);
}

/* False: a message could not be made when it was told. */
static bool put_ring(FILE *to, const struct channel *channel)
{
	for (uint64_t seq = channel->seq - in_ring(channel->seq) + 1; seq <= channel->seq; seq++) {
		const struct told *told = &channel->ring[seq % OHTD_CHANNEL_RING];

		if (!told->message)
			return false;
		put_told(to, told);
	}
	return true;
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
	return put_ring(to, channel);
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

/* What is left. Behind the first thing that is wrong there is nothing any more. */
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
static bool is_message(const char *name, uint64_t seq, bool event, const char *text, size_t bytes)
{
	char head[HEAD_BYTES];
	size_t n = (size_t)snprintf(head, sizeof(head), "{\"type\":\"%s\",\"channel\":\"%s\",\"seq\":%llu,",
				    event ? "event" : "update", name, (unsigned long long)seq);

	return n < sizeof(head) && bytes >= n + 2 && !memcmp(text, head, n) &&
	       !memcmp(text + bytes - 2, "}}", 2);
}

static void take_told(struct input *in, const struct ohtd_channel_kind *kind, uint64_t seq,
		      struct told *told)
{
	uint64_t changed = take_number(in), event = take_number(in);
	struct ohtd_message_piece piece;

	piece.text = take_text(in, &piece.bytes);
	if (in->wrong || event > kind->events ||
	    !is_message(kind->name, seq, event, piece.text, piece.bytes)) {
		in->wrong = true;
		return;
	}
	/* Told long ago: for whoever comes back to it, time counts from then on. */
	*told = (struct told){
		.message = ohtd_message_of(&piece, 1), .changed = changed, .event = event, .at_ms = 1,
	};
	if (!told->message) {
		in->wrong = true;
		return;
	}
	told->message->seq = seq;
	told->message->event = event && kind->prompt;
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
	for (uint64_t seq = channel->seq - in_ring(channel->seq) + 1; !in->wrong && seq <= channel->seq; seq++)
		take_told(in, kind, seq, &channel->ring[seq % OHTD_CHANNEL_RING]);
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
