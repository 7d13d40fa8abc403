// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Receivers of alerts elsewhere, with the outcome of the newest attempt. Shows nothing where there are none.
 */
import type { Webhook } from "../api/types";
import { time } from "../format";
import { texts } from "../texts";
import { Badge, Card, type Tone } from "./basics";
import { usePaged } from "./paged";
import { KEPT_MS, useTimesSettled } from "./settled";
import { Table } from "./table";

const t = texts.alerts;

function result({ enabled, failures, last, last_status, last_error }: Webhook): [Tone, string] {
	if (!enabled) return ["warn", t.toldOff];
	if (!last) return ["none", t.toldNothing];
	if (!failures) return ["ok", t.toldWell(time(last))];
	return ["warn", t.toldNot(last_error ?? t.toldStatus(last_status ?? 0), failures, time(last))];
}

/** Read again when the alerts have changed and there was time to tell it. @alerts: names those that are there. */
export function Told({ alerts }: { alerts: string | undefined }) {
	const list = usePaged<Webhook>("webhooks", useTimesSettled(alerts, 2 * KEPT_MS));

	if (!list.rows?.length && !list.problem) return null;
	return (
		<Card title={t.told} id="told">
			<Table
				id="webhooks"
				label={t.told}
				searchable={false}
				sortable={false}
				rows={list.rows}
				problem={list.problem}
				retry={list.again}
				rowKey={(w) => String(w.id)}
				empty={t.toldNothing}
				columns={[
					{
						id: "url",
						title: t.toldWho,
						head: true,
						cell: (w) => {
							const [tone, text] = result(w);

							return (
								<>
									{w.url}
									<p class="sub">
										<Badge tone={tone}>{text}</Badge>
									</p>
								</>
							);
						},
					},
					{ id: "waiting", title: t.toldWaiting, cell: (w) => String(w.waiting_count), number: true },
					{ id: "dead", title: t.toldDead, cell: (w) => String(w.dead_count), number: true },
				]}
			/>
		</Card>
	);
}
