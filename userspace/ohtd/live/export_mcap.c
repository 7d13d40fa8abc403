// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Samples as a file of the format MCAP (mcap.dev, version 0): chunks without compression, each with an
 * index of its messages; an index of the chunks, statistics and offsets at the end.
 *
 * Each cycle is a message of the topic /telemetry, as a viewer gets it live: good values alone. What that
 * leaves out has topics of its own: which signals are not good, when that changes, and the gaps.
 */
#include "live/export_form.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "json/schema.h"
#include "json/writer.h"
#include "live/channels.h"
#include "server/loop.h"

#define CHUNK_BYTES	(256 * 1024)
/*
 * So many chunks have an index, which takes 0.6 MiB: a file of 4 GiB. A longer one has none, and is read
 * from its beginning.
 */
#ifndef INDEX_MAX
#define INDEX_MAX	16384
#endif
#define INDEX_FIRST	64
/* Of a message and of a chunk without what they hold: opcode, length, and their members. */
#define MESSAGE_BYTES	(1 + 8 + 2 + 4 + 8 + 8)
#define CHUNK_HEAD	(1 + 8 + 8 + 8 + 8 + 4 + 4 + 8)
#define MAGIC		"\x89MCAP0\r\n"

enum opcode {
	HEADER = 1, FOOTER, SCHEMA, CHANNEL, MESSAGE, CHUNK, MESSAGE_INDEX, CHUNK_INDEX,
	STATISTICS = 0x0b, SUMMARY_OFFSET = 0x0e, DATA_END = 0x0f,
};

enum topic { VALUES, QUALITY, GAPS, TOPICS };

/* Where the end of the file has got to; those before PART_OFFSETS are the groups of the summary. */
enum part {
	PART_DATA_END,
	PART_SCHEMAS,
	PART_CHANNELS,
	PART_STATISTICS,
	PART_CHUNKS,
	PART_OFFSETS,
	PART_DONE,
};

/**
 * struct chunk - of one that is written
 * @begin_ns: time of its first message
 * @end_ns: of its last one
 * @place: in the file
 * @bytes: of its messages
 * @counts: messages of each topic
 */
struct chunk {
	uint64_t begin_ns, end_ns, place;
	uint32_t bytes;
	uint16_t counts[TOPICS];
};

_Static_assert(CHUNK_BYTES / MESSAGE_BYTES < UINT16_MAX, "messages of a chunk are counted in 16 bits");

/**
 * struct ohtd_mcap - a file on its way
 * @schema: of each topic, and @schema_bytes its length
 * @counts: messages of each topic
 * @begin_ns: time of the first message, and @end_ns of the last one
 * @quality: of each signal, as it was told last
 * @open: a chunk has begun
 * @chunk_at: where it begins in the piece
 * @chunk: it
 * @chunks: those that are written
 * @chunk_count: how many there were
 * @room: of @chunks; 0: there are too many for an index
 * @part: of the end
 * @next: the next chunk of which the end tells
 * @sum: CRC-32 of the summary so far
 * @starts: where each part of the summary begins in the file
 */
struct ohtd_mcap {
	char *schema[TOPICS];
	size_t schema_bytes[TOPICS];
	uint64_t counts[TOPICS];
	uint64_t begin_ns, end_ns;
	uint8_t quality[OHTD_TELEMETRY_SIGNALS];
	bool open;
	size_t chunk_at;
	struct chunk chunk;
	struct chunk *chunks;
	size_t chunk_count, room;
	enum part part;
	size_t next;
	uint32_t sum;
	uint64_t starts[PART_DONE];
};

static const char *const names[TOPICS] = { NULL, "/telemetry/quality", "/telemetry/gaps" };

static const char quality_schema[] =
	"{\"type\":\"object\",\"description\":\"Signals that are not good from now on, and how they are\","
	"\"additionalProperties\":{\"type\":\"string\",\"enum\":[\"old\",\"bad\",\"none\",\"damaged\"]}}";

static const char gap_schema[] =
	"{\"type\":\"object\",\"description\":\"A time without samples\",\"properties\":{"
	"\"gap_to\":{\"type\":\"string\",\"format\":\"date-time\"},\"gap_reason\":{\"type\":\"string\"}},"
	"\"required\":[\"gap_to\",\"gap_reason\"]}";

/* ---- numbers and records ---- */

static void write_number(char *to, uint64_t number, int bytes)
{
	for (int i = 0; i < bytes; i++)
		to[i] = (char)(unsigned char)(number >> 8 * i);
}

