// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A WebSocket: the frames of a client, as they come. Input: a byte that chooses the pieces, then the bytes of the
 * connection. Messages, answers and end must be those of RFC 6455, read here once more, however the bytes were
 * handed over. The daemon's rules, its gate and the library are the real ones; h2o's socket is not there.
 */
#include "fuzz.h"

#include <stdbool.h>

#include "live/socket_private.h"

#define OUT_BYTES	(1 << 16)

/* What a client hears and a handler sees, one behind the other. */
struct record {
	uint8_t bytes[OUT_BYTES];
	size_t used;
};

static void put(struct record *record, const void *bytes, size_t count)
{
	HOLDS("no more comes out than went in", count <= OUT_BYTES - record->used);
	if (count)
		memcpy(record->bytes + record->used, bytes, count);
	record->used += count;
}

static void put_message(struct record *record, uint8_t opcode, const void *bytes, size_t count)
{
	const uint8_t head[] = { opcode, (uint8_t)(count >> 8), (uint8_t)count };

	put(record, head, sizeof(head));
	put(record, bytes, count);
}

/* A control frame of a server. */
static void put_frame(struct record *record, uint8_t opcode, const void *bytes, size_t count)
{
	const uint8_t head[] = { 0x80 | opcode, (uint8_t)count };

	put(record, head, sizeof(head));
	put(record, bytes, count);
}

/* ---- RFC 6455 once more ---- */

struct frame {
	bool final, masked;
	unsigned int reserved, opcode;
	uint64_t length;
	const uint8_t *data;
	size_t there;		/* of the data */
	uint8_t mask[4];
};

enum look { LOOK_WHOLE, LOOK_MORE, LOOK_BROKEN };

/* What is in front of the data; the frame's own bytes are taken off. */
static enum look look_at_frame(struct fuzz_input *in, struct frame *frame)
{
	size_t bytes = 2, extended;

	if (in->left < bytes)
		return LOOK_MORE;
	*frame = (struct frame){ .final = in->at[0] & 0x80, .masked = in->at[1] & 0x80,
				 .reserved = in->at[0] & 0x70, .opcode = in->at[0] & 0xf,
				 .length = in->at[1] & 0x7f };
	if (frame->opcode >= 8 && (frame->length > 125 || !frame->final))
		return LOOK_BROKEN;
	extended = frame->length == 126 ? 2 : frame->length == 127 ? 8 : 0;
	if (in->left < bytes + extended + (frame->masked ? 4 : 0))
		return LOOK_MORE;
	if (extended)
		frame->length = 0;
	for (size_t i = 0; i < extended; i++)
		frame->length = frame->length << 8 | in->at[bytes++];
	if ((extended == 2 && frame->length < 126) || (extended == 8 && frame->length < 65536) ||
	    frame->length >> 63)
		return LOOK_BROKEN;
	for (size_t i = 0; frame->masked && i < 4; i++)
		frame->mask[i] = in->at[bytes++];
	frame->data = in->at + bytes;
	frame->there = in->left - bytes < frame->length ? in->left - bytes : (size_t)frame->length;
	in->at += bytes + frame->there;
	in->left -= bytes + frame->there;
	if (frame->there < (frame->opcode >= 8 ? frame->length : frame->length ? 1 : 0))
		return LOOK_MORE;
	return LOOK_WHOLE;
}

/* -1: no continuation makes it good; else how many bytes of the last code point are missing. */
static int utf8(const uint8_t *text, size_t bytes)
{
	size_t at = 0;

	while (at < bytes) {
		uint8_t lead = text[at++], low = 0x80, high = 0xbf;
		int more = lead < 0x80 ? 0 : lead >= 0xc2 && lead <= 0xdf ? 1 : (lead & 0xf0) == 0xe0 ? 2 :
			   lead >= 0xf0 && lead <= 0xf4 ? 3 : -1;

		if (more < 0)
			return -1;
		if (lead == 0xe0)
			low = 0xa0;
		if (lead == 0xed)
			high = 0x9f;
		if (lead == 0xf0)
			low = 0x90;
		if (lead == 0xf4)
			high = 0x8f;
		for (; more; more--, at++, low = 0x80, high = 0xbf) {
			if (at == bytes)
				return more;
			if (text[at] < low || text[at] > high)
				return -1;
		}
	}
	return 0;
}

