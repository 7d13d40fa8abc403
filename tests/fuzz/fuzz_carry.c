// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a service manager may hand over as the channels of the last life: any bytes, with a right checksum
 * too. What is taken is written again the same, and told without a gap.
 */
#include "fuzz.h"

#include <stdbool.h>

#include "live/carry.h"

#define BUILD	"1"
#define COUNT	2

static const struct ohtd_channel_kind kinds[COUNT] = {
	{ "a", .events = true, .prompt = true }, { "b", .terse = true },
};

static uint64_t sum_of(const char *data, size_t bytes)
{
	uint64_t sum = 0xcbf29ce484222325;

	for (size_t i = 0; i < bytes; i++)
		sum = (sum ^ (unsigned char)data[i]) * 0x100000001b3;
	return sum;
}

#ifdef FUZZ_SEED_DEFECT
/* Lets one byte behind the last channel pass. */
static struct ohtd_hub *unpack_less(const char *data, size_t bytes, const char **why)
{
	char *copy = bytes > 1 + sizeof(uint64_t) ? fuzz_copy(data, bytes - 1) : NULL;
	struct ohtd_hub *hub = NULL;
	uint64_t sum;

	if (copy) {
		sum = sum_of(copy, bytes - 1 - sizeof(sum));
		memcpy(copy + bytes - 1 - sizeof(sum), &sum, sizeof(sum));
		hub = ohtd_hub_unpack(kinds, COUNT, BUILD, copy, bytes - 1, why);
	}
	free(copy);
	return hub;
}
#endif

static struct ohtd_hub *unpack(const char *data, size_t bytes)
{
	const char *why = NULL;
	struct ohtd_hub *hub = ohtd_hub_unpack(kinds, COUNT, BUILD, data, bytes, &why);

#ifdef FUZZ_SEED_DEFECT
	if (!hub)
		hub = unpack_less(data, bytes, &why);
#endif
	HOLDS("a refusal has a reason", hub || why);
	return hub;
}

static void check_same(struct ohtd_hub *hub, const char *data, size_t bytes)
{
	const char *why;
	size_t again_bytes = 0;
	char *again = ohtd_hub_pack(hub, BUILD, &again_bytes, &why);

	HOLDS("what was taken is written the same",
	      again && again_bytes == bytes && !memcmp(again, data, bytes));
	free(again);
}

static uint64_t newest(struct ohtd_hub *hub, int channel)
{
	struct ohtd_subscription place;
	struct ohtd_message *message;
	uint64_t seq;

	ohtd_hub_subscribe(&place, 0);
	message = ohtd_hub_next(hub, channel, &place, 1);
	seq = message ? message->seq : 0;
	ohtd_message_drop(message);
	return seq;
}

static bool reaches(struct ohtd_hub *hub, int channel, uint64_t seq)
{
	struct ohtd_subscription place;

	ohtd_hub_resume(hub, channel, &place, 0, ohtd_hub_epoch(hub), seq);
	return place.step == OHTD_RECOVERED_DUE;
}

/* From there on the ring has everything. */
static uint64_t oldest(struct ohtd_hub *hub, int channel, uint64_t last)
{
	uint64_t gone = 0;

	while (last - gone > 1) {
		uint64_t middle = gone + (last - gone) / 2;

		if (reaches(hub, channel, middle))
			last = middle;
		else
			gone = middle;
	}
	return last;
}

static bool holds(const struct ohtd_message *message, const char *text)
{
	return memmem(message->text, message->text_bytes, text, strlen(text));
}

static void check_told(struct ohtd_hub *hub, int channel)
{
	uint64_t last = newest(hub, channel), seq = last ? oldest(hub, channel, last) : 0;
	struct ohtd_subscription place;
	struct ohtd_message *message;
	bool begins = true;

	if (!last)
		return;
	HOLDS("the newest is reached", reaches(hub, channel, last));
	ohtd_hub_resume(hub, channel, &place, 0, ohtd_hub_epoch(hub), seq);
	while ((message = ohtd_hub_next(hub, channel, &place, 1))) {
		HOLDS("numbers rise, and none is missing unsaid",
		      begins ? message->seq == seq :
			       message->seq == seq + 1 || (message->seq > seq && holds(message, "\"conflated\":")));
		HOLDS("no event is left out",
		      begins || message->seq == seq + 1 || kinds[channel].terse || holds(message, "\"type\":\"update\""));
		HOLDS("a message is one line", !memchr(message->text, '\n', message->text_bytes));
		seq = message->seq;
		begins = false;
		ohtd_message_drop(message);
	}
	HOLDS("all is told", seq == last);
}

static void try_bytes(const char *data, size_t bytes)
{
	struct ohtd_hub *hub = unpack(data, bytes);

	if (!hub)
		return;
	check_same(hub, data, bytes);
	for (int channel = 0; channel < COUNT; channel++)
		check_told(hub, channel);
	ohtd_hub_destroy(hub);
}

/* The first byte says whether a checksum is put behind the rest. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	bool summed = fuzz_take8(&in) & 1;
	char *copy = malloc(in.left + sizeof(uint64_t));
	uint64_t sum;

	if (!copy)
		abort();
	memcpy(copy, in.at, in.left);
	sum = sum_of(copy, in.left);
	memcpy(copy + in.left, &sum, sizeof(sum));
	try_bytes(copy, in.left + (summed ? sizeof(sum) : 0));
	free(copy);
	return 0;
}
