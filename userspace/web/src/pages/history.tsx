// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What happened then? Signals on one axis of time, with the stops and alerts of that time.
 */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Problem } from "../api/problem";
import type { Past, PastSeries, Signal } from "../api/types";
import { asProblem } from "../components/act";
import { Badge, Button, Card, Notice, Refusal, Skeleton, When } from "../components/basics";
import { useGestures } from "../components/gestures";
import { HistoryTools } from "../components/history-tools";
import { PastChart, LEFT_PX, reasonOf, RIGHT_PX, stamp } from "../components/past-chart";
import { type Mark, type Marked, thinned, useMarks, useTransitions, withinSpan } from "../components/marks";
import { type PastReading, pathOf, usePast, useRobotClock, useSpan } from "../components/past-read";
import { PastSummaryCard } from "../components/past-summary";
import { SavedViews } from "../components/saved-views";
import { PastStrip, STRIP_SIGNAL, useWhole } from "../components/past-strip";
import { type Axis, useWidth } from "../components/place";
import { SignalPicker } from "../components/signal-picker";
import { Table } from "../components/table";
import { TimeAxis } from "../components/time-axis";
import { download } from "../download";
import { span as lengthText, words } from "../format";
import { type Asked, aroundHref, askedBefore, isFollowing, PAST_CHARTS_MAX, readAsked, withSpan, writeAsked } from "../asked";
import { csvOf, type Gap, gapsOf, holesOf, type Span, ticksOf } from "../past";
import { useQuery } from "../router";
import { choice, nameOf, readRegistry, registry } from "../signals";
import { useStore } from "../store";
import { texts } from "../texts";

const t = texts.history;
/* A browser allows only so many changes of the address while somebody drags. */
const ADDRESS_MS = 300;
const MISSING_SAID = 4;
const NEAR_PX = 12;
/* Of those that somebody points at. */
const MARKS_SAID = 4;
const EVENT_ROWS = 12;
/* A file in the memory of the browser is given up after this time. */

/* The query, asked at once and written into the address when it stays. */
function useAsked(): [Asked, (asked: Asked) => void] {
	const [query, narrowTo] = useQuery();
	const usual = ["state", ...choice.get().names];
	const [asked, setAsked] = useState(() => readAsked(query, usual));
	const timer = useRef<ReturnType<typeof setTimeout>>();

	const write = (next: Asked) => {
		setAsked(next);
		clearTimeout(timer.current);
		timer.current = setTimeout(() => narrowTo(writeAsked(next)), ADDRESS_MS);
	};

	useEffect(() => {
		// A link, or a step back: it comes after what was still to be written.
		const inAddress = readAsked(query, asked.signals);

		clearTimeout(timer.current);
		// So that the address can be given to others.
		if (query.get("signals") === null && inAddress.signals.length) write(inAddress);
		else if (JSON.stringify(inAddress) !== JSON.stringify(asked)) setAsked(inAddress);
	}, [query]);
	useEffect(() => () => clearTimeout(timer.current), []);
	return [asked, write];
}

function useRegistry(): { signals: Signal[] | null; problem: Problem | undefined; again: () => void } {
	const signals = useStore(registry);
	const [problem, setProblem] = useState<Problem>();
	const [turn, setTurn] = useState(0);

	useEffect(() => {
		setProblem(undefined);
		readRegistry().catch((error) => setProblem(asProblem(error)));
	}, [turn]);
	return { signals, problem, again: () => setTurn(turn + 1) };
}

interface Named extends Span {
	text: string;
}

/* The newest of what is not there in that span. */
function MissingList({ id, title, all, span }: { id: string; title: string; all: Named[]; span: Span }) {
	const seen = all.filter(({ fromMs, toMs }) => toMs > span.fromMs && fromMs < span.toMs).sort((a, b) => a.fromMs - b.fromMs);

	if (!seen.length) return null;
	return (
		<div class="history-gaps" id={id}>
			<h3>{title}</h3>
			<ul>
				{seen.slice(-MISSING_SAID).map(({ text }) => (
					<li key={text}>{text}</li>
				))}
				{seen.length > MISSING_SAID ? <li>{t.moreGaps(seen.length - MISSING_SAID)}</li> : null}
			</ul>
		</div>
	);
}