/* A message that is not over, and what came of all. */
struct reference {
	unsigned int opcode;	/* 0: none is under way */
	uint8_t message[OHTD_MESSAGE_BYTES_MAX];
	size_t bytes;
	struct record told, pongs, end;
};

static void end_with(struct reference *ref, unsigned int code)
{
	const uint8_t bytes[] = { (uint8_t)(code >> 8), (uint8_t)code };

	put_frame(&ref->end, WSLAY_CONNECTION_CLOSE, bytes, sizeof(bytes));
}

static bool is_code(unsigned int code)
{
	return (code >= 1000 && code <= 1011 && (code < 1004 || code > 1006)) || (code >= 3000 && code <= 4999);
}

static void take_close(struct reference *ref, const uint8_t *data, size_t bytes)
{
	if (bytes == 1)
		end_with(ref, 1002);
	else if (bytes && utf8(data + 2, bytes - 2))
		end_with(ref, 1007);
	else if (bytes && !is_code((unsigned int)data[0] << 8 | data[1]))
		end_with(ref, 1002);
	else
		put_frame(&ref->end, WSLAY_CONNECTION_CLOSE, data, bytes);
}

/* True: goes on. */
static bool take_control(struct reference *ref, const struct frame *frame)
{
	uint8_t data[125];

	for (size_t i = 0; i < frame->there; i++)
		data[i] = frame->data[i] ^ frame->mask[i % 4];
	if (frame->opcode == WSLAY_CONNECTION_CLOSE) {
		take_close(ref, data, frame->there);
		return false;
	}
	if (frame->opcode == WSLAY_PING)
		put_frame(&ref->pongs, WSLAY_PONG, data, frame->there);
	put_message(&ref->told, (uint8_t)frame->opcode, data, frame->there);
	return true;
}

static bool take_data(struct reference *ref, const struct frame *frame)
{
	int missing;

	if (frame->opcode)
		ref->opcode = frame->opcode;
	if (frame->length > OHTD_MESSAGE_BYTES_MAX - ref->bytes) {
		end_with(ref, 1009);
		return false;
	}
	for (size_t i = 0; i < frame->there; i++)
		ref->message[ref->bytes++] = frame->data[i] ^ frame->mask[i % 4];
	missing = ref->opcode == WSLAY_TEXT_FRAME ? utf8(ref->message, ref->bytes) : 0;
	if (missing < 0 || (missing && frame->final && frame->there == frame->length)) {
		end_with(ref, 1007);
		return false;
	}
	if (frame->there < frame->length)
		return false;
	if (frame->final) {
		put_message(&ref->told, (uint8_t)ref->opcode, ref->message, ref->bytes);
		ref->opcode = 0;
		ref->bytes = 0;
	}
	return true;
}

static bool is_allowed(const struct reference *ref, const struct frame *frame)
{
	if (frame->reserved || !frame->masked)
		return false;
	if (frame->opcode >= 8)
		return frame->opcode <= WSLAY_PONG;
	return frame->opcode <= WSLAY_BINARY_FRAME && !frame->opcode == !!ref->opcode;
}

static void read_again(struct reference *ref, const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	struct frame frame;
	enum look look;

	do {
		look = look_at_frame(&in, &frame);
		if (look == LOOK_BROKEN || (look == LOOK_WHOLE && !is_allowed(ref, &frame))) {
			end_with(ref, 1002);
			return;
		}
	} while (look == LOOK_WHOLE &&
		 (frame.opcode >= 8 ? take_control(ref, &frame) : take_data(ref, &frame)));
}

/* ---- the daemon's way ---- */

struct line {
	h2o_websocket_conn_t ws;
	struct fuzz_input in;
	size_t step;		/* bytes at a time */
	size_t given;		/* of this step */
	struct record told, sent;
};

