// SPDX-License-Identifier: GPL-2.0-or-later
/* The copy that live data is made of: a loop must not wait for the store, nor for the mission that is driven. */
#include "missions/private.h"

#include <string.h>

#include "store/store.h"

void ohtd_missions_changed(struct ohtd_missions *missions)
{
	atomic_store(&missions->changed, true);
}

static int work_board(struct ohtd_db *db, void *arg)
{
	return ohtd_missions_board(db, arg);
}

/* The store may not take what has happened to the mission that is driven. */
static void take_driven(struct ohtd_missions *missions)
{
	const struct ohtd_mission_leg *leg = ohtd_missions_leg(missions);

	for (unsigned int i = 0; i < missions->next.count; i++) {
		struct ohtd_mission_item *item = &missions->next.items[i];

		if (item->row.id != missions->row.id)
			continue;
		item->row = missions->row;
		item->leg = leg ? *leg : (struct ohtd_mission_leg){ 0 };
	}
}

void ohtd_missions_refresh(struct ohtd_missions *missions)
{
	if (!atomic_exchange(&missions->changed, false))
		return;
	/* Tried again in the next turn. What is known of the one that is driven is shown all the same. */
	if (ohtd_store_read(missions->setup.store, work_board, &missions->next) < 0)
		ohtd_missions_changed(missions);
	if (missions->row.id)
		take_driven(missions);
	pthread_mutex_lock(&missions->board_lock);
	missions->board = missions->next;
	pthread_mutex_unlock(&missions->board_lock);
}

void ohtd_missions_look(struct ohtd_missions *missions, struct ohtd_mission_board *board)
{
	pthread_mutex_lock(&missions->board_lock);
	*board = missions->board;
	pthread_mutex_unlock(&missions->board_lock);
}
