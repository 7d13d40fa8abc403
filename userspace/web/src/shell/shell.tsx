// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The frame around every page: top bar with the stop, rail or bottom bar, banners. The stop is a child of its own and is
 * never inert.
 */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { link } from "../api/client";
import { transport } from "../api/line";
import { type Reading, feed, useLive } from "../api/live";
import { isAnswered, logout, may, session } from "../api/session";
import type { AlertList, Health, Robot } from "../api/types";
import { Badge, Button, Icon, Notice, STALE_MS, useAge } from "../components/basics";
import { Elevate } from "../components/elevate";
import { altered, LiveText } from "../components/live-text";
import { Confirm, Toasts, dialogs } from "../components/overlay";
import { StopAlarm, StopButton } from "../components/stop";
import { span } from "../format";
import { later, loadRest } from "../later";
import { type Page, pageOf, pages } from "../pages";
import { href, place } from "../router";
import { forgetful } from "../storage";
import { profile, readProfile } from "../profile";
import { useStore, useTick } from "../store";
import { texts } from "../texts";
import { type Theme, setTheme, showTheme, theme } from "./appearance";
import { AuditWord } from "./audit";
import { ConfigurationWord } from "./configuration";
import { LockCover, locked } from "./lock";
import { LoginAgain, WayIn } from "./login";
import { Palette, paletteOpen, usePaletteKey } from "./palette";
import { limitsOf, nameOf, showInTab, stateView } from "./robot";
import { TransportNotice } from "./transport";

/* Pages in the bottom bar of a phone; the others are behind "More". */
const BOTTOM_PAGES = 4;
/* For those who measure: from here on a person can do something. */
const USABLE = "oht.usable";

const Enrol = later(async () => (await import("./enrol")).Enrol);

const visible = () => pages.filter((page) => may(page.role));

function useHidden(): boolean {
	const [hidden, setHidden] = useState(document.hidden);

	useEffect(() => {
		const look = () => setHidden(document.hidden);

		look();
		document.addEventListener("visibilitychange", look);
		return () => document.removeEventListener("visibilitychange", look);
	}, []);
	return hidden;
}

function Connection({ robot }: { robot: Reading<Robot> }) {
	const { online } = useStore(link);
	const how = useStore(transport);
	const age = useAge(robot, robot.data?.age_ms);
	const old = !online || how === "asked" || (age !== null && age > STALE_MS);

	return (
		<span class="chip" id="connection">
			<Badge tone={!online ? "bad" : old ? "warn" : robot.data ? "ok" : "none"}>
				{!online ? texts.shell.offline : robot.data ? texts.transport.chip(how) : texts.shell.connecting}
			</Badge>
			{age !== null ? <LiveText class="chip-age" text={age < 1000 ? `${age.toFixed(0)} ms` : span(age)} /> : null}
		</span>
	);
}

function UserMenu() {
	const { user, role } = useStore(session);
	const chosen = useStore(theme);
	const [open, setOpen] = useState(false);
	const box = useRef<HTMLDivElement>(null);

	useEffect(() => {
		if (!open) return;
		const close = (event: Event) => {
			if (event instanceof KeyboardEvent ? event.key === "Escape" : !box.current?.contains(event.target as Node))
				setOpen(false);
		};

		addEventListener("pointerdown", close, true);
		addEventListener("keydown", close);
		return () => {
			removeEventListener("pointerdown", close, true);
			removeEventListener("keydown", close);
		};
	}, [open]);
	return (
		<div class="user" ref={box}>
			<button
				type="button"
				id="user"
				class="user-button"
				aria-expanded={open}
				onClick={() => setOpen(!open)}
			>
				<b>{user}</b>
				<span class="mute">{texts.roles[role ?? ""]}</span>
				<span class="hidden">{texts.shell.menu}</span>
				<Icon>
					<circle cx="12" cy="8" r="4" />
					<path d="M4.5 20.5c0-4 3.400-6.5 7.5-6.5s7.5 2.5 7.5 6.5" />
				</Icon>
			</button>
			{open ? (
				<div class="menu" id="user-menu">
					<div class="menu-who">
						<b>{user}</b> <span class="mute">{texts.roles[role ?? ""]}</span>
					</div>
					{pages.some((p) => p.id === "account") ? (
						<a class="menu-item" href={href("/account")} onClick={() => setOpen(false)}>
							{texts.shell.account}
						</a>
					) : null}
					<label class="menu-item">
						{texts.shell.theme}
						<select
							id="theme"
							value={chosen}
							onChange={(event) => setTheme(event.currentTarget.value as Theme)}
						>
							{Object.entries(texts.shell.themes).map(([value, text]) => (
								<option key={value} value={value}>
									{text}
								</option>
							))}
						</select>
					</label>
					<button type="button" class="menu-item" id="logout" onClick={logout}>
						{texts.shell.logout}
					</button>
				</div>
			) : null}
		</div>
	);
}

