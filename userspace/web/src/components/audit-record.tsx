// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One record of the audit, opened: all that it says, and the way to others like it.
 */
import type { ComponentChildren } from "preact";
import type { AuditRecord } from "../api/types";
import { time } from "../format";
import { href } from "../router";
import { texts } from "../texts";
import { Badge, Button, Facts, Scroll } from "./basics";
import { Dialog } from "./overlay";

const t = texts.audit;
const REFUSED = 300;

/** A refusal stands out by colour, shape and its code. */
export function Result({ result }: { result: string }) {
	return Number.parseInt(result, 10) >= REFUSED ? <Badge tone="warn">{result}</Badge> : <span>{result}</span>;
}

/* Each member as text. What is no object has one member without a name. */
function membersOf(json: string | null): Map<string, string> {
	if (json === null) return new Map();
	try {
		const value: unknown = JSON.parse(json);
		const entries = value !== null && typeof value === "object" && !Array.isArray(value) ? Object.entries(value) : [["", value]];

		return new Map(entries.map(([name, inner]) => [String(name), typeof inner === "string" ? inner : JSON.stringify(inner)]));
	} catch {
		return new Map([["", json]]);
	}
}

function Values({ record }: { record: AuditRecord }) {
	const before = membersOf(record.before);
	const after = membersOf(record.after);
	const names = [...new Set([...before.keys(), ...after.keys()])];

	if (!names.length) return <p class="sub gap-above">{t.noValues}</p>;
	return (
		<Scroll css="differences gap-above">
			<table id="audit-values" aria-label={t.values}>
				<thead>
					<tr>
						<th scope="col">{t.member}</th>
						{before.size ? <th scope="col">{t.before}</th> : null}
						<th scope="col">{before.size ? t.after : t.asked}</th>
					</tr>
				</thead>
				<tbody>
					{names.map((name) => (
						<tr key={name}>
							<th scope="row">{name}</th>
							{before.size ? <td class="mute">{before.get(name) ?? t.notThere}</td> : null}
							<td>
								<b>{after.get(name) ?? t.notThere}</b>
							</td>
						</tr>
					))}
				</tbody>
			</table>
		</Scroll>
	);
}

export function OpenRecord({ record, close }: { record: AuditRecord; close: () => void }) {
	const like = (name: "who" | "act" | "object" | "result", shown: ComponentChildren) => {
		const value = record[name];

		if (value === null) return shown;
		return (
			<>
				{shown}{" "}
				<a href={href("/audit", { [name]: value })} aria-label={t.onlyOf(t[name], value)} onClick={close}>
					{t.only}
				</a>
			</>
		);
	};

	return (
		<Dialog title={t.record(record.number)} id="audit-record" wide onClose={close}>
			<Facts
				items={[
					[t.time, time(record.time, true)],
					[t.who, like("who", record.who ?? t.nobody)],
					[t.what, record.words],
					[t.act, like("act", record.act)],
					...(record.object === null ? [] : [[t.object, like("object", record.object)] as [string, ComponentChildren]]),
					[t.result, like("result", <Result result={record.result} />)],
					[t.address, record.from ?? t.notThere],
					[t.requestId, <span class="mono">{record.request_id ?? t.notThere}</span>],
					[t.boot, <span class="mono">{record.boot_id}</span>],
					[t.leaf, <span class="mono">{record.leaf}</span>],
				]}
			/>
			<Values record={record} />
			<div class="actions">
				<Button first onPress={close}>
					{texts.shell.close}
				</Button>
			</div>
		</Dialog>
	);
}
