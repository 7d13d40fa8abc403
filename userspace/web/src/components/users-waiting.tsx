// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Accounts that persons ask for: who, from where, with which role; to approve and to reject. Nothing while none waits.
 */
import { useState } from "preact/hooks";
import { ROLES, call, session } from "../api/session";
import type { Registration } from "../api/types";
import { time } from "../format";
import { texts } from "../texts";
import { Badge, Button, Card } from "./basics";
import { clientOf } from "./client-of";
import { Form, type Values } from "./form";
import { Older } from "./older";
import { Dialog, toast } from "./overlay";
import { usePaged } from "./paged";
import { Table } from "./table";

const t = texts.waiting;

/** An administrator cannot give a role above the own role. */
export function roleChoices(): { value: string; label: string }[] {
	const mine = session.get().role;

	return ROLES.slice(0, mine ? ROLES.indexOf(mine) + 1 : 0).map((role) => ({
		value: role,
		label: `${texts.roles[role]}: ${texts.roleMeans[role]}`,
	}));
}

function Decide({ of, approve, close, done }: { of: Registration; approve: boolean; close: () => void; done: () => void }) {
	const send = async (values: Values) => {
		await call("POST", `users/${of.id}/${approve ? "approve" : "reject"}`, { body: values });
		toast(approve ? texts.users.made(of.username) : t.rejected(of.username));
		done();
		close();
	};

	return (
		<Dialog title={approve ? t.approveTitle(of.username) : t.rejectTitle(of.username)} id="decide" onClose={close}>
			<Form
				id="decision"
				members={
					approve
						? [{ name: "role", label: texts.users.role, kind: "choice", choices: roleChoices(), start: of.role }]
						: [{ name: "reason", label: t.reason, kind: "text", max: 256, hint: t.reasonHint }]
				}
				submit={approve ? t.approve : t.reject}
				onSend={send}
				onCancel={close}
			/>
		</Dialog>
	);
}

export function Waiting({ done }: { done: () => void }) {
	const list = usePaged<Registration>("registrations?limit=200&sort=-created");
	const [deciding, setDeciding] = useState<{ of: Registration; approve: boolean }>();
	const again = () => {
		list.again();
		done();
	};

	if (!list.rows?.length && !list.problem && !deciding) return null;
	return (
		<Card title={t.title}>
			<Table
				id="waiting"
				blocks
				label={t.title}
				rows={list.rows}
				problem={list.problem}
				retry={list.again}
				rowKey={(r) => r.id}
				rowClass={() => "can"}
				empty={t.none}
				pager={<Older press={list.older} text={texts.table.next} />}
				columns={[
					{
						id: "username",
						title: texts.users.name,
						head: true,
						cell: (r) => (
							<>
								{r.username} <span class="mute">{r.full_name}</span> {r.taken ? <Badge tone="warn">{t.taken}</Badge> : null}
								<p class="sub">{r.note}</p>
							</>
						),
					},
					{ id: "role", title: t.role, cell: (r) => texts.roles[r.role] ?? r.role },
					{
						id: "from",
						title: t.from,
						cell: (r) => (
							<>
								{r.address} <span class="mute" title={r.user_agent}>{clientOf(r.user_agent)}</span>
							</>
						),
					},
					{ id: "created", title: t.created, cell: (r) => time(r.created, true), nowrap: true },
					{
						id: "act",
						title: "",
						number: true,
						cell: (r) => (
							<>
								{r.taken ? null : (
									<Button kind="plain" label={t.approveTitle(r.username)} onPress={() => setDeciding({ of: r, approve: true })}>
										{t.approve}
									</Button>
								)}
								<Button kind="plain" label={t.rejectTitle(r.username)} onPress={() => setDeciding({ of: r, approve: false })}>
									{t.reject}
								</Button>
							</>
						),
					},
				]}
			/>
			{deciding ? <Decide {...deciding} close={() => setDeciding(undefined)} done={again} /> : null}
		</Card>
	);
}
