// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * On every page: a change of the configuration that returns by itself unless a person keeps it, or that waits for standstill; that one
 * has returned, or was dropped.
 */
import { useEffect, useState } from "preact/hooks";
import { feed, useLive } from "../api/live";
import { Problem } from "../api/problem";
import { call, may, session } from "../api/session";
import type { Alert, ConfigChange, ConfigPending, ConfigVersion, Health, List } from "../api/types";
import { useAct } from "../components/act";
import { Button, Notice, STALE_MS } from "../components/basics";
import { FewDifferences } from "../components/config-differences";
import { CHANGE_MS } from "../components/config-save";
import { useUntilRead } from "../components/once";
import { toast } from "../components/overlay";
import { Refused } from "../components/refused";
import { describe, refresh } from "../config";
import { href, place } from "../router";
import { Store, useStore, useTick } from "../store";
import { texts } from "../texts";

const t = texts.config;
const PAGE = "/configuration";
/* All that a browser keeps open to one robot: each refusal closes one that is too old. */
const CONNECTIONS = 6;

/** A return that this page has seen, or not: no more than once for each. */
const hasSeen = new Store(false);
const dismissed = new Store(false);

/* Confirmed over a connection that is younger than the change; the browser takes an old one as long as there is any. */
async function confirmAnew(): Promise<ConfigChange> {
	for (let old = 0; ; old++)
		try {
			return await call<ConfigChange>("POST", "config/confirm", { timeoutMs: CHANGE_MS });
		} catch (error) {
			if (!(error instanceof Problem) || error.code !== "old_connection" || old === CONNECTIONS) throw error;
		}
}

async function changeOf(version: number): Promise<ConfigChange> {
	const [change] = await Promise.all([call<ConfigChange>("GET", `config/versions/${version}`), describe()]);

	return change;
}

function Changes({ version }: { version: number }) {
	const change = useUntilRead(() => changeOf(version));

	return change ? <FewDifferences id="pending-changes" changes={change.changes} /> : null;
}

/* What waits is not live: it can only be withdrawn. */
function Withdraw({ by }: { by: string }) {
	const act = useAct();
	const { user } = useStore(session);
	const withdraw = async () => toast(t.withdrawn((await call<ConfigChange>("DELETE", "config/pending", { timeoutMs: CHANGE_MS })).version));

	if (user !== by && !may("administrator")) return <p class="sub">{t.theyDecide(by)}</p>;
	return (
		<>
			<p class="act-row">
				<Button id="pending-withdraw" onPress={() => void act.run(withdraw).then(() => feed.refresh("health"))}>
					{t.withdraw}
				</Button>
			</p>
			<Refused problem={act.problem} id="pending-refused" />
		</>
	);
}

/* Its end does not move, so the page counts to it by itself. */
function Waiting() {
	const reading = useLive<ConfigPending>("config/pending");
	const { version, state, by, remaining_ms: left } = reading.data ?? {};
	const seconds = Math.ceil(Math.max((left ?? 0) - Math.max(useTick() - reading.at, 0), 0) / 1000);

	if (state !== "waiting" || !version || !by)
		return (
			<Notice tone="warn" id="config-pending">
				<b role="alert">{t.waits}</b>
			</Notice>
		);
	return (
		<Notice tone="warn" id="config-pending">
			<b role="alert">{t.waitsBy(version, by)}</b>{" "}
			<span role="timer" id="pending-left" data-seconds={seconds}>
				{t.dropsIn(seconds)}
			</span>
			<Changes key={version} version={version} />
			<Withdraw key={`${version} of ${by}`} by={by} />
		</Notice>
	);
}

