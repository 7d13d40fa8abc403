// SPDX-License-Identifier: GPL-2.0-or-later
/* Tell stops of all devices, and whatever was lost, until a minute was quiet. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include <oht_monitor.h>

int main(void)
{
	struct oht_monitor *monitor = oht_monitor_open(OHT_MONITOR_SAFETY);
	struct oht_news news;
	int result;

	if (!monitor) {
		fprintf(stderr, "%s\n", errno == ENOENT ? "the kernel module is not loaded" :
			oht_errno_text(errno));
		return 1;
	}
	while ((result = oht_monitor_read(monitor, &news, 60000)) > 0) {
		if (news.type == OHT_NEWS_LOST)
			printf("oht%" PRIu32 ": %" PRIu64 " not heard\n", news.device,
			       news.lost.count);
		else
			printf("oht%" PRIu32 ": %s, %s\n", news.device,
			       oht_kind_name(news.safety.kind), oht_cause_name(news.safety.cause));
	}
	oht_monitor_close(monitor);
	return result < 0;
}
