// SPDX-License-Identifier: GPL-2.0-or-later
#include "history/past.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "store/carry.h"
#include "store/db_file.h"

#define DIGITS		8
#define NUMBER_MAX	0x7fffffffu	/* SQLite takes it for a signed one */

uint32_t ohtd_history_past_owner(const char *robot_id)
{
	char digits[DIGITS + 1];
	uint32_t number;

	snprintf(digits, sizeof(digits), "%s", robot_id);
	if (!*digits)
		return 0;
	number = (uint32_t)strtoul(digits, NULL, 16) & NUMBER_MAX;
	return number ? number : 1;
}

int ohtd_history_past_give(const char *path)
{
	return access(path, F_OK) ? 0 : ohtd_store_disown(path);
}

static void move_away(const char *path, long long now_s)
{
	char name[OHTD_DB_PATH_BYTES];
	int r = ohtd_store_file_give_way(path, now_s, name, sizeof(name));

	if (r)
		ohtd_log(OHTD_LOG_ERROR, "history", "past_of_another", "%s is of another robot, and cannot be moved away: %s", path, strerror(-r));
	else
		ohtd_log(OHTD_LOG_ERROR, "history", "past_of_another", "%s is of another robot: it is kept as %s", path, name);
}

unsigned int ohtd_history_past_settle(const char *path, const char *robot_id, long long now_s)
{
	const uint32_t own = ohtd_history_past_owner(robot_id), owner = ohtd_store_file_owner(path);
	int r = 0;

	/* Before an id is drawn: a start that ends in between finds none again. */
	if (owner && !own)
		r = ohtd_history_past_give(path);
	else if (owner && owner != own)
		move_away(path, now_s);
	if (r)
		ohtd_log(OHTD_LOG_WARNING, "history", "past_owner", "%s: %s", path, strerror(-r));
	return ohtd_store_file_count_others(path);
}