function TopBar({ robot, open }: { robot: Reading<Robot>; open: boolean }) {
	const { word, tone } = stateView(robot.data);
	const age = useAge(robot, robot.data?.age_ms);

	return (
		<div class="bar">
			<span class="robot-name" title={robot.data?.place || undefined}>{nameOf(robot.data)}</span>
			{open ? (
				<>
					{robot.data ? (
						<span class="robot-layer" id="robot-layer" title={texts.shell.layers[robot.data.layer]}>
							<LiveText text={robot.data.layer} />
						</span>
					) : null}
					<span
						id="robot-state"
						class={`robot-state ${age !== null && age > STALE_MS ? "stale" : ""}`}
						role="status"
					>
						<Badge tone={tone}>{word}</Badge>
					</span>
					{robot.data?.mode ? <LiveText class="chip wide-only" text={robot.data.mode} /> : null}
					{robot.data?.control ? (
						<span class="chip wide-only" id="control">
							{texts.shell.control} <b><LiveText text={robot.data.control} /></b>
						</span>
					) : null}
					<span class="grow" />
					<Connection robot={robot} />
					<button
						type="button"
						id="search"
						class="search-button"
						title={texts.palette.title}
						onClick={() => paletteOpen.set(true)}
					>
						<Icon>
							<circle cx="11" cy="11" r="6.5" />
							<path d="M16 16l5 5" />
						</Icon>
						<kbd>{texts.shell.searchKey}</kbd>
						<span class="hidden">{texts.shell.search}</span>
					</button>
					<button
						type="button"
						id="touch-lock"
						class="icon-button"
						title={texts.shell.lock}
						onClick={() => locked.set(true)}
					>
						<Icon>
							<rect x="5" y="11" width="14" height="9" rx="2" />
							<path d="M8 11V8a4 4 0 0 1 8 0v3" />
						</Icon>
						<span class="hidden">{texts.shell.lock}</span>
					</button>
					<UserMenu />
				</>
			) : null}
		</div>
	);
}

function PageLink({ page, current, onGo }: { page: Page; current: Page | undefined; onGo?: () => void }) {
	return (
		<a
			class="page-link"
			href={href(page.path)}
			aria-current={page === current ? "page" : undefined}
			{...(onGo ? { onClick: onGo } : {})}
		>
			<Icon>{page.icon}</Icon>
			<span>{page.title}</span>
			{page.count ? <page.count /> : null}
		</a>
	);
}

