/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     how a job is shown, and the answer to a request that has made one.
 * Contexts: the loop of the request.
 * Locks:    none.
 */
#ifndef OHTD_API_JOBS_H
#define OHTD_API_JOBS_H

#include <stdint.h>

#include "json/member.h"

struct ohtd_call;

/* 202: what the request asks for is done by a job. */
struct ohtd_job_made {
	int64_t job;
};

extern const struct ohtd_shape ohtd_job_made_shape;

#endif /* OHTD_API_JOBS_H */
