// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the robot has driven in its life, and which service of the machine falls due by it.
 */
import type { ComponentChildren } from "preact";
import { call, may } from "../api/session";
import type { Odometer, OdometerService } from "../api/types";
import { time } from "../format";
import { odometerTexts as t } from "../texts-service";
import { Badge, Card, Facts, Refusal, Skeleton } from "./basics";
import { Form, type Member, type Values } from "./form";
import { useOnce } from "./once";

const MEMBERS: Member[] = [
	{
		name: "wear",
		label: t.service,
		kind: "choice",
		choices: Object.entries(t.wears).map(([value, label]) => ({ value, label })),
		start: "distance",
	},
	{ name: "note", label: t.note, kind: "text", required: true, min: 1, max: 255 },
];

const rounded = (value: number, unit: string | null) => `${value.toFixed(unit === "h" ? 1 : 0)} ${unit ?? ""}`.trim();

function Service({ of: { interval, used, left, due, unit, done, done_by, note } }: { of: OdometerService }) {
	return (
		<>
			{interval === null ? t.none(rounded(used, unit)) : t.used(rounded(used, unit), rounded(interval, unit))}{" "}
			{due ? <Badge tone="warn">{t.due}</Badge> : left === null ? null : t.left(rounded(left, unit))}
			{done ? <p class="sub">{t.done(time(done), done_by ?? "", note ?? "")}</p> : null}
		</>
	);
}

export function OdometerCard() {
	const { value, problem, again } = useOnce(() => call<Odometer>("GET", "analytics/odometer"));
	const send = async (said: Values) => {
		await call("POST", "analytics/odometer/done", { body: said });
		again();
	};

	return (
		<Card title={t.title} id="odometer">
			{problem ? <Refusal problem={problem} retry={again} /> : null}
			{value ? (
				<Facts
					items={[
						[t.way, rounded(value.distance_m, "m")],
						[t.moving, rounded(value.moving_h, "h")],
						[t.enabled, rounded(value.enabled_h, "h")],
						[t.starts, String(value.starts)],
						...value.services.map((one): [string, ComponentChildren] => [t.of(t.wears[one.wear] ?? one.wear), <Service key={one.wear} of={one} />]),
					]}
				/>
			) : problem ? null : (
				<Skeleton lines={6} />
			)}
			{may("supervisor") ? (
				<details>
					<summary>{t.say}</summary>
					<Form id="service-done" members={MEMBERS} submit={t.say} onSend={send} />
				</details>
			) : null}
		</Card>
	);
}
