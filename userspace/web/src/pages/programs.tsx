// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which programs work with the robot, and which may? Those that say that they are at work, the keys of all, and local users.
 */
import { useMemo } from "preact/hooks";
import { useLive } from "../api/live";
import { call, may } from "../api/session";
import type { Agent, AlertList, Key, List, User } from "../api/types";
import { useAct } from "../components/act";
import { Badge, Button, Card, Facts, Refusal, Skeleton, type Tone } from "../components/basics";
import { useOnce } from "../components/once";
import { confirm } from "../components/overlay";
import { usePaged } from "../components/paged";
import { Refused } from "../components/refused";
import { Table } from "../components/table";
import { useTurns } from "../components/turns";
import { endKey, lastUsed, scopeOf, Until } from "../components/user-keys";
import { span } from "../format";
import { href } from "../router";
import { useTick } from "../store";
import { texts } from "../texts";

const t = texts.programs;
const TONES: Record<Agent["state"], Tone> = { idle: "none", working: "live", waiting: "none", failing: "bad" };

/* ---- at work ---- */

function State({ of: { silent, state } }: { of: Agent }) {
	const word = t.states[state] ?? state;

	if (!silent) return <Badge tone={TONES[state] ?? "warn"}>{word}</Badge>;
	return (
		<>
			<Badge tone="warn">{t.silent}</Badge>
			<p class="sub">{t.saidLast(word)}</p>
		</>
	);
}

function AtWork() {
	const list = usePaged<Agent>("agents", useTurns());
	const act = useAct();
	const read = useMemo(() => performance.now(), [list.rows]);
	const since = Math.max(useTick() - read, 0);
	const takeOut = async ({ name }: Agent) => {
		if (!(await confirm(...t.askTakeOut(name)))) return;
		await act.run(() => call("DELETE", `agents/${encodeURIComponent(name)}`));
		list.again();
	};

	return (
		<Card title={t.atWork}>
			<Refused problem={act.problem} id="agents-problem" />
			<Table
				id="agents"
				blocks
				label={t.atWork}
				searchable={false}
				sortable={false}
				rows={list.rows}
				problem={list.problem}
				retry={list.again}
				rowKey={(agent) => agent.name}
				empty={
					<>
						<p>{t.none}</p>
						<p class="sub">{t.noneAct}</p>
					</>
				}
				pager={null}
				columns={[
					{
						id: "name",
						title: t.name,
						head: true,
						cell: ({ name, user }) => (
							<>
								{name}
								<p class="sub">{t.of(user)}</p>
							</>
						),
					},
					{ id: "state", title: t.state, cell: (agent) => <State of={agent} /> },
					{ id: "doing", title: t.doing, cell: ({ doing }) => doing },
					{ id: "heard", title: t.heard, cell: ({ age_ms }) => t.ago(span(age_ms + since)), nowrap: true },
					{ id: "known", title: t.known, cell: ({ known_for_ms }) => span(known_for_ms + since), nowrap: true, wide: true },
					...(may("administrator")
						? [
								{
									id: "act",
									title: "",
									number: true,
									cell: (agent: Agent) => (
										<Button kind="plain" label={t.askTakeOut(agent.name)[0]} onPress={() => void takeOut(agent)}>
											{t.takeOut}
										</Button>
									),
								},
							]
						: []),
				]}
			/>
		</Card>
	);
}

/* ---- keys ---- */

type KeyOf = Key & { user: User };

const pathOf = (user: User) => `users/${user.id}/keys`;

/* Those that end first come first. */
async function readKeys(): Promise<KeyOf[]> {
	const services = await call<List<User>>("GET", "users?service=true&limit=200");
	const lists = await Promise.all(
		services.items.map(async (user) => (await call<List<Key>>("GET", pathOf(user))).items.map((key) => ({ ...key, user }))),
	);

	return lists.flat().sort((a, b) => (a.expires ?? "").localeCompare(b.expires ?? ""));
}

function AllKeys() {
	const alerts = useLive<AlertList>("alerts").data?.items ?? [];
	// The robot judges which key a person has to look after.
	const due = (id: string) => alerts.find(({ code, subject }) => code === "keys_due" && subject === id);
	const list = useOnce(readKeys, alerts.filter(({ code }) => code === "keys_due").map(({ subject }) => subject).join());
	const act = useAct();
	const end = async (key: KeyOf) => {
		await act.run(() => endKey(pathOf(key.user), key));
		list.again();
	};

	return (
		<Card title={t.keys}>
			{act.problem ? <Refusal problem={act.problem} /> : null}
			<Table
				id="all-keys"
				blocks
				label={t.keys}
				sortable={false}
				rows={list.value}
				problem={list.problem}
				retry={list.again}
				rowKey={(key) => key.id}
				empty={
					<>
						<p>{t.keysNone}</p>
						<p class="sub">
							<a href={href("/users")}>{t.keysAct}</a>
						</p>
					</>
				}
				columns={[
					{
						id: "name",
						title: t.key,
						key: ({ name, user }) => `${name} ${user.username}`,
						head: true,
						cell: ({ name, role, user }) => (
							<>
								{name}
								<p class="sub">{`${t.of(user.username)} · ${texts.roles[role] ?? role}`}</p>
							</>
						),
					},
					{ id: "scope", title: texts.keys.scope, key: scopeOf, cell: scopeOf },
					{ id: "used", title: texts.keys.used, cell: lastUsed, nowrap: true },
					{
						id: "expires",
						title: texts.keys.expires,
						cell: (key) => (
							<>
								<Until of={key} />
								{due(key.id) ? (
									<p class="sub">
										<Badge tone="warn">{due(key.id)?.text}</Badge>
									</p>
								) : null}
							</>
						),
					},
					{
						id: "act",
						title: "",
						number: true,
						cell: (key) => (
							<Button kind="plain" label={texts.keys.askEnd(key.name)[0]} onPress={() => void end(key)}>
								{texts.keys.end}
							</Button>
						),
					},
				]}
			/>
		</Card>
	);
}

/* ---- local users ---- */

/* "@panel=viewer" */
function localOf(entry: string): [string, string] {
	const [name = "", role = ""] = entry.split("=");
	const said = name === "*" ? t.others : name.startsWith("@") ? t.group(name.slice(1)) : name;

	return [said, texts.roles[role] ?? role];
}

function Local() {
	const config = useOnce(() => call<{ access: { local_roles: string } }>("GET", "config"));
	const entries = config.value?.access.local_roles.split(/[\s,]+/).filter(Boolean);

	return (
		<Card title={t.local} id="local-users" head={<a href={href("/configuration/access")}>{t.toConfiguration}</a>}>
			{config.problem ? <Refusal problem={config.problem} retry={config.again} /> : null}
			{entries ? <Facts items={entries.map(localOf)} /> : <Skeleton />}
			{entries?.length === 0 ? <p>{t.localNone}</p> : null}
			<p class="sub">{t.localMeans}</p>
		</Card>
	);
}

export function Programs() {
	return (
		<div class="grid">
			<AtWork />
			{may("administrator") ? <AllKeys /> : null}
			<Local />
		</div>
	);
}