function Navigation({ current }: { current: Page | undefined }) {
	const [more, setMore] = useState(false);
	const all = visible();
	const first = all.slice(0, BOTTOM_PAGES);
	const rest = all.slice(BOTTOM_PAGES);

	return (
		<nav class={more ? "navigation more" : "navigation"} aria-label={texts.shell.pages}>
			<div class="rail">
				{first.map((page) => (
					<PageLink key={page.id} page={page} current={current} onGo={() => setMore(false)} />
				))}
				<div class="rest">
					{rest.map((page) => (
						<PageLink key={page.id} page={page} current={current} onGo={() => setMore(false)} />
					))}
				</div>
				<button
					type="button"
					class="page-link more-button"
					aria-expanded={more}
					onClick={() => setMore(!more)}
				>
					<Icon>
						<path d="M5 12h.01M12 12h.01M19 12h.01" stroke-width="3" />
					</Icon>
					<span>{texts.shell.more}</span>
				</button>
			</div>
		</nav>
	);
}

/** What the browser lacks stays on the page: the stop may be what does not work. */
function OldBrowser() {
	if (!window.ohtBrowser) return null;
	return (
		<Notice tone="bad" id="old-browser" role="alert">
			{window.ohtBrowser}
		</Notice>
	);
}

/** The texts of the page are no longer those that it has written. */
function Altered() {
	if (!useStore(altered)) return null;
	return (
		<Notice
			tone="bad"
			id="altered"
			role="alert"
			action={
				<Button kind="plain" id="altered-load" onPress={() => location.reload()}>
					{texts.shell.load}
				</Button>
			}
		>
			<b>{texts.shell.alteredTitle}</b> {texts.shell.alteredText}
		</Notice>
	);
}

/** A browser that keeps nothing: said once, until the page is loaded again. */
function Forgetful() {
	const forgets = useStore(forgetful);
	const [seen, setSeen] = useState(false);

	if (!forgets || seen) return null;
	return (
		<Notice
			tone="warn"
			id="forgetful"
			role="status"
			action={
				<Button kind="plain" onPress={() => setSeen(true)}>
					{texts.shell.dismiss}
				</Button>
			}
		>
			<b>{texts.shell.forgetfulTitle}</b> {texts.shell.forgetfulText}
		</Notice>
	);
}

function Offline() {
	const { online, lostAt } = useStore(link);
	const now = useTick();

	if (online) return null;
	return (
		<Notice
			tone="bad"
			id="offline"
			role="alert"
			action={
				<Button
					kind="plain"
					onPress={() => {
						for (const path of ["robot", "safety", "health"]) feed.refresh(path);
					}}
				>
					{texts.shell.retry}
				</Button>
			}
		>
			<b>{texts.shell.offlineTitle}</b> {texts.shell.offlineText(span(Math.max(now - lostAt, 0)))}
		</Notice>
	);
}

/** Emergencies, on every page as long as they last; the stop has an alarm of its own. */
function Emergencies() {
	const { data } = useLive<AlertList>("alerts");
	const standing = data?.items.filter(({ severity, over, code }) => severity === "emergency" && !over && code !== "stop_latched");

	return (
		<>
			{standing?.map(({ code, text, action }) => (
				<Notice key={code} tone="bad" id={`emergency-${code}`} role="alert">
					<b>{text}</b> {action}
				</Notice>
			))}
		</>
	);
}

/** A fault that is meant must not be taken for one of the robot. */
function TrainingRuns() {
	const run = useLive<AlertList>("alerts").data?.items.find(({ code, over }) => code === "scenario_running" && !over);

	if (!run) return null;
	return (
		<Notice tone="warn" id="training-runs" role="status" action={<a href={href("/training")}>{texts.training.open}</a>}>
			{run.text}
		</Notice>
	);
}

/** Page or refusal, with its title beside the stop. */
function Content({ page, rest }: { page: Page; rest: string }) {
	const { user, role } = useStore(session);

	if (page.role && !may(page.role))
		return (
			<Notice tone="warn" id="needs-role">
				{texts.shell.needsRole(texts.roles[page.role] ?? page.role, user, texts.roles[role ?? ""] ?? "")}{" "}
				{texts.shell.askAdministrator}
			</Notice>
		);
	return <page.component rest={rest} />;
}

