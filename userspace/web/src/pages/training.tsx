// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What can go wrong, practised on a simulated robot: begin a situation, see its steps, mend its cause, end it.
 */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Problem } from "../api/problem";
import { call, may, session } from "../api/session";
import type { Scenario, ScenarioRun, Scenarios } from "../api/types";
import { asProblem, useAct } from "../components/act";
import { Badge, Button, Card, Notice, Refusal, Skeleton, type Tone } from "../components/basics";
import { confirm, toast } from "../components/overlay";
import { Table } from "../components/table";
import { time } from "../format";
import { href } from "../router";
import { useStore } from "../store";
import { trainingTexts as t } from "../texts-training";

const LIMIT_MS = 900_000;
/* No channel tells steps, nor what can be begun. */
const AGAIN_MS = 1000;
const TONES: Record<string, Tone> = { running: "live", passed: "ok", failed: "warn", ended: "none" };

/* An answer that a later read overtakes does not count. */
function useScenarios() {
	const [told, setTold] = useState<Scenarios>();
	const [problem, setProblem] = useState<Problem>();
	const [turn, setTurn] = useState(0);

	useEffect(() => {
		let over = false;
		let timer: ReturnType<typeof setTimeout> | undefined;
		const read = async () => {
			try {
				const answer = await call<Scenarios>("GET", "scenarios");

				if (over) return;
				setTold(answer);
				setProblem(undefined);
			} catch (error) {
				if (over) return;
				setProblem(asProblem(error));
			}
			timer = setTimeout(() => void read(), AGAIN_MS);
		};

		void read();
		return () => {
			over = true;
			clearTimeout(timer);
		};
	}, [turn]);
	return { told, problem, again: () => setTurn((before) => before + 1) };
}

const seenOf = ({ steps }: ScenarioRun) => steps.filter(({ seen }) => seen).length;
const reasonOf = ({ reason }: ScenarioRun) => (reason ? (t.reasons[reason] ?? reason) : "");

function Steps({ run }: { run: ScenarioRun }) {
	const next = seenOf(run);

	return (
		<ol class="training-steps" aria-label={t.steps}>
			{run.steps.map(({ text, seen }, i) => (
				<li key={text} aria-current={i === next ? "step" : undefined}>
					<Badge tone={seen ? "ok" : i === next ? "live" : "none"}>{seen ? t.seen(time(seen)) : i === next ? t.next : t.later}</Badge> {text}
				</li>
			))}
		</ol>
	);
}

function Running({ run, again }: { run: ScenarioRun; again: () => void }) {
	const act = useAct();
	const me = useStore(session).user;
	const mine = run.person === me || may("supervisor");
	const why = mine ? undefined : t.ofAnother(run.person);
	const mend = async () => {
		await call("POST", `scenarios/${run.id}/mend`, { body: {} });
		toast(t.mended);
	};
	const press = (what: () => Promise<unknown>) => void act.run(what).then(again);
	const end = async () => {
		if (await confirm(...t.askEnd(run.title))) press(() => call("POST", `scenarios/${run.id}/end`, { body: {} }));
	};

	return (
		<>
			<h3>{run.title}</h3>
			<p class="sub">{t.by(run.person, time(new Date(Date.parse(run.began) + LIMIT_MS).toISOString()))}</p>
			<p>
				<b>{t.wayOut}:</b> {run.way_out}
			</p>
			<Steps run={run} />
			{act.problem ? <Refusal problem={act.problem} /> : null}
			<div class="actions">
				<Button id="training-mend" kind="primary" why={why ?? (run.mendable ? undefined : t.mendEarly)} onPress={() => press(mend)}>
					{t.mend}
				</Button>
				<Button id="training-end" why={why} onPress={() => void end()}>
					{t.end}
				</Button>
				<a class="button" href={href("/drive")}>
					{t.drive}
				</a>
			</div>
		</>
	);
}

/* What became of the run that was seen here. */
function useOver(told: Scenarios | undefined): ScenarioRun | undefined {
	const followed = useRef<number>();

	if (told?.running) followed.current = told.running.id;
	return told && !told.running ? told.recent.find(({ id }) => id === followed.current) : undefined;
}

function Situations({ told, problem, again }: ReturnType<typeof useScenarios>) {
	const act = useAct();
	const begin = ({ name }: Scenario) => void act.run(() => call("POST", "scenarios", { body: { name } })).then(again);

	return (
		<Card title={t.situations}>
			{act.problem ? <Refusal problem={act.problem} /> : null}
			<Table
				id="scenarios"
				blocks
				label={t.situations}
				searchable={false}
				sortable={false}
				rows={told?.items}
				problem={problem}
				retry={again}
				rowKey={({ name }) => name}
				empty=""
				columns={[
					{ id: "title", title: t.situation, head: true, cell: ({ title }) => title },
					{ id: "happens", title: t.happens, cell: ({ happens }) => happens },
					...(may("operator")
						? [
								{
									id: "act",
									title: "",
									number: true,
									cell: (one: Scenario) => (
										<Button label={t.beginOf(one.title)} why={one.why_not_text ?? undefined} onPress={() => begin(one)}>
											{t.begin}
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

function Recent({ told }: { told: Scenarios | undefined }) {
	return (
		<Card title={t.recent}>
			<Table
				id="scenario-runs"
				blocks
				label={t.recent}
				searchable={false}
				sortable={false}
				rows={told?.recent}
				rowKey={({ id }) => id}
				empty={t.noRecent}
				columns={[
					{ id: "title", title: t.situation, head: true, cell: ({ title }) => title },
					{ id: "person", title: t.person, cell: ({ person }) => person },
					{
						id: "state",
						title: t.state,
						cell: (run) => (
							<>
								<Badge tone={TONES[run.state] ?? "none"}>{t.states[run.state] ?? run.state}</Badge>
								<p class="sub">{[t.stepsOf(seenOf(run), run.steps.length), reasonOf(run)].filter(Boolean).join(", ")}</p>
							</>
						),
					},
					{ id: "began", title: t.began, nowrap: true, cell: ({ began }) => time(began, true) },
				]}
			/>
		</Card>
	);
}

export function Training() {
	const read = useScenarios();
	const { told } = read;
	const over = useOver(told);
	const isReal = told?.items.some(({ why_not }) => why_not === "scenario_real");

	return (
		<div class="grid">
			{isReal ? (
				<div class="c12">
					<Notice tone="warn" id="training-real">
						{t.real}
					</Notice>
				</div>
			) : (
				<Card title={t.now} id="training-now">
					{told?.running ? <Running key={told.running.id} run={told.running} again={read.again} /> : null}
					{over ? (
						<Notice tone={over.state === "passed" ? "" : "warn"} id="training-over" role="status">
							{t.over(over.title, t.states[over.state] ?? over.state, reasonOf(over))}
						</Notice>
					) : null}
					{told?.running ? null : <p class="mute">{told ? t.none : <Skeleton />}</p>}
				</Card>
			)}
			<Situations {...read} />
			<Recent told={told} />
		</div>
	);
}
