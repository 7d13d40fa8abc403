// SPDX-License-Identifier: GPL-2.0-or-later
#include "alerts/disk.h"

#include <sys/statvfs.h>

#include "base/clock.h"
#include "base/part.h"
#include "common/disk_low.h"

#define EVERY_NS	(2 * OHTD_NS_PER_S)

void ohtd_disk_note(struct ohtd_disk *disk, uint64_t free_bytes, uint64_t size_bytes, uint64_t now_ns)
{
	const uint64_t low = oht_disk_low_bytes(size_bytes);
	const bool is_low = atomic_load(&disk->low_since_ns);

	atomic_store(&disk->free_bytes, free_bytes);
	atomic_store(&disk->size_bytes, size_bytes);
	if (!is_low && free_bytes < low)
		atomic_store(&disk->low_since_ns, now_ns);
	else if (is_low && free_bytes >= low + low / 2)
		atomic_store(&disk->low_since_ns, 0);
}

/* Measures the file system, if that was some seconds ago. A path that cannot be asked changes nothing. */
static void tick(void *part)
{
	struct ohtd_disk *disk = part;
	const uint64_t now_ns = ohtd_clock_monotonic_ns(disk->clock);
	struct statvfs st;

	if (now_ns < disk->next_ns)
		return;
	disk->next_ns = now_ns + EVERY_NS;
	if (!statvfs(disk->path, &st))
		ohtd_disk_note(disk, (uint64_t)st.f_bavail * st.f_frsize, (uint64_t)st.f_blocks * st.f_frsize, now_ns);
}

void ohtd_disk_look(const struct ohtd_disk *disk, struct ohtd_disk_view *view)
{
	*view = (struct ohtd_disk_view){
		.free_bytes = atomic_load(&disk->free_bytes), .size_bytes = atomic_load(&disk->size_bytes),
		.low_since_ns = atomic_load(&disk->low_since_ns),
	};
}

/* ---- what is not well ---- */

enum { LOW };

static const struct ohtd_part_alert alerts[] = {
	[LOW] = { "disk", "disk_low", OHTD_SEVERITY_WARNING, .notice = true,
		.action = "Delete what is not needed, or let the history keep less (/history/size_mib). When nothing is left, "
			  "nothing can be kept or changed any more." },
};

static void judge(void *part, const struct ohtd_part_reports *to)
{
	struct ohtd_disk_view view;

	ohtd_disk_look(part, &view);
	if (view.low_since_ns)
		ohtd_part_report_text(to, LOW, view.low_since_ns, "The disk of the state folder has little room: %llu of %llu MiB are left.",
				      (unsigned long long)view.free_bytes >> 20, (unsigned long long)view.size_bytes >> 20);
}

const struct ohtd_daemon_part ohtd_alert_disk_part = { OHTD_PART_ALERTS(alerts), .judge = judge, .tick = tick };
