// SPDX-License-Identifier: GPL-2.0-or-later
/* The body of a request, as a struct with every type of member. Input: the body. */
#include "lamp.h"

static int parse(struct ohtd_input *input, const char *text, size_t bytes)
{
	int r = ohtd_input_body(input, text, bytes);

#ifdef FUZZ_SEED_DEFECT
	/* Forgets the upper limit of a number in a list. */
	struct street *street = input->view;

	if (!r && street->bulbs_count == 2)
		((struct lamp_bulb *)(uintptr_t)street->bulbs)[1].watts = 255;
#endif
	return r;
}

static void check_bulb(const struct lamp_bulb *bulb)
{
	HOLDS("an inner number is inside its limits", bulb->watts >= 1 && bulb->watts <= 200);
	HOLDS("an inner text is inside its limits", !bulb->maker || strlen(bulb->maker) <= 20);
}

static void check(const struct street *street)
{
	fuzz_check_lamp(&street->lamp);
	HOLDS("a number is inside its limits or not there",
	      street->length != street->length || (street->length >= -1000 && street->length <= 1000));
	HOLDS("lists are inside their limits", street->bulbs_count <= 4 && street->owners_count <= 4);
	if (street->spare)
		check_bulb(street->spare);
	for (size_t i = 0; i < street->bulbs_count; i++)
		check_bulb(&street->bulbs[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz_memory memory;
	const struct ohtd_memory from = { fuzz_take, &memory };
	struct ohtd_input input = { .memory = &from, .shape = &street_shape }, again = input;
	struct ohtd_writer first, second;
	char *text = fuzz_copy(data, size);

	if (parse(&input, text, size)) {
		fuzz_check_refusal(&memory, &input);
	} else {
		check(input.view);
		first = fuzz_write(&memory, &street_shape, input.view);
		HOLDS("what is written is taken again", !parse(&again, first.text, first.used));
		second = fuzz_write(&memory, &street_shape, again.view);
		HOLDS("and means the same", first.used == second.used &&
					    !memcmp(first.text, second.text, first.used));
	}
	free(text);
	fuzz_release(&memory);
	return 0;
}
