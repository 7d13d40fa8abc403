// SPDX-License-Identifier: GPL-2.0-or-later
#include "main/kept_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "common/file.h"

#define PATH_BYTES	320
#define AGAIN_NS	(600 * OHTD_NS_PER_S)

int ohtd_kept_recall(const struct ohtd_kept_kind *kind, const char *state_dir, bool (*take)(char *text, void *arg), void *arg)
{
	char path[PATH_BYTES], *text = NULL;
	int r;

	snprintf(path, sizeof(path), "%s/%s", state_dir, kind->name);
	r = oht_file_read(path, OHTD_KEPT_FILE_BYTES, &text, NULL);
	if (!r && !take(text, arg))
		r = -EINVAL;
	if (r && r != -ENOENT)
		ohtd_log(OHTD_LOG_WARNING, "main", kind->word, "%s: %s; %s", path,
			 r == -EINVAL ? "makes no sense, ignored" : strerror(-r), kind->unread);
	free(text);
	return r;
}

int ohtd_kept_write(const struct ohtd_kept_kind *kind, struct ohtd_kept_file *file, const char *state_dir, const char *text,
		    uint64_t now_ns)
{
	char path[PATH_BYTES];
	int r;

	snprintf(path, sizeof(path), "%s/%s", state_dir, kind->name);
	r = oht_file_replace(path, text, strlen(text), 0600);
	if (!r)
		return 0;
	file->again_ns = now_ns + AGAIN_NS;
	ohtd_log(OHTD_LOG_WARNING, "main", kind->word, "%s: %s; %s", path, strerror(-r), kind->unwritten);
	return r;
}

void ohtd_kept_spoil(const struct ohtd_kept_kind *kind, const char *state_dir, const char *otherwise)
{
	char path[PATH_BYTES];
	int r;

	snprintf(path, sizeof(path), "%s/%s", state_dir, kind->name);
	r = ohtd_file_spoil(path);
	if (r)
		ohtd_log(OHTD_LOG_WARNING, "main", kind->word, "%s: %s; %s", path, strerror(-r), otherwise);
}
