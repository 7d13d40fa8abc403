// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tablets and panels with a key of their own: those that wait, to compare their six words and to decide; those that are in, and those that
 * were rejected. Nothing where there is none.
 */
import { useState } from "preact/hooks";
import { call } from "../api/session";
import type { Device } from "../api/types";
import { time } from "../format";
import { texts } from "../texts";
import { deviceTexts as t } from "../texts-device";
import { useAct } from "./act";
import { Badge, Button, Card, Refusal, type Tone } from "./basics";
import { clientOf } from "./client-of";
import { Form, type Values } from "./form";
import { Older } from "./older";
import { Dialog, confirm, toast } from "./overlay";
import { usePaged } from "./paged";
import { Table } from "./table";
import { roleChoices } from "./users-waiting";

const TONES: Record<string, Tone> = { waiting: "warn", accepted: "ok", rejected: "bad" };

function Accept({ of, close, done }: { of: Device; close: () => void; done: () => void }) {
	const send = async (values: Values) => {
		await call("POST", `devices/${of.id}/accept`, { body: values });
		toast(t.accepted(String(values.name)));
		done();
		close();
	};

	return (
		<Dialog title={t.acceptTitle(of.words)} text={t.acceptText} id="device-accept" onClose={close}>
			<Form
				id="acceptance"
				members={[
					{ name: "name", label: t.name, kind: "text", required: true, min: 1, max: 64 },
					{ name: "role", label: texts.users.role, kind: "choice", choices: roleChoices() },
				]}
				submit={t.accept}
				onSend={send}
				onCancel={close}
			/>
		</Dialog>
	);
}

export function Devices({ done }: { done: () => void }) {
	const list = usePaged<Device>("devices?limit=200&sort=-created");
	const [accepting, setAccepting] = useState<Device>();
	const act = useAct();
	const again = () => {
		list.again();
		done();
	};
	const decide = async (question: [string, string, string], method: "POST" | "DELETE", path: string, said: string) => {
		if (!(await confirm(...question))) return;
		await act.run(async () => {
			await call(method, `devices/${path}`, method === "POST" ? { body: {} } : {});
			toast(said);
		});
		again();
	};

	if (!list.rows?.length && !list.problem && !accepting) return null;
	return (
		<Card title={t.card}>
			{act.problem ? <Refusal problem={act.problem} /> : null}
			<Table
				id="devices"
				blocks
				label={t.card}
				rows={list.rows}
				problem={list.problem}
				retry={list.again}
				rowKey={(d) => d.id}
				rowClass={() => "can"}
				empty=""
				pager={<Older press={list.older} text={texts.table.next} />}
				columns={[
					{
						id: "name",
						title: t.name,
						head: true,
						key: (d) => `${d.name ?? ""} ${d.words} ${d.note}`,
						cell: (d) => (
							<>
								{d.name ?? <b>{d.words}</b>} <span class="mute">{d.role ? texts.roles[d.role] : ""}</span>
								<p class="sub">{[d.name ? d.words : "", d.note].filter(Boolean).join(" · ")}</p>
							</>
						),
					},
					{ id: "state", title: t.state, key: (d) => d.state, cell: (d) => <Badge tone={TONES[d.state] ?? "none"}>{t.states[d.state] ?? d.state}</Badge>, nowrap: true },
					{
						id: "from",
						title: t.from,
						cell: (d) => (
							<>
								{d.address} <span class="mute" title={d.user_agent}>{clientOf(d.user_agent)}</span>
							</>
						),
						wide: true,
					},
					{ id: "decided", title: t.decided, cell: (d) => (d.decided ? t.by(d.decided_by, time(d.decided, true)) : ""), wide: true },
					{ id: "used", title: t.used, cell: (d) => (d.last_used ? <span class="nowrap">{time(d.last_used)}</span> : d.state === "accepted" ? t.never : "") },
					{
						id: "act",
						title: "",
						number: true,
						cell: (d) =>
							d.state === "waiting" ? (
								<>
									<Button kind="plain" label={t.acceptTitle(d.words)} onPress={() => setAccepting(d)}>
										{t.accept}
									</Button>
									<Button
										kind="plain"
										label={`${t.reject}: ${d.words}`}
										onPress={() => void decide(t.askReject(d.words), "POST", `${d.id}/reject`, t.rejectedNow)}
									>
										{t.reject}
									</Button>
								</>
							) : (
								<Button
									kind="plain"
									label={`${t.remove}: ${d.name ?? d.words}`}
									onPress={() => void decide(t.askRemove(d.name ?? d.words), "DELETE", String(d.id), t.removed)}
								>
									{t.remove}
								</Button>
							),
					},
				]}
			/>
			{accepting ? <Accept of={accepting} close={() => setAccepting(undefined)} done={again} /> : null}
		</Card>
	);
}
