// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rules on values: when an alert comes, whether it would have come in the past, and for an administrator what to change.
 */
import { useEffect, useState } from "preact/hooks";
import { call, may } from "../api/session";
import type { AlertRule, AlertTrial } from "../api/types";
import { time, unit, words } from "../format";
import { nameOf, readRegistry, registry } from "../signals";
import { useStore } from "../store";
import { texts } from "../texts";
import { useAct } from "./act";
import { Around } from "./around";
import { Badge, Button, Card, Refusal } from "./basics";
import { Form, type Member, type Values } from "./form";
import { confirm, Dialog, toast } from "./overlay";
import { usePaged } from "./paged";
import { Table } from "./table";

const t = texts.alerts.rules;
const SEVERITIES = (["warning", "critical", "emergency"] as const).map((value) => ({ value, label: texts.alerts.severities[value] }));
const DELAY_S_MAX = 86_400;
const TEXT_BYTES = { min: 1, max: 79 };
const CONSEQUENCE_BYTES = { min: 1, max: 99 };
const ACTION_BYTES = { min: 1, max: 159 };
/* A trial may take its time, and another one is refused meanwhile. */
const TRIAL_MS = 10_000;

/* ---- a trial ---- */

function Comings({ trial }: { trial: AlertTrial }) {
	return (
		<>
			<p class="trial-says">{t.says(trial.text)}</p>
			{trial.complete ? null : <p class="sub">{t.asFar(time(trial.to))}</p>}
			<ul class="comings">
				{trial.items.map(({ from, to, text }) => (
					<li key={from}>
						{time(from, true)}
						{to ? null : <span class="mute"> {t.stillThere}</span>} <Around at={from} text={text} />
						<p class="sub">{text}</p>
					</li>
				))}
			</ul>
		</>
	);
}

function Try({ rule, close }: { rule: AlertRule; close: () => void }) {
	const [trial, setTrial] = useState<AlertTrial>();
	const act = useAct();

	useEffect(() => {
		void act.run(async () =>
			setTrial(await call<AlertTrial>("GET", `alert-rules/${rule.code}/trial`, { timeoutMs: TRIAL_MS })),
		);
	}, [rule.code]);
	return (
		<Dialog title={t.tryTitle(rule.text)} id="rule-try" onClose={close}>
			{trial ? <Comings trial={trial} /> : null}
			{act.busy ? <p class="mute">{t.reading}</p> : null}
			{act.problem ? <Refusal problem={act.problem} /> : null}
			<div class="actions">
				<Button onPress={close}>{texts.shell.close}</Button>
			</div>
		</Dialog>
	);
}

/* ---- a change ---- */

/* Delays are typed in seconds. */
function sent({ on_s, off_s, ...rest }: Values): Values {
	const ms = (s: Values[string] | undefined, name: string) => (s === undefined ? {} : { [name]: Math.round(Number(s) * 1000) });

	return { ...rest, ...ms(on_s, "on_ms"), ...ms(off_s, "off_ms") };
}

function delays(onNow?: number, offNow?: number): Member[] {
	const one = (name: string, label: string, now: number | undefined): Member => ({
		name, label, kind: "number", unit: "s", min: 0, max: DELAY_S_MAX, ...(now === undefined ? {} : { now: now / 1000 }),
	});

	return [one("on_s", t.onDelay, onNow), one("off_s", t.offDelay, offNow)];
}

interface DialogProps {
	close: () => void;
	done: () => void;
}

function Change({ rule, close, done }: DialogProps & { rule: AlertRule }) {
	const path = `alert-rules/${rule.code}`;
	const members: Member[] = [
		{ name: "enabled", label: t.atWork, kind: "boolean", now: rule.enabled },
		{ name: "limit", label: t.limit, kind: "number", unit: unit(rule.unit), required: true, now: rule.limit },
		{ name: "hysteresis", label: t.hysteresis, kind: "number", unit: unit(rule.unit), required: true, now: rule.hysteresis },
		...delays(rule.on_ms, rule.off_ms),
		{ name: "severity", label: texts.alerts.severity, kind: "choice", choices: SEVERITIES, now: rule.severity },
		{ name: "latching", label: t.latching, kind: "boolean", now: rule.latching },
	];
	const back = useAct();
	const finish = (said: string) => {
		toast(said);
		done();
		close();
	};
	const send = async (values: Values) => {
		await call("PUT", path, { body: sent(values), ifMatch: `"${rule.revision}"` });
		finish(t.changed(rule.text));
	};
	const drop = async () => {
		if (!(await confirm(rule.text, rule.shipped ? t.asShippedText : t.deleteText, rule.shipped ? t.asShipped : t.delete))) return;
		await back.run(async () => {
			await call("DELETE", path);
			finish(rule.shipped ? t.changed(rule.text) : t.deleted(rule.text));
		});
	};

	return (
		<Dialog title={t.changeTitle(rule.text)} text={t.beginsAnew} id="rule-change" onClose={close}>
			{rule.shipped && !rule.revision ? null : (
				<div class="field">
					<Button id="rule-drop" onPress={() => void drop()}>
						{rule.shipped ? t.asShipped : t.delete}
					</Button>
				</div>
			)}
			{back.problem ? <Refusal problem={back.problem} /> : null}
			<Form id="rule" members={members} submit={texts.form.send} onSend={send} onCancel={close} />
		</Dialog>
	);
}

/* ---- a new rule: tried before it is made ---- */

