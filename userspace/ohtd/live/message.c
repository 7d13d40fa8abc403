// SPDX-License-Identifier: GPL-2.0-or-later
#include "live/message.h"

#include <stdlib.h>
#include <string.h>

#define FIN	0x80	/* no other frame goes on with the message */

char *ohtd_frame_head(char *end, unsigned int opcode, size_t bytes)
{
	unsigned int length_bytes = bytes < 126 ? 0 : bytes < 65536 ? 2 : 8;
	char *at = end;

	for (unsigned int i = 0; i < length_bytes; i++)
		*--at = (char)(bytes >> (8 * i));
	*--at = (char)(length_bytes == 0 ? bytes : length_bytes == 2 ? 126 : 127);
	*--at = (char)(FIN | opcode);
	return at;
}

struct ohtd_message *ohtd_message_of(const struct ohtd_message_piece *pieces, size_t count)
{
	struct ohtd_message *message;
	size_t bytes = 0;
	char *at;

	for (size_t i = 0; i < count; i++)
		bytes += pieces[i].bytes;
	message = malloc(sizeof(*message) + OHTD_FRAME_HEAD_BYTES + bytes);
	if (!message)
		return NULL;
	at = (char *)(message + 1) + OHTD_FRAME_HEAD_BYTES;
	*message = (struct ohtd_message){ .text = at, .text_bytes = bytes,
					  .frame = ohtd_frame_head(at, OHTD_FRAME_TEXT, bytes) };
	atomic_init(&message->references, 1);
	message->frame_bytes = (size_t)(at - message->frame) + bytes;
	for (size_t i = 0; i < count; i++) {
		memcpy(at, pieces[i].text, pieces[i].bytes);
		at += pieces[i].bytes;
	}
	return message;
}

struct ohtd_message *ohtd_message_hold(struct ohtd_message *message)
{
	if (message)
		atomic_fetch_add_explicit(&message->references, 1, memory_order_relaxed);
	return message;
}

void ohtd_message_drop(struct ohtd_message *message)
{
	if (message && atomic_fetch_sub_explicit(&message->references, 1, memory_order_acq_rel) == 1)
		free(message);
}
