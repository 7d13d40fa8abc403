// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Help: docs/troubleshooting.md, which this file brings along. Two steps: what a person sees, then the code.
 */
import text from "../../../../docs/troubleshooting.md?raw";
import { Card } from "../components/basics";
import type { PageProps } from "../pages";
import { type Block, type Piece, piecesOf, type Section, sectionsOf } from "../prose";
import { href, useQuery } from "../router";
import { texts } from "../texts";

const t = texts.help;
const sections = sectionsOf(text);
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
function found(wanted: string): Section[] {
	const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
	const said = (s: Section) => `${s.title} ${s.blocks.map((b) => b.text).join(" ")}`.toLowerCase();
	const all = sections.filter((s) => s.level > 2 && words.every((word) => said(s).includes(word)));
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

function One({ anchor }: { anchor: string }) {
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

function All() {
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
				<Found sections={found(wanted)} />
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

export function Help({ rest }: PageProps) {
	return <div id="help">{rest ? <One anchor={rest} /> : <All />}</div>;
}
