// SPDX-License-Identifier: GPL-2.0-or-later
#include "main/site.h"

#include "api/api.h"
#include "describe/asyncapi.h"
#include "describe/openapi.h"
#include "live/channels.h"

int ohtd_site_make(struct ohtd_site *site, char *why, size_t size)
{
	ohtd_channels_set(&ohtd_channel_table);
	ohtd_telemetry_add_own();
	*site = (struct ohtd_site){ .guest = &ohtd_live_guest };
	site->router = ohtd_router_create(ohtd_route_tables, why, size);
	if (site->router)
		site->openapi = ohtd_openapi_make(site->router, &site->openapi_bytes, why, size);
	if (site->openapi)
		site->asyncapi = ohtd_asyncapi_make(&site->asyncapi_bytes, why, size);
	if (site->asyncapi)
		return 0;
	ohtd_site_drop(site);
	return -1;
}
