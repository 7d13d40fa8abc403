// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A list: search, sort and paging of its rows, an empty state with the next act, an error state with a retry.
 * Search, sort and page are in the address, so that a link restores the view.
 */
import type { ComponentChildren } from "preact";
import type { Problem } from "../api/problem";
import { numberOf } from "../number";
import { useQuery } from "../router";
import { texts } from "../texts";
import { Button, Refusal, Scroll, Skeleton } from "./basics";

export interface Column<Row> {
	id: string;
	title: string;
	cell: (row: Row) => ComponentChildren;
	/** what it is sorted and searched by; columns without are neither */
	key?: (row: Row) => string | number | null;
	number?: boolean;
	/** not on a phone */
	wide?: boolean;
	/** the name of the row */
	head?: boolean;
	nowrap?: boolean;
}

interface TableProps<Row> {
	id: string;
	label: string;
	columns: Column<Row>[];
	rows: Row[] | undefined;
	rowKey: (row: Row) => string | number;
	problem?: Problem | undefined;
	retry?: () => void;
	empty: ComponentChildren;
	searchable?: boolean;
	sortable?: boolean;
	/** the rows come in the order that the address asks for: the daemon sorts them, pages that are not here yet included */
	sorted?: boolean;
	pageRows?: number;
	/** so many are shown as long as none has come */
	usualRows?: number;
	rowClass?: (row: Row) => string;
	/** further narrowing, left of the search */
	tools?: ComponentChildren;
	/** on a phone each row is a block: two cells abreast, and the last one, its acts, below them */
	blocks?: boolean;
	/** below the rows, for lists that the daemon pages: all of their rows that are here are on one page; null: there are no more */
	pager?: ComponentChildren;
}

function compare(a: string | number | null, b: string | number | null): number {
	if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
	if (typeof a === "number" && typeof b === "number") return a - b;
	return String(a).localeCompare(String(b), undefined, { numeric: true });
}

function narrow<Row>(rows: Row[], columns: Column<Row>[], search: string): Row[] {
	const wanted = search.trim().toLowerCase();

	if (!wanted) return rows;
	return rows.filter((row) =>
		columns.some((c) =>
			String(c.key?.(row) ?? "")
				.toLowerCase()
				.includes(wanted),
		),
	);
}

function order<Row>(rows: Row[], columns: Column<Row>[], sort: string | null): Row[] {
	const down = sort?.startsWith("-") ?? false;
	const key = columns.find((c) => c.id === sort?.replace(/^-/, ""))?.key;

	return key ? [...rows].sort((a, b) => compare(key(a), key(b)) * (down ? -1 : 1)) : rows;
}

export function Table<Row>(props: TableProps<Row>) {
	const { id, columns, rows, searchable = true, sortable = true, usualRows = 4 } = props;
	const isPaged = props.pager !== undefined;
	const pageRows = isPaged ? Number.MAX_SAFE_INTEGER : (props.pageRows ?? 50);
	const [query, narrowTo] = useQuery();
	const search = searchable ? (query.get("search") ?? "") : "";
	// One row is found without it.
	const searches = searchable && (!rows || rows.length > 1 || !!search);
	const sort = sortable ? query.get("sort") : null;
	const wanted = narrow(rows ?? [], columns, search);
	const found = props.sorted ? wanted : order(wanted, columns, sort);
	const pageCount = Math.max(Math.ceil(found.length / pageRows), 1);
	const page = Math.min(Math.max(Math.floor(numberOf(query.get("page") ?? "") ?? 1), 1), pageCount);
	const shown = found.slice((page - 1) * pageRows, page * pageRows);

	const sortBy = (column: Column<Row>) =>
		narrowTo({ sort: sort === column.id ? `-${column.id}` : sort === `-${column.id}` ? null : column.id, page: null });

	const refusal = props.problem ? (
		<Refusal problem={props.problem} {...(props.retry ? { retry: props.retry } : {})} />
	) : null;

	return (
		<>
			{searches || props.tools ? (
				<div class="tools">
					{props.tools}
					{searches ? (
						<input
							class="push"
							id={`${id}-search`}
							type="search"
							placeholder={texts.table.search}
							aria-label={`${texts.table.search}: ${props.label}`}
							value={search}
							onInput={(event) => narrowTo({ search: event.currentTarget.value, page: null })}
						/>
					) : null}
				</div>
			) : null}
			{refusal && !rows ? (
				refusal
			) : (
				<Scroll bare={!sortable || !columns.some((c) => c.key)}>
					<table id={id} class={props.blocks ? "blocks" : undefined} aria-label={props.label} aria-busy={!rows}>
						<thead>
							<tr>
								{columns.map((c) => (
									<th
										key={c.id}
										scope="col"
										class={`${c.number ? "num" : ""} ${c.wide ? "wide-only" : ""}`}
										aria-sort={sort === c.id ? "ascending" : sort === `-${c.id}` ? "descending" : undefined}
									>
										{c.key && sortable && c.title ? (
											<button type="button" onClick={() => sortBy(c)}>
												{c.title}
												<span aria-hidden="true">{sort === c.id ? "▲" : sort === `-${c.id}` ? "▼" : ""}</span>
											</button>
										) : (
											c.title || <span class="hidden">{texts.table.act}</span>
										)}
									</th>
								))}
							</tr>
						</thead>
						<tbody>
							{rows
								? shown.map((row) => (
										<tr key={props.rowKey(row)} class={props.rowClass?.(row)}>
											{columns.map((c) => {
												const css = `${c.number ? "num" : ""} ${c.wide ? "wide-only" : ""} ${c.nowrap ? "nowrap" : ""}`;

												return c.head ? (
													<th key={c.id} scope="row" class={css}>
														{c.cell(row)}
													</th>
												) : (
													<td key={c.id} class={css}>
														{c.cell(row)}
													</td>
												);
											})}
										</tr>
									))
								: Array.from({ length: usualRows }, (_, i) => (
										<tr key={i}>
											<td colSpan={columns.length}>
												<Skeleton />
											</td>
										</tr>
									))}
						</tbody>
					</table>
				</Scroll>
			)}
			{rows && !rows.length ? <div class="empty">{props.empty}</div> : null}
			{rows?.length && !found.length ? (
				<div class="empty">
					<p>{texts.table.none}</p>
					<Button onPress={() => narrowTo({ search: null, page: null })}>{texts.table.clear}</Button>
				</div>
			) : null}
			{found.length > pageRows ? (
				<div class="pager">
					{texts.table.rows((page - 1) * pageRows + 1, Math.min(page * pageRows, found.length), found.length)}
					<Button kind="plain" onPress={() => narrowTo({ page: String(Math.max(page - 1, 1)) })}>
						{texts.table.before}
					</Button>
					<Button kind="plain" onPress={() => narrowTo({ page: String(Math.min(page + 1, pageCount)) })}>
						{texts.table.next}
					</Button>
				</div>
			) : null}
			{/* Where older rows are asked for. Rows that change by themselves say by their age that they are old. */}
			{rows && isPaged ? refusal : null}
			{props.pager}
		</>
	);
}
