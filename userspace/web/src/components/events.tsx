// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The newest events: entries of the stop, transitions of the robot, commands, modules.
 */
import { useEffect } from "preact/hooks";
import { type LiveCommands, NEWEST_COMMANDS, NEWEST_ENTRIES } from "../api/follow";
import { type Reading, useLive } from "../api/live";
import type { CommandLife, Health, JournalEntry, List } from "../api/types";
import { commandSaid } from "../drive";
import { type Happened, newest, ofCommands, ofJournal, SHOWN_MAX } from "../events";
import { nanoseconds, sentence, title } from "../format";
import { note, noted } from "../noted";
import { actorText } from "../reasons";
import { useErrorCodes } from "../remedy";
import { href } from "../router";
import { healthTone, stateView } from "../shell/robot";
import { useStore } from "../store";
import { texts } from "../texts";
import { AroundTime } from "./around";
import { Badge, Card, Refusal, type Tone, When } from "./basics";
import { Table } from "./table";

const t = texts.events;

const ENTRY_TONES: Record<string, Tone> = {
	stop: "bad",
	fault: "bad",
	gap: "warn",
	glitch: "warn",
	enable: "ok",
};
const COMMAND_TONES: Record<string, Tone> = {
	running: "live",
	paused: "warn",
	retriable: "warn",
	finished: "ok",
	failed: "warn",
};
/* States that the page Safety has more about. */
const OF_SAFETY = new Set(["estop", "fault", "safe"]);

interface Row {
	tone: Tone;
	of: string;
	text: string;
	who: string;
	/** the page that has more */
	page: string;
}

function entryRow(entry: JournalEntry): Row {
	const low = entry.edge_to_low_ns === null ? "" : ` ${t.outputsLow(nanoseconds(entry.edge_to_low_ns).join(" "))}`;

	return {
		tone: ENTRY_TONES[entry.kind] ?? "none",
		of: texts.kinds[entry.kind] ?? entry.kind,
		text: (entry.cause?.text ?? `${sentence(entry.text)}.`) + low,
		who: actorText(entry),
		page: "/safety",
	};
}

type Find = ReturnType<typeof useErrorCodes>;

function commandRow(life: CommandLife, find: Find): Row {
	return { tone: COMMAND_TONES[life.state] ?? "none", of: t.command, text: commandSaid(life, find), who: life.by, page: "/drive" };
}

function rowOf(happened: Happened, find: Find): Row {
	switch (happened.of) {
		case "stop":
			return entryRow(happened.entry);
		case "cause":
			return { tone: "bad", of: texts.kinds.stop ?? happened.of, text: happened.text, who: "", page: "/safety" };
		case "command":
			return commandRow(happened.life, find);
		case "robot": {
			const { word, tone } = stateView(happened);

			return { tone, of: t.robot, text: `${word}.`, who: "", page: OF_SAFETY.has(happened.state) ? "/safety" : "/drive" };
		}
		case "module": {
			const { name, address, health, before } = happened;
			const text = t.moduleIs(title(name), address, texts.health[health] ?? health, texts.health[before] ?? before);

			return { tone: healthTone(health), of: t.module, text, who: "", page: `/modules/${address}` };
		}
	}
}

/* Of what could not be read at all; what this role may not read is left out. */
const troubleOf = (...readings: Reading<unknown>[]) =>
	readings.find(({ data, problem }) => !data && problem && problem.status >= 500)?.problem;

const isThere = ({ data, problem }: Reading<unknown>) => data !== undefined || problem !== undefined;

/* The journal has more of a stop than its cause. */
const isFor = (journal: string | undefined) => (happened: Happened) => happened.of !== "cause" || journal === "none";

function useHappened(recorder: string | undefined): { rows: Happened[] | undefined; trouble: Reading<unknown>["problem"] } {
	const journal = useLive<List<JournalEntry>>(NEWEST_ENTRIES);
	const kept = useLive<List<CommandLife>>(NEWEST_COMMANDS);
	const told = useLive<LiveCommands>("commands/live");
	const since = useStore(noted).filter(isFor(recorder));
	const { present, waiting, ended } = told.data ?? { present: null, waiting: [], ended: [] };
	const live = [...ended, ...waiting, ...(present ? [present] : [])];
	const before = kept.data?.items ?? [];
	const commands = told.at < kept.at ? ofCommands(live, before) : ofCommands(before, live);

	useEffect(note, []);
	return {
		rows: isThere(journal) && isThere(kept) ? newest(ofJournal(journal.data?.items ?? []), since, commands) : undefined,
		trouble: troubleOf(journal, kept),
	};
}

export function LastEvents({ age }: { age: number | null }) {
	const journal = useLive<Health>("health").data?.journal.state;
	const { rows, trouble } = useHappened(journal);
	const find = useErrorCodes();
	const seen = rows?.map((happened) => ({ ...happened, row: rowOf(happened, find) }));

	return (
		<Card title={t.title} id="last-events" age={age}>
			{trouble ? <Refusal problem={trouble} /> : null}
			<Table
				id="events"
				label={t.title}
				searchable={false}
				sortable={false}
				rows={seen}
				usualRows={SHOWN_MAX}
				rowKey={({ id }) => id}
				empty={t.none}
				columns={[
					{ id: "time", title: texts.safety.time, cell: ({ time }) => <AroundTime at={time}><When iso={time} /></AroundTime> },
					{ id: "of", title: texts.safety.kind, cell: ({ row }) => <Badge tone={row.tone}>{row.of}</Badge>, nowrap: true },
					{
						id: "what",
						title: texts.safety.what,
						cell: ({ row }) => (
							<a class="row-link" href={href(row.page)}>
								{row.text}
							</a>
						),
					},
					{ id: "who", title: texts.safety.who, cell: ({ row }) => row.who, wide: true, nowrap: true },
				]}
			/>
			{journal === "none" ? <p class="sub">{texts.overview.noJournal}</p> : null}
		</Card>
	);
}
