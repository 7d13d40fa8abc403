// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is wrong, and what to do: docs/troubleshooting.md, which the robot brings along. Two steps: what a person sees, then the code.
 */
import { useEffect, useState } from "preact/hooks";
import { Card, Skeleton } from "../components/basics";
import type { Page, PageProps } from "../pages";
import { type Block, type Piece, piecesOf, type Section, sectionsOf } from "../prose";
import { href, useQuery } from "../router";
import { texts } from "../texts";

const t = texts.help;
/* The sections that come from what programs say have one of these before them. */
const CODES = "every-code";

function Said({ piece }: { piece: Piece }) {
	if (piece.kind === "code") return <code>{piece.text}</code>;
	if (piece.kind === "strong") return <b>{piece.text}</b>;
	if (piece.kind === "emphasis") return <i>{piece.text}</i>;
	if (piece.kind === "link" && piece.to?.startsWith("#"))
		return <a href={href(`/help/${piece.to.slice(1)}`)}>{piece.text}</a>;
	/* Another document: the page does not have it. */
	return <>{piece.text}</>;
}

function Blocks({ blocks }: { blocks: Block[] }) {
	const drawn = (block: Block) => piecesOf(block.text).map((piece, i) => <Said key={i} piece={piece} />);

	return (
		<>
			{blocks
				.filter((b) => b.kind === "paragraph")
				.map((b) => (
					<p key={b.text}>{drawn(b)}</p>
				))}
			<ul class="help-list">
				{blocks
					.filter((b) => b.kind === "item")
					.map((b) => (
						<li key={b.text}>{drawn(b)}</li>
					))}
			</ul>
		</>
	);
}

/** Sections that have all the words, those with them in their title first. */
function found(sections: Section[], wanted: string): Section[] {
	const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
	const text = (s: Section) => `${s.title} ${s.blocks.map((b) => b.text).join(" ")}`.toLowerCase();
	const all = sections.filter((s) => s.level > 2 && words.every((word) => text(s).includes(word)));
	const titled = (s: Section) => words.every((word) => s.title.toLowerCase().replace(/_/g, " ").includes(word));

	return [...all.filter(titled), ...all.filter((s) => !titled(s))];
}

function Found({ sections }: { sections: Section[] }) {
	return (
		<ul class="help-list" id="help-found">
			{sections.map((s) => (
				<li key={s.anchor}>
					<a href={href(`/help/${s.anchor}`)}>{s.title}</a>
				</li>
			))}
			{sections.length ? null : <li class="empty">{texts.table.none}</li>}
		</ul>
	);
}

function One({ sections, anchor }: { sections: Section[]; anchor: string }) {
	const section = sections.find((s) => s.anchor === anchor);
	const codes = sections.findIndex((s) => s.anchor === CODES);
	const from = sections.filter((s, i) => i < codes && s.level > 2 && s.blocks.some((b) => b.text.includes(`(#${anchor})`)));

	return (
		<Card title={section?.title ?? anchor} id="help-entry">
			{section ? <Blocks blocks={section.blocks} /> : <p>{t.unknown}</p>}
			{anchor === CODES ? <Found sections={sections.slice(codes + 1)} /> : null}
			{from.length ? (
				<>
					<h3>{t.seenAs}</h3>
					<Found sections={from} />
				</>
			) : null}
			<p>
				<a href={href("/help")}>{t.all}</a>
			</p>
		</Card>
	);
}

function All({ sections }: { sections: Section[] }) {
	const [query, narrowTo] = useQuery();
	const wanted = query.get("search") ?? "";

	return (
		<Card title={t.title}>
			<input
				id="help-search"
				type="search"
				placeholder={t.search}
				aria-label={t.search}
				value={wanted}
				onInput={(event) => narrowTo({ search: event.currentTarget.value })}
			/>
			{wanted.trim() ? (
				<Found sections={found(sections, wanted)} />
			) : (
				sections
					.filter((s) => s.level < 3 && s.anchor !== CODES)
					.map((s) => (
						<section key={s.anchor}>
							{s.level > 1 ? <h3>{s.title}</h3> : null}
							<Blocks blocks={s.blocks} />
						</section>
					))
			)}
		</Card>
	);
}

function Help({ rest }: PageProps) {
	const [sections, setSections] = useState<Section[]>();
	const [lost, setLost] = useState(false);

	useEffect(() => {
		import("../../../../docs/troubleshooting.md?raw").then(
			(file) => setSections(sectionsOf(file.default)),
			() => setLost(true),
		);
	}, []);
	return (
		<div id="help">
			{lost ? <p>{texts.problem.noConnection}</p> : null}
			{!sections ? (
				<Card title={t.title}>
					<Skeleton lines={8} />
				</Card>
			) : rest ? (
				<One sections={sections} anchor={rest} />
			) : (
				<All sections={sections} />
			)}
		</div>
	);
}

export const page: Page = {
	id: "help",
	path: "/help",
	title: t.title,
	icon: <path d="M9 9a3 3 0 1 1 4.200 2.700c-.8.4-1.200 1-1.200 2.300M12 17.500v.5M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z" />,
	order: 150,
	role: null,
	words: t.words,
	component: Help,
};
