// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the person says of the own account. The page takes its colours and the saved views from it; what else it has is for programs.
 */
import { call } from "./api/session";
import type { OwnProfile } from "./api/types";
import { Store } from "./store";

export type View = OwnProfile["views"][number];

/** As the robot has told it last; null: not read in this tab. */
export const profile = new Store<OwnProfile | null>(null);

export async function readProfile(): Promise<OwnProfile> {
	const told = await call<OwnProfile>("GET", "auth/profile");

	profile.set(told);
	return told;
}

/** Changes these members and no other. */
export async function changeProfile(changes: Partial<OwnProfile>): Promise<OwnProfile> {
	const told = await call<OwnProfile>("PATCH", "auth/me", { body: changes });

	profile.set(told);
	return told;
}

/* All views go in one request: they are read anew before, as another browser may have changed them. */
async function changeViews(change: (views: View[]) => View[]): Promise<void> {
	const { views } = await readProfile();

	await changeProfile({ views: change(views) });
}

/** Saves a view; one of the same name is replaced in its place. */
export async function saveView(view: View): Promise<void> {
	await changeViews((views) =>
		views.some(({ name }) => name === view.name) ? views.map((each) => (each.name === view.name ? view : each)) : [...views, view],
	);
}

export async function removeView(gone: string): Promise<void> {
	await changeViews((views) => views.filter(({ name }) => name !== gone));
}
