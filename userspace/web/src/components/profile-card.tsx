// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The profile of the own account: a form, and the saved views.
 */
import type { OwnProfile } from "../api/types";
import { changeProfile, profile, readProfile, removeView } from "../profile";
import { href } from "../router";
import { setTheme } from "../shell/appearance";
import { useStore } from "../store";
import { profileTexts as t } from "../texts-profile";
import { useAct } from "./act";
import { Button, Card, Refusal, Skeleton } from "./basics";
import { Form, type Member, type Values } from "./form";
import { useOnce } from "./once";
import { confirm, toast } from "./overlay";
import { Table } from "./table";

const choicesOf = (words: Record<string, string>) => Object.entries(words).map(([value, label]) => ({ value, label }));

function membersOf(told: OwnProfile): Member[] {
	return [
		{ name: "full_name", label: t.fullName, kind: "text", now: told.full_name, min: 0, max: 128, autocomplete: "name" },
		{ name: "theme", label: t.theme, kind: "choice", now: told.theme, choices: choicesOf(t.themesOf) },
		{ name: "language", label: t.language, kind: "text", now: told.language, max: 35, hint: t.languageHint },
		{ name: "zone", label: t.zone, kind: "text", now: told.zone, max: 64, hint: t.zoneHint },
		{ name: "units", label: t.units, kind: "choice", now: told.units, choices: choicesOf(t.unitsOf), hint: t.unitsHint },
	];
}

async function change(values: Values): Promise<void> {
	const { theme } = await changeProfile(values);

	// Of this browser, too, where the menu may have said something else.
	if ("theme" in values) setTheme(theme);
	toast(t.changed);
}

function Views({ views }: { views: OwnProfile["views"] }) {
	const act = useAct();
	const remove = async (name: string) => {
		if (!(await confirm(t.askRemove, t.askRemoveText(name), t.remove))) return;
		await act.run(async () => {
			await removeView(name);
			toast(t.removed(name));
		});
	};

	return (
		<>
			<p class="sub gap-below">{t.viewsMean}</p>
			{act.problem ? <Refusal problem={act.problem} /> : null}
			<Table
				id="views"
				label={t.views}
				searchable={false}
				sortable={false}
				rows={views}
				rowKey={(view) => view.name}
				empty={
					<>
						{t.noViews} <a href={href("/history")}>{t.toHistory}</a>
					</>
				}
				columns={[
					{ id: "name", title: t.view, cell: ({ name, query }) => <a href={`#/history?${query}`}>{name}</a>, head: true },
					{
						id: "act",
						title: "",
						number: true,
						cell: ({ name }) => (
							<Button kind="plain" label={`${t.remove}: ${name}`} onPress={() => void remove(name)}>
								{t.remove}
							</Button>
						),
					},
				]}
			/>
		</>
	);
}

/** Two cards: what the person says, and the saved views. */
export function ProfileCards() {
	const { problem, again } = useOnce(readProfile);
	const told = useStore(profile);

	return (
		<>
			<Card title={t.title} id="profile-card">
				<p class="sub gap-below">{t.intro}</p>
				{problem ? <Refusal problem={problem} retry={again} /> : null}
				{told ? (
					// A form of what it is now: after a change it begins anew.
					<Form key={JSON.stringify(told)} id="profile" members={membersOf(told)} submit={t.change} onSend={change} />
				) : problem ? null : (
					<Skeleton lines={8} />
				)}
			</Card>
			<Card title={t.views} id="views-card">
				{told ? <Views views={told.views} /> : <Skeleton lines={3} />}
			</Card>
		</>
	);
}