static ssize_t give(wslay_event_context_ptr context, uint8_t *to, size_t bytes, int flags, void *arg)
{
	struct line *line = arg;
	size_t left = line->step - line->given;

	(void)flags;
	if (left > line->in.left)
		left = line->in.left;
	if (!left) {
		wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK);
		return -1;
	}
	if (bytes > left)
		bytes = left;
	memcpy(to, line->in.at, bytes);
	line->in.at += bytes;
	line->in.left -= bytes;
	line->given += bytes;
	return (ssize_t)bytes;
}

static ssize_t hear(wslay_event_context_ptr context, const uint8_t *data, size_t bytes, int flags, void *arg)
{
	struct line *line = arg;

	(void)context;
	(void)flags;
	put(&line->sent, data, bytes);
	return (ssize_t)bytes;
}

static void see(wslay_event_context_ptr context, const struct wslay_event_on_msg_recv_arg *said, void *arg)
{
	struct line *line = arg;

	(void)context;
	if (said->opcode != WSLAY_CONNECTION_CLOSE)
		put_message(&line->told, said->opcode, said->msg, said->msg_length);
}

static void read_all(struct line *line, struct ohtd_socket *socket)
{
	wslay_event_context_ptr context = line->ws.ws_ctx;

	while (wslay_event_want_read(context) && line->in.left) {
		line->given = 0;
		if (wslay_event_recv(context))
			HOLDS("only a frame that breaks the rules ends it", ohtd_socket_breaks(socket));
		HOLDS("all of a piece is taken", line->given == line->step || !line->in.left ||
						  !wslay_event_want_read(context));
		HOLDS("what is said goes out", !wslay_event_send(context));
	}
	HOLDS("and then the end comes", !ohtd_socket_breaks(socket));
}

static void serve(struct line *line)
{
	static struct ohtd_live live;
	static struct ohtd_server server = { .live = &live };
	static struct ohtd_loop loop = { .server = &server };
	struct ohtd_socket *socket = calloc(1, sizeof(*socket));

	/* in_message: h2o is not there to be told of the end; sock: only looked at for being there. */
	*socket = (struct ohtd_socket){ .loop = &loop, .ws = &line->ws, .in_message = true };
	line->ws.sock = (h2o_socket_t *)line;
	line->ws.data = socket;
	line->ws.ws_callbacks = (struct wslay_event_callbacks){
		.recv_callback = give, .send_callback = hear, .on_msg_recv_callback = see,
	};
	if (wslay_event_context_server_init(&line->ws.ws_ctx, &line->ws.ws_callbacks, line))
		abort();
	ohtd_socket_set_rules(socket);
#ifdef FUZZ_SEED_DEFECT
	/* The library alone, which reads the reason of a close frame by pieces. */
	wslay_event_config_set_callbacks(line->ws.ws_ctx, &line->ws.ws_callbacks);
#endif
	read_all(line, socket);
	wslay_event_context_free(line->ws.ws_ctx);
	free(socket);
}

static void compare(const uint8_t *data, size_t size, size_t step, const struct reference *ref)
{
	static struct line line;
	size_t pongs;

	line = (struct line){ .in = { data, size }, .step = step };
	serve(&line);
	HOLDS("the messages are those of RFC 6455",
	      line.told.used == ref->told.used && !memcmp(line.told.bytes, ref->told.bytes, ref->told.used));
	HOLDS("the end too", line.sent.used >= ref->end.used &&
	      !memcmp(line.sent.bytes + line.sent.used - ref->end.used, ref->end.bytes, ref->end.used));
	pongs = line.sent.used - ref->end.used;
	/* A pong need not be sent any more once the end has begun (5.5.2). */
	HOLDS("and each ping is answered", ref->end.used ? pongs <= ref->pongs.used : pongs == ref->pongs.used);
	HOLDS("in their order", !memcmp(line.sent.bytes, ref->pongs.bytes, pongs));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct reference ref;
	size_t step = size ? data[0] % 16 + 1u : 1;
	char *copy;

	if (size < 2 || size > OUT_BYTES / 4)
		return 0;
	copy = fuzz_copy(data + 1, size - 1);
	ref = (struct reference){ .opcode = 0 };
	read_again(&ref, (const uint8_t *)copy, size - 1);
	compare((const uint8_t *)copy, size - 1, size, &ref);
	compare((const uint8_t *)copy, size - 1, step, &ref);
	free(copy);
	return 0;
}
