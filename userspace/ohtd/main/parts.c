// SPDX-License-Identifier: GPL-2.0-or-later
#include "main/parts.h"

#include <stddef.h>
#include <stdio.h>

#include "alerts/alerts.h"
#include "alerts/disk.h"
#include "alerts/proof.h"
#include "analytics/service.h"
#include "audit/audit.h"
#include "auth/keys.h"
#include "auth/setup.h"
#include "base/part.h"
#include "history/history.h"
#include "jobs/backups.h"
#include "journal/recorder.h"
#include "missions/missions.h"
#include "pki/certificate.h"
#include "settings/settings.h"
#include "store/store.h"
#include "views/services.h"
#include "webhooks/webhooks.h"

#define OHTD_PART(part_, member_)						\
	static void *member_##_of(const struct ohtd_services *services)	\
	{									\
		return services->member_;					\
	}
#define OHTD_PART_ALONE(part_)
#include "main/parts.def"

static const struct ohtd_views_part parts[] = {
#define OHTD_PART(part_, member_)	{ &(part_), member_##_of },
#define OHTD_PART_ALONE(part_)		{ &(part_), NULL },
#include "main/parts.def"
};

static const char *const names[] = {
#define OHTD_PART(part_, member_)	#part_,
#define OHTD_PART_ALONE(part_)		#part_,
#include "main/parts.def"
};

#define PARTS	(sizeof(parts) / sizeof(parts[0]))

void ohtd_main_tick_parts(const struct ohtd_services *services)
{
	for (size_t i = 0; i < PARTS; i++) {
		void *part = parts[i].of ? parts[i].of(services) : NULL;

		if (part && parts[i].part->tick)
			parts[i].part->tick(part);
	}
}

bool ohtd_main_hand_parts(struct ohtd_services *services, char *why, size_t size)
{
	for (size_t i = 0; i < PARTS; i++)
		if (parts[i].part->figure_count > OHTD_PART_FIGURES_MAX) {
			snprintf(why, size, "the part %s has %u figures, more than OHTD_PART_FIGURES_MAX, %d", names[i],
				 parts[i].part->figure_count, OHTD_PART_FIGURES_MAX);
			return false;
		}
	services->parts = parts;
	services->part_count = PARTS;
	return ohtd_alerts_take_parts(parts, PARTS, why, size);
}
