/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the person of a request and the refusals, which the routes of courses and of certificates share.
 * Contexts: the loop of the request; ohtd_people_qualify_work(): the store's thread.
 * Locks:    none.
 */
#ifndef OHTD_PEOPLE_QUALIFY_H
#define OHTD_PEOPLE_QUALIFY_H

#include "courses/courses.h"

struct ohtd_call;

/**
 * struct ohtd_people_qualify - something is done with a course or a certificate
 * @courses: the room
 * @epoch: of the account that asks
 * @order: what
 */
struct ohtd_people_qualify {
	struct ohtd_courses *courses;
	int64_t epoch;
	struct ohtd_courses_order order;
};

/* The account that asks, and the time. */
void ohtd_people_qualify_begin(struct ohtd_call *call, struct ohtd_people_qualify *act, enum ohtd_courses_what what);

/* ohtd_courses_act(), unless the account that asks was changed meanwhile. */
int ohtd_people_qualify_work(struct ohtd_db *db, struct ohtd_people_qualify *act);

/* For a negative errno of it. */
void ohtd_people_qualify_refuse(struct ohtd_call *call, const struct ohtd_courses_order *order, int error);

#endif /* OHTD_PEOPLE_QUALIFY_H */
