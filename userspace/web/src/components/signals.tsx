// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The chosen signals, a chart each: choice, window, pause. The readings come by one subscription of the page.
 */
import { useEffect, useState } from "preact/hooks";
import type { Problem } from "../api/problem";
import type { Signal } from "../api/types";
import { time } from "../format";
import {
	CHARTS_MAX,
	choice,
	choose,
	complaint,
	drawable,
	readings,
	readRegistry,
	record,
	registry,
	robotNowMs,
	trace,
	WINDOWS_S,
} from "../signals";
import { useStore } from "../store";
import { texts } from "../texts";
import type { Trace } from "../trace";
import { asProblem } from "./act";
import { Button, Card, Notice, Refusal, Skeleton, useAge } from "./basics";
import { Chart, type Sight } from "./chart";
import { SignalPicker } from "./signal-picker";

const t = texts.signals;

/** Reads which signals there are, then records the chosen ones for as long as the page is there. */
export function useRecording(): { problem: Problem | undefined; again: () => void } {
	const known = useStore(registry);
	const { names } = useStore(choice);
	const [problem, setProblem] = useState<Problem>();
	const [turn, setTurn] = useState(0);
	const joined = names.join();

	useEffect(() => {
		let gone = false;

		setProblem(undefined);
		readRegistry().catch((error) => gone || setProblem(asProblem(error)));
		return () => {
			gone = true;
		};
	}, [turn, known === null]);
	// Not before the names are known to be names: they come from the browser's storage.
	useEffect(() => (known ? record(names) : undefined), [known, joined]);
	return { problem, again: () => setTurn(turn + 1) };
}

interface ToolsProps {
	windowS: number;
	frozen: boolean;
	onFreeze: () => void;
	onChoose: () => void;
}

function Tools({ windowS, frozen, onFreeze, onChoose }: ToolsProps) {
	return (
		<div class="chart-tools">
			<fieldset class="segments" aria-label={t.window}>
				{WINDOWS_S.map((s) => (
					<button
						key={s}
						type="button"
						class="button"
						data-window={s}
						aria-pressed={s === windowS}
						onClick={() => choose({ ...choice.get(), windowS: s })}
					>
						{t.windows[s]}
					</button>
				))}
			</fieldset>
			<button type="button" class="button" id="signals-pause" aria-pressed={frozen} onClick={onFreeze}>
				{frozen ? t.goOn : t.pause}
			</button>
			<Button id="signals-choose" onPress={onChoose}>
				{t.choose}
			</Button>
		</div>
	);
}

function Complaint() {
	const said = useStore(complaint);

	if (!said) return null;
	return (
		<Notice
			tone="warn"
			id="signals-complaint"
			role="status"
			action={
				<Button kind="plain" id="signals-understood" onPress={() => complaint.set("")}>
					{t.understood}
				</Button>
			}
		>
			{said}
		</Notice>
	);
}

/* The pictures stand, the values go on: a copy of all that was recorded until then. */
function useFrozen(): { frozen: { trace: Trace; toMs: number } | null; toggle: () => void } {
	const [frozen, setFrozen] = useState<{ trace: Trace; toMs: number } | null>(null);

	return {
		frozen,
		toggle: () => setFrozen(frozen ? null : { trace: trace.copy(), toMs: robotNowMs() }),
	};
}

function Charts({ signals, windowS, frozen }: { signals: Signal[]; windowS: number; frozen: { trace: Trace; toMs: number } | null }) {
	const { data } = useStore(readings);
	const [isPlain, setPlain] = useState(false);
	const windowMs = windowS * 1000;
	const [sight, setSight] = useState<Sight>({ trace, windowMs, toMs: null });

	useEffect(
		() => setSight(frozen ? { ...frozen, windowMs } : { trace, windowMs, toMs: null }),
		[frozen, windowMs],
	);
	return (
		<>
			{isPlain ? (
				<Notice
					tone="warn"
					id="signals-plain"
					action={
						<Button kind="plain" onPress={() => location.reload()}>
							{t.reload}
						</Button>
					}
				>
					{t.noPictures}
				</Notice>
			) : null}
			<div class={isPlain ? "charts plain" : "charts"}>
				{signals.map((signal) => (
					<Chart
						key={signal.name}
						signal={signal}
						reading={data?.[signal.name]}
						sight={sight}
						onFail={() => setPlain(true)}
					/>
				))}
			</div>
		</>
	);
}

interface SignalsProps {
	problem: Problem | undefined;
	again: () => void;
}

export function Signals({ problem, again }: SignalsProps) {
	const known = useStore(registry);
	const { names, windowS } = useStore(choice);
	const reading = useStore(readings);
	const { frozen, toggle } = useFrozen();
	const [isChoosing, setChoosing] = useState(false);
	const age = useAge(reading, 0);
	const signals = names.flatMap((name) => known?.find((signal) => signal.name === name) ?? []);
	const refused = reading.problem && reading.problem.status >= 400 ? reading.problem : undefined;

	return (
		<Card
			title={t.title}
			id="signals"
			age={known ? age : null}
			head={
				known ? (
					<Tools windowS={windowS} frozen={frozen !== null} onFreeze={toggle} onChoose={() => setChoosing(true)} />
				) : null
			}
		>
			<Complaint />
			{problem ? <Refusal problem={problem} retry={again} /> : null}
			{refused ? <Refusal problem={refused} /> : null}
			{frozen ? (
				<p class="sub" id="signals-paused" role="status">
					{t.paused(time(new Date(frozen.toMs).toISOString()))}
				</p>
			) : null}
			{!known && !problem ? <Skeleton lines={8} /> : null}
			{known && !signals.length ? <p class="empty">{t.none}</p> : null}
			{known ? <Charts signals={signals} windowS={windowS} frozen={frozen} /> : null}
			{isChoosing && known ? (
				<SignalPicker
					signals={known.filter(drawable)}
					chosen={choice.get().names}
					most={CHARTS_MAX}
					onChoose={(chosen) => choose({ ...choice.get(), names: chosen })}
					onClose={() => setChoosing(false)}
				/>
			) : null}
		</Card>
	);
}