function newMembers(before: Values, signals: { value: string; label: string }[]): Member[] {
	const members: Member[] = [
		{ name: "code", label: t.code, kind: "text", required: true, hint: t.codeHint },
		{ name: "signal", label: t.signal, kind: "choice", choices: signals },
		{ name: "when", label: t.when, kind: "choice", choices: [{ value: "above", label: t.above }, { value: "below", label: t.below }] },
		{ name: "limit", label: t.limit, kind: "number", required: true },
		{ name: "hysteresis", label: t.hysteresis, kind: "number", required: true },
		...delays(),
		{ name: "severity", label: texts.alerts.severity, kind: "choice", choices: SEVERITIES },
		{ name: "text", label: t.text, kind: "text", required: true, ...TEXT_BYTES },
		{ name: "consequence", label: t.consequence, kind: "text", required: true, ...CONSEQUENCE_BYTES },
		{ name: "action", label: t.action, kind: "text", required: true, ...ACTION_BYTES },
	];

	return members.map((member) => ({ ...member, ...(member.name in before ? { start: String(before[member.name]) } : {}) }));
}

function Add({ close, done }: DialogProps) {
	const signals = useStore(registry) ?? [];
	const [values, setValues] = useState<Values>({});
	const [trial, setTrial] = useState<AlertTrial>();
	const act = useAct();
	const choices = signals
		.filter(({ type }) => type !== "word")
		.map((signal) => ({ value: signal.name, label: signal.unit ? `${nameOf(signal)} (${unit(signal.unit)})` : nameOf(signal) }));
	const test = async (typed: Values) => {
		setValues(typed);
		setTrial(await call<AlertTrial>("POST", "alert-trials", { body: sent(typed), timeoutMs: TRIAL_MS }));
	};
	const make = () =>
		act.run(async () => {
			await call("POST", "alert-rules", { body: sent(values) });
			toast(t.made(String(values.text)));
			done();
			close();
		});

	return (
		<Dialog title={t.add} text={t.addText} id="rule-add" onClose={close}>
			{trial ? (
				<>
					<Comings trial={trial} />
					{act.problem ? <Refusal problem={act.problem} /> : null}
					<div class="actions">
						<Button kind="primary" id="rule-make" onPress={() => void make()}>
							{t.make}
						</Button>
						<Button onPress={() => setTrial(undefined)}>{t.back}</Button>
					</div>
				</>
			) : choices.length ? (
				<Form id="new-rule" members={newMembers(values, choices)} submit={t.tryIt} busyText={t.reading} onSend={test} onCancel={close} />
			) : null}
		</Dialog>
	);
}

/* ---- the list ---- */

/* "Battery percent below 20 %, until 22 %, for 10 s" */
function saying(rule: AlertRule): string {
	const named = (signal: string) => {
		const known = registry.get()?.find(({ name }) => name === signal);

		return known ? nameOf(known) : words(signal);
	};
	const name = named(rule.signal);
	const value = (n: number) => [String(Number(n.toFixed(6))), unit(rule.unit)].filter(Boolean).join(" ");
	const back = rule.when === "below" ? rule.limit + rule.hysteresis : rule.limit - rule.hysteresis;
	const of = rule.minus ? t.minus(name, named(rule.minus)) : rule.window_ms ? t.grows(name, rule.window_ms / 1000) : name;

	return t.saying(of, rule.when === "below" ? t.below : t.above, value(rule.limit), value(back), rule.on_ms / 1000);
}

function State({ rule }: { rule: AlertRule }) {
	if (!rule.enabled) return <Badge tone="none">{t.off}</Badge>;
	return <Badge tone="ok">{rule.shipped ? (rule.revision ? t.changedState : t.shipped) : t.own}</Badge>;
}

export function AlertRules() {
	const list = usePaged<AlertRule>("alert-rules");
	const [trying, setTrying] = useState<AlertRule>();
	const [changing, setChanging] = useState<AlertRule>();
	const [adding, setAdding] = useState(false);
	const isAdministrator = may("administrator");

	useStore(registry);
	useEffect(() => {
		if (!registry.get()) readRegistry().catch(() => undefined);
	}, []);
	return (
		<Card title={t.title} id="alert-rules">
			<Table
				id="rules"
				blocks
				label={t.title}
				sortable={false}
				tools={
					isAdministrator ? (
						<Button id="add-rule" onPress={() => setAdding(true)}>
							{t.add}
						</Button>
					) : null
				}
				rows={list.rows}
				problem={list.problem}
				retry={list.again}
				rowKey={(rule) => rule.code}
				empty={t.none}
				columns={[
					{
						id: "text",
						title: texts.alerts.what,
						key: (rule) => `${rule.text} ${rule.code} ${rule.signal}`,
						head: true,
						cell: (rule) => (
							<>
								{rule.text}
								<p class="sub">{saying(rule)}</p>
							</>
						),
					},
					{
						id: "severity",
						title: texts.alerts.severity,
						key: (rule) => rule.severity,
						cell: (rule) => texts.alerts.severities[rule.severity],
					},
					{ id: "state", title: t.state, cell: (rule) => <State rule={rule} />, nowrap: true },
					{
						id: "act",
						title: "",
						cell: (rule) => (
							<>
								{may("operator") ? (
									<Button kind="plain" label={t.tryTitle(rule.text)} onPress={() => setTrying(rule)}>
										{t.tryIt}
									</Button>
								) : null}
								{isAdministrator ? (
									<Button kind="plain" label={t.changeTitle(rule.text)} onPress={() => setChanging(rule)}>
										{t.change}
									</Button>
								) : null}
							</>
						),
					},
				]}
			/>
			{trying ? <Try rule={trying} close={() => setTrying(undefined)} /> : null}
			{changing ? <Change rule={changing} close={() => setChanging(undefined)} done={list.again} /> : null}
			{adding ? <Add close={() => setAdding(false)} done={list.again} /> : null}
		</Card>
	);
}