function MissingLists({ past, signals, span }: { past: Past; signals: Signal[]; span: Span }) {
	const { gaps, holes } = useMemo(() => {
		const kept = gapsOf(past);
		const told = (gap: Gap) => t.gap(stamp(gap.fromMs), stamp(gap.toMs), reasonOf(gap));
		const holesIn = (series: PastSeries): Named[] => {
			const signal = signals.find(({ name }) => name === series.signal);
			const name = signal ? nameOf(signal) : series.signal;

			return holesOf(series, kept, past.step_ms).map((hole) => ({ ...hole, text: t.hole(name, stamp(hole.fromMs), stamp(hole.toMs)) }));
		};

		return { gaps: kept.map((gap): Named => ({ ...gap, text: told(gap) })), holes: past.series.flatMap(holesIn) };
	}, [past, signals]);

	return (
		<>
			<MissingList id="history-gaps" title={t.gaps} all={gaps} span={span} />
			<MissingList id="history-holes" title={t.holes} all={holes} span={span} />
		</>
	);
}

interface PictureProps {
	asked: Asked;
	signals: Signal[];
	span: Span;
	past: Past | undefined;
	before: Past | undefined;
	/** nothing has come yet */
	isWaiting: boolean;
	isBusy: boolean;
	marks: Mark[];
	axis: Axis;
	onSpan: (span: Span) => void;
}

function Pictures({ asked, signals, span, past, before, isWaiting, isBusy, marks, axis, onSpan }: PictureProps) {
	const [pointedMs, setPointed] = useState<number | null>(null);
	const [isPlain, setPlain] = useState(false);
	// A view that has moved on leaves that time behind.
	const cursorMs = pointedMs !== null && pointedMs >= span.fromMs && pointedMs <= span.toMs ? pointedMs : null;
	const ticks = useMemo(() => ticksOf(span, axis.widthPx), [span.fromMs, span.toMs, axis.widthPx]);
	const gestures = useGestures({ span, axis: axis.place, onSpan, onPoint: setPointed });
	const begun = marks.filter(({ atMs }) => atMs >= span.fromMs);
	const drawn = thinned(begun, span, axis.widthPx);
	const lines = drawn.filter(({ tone }) => tone !== "none");
	const near = (NEAR_PX / Math.max(axis.widthPx, 1)) * (span.toMs - span.fromMs);
	const pointed = cursorMs === null ? [] : begun.filter(({ atMs }) => Math.abs(atMs - cursorMs) <= near);
	const more = pointed.length > MARKS_SAID ? [t.moreHere(pointed.length - MARKS_SAID)] : [];
	const reading = cursorMs === null ? "" : [stamp(cursorMs), ...pointed.slice(0, MARKS_SAID).map(({ text }) => text), ...more].join(" · ");

	return (
		<div class={isPlain ? "past-charts plain" : "past-charts"} aria-busy={isBusy || isWaiting} {...gestures}>
			{isPlain ? <Notice tone="warn">{texts.signals.noPictures}</Notice> : null}
			{asked.signals.map((name) => {
				const signal = signals.find((s) => s.name === name);
				const series = past?.series.find((s) => s.signal === name);

				return past && signal && series ? (
					<PastChart
						key={name}
						signal={signal}
						series={series}
						past={past}
						before={before}
						beforeMs={asked.beforeMs}
						span={span}
						ticks={ticks}
						marks={lines}
						cursorMs={cursorMs}
						widthPx={axis.widthPx}
						onFail={() => setPlain(true)}
					/>
				) : null;
			})}
			{isWaiting ? <Skeleton lines={8} /> : null}
			<div class="past-chart axis">
				<p class="past-head past-when" id="history-pointed">
					{reading}
				</p>
				<div class="past-picture" style={{ paddingLeft: `${LEFT_PX}px`, paddingRight: `${RIGHT_PX}px` }}>
					<TimeAxis
						place={axis.setPlace}
						span={span}
						ticks={ticks}
						marks={drawn}
						cursorMs={cursorMs}
						reading={reading}
						onPoint={setPointed}
						onSpan={onSpan}
					/>
				</div>
			</div>
		</div>
	);
}