static void put_number(struct ohtd_export_text *text, uint64_t number, int bytes)
{
	write_number(text->text + text->used, number, bytes);
	text->used += (size_t)bytes;
}

static uint64_t read_number(const char *from, int bytes)
{
	uint64_t number = 0;

	for (int i = 0; i < bytes; i++)
		number |= (uint64_t)(unsigned char)from[i] << 8 * i;
	return number;
}

static void put_bytes(struct ohtd_export_text *text, const char *bytes, size_t count)
{
	put_number(text, count, 4);
	ohtd_export_put(text, bytes, count);
}

static void put_string(struct ohtd_export_text *text, const char *words)
{
	put_bytes(text, words, strlen(words));
}

/* Returns where the length is to be written. */
static size_t begin_record(struct ohtd_export_text *text, enum opcode opcode)
{
	put_number(text, opcode, 1);
	put_number(text, 0, 8);
	return text->used;
}

static void end_record(struct ohtd_export_text *text, size_t begin)
{
	write_number(text->text + begin - 8, text->used - begin, 8);
}

static uint32_t sum_of(uint32_t before, const char *bytes, size_t count)
{
	return (uint32_t)crc32_z(before, (const unsigned char *)bytes, count);
}

/* ---- the beginning ---- */

static const char *topic_of(unsigned int topic)
{
	return topic == VALUES ? ohtd_topic_name(OHTD_TOPIC_TELEMETRY) : names[topic];
}

static const char *schema_name(unsigned int topic)
{
	return topic == VALUES ? ohtd_topic(OHTD_TOPIC_TELEMETRY)->view->shape->name :
	       topic == QUALITY ? "TelemetryQuality" : "TelemetryGap";
}

static void put_schema(struct ohtd_export_text *text, unsigned int topic)
{
	size_t begin = begin_record(text, SCHEMA);

	put_number(text, topic + 1, 2);
	put_string(text, schema_name(topic));
	put_string(text, "jsonschema");
	put_bytes(text, text->mcap->schema[topic], text->mcap->schema_bytes[topic]);
	end_record(text, begin);
}

static void put_channel(struct ohtd_export_text *text, unsigned int topic)
{
	size_t begin = begin_record(text, CHANNEL);

	put_number(text, topic + 1, 2);
	put_number(text, topic + 1, 2);
	put_string(text, topic_of(topic));
	put_string(text, "json");
	put_number(text, 0, 4);
	end_record(text, begin);
}

/* The schema that a viewer gets live. */
static void make_live_schema(struct ohtd_mcap *mcap)
{
	struct ohtd_memory memory;
	struct ohtd_writer schema;
	h2o_mem_pool_t pool;

	h2o_mem_init_pool(&pool);
	memory = ohtd_pool_memory(&pool);
	ohtd_writer_begin(&schema, &memory, 8192);
	ohtd_schema_plain(&schema, ohtd_topic(OHTD_TOPIC_TELEMETRY)->view->shape);
	mcap->schema[VALUES] = strndup(schema.text, schema.used);
	mcap->schema_bytes[VALUES] = schema.used;
	h2o_mem_clear_pool(&pool);
}

static bool make_schemas(struct ohtd_mcap *mcap)
{
	make_live_schema(mcap);
	mcap->schema[QUALITY] = strdup(quality_schema);
	mcap->schema_bytes[QUALITY] = sizeof(quality_schema) - 1;
	mcap->schema[GAPS] = strdup(gap_schema);
	mcap->schema_bytes[GAPS] = sizeof(gap_schema) - 1;
	return mcap->schema[VALUES] && mcap->schema[QUALITY] && mcap->schema[GAPS];
}

static int head_mcap(struct ohtd_export_text *text)
{
	size_t begin;

	text->mcap = calloc(1, sizeof(*text->mcap));
	if (!text->mcap || !make_schemas(text->mcap))
		return -ENOMEM;
	text->mcap->room = INDEX_FIRST;
	text->mcap->chunks = calloc(INDEX_FIRST, sizeof(*text->mcap->chunks));
	if (!text->mcap->chunks)
		return -ENOMEM;
	ohtd_export_put(text, MAGIC, sizeof(MAGIC) - 1);
	begin = begin_record(text, HEADER);
	put_string(text, "");
	put_string(text, "ohtd " OHT_VERSION);
	end_record(text, begin);
	for (unsigned int i = 0; i < TOPICS; i++)
		put_schema(text, i);
	for (unsigned int i = 0; i < TOPICS; i++)
		put_channel(text, i);
	return 0;
}

