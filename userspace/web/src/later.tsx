// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Pages that are files of their own: each is loaded when it is opened, and in idle time after the log-in, so that it opens without the
 * network later. Nothing that stops the machine is in such a file. After an upgrade of the robot a file of the page before it is gone.
 */
import type { FunctionComponent } from "preact";
import { useEffect, useState } from "preact/hooks";
import { link, requests } from "./api/client";
import { Button, Card, Notice, Skeleton } from "./components/basics";
import { idle, loadPlot } from "./idle";
import type { Page, PageProps } from "./pages";
import { useStore } from "./store";
import { texts } from "./texts";

/* A load of the page leaves it: not while the robot could not send it again. */
function Lost({ online }: { online: boolean }) {
	return (
		<Notice
			tone="warn"
			id="page-lost"
			role="alert"
			action={
				<Button id="page-load" kind="plain" why={online ? undefined : texts.problem.noConnection} onPress={() => location.reload()}>
					{texts.shell.loadPage}
				</Button>
			}
		>
			{texts.shell.pageLost}
		</Notice>
	);
}

/** A page that @file loads. Its first opening shows a skeleton; a file that does not come, a sentence. */
export function later(file: () => Promise<FunctionComponent<PageProps>>): Page["component"] {
	let Loaded: FunctionComponent<PageProps> | undefined;
	let loading: Promise<void> | undefined;

	const load = async () => {
		if (Loaded) return;
		loading ??= requests.run(file).then((component) => {
			Loaded = component;
		});
		try {
			await loading;
		} finally {
			loading = undefined;
		}
	};

	function LaterPage({ rest }: PageProps) {
		const { online } = useStore(link);
		const [state, setState] = useState<"loading" | "loaded" | "lost">("loading");

		useEffect(() => {
			let gone = false;

			load().then(
				() => gone || setState("loaded"),
				() => gone || setState("lost"),
			);
			return () => {
				gone = true;
			};
		}, [online]);
		if (Loaded) return <Loaded rest={rest} />;
		if (state === "lost") return <Lost online={online} />;
		return (
			<Card title={texts.shell.loading}>
				<Skeleton lines={8} />
			</Card>
		);
	}
	return Object.assign(LaterPage, { load });
}

/** Loads what is missing of @pages, one file at a time; what does not come is loaded when it is opened. */
export async function loadRest(pages: Page[]): Promise<void> {
	try {
		for (const { component } of pages)
			if (component.load) {
				await idle();
				await component.load();
			}
		await requests.run(loadPlot);
	} catch {
		// The page that wants the file says so.
	}
}
