// SPDX-License-Identifier: GPL-2.0-or-later
#include "live/frame_gate.h"

#include <stdbool.h>
#include <string.h>

#define HEAD_BYTES	2
#define MASK_BYTES	4
#define LENGTH_16	126
#define LENGTH_64	127

static size_t length_bytes(const struct ohtd_frame_gate *gate)
{
	unsigned int length = gate->held[1] & 0x7f;

	return length == LENGTH_16 ? 2 : length == LENGTH_64 ? 8 : 0;
}

/* Of the data; all bytes of the head are held. */
static uint64_t data_bytes(const struct ohtd_frame_gate *gate)
{
	size_t bytes = length_bytes(gate);
	uint64_t length = 0;

	if (!bytes)
		return gate->held[1] & 0x7f;
	for (size_t i = 0; i < bytes; i++)
		length = length << 8 | gate->held[HEAD_BYTES + i];
	return length;
}

static bool is_control(const struct ohtd_frame_gate *gate)
{
	return gate->held[0] & 0x08;
}

/* How much must be held. */
static size_t wanted(const struct ohtd_frame_gate *gate)
{
	size_t bytes = HEAD_BYTES;

	if (gate->held_bytes < HEAD_BYTES)
		return bytes;
	/* Too long for one, or a piece of one: the library refuses it by these two bytes. */
	if (is_control(gate) && (length_bytes(gate) || !(gate->held[0] & 0x80)))
		return bytes;
	bytes += length_bytes(gate);
	if (gate->held[1] & 0x80)
		bytes += MASK_BYTES;
	if (is_control(gate))
		bytes += gate->held[1] & 0x7f;
	return bytes;
}

static ssize_t hand_over(struct ohtd_frame_gate *gate, uint8_t *to)
{
	size_t bytes = gate->held_bytes;

	memcpy(to, gate->held, bytes);
	gate->held_bytes = 0;
	gate->left = is_control(gate) ? 0 : data_bytes(gate);
	return (ssize_t)bytes;
}

ssize_t ohtd_frame_gate_read(struct ohtd_frame_gate *gate, uint8_t *to, size_t bytes,
			     ohtd_gate_read *read, void *arg)
{
	ssize_t got;

	if (gate->left) {
		got = read(arg, to, bytes < gate->left ? bytes : (size_t)gate->left);
		if (got > 0)
			gate->left -= (uint64_t)got;
		return got;
	}
	if (bytes < OHTD_GATE_BYTES)
		return -1;
	while (gate->held_bytes < wanted(gate)) {
		got = read(arg, gate->held + gate->held_bytes, wanted(gate) - gate->held_bytes);
		if (got <= 0)
			return got;
		gate->held_bytes += (size_t)got;
	}
	return hand_over(gate, to);
}