static void forget_mcap(struct ohtd_export_text *text)
{
	if (!text->mcap)
		return;
	for (unsigned int i = 0; i < TOPICS; i++)
		free(text->mcap->schema[i]);
	free(text->mcap->chunks);
	free(text->mcap);
	text->mcap = NULL;
}

/* ---- messages ---- */

static void note_time(struct ohtd_mcap *mcap, uint64_t time_ns)
{
	if (!mcap->counts[VALUES] && !mcap->counts[QUALITY] && !mcap->counts[GAPS])
		mcap->begin_ns = mcap->end_ns = time_ns;
	mcap->begin_ns = time_ns < mcap->begin_ns ? time_ns : mcap->begin_ns;
	mcap->end_ns = time_ns > mcap->end_ns ? time_ns : mcap->end_ns;
	mcap->chunk.begin_ns = time_ns < mcap->chunk.begin_ns ? time_ns : mcap->chunk.begin_ns;
	mcap->chunk.end_ns = time_ns > mcap->chunk.end_ns ? time_ns : mcap->chunk.end_ns;
}

/* The head of a chunk is written at its end. */
static void open_chunk(struct ohtd_export_text *text)
{
	struct ohtd_mcap *mcap = text->mcap;

	if (mcap->open)
		return;
	mcap->open = true;
	mcap->chunk_at = text->used;
	mcap->chunk = (struct chunk){
		.begin_ns = UINT64_MAX, .place = text->sent + text->used,
	};
	text->used += CHUNK_HEAD;
}

static size_t begin_message(struct ohtd_export_text *text, enum topic topic,
			    const struct ohtd_export_item *item)
{
	uint64_t time_ns = (uint64_t)item->time_ns;
	size_t begin;

	open_chunk(text);
	note_time(text->mcap, time_ns);
	text->mcap->counts[topic]++;
	text->mcap->chunk.counts[topic]++;
	begin = begin_record(text, MESSAGE);
	put_number(text, topic + 1, 2);
	put_number(text, (uint32_t)item->cycle, 4);
	put_number(text, time_ns, 8);
	put_number(text, time_ns, 8);
	return begin;
}

static void put_name(struct ohtd_export_text *text, const struct ohtd_export_column *column,
		     bool first)
{
	ohtd_export_put_text(text, first ? "{\"" : ",\"");
	ohtd_export_put(text, column->name, column->name_bytes);
	ohtd_export_put_text(text, "\":");
}

static void put_values(struct ohtd_export_text *text, const struct ohtd_export_item *item)
{
	size_t begin = begin_message(text, VALUES, item);
	bool first = true;

	for (unsigned int i = 0; i < text->count; i++) {
		if (item->quality[i * item->stride] != OHTD_TELEMETRY_GOOD)
			continue;
		put_name(text, &text->columns[i], first);
		ohtd_export_put_value(text, &text->columns[i], item->values[i * item->stride]);
		first = false;
	}
	ohtd_export_put_text(text, first ? "{}" : "}");
	end_record(text, begin);
}

/* As it is from this cycle on; not if it is as before. */
static void put_quality(struct ohtd_export_text *text, const struct ohtd_export_item *item)
{
	uint8_t *before = text->mcap->quality;
	bool changed = false, first = true;
	size_t begin;

	for (unsigned int i = 0; i < text->count; i++) {
		changed = changed || before[i] != item->quality[i * item->stride];
		before[i] = item->quality[i * item->stride];
	}
	if (!changed)
		return;
	begin = begin_message(text, QUALITY, item);
	for (unsigned int i = 0; i < text->count; i++) {
		if (before[i] == OHTD_TELEMETRY_GOOD)
			continue;
		put_name(text, &text->columns[i], first);
		ohtd_export_put_text(text, "\"");
		ohtd_export_put_text(text, ohtd_export_quality(before[i]));
		ohtd_export_put_text(text, "\"");
		first = false;
	}
	ohtd_export_put_text(text, first ? "{}" : "}");
	end_record(text, begin);
}

static void put_gap(struct ohtd_export_text *text, const struct ohtd_export_item *item)
{
	size_t begin = begin_message(text, GAPS, item);

	ohtd_export_put_text(text, "{\"gap_to\":\"");
	ohtd_export_put_time(text, item->to_ns);
	ohtd_export_put_text(text, "\",\"gap_reason\":\"");
	ohtd_export_put_text(text, item->reason);
	ohtd_export_put_text(text, "\"}");
	end_record(text, begin);
}

