// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/join.h"

#include <stddef.h>
#include <string.h>

#include "robot/command.h"

struct ohtd_join_read *ohtd_join_add(struct ohtd_join *join, const struct ohtd_mbap_request *request)
{
	for (unsigned int i = 0; i < OHTD_JOIN_READS_MAX; i++) {
		struct ohtd_join_read *read = &join->reads[i];

		if (read->used)
			continue;
		memset(read, 0, sizeof(*read));
		read->used = true;
		read->order = ++join->order;
		read->request = *request;
		read->missing = request->count;
		return read;
	}
	return NULL;
}

/* The oldest read of a unit, or NULL. */
static const struct ohtd_join_read *oldest_of(const struct ohtd_join *join, uint8_t unit)
{
	const struct ohtd_join_read *oldest = NULL;

	for (unsigned int i = 0; i < OHTD_JOIN_READS_MAX; i++) {
		const struct ohtd_join_read *read = &join->reads[i];

		if (read->used && read->missing && read->request.unit == unit &&
		    (!oldest || read->order < oldest->order))
			oldest = read;
	}
	return oldest;
}

/* Behind the unit whose turn was the last. */
static const struct ohtd_join_read *whose_turn(const struct ohtd_join *join,
					       const bool busy[OHTD_JOIN_UNITS])
{
	bool waits[OHTD_JOIN_UNITS] = { false };

	for (unsigned int i = 0; i < OHTD_JOIN_READS_MAX; i++)
		if (join->reads[i].used && join->reads[i].missing)
			waits[join->reads[i].request.unit] = true;
	for (unsigned int i = 1; i <= OHTD_JOIN_UNITS; i++) {
		uint8_t unit = (uint8_t)(join->last_unit + i);

		if (waits[unit] && !busy[unit])
			return oldest_of(join, unit);
	}
	return NULL;
}

static bool lacks(const struct ohtd_join_read *read, unsigned int address)
{
	unsigned int at = address - read->request.address;

	return address >= read->request.address && at < read->request.count && !read->has[at];
}

static bool is_of(const struct ohtd_join_read *read, const struct ohtd_join_part *part)
{
	return read->used && read->order <= part->order && read->request.unit == part->unit &&
	       read->request.function == part->function;
}

/* Does somebody who may be joined to @part want this register? */
static bool is_wanted(const struct ohtd_join *join, const struct ohtd_join_part *part,
		      unsigned int address)
{
	if (part->only >= 0)
		return lacks(&join->reads[part->only], address);
	for (unsigned int i = 0; i < OHTD_JOIN_READS_MAX; i++)
		if (is_of(&join->reads[i], part) && !join->reads[i].alone &&
		    lacks(&join->reads[i], address))
			return true;
	return false;
}

static void grow(const struct ohtd_join *join, struct ohtd_join_part *part)
{
	while (part->count < OHTD_READ_MAX && is_wanted(join, part, part->address + part->count))
		part->count++;
	while (part->count < OHTD_READ_MAX && part->address &&
	       is_wanted(join, part, part->address - 1u)) {
		part->address--;
		part->count++;
	}
}

bool ohtd_join_next(struct ohtd_join *join, const bool busy[OHTD_JOIN_UNITS],
		    struct ohtd_join_part *part)
{
	const struct ohtd_join_read *read = whose_turn(join, busy);
	unsigned int at = 0;

	if (!read)
		return false;
	while (read->has[at])
		at++;
	*part = (struct ohtd_join_part){
		.unit = read->request.unit,
		.function = read->request.function,
		.address = (uint16_t)(read->request.address + at),
		.count = 1,
		.order = join->order,
		.only = read->alone ? (int)(read - join->reads) : -1,
		.asked = (uint16_t)(read->request.address + at),
	};
	grow(join, part);
	join->last_unit = part->unit;
	return true;
}

void ohtd_join_trim(struct ohtd_join_part *part, const struct oht_regmap *map)
{
	const struct oht_register *first, *last;

	if (!map || part->count < OHTD_READ_MAX)
		return;
	first = oht_regmap_at(map, part->address);
	if (first && first->address < part->address && part->address < part->asked) {
		part->address++;
		part->count--;
	}
	last = oht_regmap_at(map, (uint16_t)(part->address + part->count - 1));
	if (last && last->address + last->words > part->address + part->count)
		part->count--;
}

bool ohtd_join_meets(const struct ohtd_join *join, const struct ohtd_join_read *read,
		     const struct ohtd_join_part *part)
{
	if (!is_of(read, part) || !read->missing)
		return false;
	if (part->only >= 0)
		return read == &join->reads[part->only];
	for (unsigned int i = 0; i < part->count; i++)
		if (!read->alone && lacks(read, part->address + i))
			return true;
	return false;
}

void ohtd_join_fill(struct ohtd_join *join, const struct ohtd_join_part *part, const uint16_t *words)
{
	unsigned int met = 0;

	for (unsigned int i = 0; i < OHTD_JOIN_READS_MAX; i++) {
		struct ohtd_join_read *read = &join->reads[i];

		if (!ohtd_join_meets(join, read, part))
			continue;
		met++;
		for (unsigned int j = 0; j < part->count; j++) {
			unsigned int at = part->address + j - read->request.address;

			if (!lacks(read, part->address + j))
				continue;
			read->has[at] = true;
			read->words[at] = words[j];
			read->missing--;
		}
	}
	join->joined += met > 1 ? met - 1 : 0;
}

bool ohtd_join_split(struct ohtd_join *join, const struct ohtd_join_part *part)
{
	struct ohtd_join_read *met[OHTD_JOIN_READS_MAX];
	unsigned int count = 0;

	for (unsigned int i = 0; i < OHTD_JOIN_READS_MAX; i++)
		if (ohtd_join_meets(join, &join->reads[i], part))
			met[count++] = &join->reads[i];
	for (unsigned int i = 0; count > 1 && i < count; i++)
		met[i]->alone = true;
	return count > 1;
}
