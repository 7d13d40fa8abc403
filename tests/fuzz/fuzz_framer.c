// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Bytes to frames in the simulator: what comes out must not depend on how the bytes were handed
 * over. Input: rate and turnaround, then pieces: pause, length, bytes; with the flag SEALED a piece
 * gets its checksum.
 */
#include "fuzz.h"

#include <stdbool.h>

#include "framer.h"

#define T0_NS	1000000000ull
/* Longer than any input takes at 300 bit/s. */
#define SILENCE_NS	1000000000000000ull

enum flags { SEALED = 1, WAIT = 2 };

/*
 * The same bytes: one framer gets each piece at once, the other byte by byte as they would be on
 * the wire.
 */
struct pair {
	struct oht_sim_timing timing;
	struct oht_sim_framer whole, split;
	uint64_t now_ns;
	uint64_t bytes, frame_bytes;
};

static void feed_split(struct pair *p, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		uint64_t end_ns = p->split.line_end_ns;

#ifdef FUZZ_SEED_DEFECT
		/* Drops a byte that looks like the beginning of a frame for everybody. */
		if (i && !bytes[i] && bytes[i - 1] == 0x55)
			continue;
#endif
		oht_sim_framer_feed(&p->split, bytes + i, 1,
				    end_ns > p->now_ns ? end_ns : p->now_ns);
	}
}

static void check_frame(struct pair *p, const uint8_t *adu, size_t len)
{
	size_t told = oht_sim_adu_request_bytes(adu, len);

	HOLDS("a frame has its checksum", oht_sim_adu_sealed(adu, len));
	HOLDS("and the length that its beginning tells", told == len || told == SIZE_MAX);
	p->frame_bytes += len;
	HOLDS("no byte is in two frames", p->frame_bytes <= p->bytes);
}

/* Takes all that is due from both. */
static void take(struct pair *p)
{
	uint8_t a[OHT_SIM_ADU_MAX_BYTES], b[OHT_SIM_ADU_MAX_BYTES];
	uint64_t a_ns = 0, b_ns = 0;
	size_t n = oht_sim_framer_take(&p->whole, p->now_ns, a, &a_ns);

	HOLDS("both have a frame, or none has",
	      oht_sim_framer_take(&p->split, p->now_ns, b, &b_ns) == n);
	HOLDS("the same, of the same time", !memcmp(a, b, n) && a_ns == b_ns);
	if (n)
		check_frame(p, a, n);
}

static void one_piece(struct pair *p, struct fuzz_input *in)
{
	uint8_t flags = fuzz_take8(in), piece[UINT8_MAX + 2];
	size_t len = fuzz_take8(in);

	p->now_ns += fuzz_take16(in) * 1000ull;
	len = len > in->left ? in->left : len;
	memcpy(piece, in->at, len);
	in->at += len;
	in->left -= len;
	if (flags & SEALED)
		len = oht_sim_adu_seal(piece, len);
	p->bytes += len;
	take(p);
	oht_sim_framer_feed(&p->whole, piece, len, p->now_ns);
	feed_split(p, piece, len);
	HOLDS("both wait until the same time",
	      oht_sim_framer_deadline_ns(&p->whole) == oht_sim_framer_deadline_ns(&p->split));
	if (flags & WAIT && oht_sim_framer_deadline_ns(&p->whole) != OHT_SIM_NEVER) {
		p->now_ns = oht_sim_framer_deadline_ns(&p->whole);
		take(p);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned int rates[] = { 300, 9600, 19200, 115200, 4000000 };
	struct fuzz_input in = { data, size };
	struct pair p = { .now_ns = T0_NS };

	if (oht_sim_timing_set(&p.timing, rates[fuzz_take8(&in) % 5], "8N1", fuzz_take16(&in)))
		abort();
	oht_sim_framer_init(&p.whole, &p.timing);
	oht_sim_framer_init(&p.split, &p.timing);
	while (in.left)
		one_piece(&p, &in);
	p.now_ns += SILENCE_NS;
	take(&p);
	HOLDS("what was noted of the line is the same",
	      !memcmp(&p.whole.stats, &p.split.stats, sizeof(p.whole.stats)));
	HOLDS("each byte was seen", p.whole.stats.bytes == p.bytes);
	HOLDS("after a long silence nothing is left", !p.whole.len);
	return 0;
}