static void item_mcap(struct ohtd_export_text *text, const struct ohtd_export_item *item)
{
	if (*item->reason) {
		put_gap(text, item);
		return;
	}
	put_quality(text, item);
	put_values(text, item);
}

/* ---- the end of a chunk ---- */

static void fill_chunk_head(struct ohtd_export_text *text)
{
	const struct ohtd_mcap *mcap = text->mcap;
	size_t end = text->used, bytes = mcap->chunk.bytes;

	text->used = mcap->chunk_at;
	put_number(text, CHUNK, 1);
	put_number(text, CHUNK_HEAD - 9 + bytes, 8);
	put_number(text, mcap->chunk.begin_ns, 8);
	put_number(text, mcap->chunk.end_ns, 8);
	put_number(text, bytes, 8);
	put_number(text, sum_of(0, text->text + mcap->chunk_at + CHUNK_HEAD, bytes), 4);
	put_string(text, "");
	put_number(text, bytes, 8);
	text->used = end;
}

/* Time and place of each message of the topic, found by a walk through the chunk. */
static void put_message_index(struct ohtd_export_text *text, unsigned int topic)
{
	const char *records = text->text + text->mcap->chunk_at + CHUNK_HEAD;
	size_t begin = begin_record(text, MESSAGE_INDEX);

	put_number(text, topic + 1, 2);
	put_number(text, 16 * (uint64_t)text->mcap->chunk.counts[topic], 4);
	for (size_t at = 0; at < text->mcap->chunk.bytes; at += 9 + read_number(records + at + 1, 8)) {
		if (read_number(records + at + 9, 2) != topic + 1)
			continue;
		put_number(text, read_number(records + at + 15, 8), 8);
		put_number(text, at, 8);
	}
	end_record(text, begin);
}

/* Without memory, or with too many of them, the file has no index of its chunks. */
static void note_chunk(struct ohtd_mcap *mcap)
{
	struct chunk *larger = NULL;

	if (mcap->room && mcap->chunk_count == mcap->room) {
		if (mcap->room < INDEX_MAX)
			larger = realloc(mcap->chunks, 2 * mcap->room * sizeof(*larger));
		mcap->room = larger ? 2 * mcap->room : 0;
		if (!larger)
			free(mcap->chunks);
		mcap->chunks = larger;
	}
	if (mcap->room)
		mcap->chunks[mcap->chunk_count] = mcap->chunk;
	mcap->chunk_count++;
}

static void seal_mcap(struct ohtd_export_text *text)
{
	struct ohtd_mcap *mcap = text->mcap;

	if (!mcap->open)
		return;
	mcap->open = false;
	mcap->chunk.bytes = (uint32_t)(text->used - mcap->chunk_at - CHUNK_HEAD);
	fill_chunk_head(text);
	for (unsigned int i = 0; i < TOPICS; i++)
		if (mcap->chunk.counts[i])
			put_message_index(text, i);
	note_chunk(mcap);
}

/* ---- the end of the file ---- */

static void put_data_end(struct ohtd_export_text *text)
{
	size_t begin = begin_record(text, DATA_END);

	/* No sum: each chunk has its own. */
	put_number(text, 0, 4);
	end_record(text, begin);
}

static void put_statistics(struct ohtd_export_text *text)
{
	const struct ohtd_mcap *mcap = text->mcap;
	size_t begin = begin_record(text, STATISTICS);

	put_number(text, mcap->counts[VALUES] + mcap->counts[QUALITY] + mcap->counts[GAPS], 8);
	put_number(text, TOPICS, 2);
	put_number(text, TOPICS, 4);
	put_number(text, 0, 4);
	put_number(text, 0, 4);
	put_number(text, mcap->chunk_count, 4);
	put_number(text, mcap->begin_ns, 8);
	put_number(text, mcap->end_ns, 8);
	put_number(text, (2 + 8) * TOPICS, 4);
	for (unsigned int i = 0; i < TOPICS; i++) {
		put_number(text, i + 1, 2);
		put_number(text, mcap->counts[i], 8);
	}
	end_record(text, begin);
}

static size_t message_index_bytes(const struct chunk *chunk, unsigned int topic)
{
	return chunk->counts[topic] ? 9 + 2 + 4 + 16 * (size_t)chunk->counts[topic] : 0;
}