function Acts({ by, within }: { by: string; within: number | null }) {
	const act = useAct();
	const { user } = useStore(session);
	const decide = (what: () => Promise<string>) =>
		void act
			.run(async () => toast(await what()))
			.then(() => {
				feed.refresh("health");
				feed.refresh("config/pending");
			});

	if (user !== by && !may("administrator")) return <p class="sub">{t.theyDecide(by)}</p>;
	return (
		<>
			<p class="act-row">
				<Button kind="primary" id="pending-keep" onPress={() => decide(async () => t.kept((await confirmAnew()).version))}>
					{t.keep}
				</Button>
				<Button
					id="pending-extend"
					onPress={() =>
						decide(async () => t.extended((await call<ConfigPending>("POST", "config/extend")).within_s ?? within ?? 0))
					}
				>
					{t.moreTime}
				</Button>
				<Button
					id="pending-give-up"
					onPress={() =>
						decide(async () => t.givenUp((await call<ConfigChange>("DELETE", "config/pending", { timeoutMs: CHANGE_MS })).version))
					}
				>
					{t.giveUp}
				</Button>
			</p>
			<Refused problem={act.problem} id="pending-refused" />
		</>
	);
}

/* The figure is the robot's, asked for each second; in between the page counts. */
function Countdown() {
	const reading = useLive<ConfigPending>("config/pending");
	const { version, by, within_s: within, remaining_ms: left } = reading.data ?? {};
	const age = Math.max(useTick() - reading.at, 0);
	const isHeard = age <= STALE_MS && typeof left === "number";
	const seconds = isHeard ? Math.ceil(Math.max(left - age, 0) / 1000) : 0;

	return (
		<Notice tone="warn" id="config-pending">
			<b role="alert">{version && by ? t.pendingBy(version, by) : t.pending}</b>{" "}
			<span role="timer" id="pending-left" data-seconds={isHeard ? seconds : undefined}>
				{!isHeard ? t.returnsUnknown : seconds ? t.returnsIn(seconds) : t.returnsNow}
			</span>
			{version ? <Changes key={version} version={version} /> : null}
			{version && by ? <Acts key={version} by={by} within={within ?? null} /> : null}
		</Notice>
	);
}

/* The newest version is that of the return: one by a person ends the word. */
async function newestChange(): Promise<ConfigChange | undefined> {
	const [newest] = (await call<List<ConfigVersion>>("GET", "config/versions?limit=1")).items;

	return newest && changeOf(newest.version);
}

function Returned() {
	const made = useUntilRead(newestChange);

	return (
		<Notice
			tone="warn"
			id="config-returned"
			action={
				<Button kind="plain" id="config-returned-dismiss" onPress={() => dismissed.set(true)}>
					{texts.shell.dismiss}
				</Button>
			}
		>
			<b role="alert">{t.returned}</b> {made?.reason ? t.returnedAs(made.version, made.reason) : null}
			{made ? <FewDifferences id="returned-changes" changes={made.changes} /> : null}
			<a href={href(`${PAGE}/versions`)}>{t.toVersions}</a>
		</Notice>
	);
}

async function droppedText(): Promise<string | undefined> {
	const alerts = await call<List<Alert>>("GET", "alerts");

	return alerts.items.find(({ code }) => code === "config_dropped")?.text;
}

function Dropped() {
	const text = useUntilRead(droppedText);

	return (
		<Notice
			tone="warn"
			id="config-dropped"
			action={
				<Button kind="plain" id="config-dropped-dismiss" onPress={() => dismissed.set(true)}>
					{texts.shell.dismiss}
				</Button>
			}
		>
			<b role="alert">{text ?? t.dropped}</b>
		</Notice>
	);
}

export function ConfigurationWord({ told }: { told: Health["configuration"] | undefined }) {
	const { state } = useStore(session);
	const { path } = useStore(place);
	const seen = useStore(hasSeen);
	const gone = useStore(dismissed);
	const [before, setBefore] = useState<string>();
	const now = told && (told.pending ? "pending" : told.waits ? "waiting" : "none");

	useEffect(() => {
		if (now === undefined) return;
		setBefore(now);
		if (now !== "none") {
			hasSeen.set(true);
			dismissed.set(false);
		}
		// A version became pending or live, was confirmed or returned: read what is live now.
		if (before !== undefined && before !== now) refresh().catch(() => undefined);
	}, [now]);
	if (!told || state !== "open") return null;
	if (told.pending) return <Countdown />;
	if (told.waits) return <Waiting />;
	if (told.returned && !gone && (seen || path.startsWith(PAGE))) return <Returned />;
	if (told.dropped && !gone && (seen || path.startsWith(PAGE))) return <Dropped />;
	return null;
}
