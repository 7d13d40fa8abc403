// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The pages, in the order of the rail. A person beside the robot has the first load at once; every other page is a file of its own,
 * which later() loads.
 */
import type { ComponentChildren, ComponentType, FunctionComponent } from "preact";
import type { Role } from "./api/types";
import { later } from "./later";
import { WaitingCount } from "./components/waiting-count";
import { AlertCount, Alerts } from "./pages/alerts";
import { Drive } from "./pages/drive";
import { Missions } from "./pages/missions";
import { Overview } from "./pages/overview";
import { SafetyPage } from "./pages/safety";
import { texts } from "./texts";

export interface PageProps {
	/** what follows the page's own path: "2" of "/modules/2" */
	rest: string;
}

export interface Page {
	id: string;
	path: string;
	title: string;
	/** drawn in a square of 24 by lines of the text's colour */
	icon: ComponentChildren;
	/** lowest role that may see it; null: everybody, also without a log-in */
	role: Role | null;
	/** further words under which the search finds it */
	words: string;
	/** load: brings the file that the page is in */
	component: FunctionComponent<PageProps> & { load?: () => Promise<void> };
	/** drawn behind its name: how many things wait there */
	count?: ComponentType;
}

export const pages: Page[] = [
	{
		id: "overview",
		path: "/",
		title: texts.overview.title,
		icon: <path d="M4 11l8-7 8 7v8a1 1 0 0 1-1 1h-4v-6H9v6H5a1 1 0 0 1-1-1z" />,
		role: "viewer",
		words: texts.overview.words,
		component: Overview,
	},
	{
		id: "drive",
		path: "/drive",
		title: texts.drive.title,
		icon: (
			<>
				<path d="M2.5 18h19M8 14.5h8a1.5 1.5 0 0 0 1.5-1.5V8A1.5 1.5 0 0 0 16 6.5H8A1.5 1.5 0 0 0 6.5 8v5A1.5 1.5 0 0 0 8 14.5z" />
				<path d="M9 18v-3M15 18v-3" />
			</>
		),
		role: "viewer",
		words: texts.drive.words,
		component: Drive,
	},
	{
		id: "missions",
		path: "/missions",
		title: texts.missions.title,
		icon: <path d="M5 19h6a3.5 3.5 0 0 0 0-7H9a3.500 3.500 0 0 1 0-7h10M16 2l3 3-3 3M5 17v4" />,
		role: "viewer",
		words: texts.missions.words,
		component: Missions,
	},
	{
		id: "alerts",
		path: "/alerts",
		title: texts.alerts.title,
		icon: <path d="M6 16v-5a6 6 0 0 1 12 0v5l1.500 2.500h-15zM10 21h4" />,
		role: "viewer",
		words: texts.alerts.words,
		component: Alerts,
		count: AlertCount,
	},
	{
		id: "modules",
		path: "/modules",
		title: texts.modules.title,
		icon: (
			<>
				<rect x="4" y="4" width="7" height="7" rx="1.5" />
				<rect x="13" y="4" width="7" height="7" rx="1.5" />
				<rect x="4" y="13" width="7" height="7" rx="1.5" />
				<rect x="13" y="13" width="7" height="7" rx="1.5" />
			</>
		),
		role: "viewer",
		words: texts.modules.words,
		component: later(async () => (await import("./pages/modules")).Modules),
	},
	{
		id: "bus",
		path: "/bus",
		title: texts.bus.title,
		icon: (
			<>
				<path d="M3 12h18" />
				<path d="M7 12V6M12 12V6M17 12v6M9 12v6" />
			</>
		),
		role: "viewer",
		words: texts.bus.words,
		component: later(async () => (await import("./pages/bus")).BusPage),
	},
	{
		id: "safety",
		path: "/safety",
		title: texts.safety.title,
		icon: <path d="M12 3l7 3v5c0 4.6-2.9 8.2-7 10-4.1-1.8-7-5.4-7-10V6zM9 12l2 2 4-4" />,
		role: "viewer",
		words: texts.safety.words,
		component: SafetyPage,
	},
	{
		id: "history",
		path: "/history",
		title: texts.history.title,
		icon: <path d="M4 5v14h16M7 15l3-4 3 2 5-7" />,
		role: "viewer",
		words: texts.history.words,
		component: later(async () => (await import("./pages/history")).History),
	},
	{
		id: "analytics",
		path: "/analytics",
		title: texts.analytics.title,
		icon: <path d="M4 20h16M6 20v-6h3v6M11 20V8h3v12M16 20V4h3v16" />,
		role: "viewer",
		words: texts.analytics.words,
		component: later(async () => (await import("./pages/analytics")).AnalyticsPage),
	},
	{
		id: "configuration",
		path: "/configuration",
		title: texts.config.title,
		icon: <path d="M4 7h9M17 7h3M4 17h3M11 17h9M13 4.5v5h4v-5zM7 14.500v5h4v-5z" />,
		role: "viewer",
		words: texts.config.words,
		component: later(async () => (await import("./pages/configuration")).Configuration),
	},
	{
		id: "users",
		path: "/users",
		title: texts.users.title,
		icon: (
			<>
				<circle cx="9" cy="8" r="3.5" />
				<path d="M2.5 20c0-3.6 2.9-6 6.5-6s6.5 2.4 6.5 6M16 4.8a3.5 3.5 0 0 1 0 6.4M18 14.5c2.1.8 3.5 2.700 3.5 5.5" />
			</>
		),
		role: "administrator",
		words: texts.users.words,
		count: WaitingCount,
		component: later(async () => (await import("./pages/users")).Users),
	},
	{
		id: "programs",
		path: "/programs",
		title: texts.programs.title,
		icon: <path d="M4 5h16v14H4zM4 9h16M8 12.500l2.500 2-2.500 2M13 16.500h3" />,
		role: "viewer",
		words: texts.programs.words,
		component: later(async () => (await import("./pages/programs")).Programs),
	},
	{
		id: "qualifications",
		path: "/qualifications",
		title: texts.qualifications.title,
		icon: <path d="M12 4l9 4-9 4-9-4zM6 10v5c0 1.5 3 3 6 3s6-1.500 6-3v-5M21 8v6" />,
		role: "viewer",
		words: texts.qualifications.words,
		component: later(async () => (await import("./pages/qualifications")).Qualifications),
	},
	{
		id: "training",
		path: "/training",
		title: texts.training.title,
		icon: <path d="M12 3a9 9 0 1 0 9 9M12 8a4 4 0 1 0 4 4M12 12l8-8M17 4v3h3" />,
		role: "viewer",
		words: texts.training.words,
		component: later(async () => (await import("./pages/training")).Training),
	},
	{
		id: "account",
		path: "/account",
		title: texts.account.title,
		icon: (
			<>
				<circle cx="12" cy="8" r="4" />
				<path d="M4.5 20.5c0-4 3.400-6.5 7.5-6.5s7.5 2.5 7.5 6.5" />
			</>
		),
		role: "viewer",
		words: texts.account.words,
		component: later(async () => (await import("./pages/account")).Account),
	},
	{
		id: "audit",
		path: "/audit",
		title: texts.audit.title,
		icon: <path d="M6 3h9l4 4v14H6zM15 3v4h4M9 12h7M9 16h7" />,
		role: "administrator",
		words: texts.audit.words,
		component: later(async () => (await import("./pages/audit")).Audit),
	},
	{
		id: "backups",
		path: "/backups",
		title: texts.backups.title,
		icon: <path d="M4 5h16v5H4zM6 10v9h12v-9M10 14h4" />,
		role: "supervisor",
		words: texts.backups.words,
		component: later(async () => (await import("./pages/backups")).Backups),
	},
	{
		id: "system",
		path: "/system",
		title: texts.system.title,
		icon: (
			<>
				<rect x="3" y="4" width="18" height="7" rx="1.5" />
				<rect x="3" y="13" width="18" height="7" rx="1.5" />
				<path d="M7 7.5h.01M7 16.5h.01M11 7.5h6M11 16.5h6" />
			</>
		),
		role: "viewer",
		words: texts.system.words,
		component: later(async () => (await import("./pages/system")).System),
	},
	{
		id: "api",
		path: "/api",
		title: texts.api.title,
		icon: <path d="M8 6l-5 6 5 6M16 6l5 6-5 6M13.5 4l-3 16" />,
		role: null,
		words: texts.api.words,
		component: later(async () => (await import("./pages/api")).Api),
	},
	{
		id: "help",
		path: "/help",
		title: texts.help.title,
		icon: <path d="M9 9a3 3 0 1 1 4.200 2.700c-.8.4-1.200 1-1.200 2.300M12 17.500v.5M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z" />,
		role: null,
		words: texts.help.words,
		component: later(async () => (await import("./pages/help")).Help),
	},
];

/** The page of a path, and the rest of the path. */
export function pageOf(path: string): { page: Page; rest: string } | null {
	const page = pages.find((p) => path === p.path || (p.path !== "/" && path.startsWith(`${p.path}/`)));

	return page ? { page, rest: path.slice(page.path.length).replace(/^\//, "") } : null;
}