function EventTable({ marks, isShort, problem }: Marked) {
	return (
		<>
			<Table
				id="marks"
				label={t.marks}
				searchable={false}
				sortable={false}
				rows={marks}
				problem={problem}
				pageRows={EVENT_ROWS}
				rowKey={({ id }) => id}
				empty={t.noMarks}
				columns={[
					{ id: "time", title: t.time, cell: (m) => <When iso={m.time} /> },
					{ id: "kind", title: t.kind, cell: (m) => <Badge tone={m.tone}>{m.kind}</Badge>, nowrap: true },
					{
						id: "what",
						title: t.what,
						cell: (m) => (
							<a class="row-link" href={aroundHref(m.time)}>
								{m.text}
							</a>
						),
					},
				]}
			/>
			{isShort ? <p class="sub">{t.moreMarks}</p> : null}
		</>
	);
}

function EventsAndTransitions({ marked, span }: { marked: Marked; span: Span }) {
	const told = useTransitions(span);
	const all = told.marks && marked.marks && [...marked.marks, ...withinSpan(told.marks, span)].sort((a, b) => b.atMs - a.atMs);

	return <EventTable marks={all} isShort={marked.isShort || told.isShort} problem={marked.problem ?? told.problem} />;
}

/* Changes of the state are many, and are drawn as a band: they are in the list if somebody wants them. */
function Events({ marked, span }: { marked: Marked; span: Span }) {
	const [isWhole, setWhole] = useState(false);

	return (
		<Card title={t.marks} id="history-marks">
			<label class="check">
				<input type="checkbox" id="marks-transitions" checked={isWhole} onChange={(event) => setWhole(event.currentTarget.checked)} />
				{t.transitions}
			</label>
			{isWhole ? <EventsAndTransitions marked={marked} span={span} /> : <EventTable {...marked} />}
		</Card>
	);
}

/* As a file of this machine: it is made of what the page has, without a request. */
function save(text: string, { fromMs }: Span): void {
	const from = new Date(fromMs).toISOString().slice(0, 19).replaceAll(":", "-");

	download(new Blob([text], { type: "text/csv" }), `oht-history-${from}Z.csv`);
}

const isEmpty = (past: Past | undefined) => past?.series.every(({ last }) => last.every((value) => value === null)) ?? false;

/* Words and booleans have no line to be compared. */
function useBefore(asked: Asked, span: Span, signals: Signal[], widthPx: number, version: number): PastReading {
	const isNumber = (name: string) => signals.some((signal) => signal.name === name && /^(number|integer)$/.test(signal.type));
	const numbers = asked.signals.filter(isNumber);
	const earlier = widthPx && numbers.length ? askedBefore({ ...asked, signals: numbers }, span) : null;

	return usePast(earlier ? pathOf(earlier, span, widthPx) : "", version);
}

/* Signals that the robot does not keep now, by the configuration. */
function LeftOut({ past, signals }: { past: Past | undefined; signals: Signal[] }) {
	const names = (past?.series ?? []).filter(({ kept }) => kept === false).map(({ signal }) => signal);
	const told = signals.filter(({ name }) => names.includes(name)).map(nameOf);

	return told.length ? (
		<Notice tone="warn" id="history-left-out" role="status">
			{t.leftOut(told.join(", "))}
		</Notice>
	) : null;
}

interface ToldProps {
	asked: Asked;
	span: Span;
	past: Past | undefined;
	before: Past | undefined;
}

function Told({ asked, span, past, before }: ToldProps) {
	const column = !past ? "" : past.step_ms <= 25 ? t.eachSample : t.columnOf(lengthText(past.step_ms));

	return (
		<p class="sub" id="history-span">
			{t.shown(stamp(span.fromMs), stamp(span.toMs), lengthText(span.toMs - span.fromMs))}
			{isFollowing(asked) ? `, ${t.follows}` : ""}. {column}{" "}
			{before ? (isEmpty(before) ? t.nothingBefore : t.dashed)(lengthText(asked.beforeMs)) : ""}
		</p>
	);
}