function Frame({ health, children }: { health: Reading<Health>; children: ComponentChildren }) {
	return (
		<>
			<StopAlarm />
			<Altered />
			{may("viewer") ? <Emergencies /> : null}
			{may("viewer") ? <TrainingRuns /> : null}
			<OldBrowser />
			<Forgetful />
			<Offline />
			<TransportNotice />
			<AuditWord />
			<ConfigurationWord told={health.data?.configuration} />
			{children}
			<ul class="limits">
				{limitsOf(health.data).map((text) => (
					<li key={text}>{text}</li>
				))}
			</ul>
		</>
	);
}

export function Shell() {
	const { state, user, enrol } = useStore(session);
	const { online } = useStore(link);
	const how = useStore(transport);
	const hidden = useHidden();
	// A page that nobody sees asks for nothing, and is told nothing without a connection.
	const blind = how === "resting" || (how === "asked" && hidden);
	const { path } = useStore(place);
	const covered = useStore(dialogs) > 0;
	const isLocked = useStore(locked);
	const robot = useLive<Robot>("robot");
	const health = useLive<Health>("health");
	const within = state === "open" || state === "ended";
	const open = within && !enrol;
	const found = pageOf(path);
	const content = useRef<HTMLElement>(null);

	usePaletteKey();
	// The tab of such a page would show a state that is over.
	const title = within && enrol ? texts.second.mustTitle : open || found?.page.role === null ? (found?.page.title ?? texts.shell.noPage) : texts.login.title;

	useEffect(() => showInTab(open && !blind ? robot.data : undefined, online, title), [robot.data, online, open, blind, title]);
	useEffect(() => content.current?.scrollTo(0, 0), [path]);
	useEffect(() => {
		if (isAnswered() && online) void loadRest(visible());
	}, [state, enrol, online]);
	useEffect(() => {
		if (state === "none") profile.set(null);
		if (isAnswered()) readProfile().then((told) => showTheme(told.theme), () => undefined);
	}, [state, user, enrol]);
	useEffect(() => {
		if ((open || health.data) && !performance.getEntriesByName(USABLE).length) performance.mark(USABLE);
	}, [open, health.data]);
	return (
		<div class={`shell ${open ? "" : "outside"}`}>
			<header class="top" inert={covered || isLocked}>
				<button type="button" class="skip" onClick={() => document.getElementById("content")?.focus()}>
					{texts.shell.skip}
				</button>
				<TopBar robot={robot} open={open} />
			</header>
			<div class="stop-place">
				<StopButton />
			</div>
			{open ? (
				<div class="side" inert={covered || isLocked}>
					<Navigation current={found?.page} />
				</div>
			) : null}
			{within && enrol ? (
				<div class="outside-body" inert={covered || isLocked}>
					<StopAlarm />
					<Altered />
					<OldBrowser />
					<main class="way-in" id="content" tabIndex={-1}>
						<h1>{title}</h1>
						<Enrol rest="" />
					</main>
				</div>
			) : open || found?.page.role === null ? (
				<main ref={content} id="content" tabIndex={-1} inert={covered || isLocked}>
					<div class="head">
						<h1><LiveText text={title} /></h1>
						<div id="head-tools" />
						{open ? null : (
							<a class="button" id="to-login" href={href("/")}>
								{texts.login.title}
							</a>
						)}
					</div>
					<div class="body">
						<Frame health={health}>
							{found ? (
								<Content key={found.page.id} page={found.page} rest={found.rest} />
							) : (
								<a class="button" href={href("/")}>
									{texts.shell.toOverview}
								</a>
							)}
						</Frame>
					</div>
				</main>
			) : (
				<div class="outside-body" inert={isLocked}>
					<StopAlarm />
					<Altered />
					<OldBrowser />
					<WayIn health={health} />
				</div>
			)}
			<Toasts />
			<Confirm />
			<Elevate />
			<Palette />
			<LoginAgain />
			<LockCover />
		</div>
	);
}
