// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The own account: where it is logged in, what the person says of it, and its password.
 */
import { useEffect, useState } from "preact/hooks";
import { call, changePassword, isDevice, logout, session } from "../api/session";
import type { List, Me, Session } from "../api/types";
import { useAct } from "../components/act";
import { Badge, Button, Card, Facts, Refusal } from "../components/basics";
import { CodedForm } from "../components/coded-form";
import type { Member, Values } from "../components/form";
import { useOnce } from "../components/once";
import { PinCard } from "../components/pin-card";
import { ProfileCards } from "../components/profile-card";
import { confirm, toast } from "../components/overlay";
import { SecondFactorCard } from "../components/second-factor";
import { Table } from "../components/table";
import { clientOf } from "../components/client-of";
import { time } from "../format";
import { useStore } from "../store";
import { texts } from "../texts";
import { pinTexts } from "../texts-pin";

const t = texts.account;

const MEMBERS: Member[] = [
	{
		name: "old_password",
		label: t.oldPassword,
		kind: "password",
		required: true,
		hint: "",
		secret: true,
		autocomplete: "current-password",
	},
	{
		name: "new_password",
		label: t.newPassword,
		kind: "password",
		required: true,
		min: 8,
		max: 72,
		autocomplete: "new-password",
	},
	{
		name: "again",
		label: t.again,
		kind: "password",
		required: true,
		hint: "",
		autocomplete: "new-password",
	},
];

function Sessions() {
	const list = useOnce(() => call<List<Session>>("GET", "auth/sessions"));
	const act = useAct();

	const endOne = async (one: Session) => {
		if (one.current) {
			logout();
			return;
		}
		if (!(await confirm(t.askEnd, t.askEndText(clientOf(one.user_agent), one.address), t.end))) return;
		await act.run(async () => {
			await call("DELETE", `auth/sessions/${one.id}`);
			toast(t.ended);
		});
		list.again();
	};

	return (
		<Card title={t.sessions}>
			{act.problem ? <Refusal problem={act.problem} /> : null}
			<Table
				id="sessions"
				label={t.sessions}
				rows={list.value?.items}
				problem={list.problem}
				retry={list.again}
				rowKey={(s) => s.id}
				rowClass={() => "can"}
				empty={t.none}
				columns={[
					{
						id: "client",
						title: t.client,
						key: (s) => clientOf(s.user_agent),
						head: true,
						cell: (s) => (
							<>
								<span title={s.user_agent}>{clientOf(s.user_agent)}</span>{" "}
								{t.kinds[s.kind] ? <Badge tone="none">{t.kinds[s.kind]}</Badge> : null}{" "}
								{s.current ? <Badge tone="ok">{t.thisOne}</Badge> : null}
							</>
						),
					},
					{ id: "address", title: t.address, key: (s) => s.address, cell: (s) => s.address, nowrap: true },
					{
						id: "used",
						title: t.used,
						key: (s) => s.last_used,
						cell: (s) => time(s.last_used),
						nowrap: true,
					},
					{
						id: "created",
						title: t.created,
						key: (s) => s.created,
						cell: (s) => time(s.created, true),
						wide: true,
						nowrap: true,
					},
					{
						id: "act",
						title: "",
						number: true,
						cell: (s) => (
							<Button kind="plain" onPress={() => void endOne(s)}>
								{s.current ? texts.shell.logout : t.end}
							</Button>
						),
					},
				]}
			/>
		</Card>
	);
}

/* Nothing, unless the session is elevated. */
function Elevation() {
	const me = useOnce(() => call<Me>("GET", "auth/me"));
	const act = useAct();
	const whole = me.value?.elevated_for_ms ?? 0;
	const byPin = me.value?.pin_for_ms ?? 0;
	/* Until what is shown changes. */
	const left = whole && byPin ? Math.min(whole, byPin) : whole || byPin;
	const until = (ms: number) => time(new Date(Date.now() + ms).toISOString());
	const problem = act.problem ?? me.problem;

	useEffect(() => {
		if (!left) return undefined;
		const over = setTimeout(me.again, left);

		return () => clearTimeout(over);
	}, [left]);

	const end = async () => {
		await act.run(() => call("DELETE", "auth/elevate"));
		me.again();
	};

	if (problem) return <Refusal problem={problem} />;
	if (!left) return null;
	return (
		<Card title={t.elevated}>
			{whole ? <p class="sub">{t.elevatedText(until(whole))}</p> : null}
			{byPin ? (
				<p class="sub" id="by-pin">
					{pinTexts.elevated(until(byPin))}
				</p>
			) : null}
			<Button id="lower" onPress={() => void end()}>
				{t.lower}
			</Button>
		</Card>
	);
}

export function Account() {
	const { user, role } = useStore(session);
	/* Another password and a second factor end the PIN: its card asks again. */
	const [ended, setEnded] = useState(0);

	return (
		<div class="grid" id="account">
			<div class="c8 stack">
				<Sessions />
				<ProfileCards />
			</div>
			<div class="c4 stack">
				<Card title={t.who}>
					<Facts
						items={[
							[t.name, user],
							[t.role, `${texts.roles[role ?? ""] ?? ""}: ${texts.roleMeans[role ?? ""] ?? ""}`],
						]}
					/>
				</Card>
				<Elevation />
				{/* A device has no password, and what these cards want is one. */}
				{isDevice() ? null : (
					<>
						<SecondFactorCard begun={() => setEnded(ended + 1)} />
						<Card title={t.password}>
							<CodedForm
								id="password"
								members={MEMBERS}
								submit={t.change}
								check={(values): Record<string, string> =>
									values.new_password && values.again && values.new_password !== values.again
										? { again: texts.setup.same }
										: {}
								}
								onSend={async ({ old_password, new_password, code }: Values) => {
									await changePassword(String(old_password), String(new_password), code);
									toast(t.changed);
									setEnded(ended + 1);
								}}
							/>
							<p class="sub">{t.endsOthers}</p>
						</Card>
						<PinCard key={ended} />
					</>
				)}
			</div>
		</div>
	);
}