/* As the address has it, also where it asks for nothing and the usual is shown. */
function queryOf(asked: Asked): string {
	return new URLSearchParams(Object.entries(writeAsked(asked)).flatMap(([name, value]) => (value ? [[name, value]] : []))).toString();
}

export function History() {
	const [asked, ask] = useAsked();
	const known = useRegistry();
	const clock = useRobotClock();
	const { span, version } = useSpan(asked, clock);
	const axis = useWidth();
	const [isChoosing, setChoosing] = useState(false);
	const isReady = known.signals !== null && clock.isKnown && axis.widthPx > 0 && asked.signals.length > 0;
	const { past, problem, isBusy, again } = usePast(isReady ? pathOf(asked, span, axis.widthPx) : "", version);
	const before = useBefore(asked, span, past ? (known.signals ?? []) : [], axis.widthPx, version);
	const refusal = known.problem ?? problem ?? before.problem;
	const readAgain = () => {
		again();
		before.again();
	};
	const whole = useWhole(clock, axis.widthPx);
	const marked = useMarks(span, whole?.span.fromMs ?? span.fromMs);
	const marks = marked.marks && withinSpan(marked.marks, span);
	const stripSignal = known.signals?.find(({ name }) => name === STRIP_SIGNAL);
	const show = (wanted: Span) => ask(withSpan(asked, wanted, clock.nowMs()));
	const lastHour = () => ask({ ...asked, from: null, to: null, lastMs: 3_600_000 });
	const state = clock.history?.state ?? "ok";

	return (
		<div class="grid" id="history">
			<Card title={t.charts} id="history-charts" head={<SavedViews query={queryOf(asked)} />}>
				<HistoryTools
					asked={asked}
					span={span}
					onAsk={ask}
					onSpan={show}
					onChoose={() => setChoosing(true)}
					onSave={past && known.signals ? () => save(csvOf(past, span, known.signals ?? []), span) : undefined}
				/>
				{state === "ok" ? null : (
					<Notice tone="warn" id="history-failing" role="status">
						{t.notKept(words(state))}
					</Notice>
				)}
				<LeftOut past={past} signals={known.signals ?? []} />
				{refusal ? <Refusal problem={refusal} retry={known.problem ? known.again : readAgain} /> : null}
				{asked.signals.length ? <Told asked={asked} span={span} past={past} before={before.past} /> : <p class="empty">{t.noSignals}</p>}
				{whole && stripSignal ? (
					<PastStrip
						whole={whole}
						signal={stripSignal}
						span={span}
						marks={marked.marks ?? []}
						widthPx={axis.widthPx}
						nowMs={clock.nowMs}
						onSpan={show}
					/>
				) : null}
				{isEmpty(past) ? (
					<div class="empty" id="history-nothing">
						<p>{t.nothing}</p>
						<Button onPress={lastHour}>{t.lastHour}</Button>
					</div>
				) : null}
				{/* The key keeps them, and the focus of the keyboard, while what is said above them comes and goes. */}
				<Pictures
					key="pictures"
					asked={asked}
					signals={known.signals ?? []}
					span={span}
					past={past}
					before={before.past}
					isWaiting={!past && !refusal && asked.signals.length > 0}
					isBusy={isBusy || before.isBusy}
					marks={marks ?? []}
					axis={axis}
					onSpan={show}
				/>
				{past ? <MissingLists past={past} signals={known.signals ?? []} span={span} /> : null}
				<p class="sub history-hint">{t.hint}</p>
			</Card>
			<PastSummaryCard names={asked.signals} signals={known.signals ?? []} span={span} />
			<Events marked={{ ...marked, marks }} span={span} />
			{isChoosing && known.signals ? (
				<SignalPicker
					signals={known.signals}
					chosen={asked.signals}
					most={PAST_CHARTS_MAX}
					onChoose={(signals) => ask({ ...asked, signals })}
					onClose={() => setChoosing(false)}
				/>
			) : null}
		</div>
	);
}