static void put_chunk_index(struct ohtd_export_text *text, const struct chunk *chunk)
{
	size_t begin = begin_record(text, CHUNK_INDEX), map;
	uint64_t place = chunk->place + CHUNK_HEAD + chunk->bytes, bytes = 0;

	put_number(text, chunk->begin_ns, 8);
	put_number(text, chunk->end_ns, 8);
	put_number(text, chunk->place, 8);
	put_number(text, CHUNK_HEAD + chunk->bytes, 8);
	map = text->used;
	put_number(text, 0, 4);
	for (unsigned int i = 0; i < TOPICS; i++) {
		if (!chunk->counts[i])
			continue;
		put_number(text, i + 1, 2);
		put_number(text, place + bytes, 8);
		bytes += message_index_bytes(chunk, i);
	}
	write_number(text->text + map, text->used - map - 4, 4);
	put_number(text, bytes, 8);
	put_string(text, "");
	put_number(text, chunk->bytes, 8);
	put_number(text, chunk->bytes, 8);
	end_record(text, begin);
}

static void put_offset(struct ohtd_export_text *text, enum opcode group, enum part part)
{
	const uint64_t *starts = text->mcap->starts;
	size_t begin;

	if (starts[part] == starts[part + 1])
		return;
	begin = begin_record(text, SUMMARY_OFFSET);
	put_number(text, group, 1);
	put_number(text, starts[part], 8);
	put_number(text, starts[part + 1] - starts[part], 8);
	end_record(text, begin);
}

static void put_offsets(struct ohtd_export_text *text)
{
	put_offset(text, SCHEMA, PART_SCHEMAS);
	put_offset(text, CHANNEL, PART_CHANNELS);
	put_offset(text, STATISTICS, PART_STATISTICS);
	put_offset(text, CHUNK_INDEX, PART_CHUNKS);
}

/* One part, of the chunks one of them. */
static void put_part(struct ohtd_export_text *text)
{
	struct ohtd_mcap *mcap = text->mcap;

	if (mcap->part == PART_SCHEMAS)
		for (unsigned int i = 0; i < TOPICS; i++)
			put_schema(text, i);
	else if (mcap->part == PART_CHANNELS)
		for (unsigned int i = 0; i < TOPICS; i++)
			put_channel(text, i);
	else if (mcap->part == PART_STATISTICS)
		put_statistics(text);
	else if (mcap->part == PART_OFFSETS)
		put_offsets(text);
	else if (mcap->room && mcap->next < mcap->chunk_count)
		put_chunk_index(text, &mcap->chunks[mcap->next++]);
	if (mcap->part == PART_CHUNKS && mcap->room && mcap->next < mcap->chunk_count)
		return;
	mcap->part++;
	if (mcap->part < PART_DONE)
		mcap->starts[mcap->part] = text->sent + text->used;
}

/* The sum covers the summary and what stands of the footer in front of it. */
static void put_footer(struct ohtd_export_text *text, size_t from)
{
	const struct ohtd_mcap *mcap = text->mcap;
	size_t begin = begin_record(text, FOOTER);

	write_number(text->text + begin - 8, 8 + 8 + 4, 8);
	put_number(text, mcap->starts[PART_SCHEMAS], 8);
	put_number(text, mcap->starts[PART_OFFSETS], 8);
	put_number(text, sum_of(mcap->sum, text->text + from, text->used - from), 4);
	ohtd_export_put(text, MAGIC, sizeof(MAGIC) - 1);
}

static bool tail_mcap(struct ohtd_export_text *text)
{
	struct ohtd_mcap *mcap = text->mcap;
	size_t from;

	if (mcap->part == PART_DATA_END) {
		put_data_end(text);
		mcap->part = PART_SCHEMAS;
		mcap->starts[PART_SCHEMAS] = text->sent + text->used;
	}
	from = text->used;
	while (mcap->part < PART_DONE && text->used < CHUNK_BYTES)
		put_part(text);
	if (mcap->part == PART_DONE) {
		put_footer(text, from);
		return false;
	}
	mcap->sum = sum_of(mcap->sum, text->text + from, text->used - from);
	return true;
}

const struct ohtd_export_form ohtd_mcap_form = {
	.type = "application/octet-stream", .suffix = "mcap", .piece_bytes = CHUNK_BYTES,
	.head = head_mcap, .item = item_mcap, .seal = seal_mcap, .tail = tail_mcap,
	.forget = forget_mcap,
};
