// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What must a person have learned here, who has, and whose certificate is to be renewed?
 */
import { useState } from "preact/hooks";
import { call, may, session } from "../api/session";
import type { Course, CourseCertificate as Certificate } from "../api/types";
import { useAct } from "../components/act";
import { Badge, Button, Card, Refusal, type Tone } from "../components/basics";
import { Form, type Member, type Values } from "../components/form";
import { Older } from "../components/older";
import { Dialog, confirm, toast } from "../components/overlay";
import { usePaged } from "../components/paged";
import { Table } from "../components/table";
import { time } from "../format";
import { useStore } from "../store";
import { texts } from "../texts";
import { qualificationTexts } from "../texts-qualifications";

const t = qualificationTexts;
const NAME = { min: 1, max: 64 };
const TEXT = { min: 1, max: 512 };
const TONES: Record<Certificate["state"], Tone> = { valid: "ok", due: "warn", not_yet: "none", ended: "warn", revoked: "none", waits: "warn" };

/* ---- courses ---- */

const needsOf = ({ verbs, routes, modules, modes }: Course) => [...verbs, ...modes.map(t.mode), ...modules.map(t.module), ...routes].join(", ");

function Courses({ list }: { list: ReturnType<typeof usePaged<Course>> }) {
	const act = useAct();
	const require = async ({ id, title, required }: Course) => {
		if (!required && !(await confirm(...t.askRequire(title)))) return;
		await act.run(() => call("PATCH", `courses/${id}`, { body: { required: !required } }));
		list.again();
	};

	return (
		<Card title={t.courses}>
			{act.problem ? <Refusal problem={act.problem} /> : null}
			<Table
				id="courses"
				blocks
				label={t.courses}
				searchable={false}
				sortable={false}
				rows={list.rows}
				problem={list.problem}
				retry={list.again}
				rowKey={(course) => course.id}
				empty={t.coursesNone}
				pager={null}
				columns={[
					{
						id: "title",
						title: t.course,
						head: true,
						cell: ({ title, valid_days, scenarios }) => (
							<>
								{title}
								<p class="sub">{t.days(valid_days)}</p>
								{scenarios.length ? <p class="sub">{t.earned(scenarios.join(", "))}</p> : null}
							</>
						),
					},
					{ id: "needs", title: t.needs, cell: needsOf },
					{
						id: "required",
						title: t.state,
						nowrap: true,
						cell: ({ required }) => <Badge tone={required ? "ok" : "none"}>{required ? t.required : t.notRequired}</Badge>,
					},
					...(may("administrator")
						? [
								{
									id: "act",
									title: "",
									number: true,
									cell: (course: Course) => (
										<Button kind="plain" label={`${course.required ? t.notAnyMore : t.require}: ${course.title}`} onPress={() => void require(course)}>
											{course.required ? t.notAnyMore : t.require}
										</Button>
									),
								},
							]
						: []),
				]}
			/>
		</Card>
	);
}

/* ---- what is done with certificates ---- */

interface ActProps {
	courses: Course[];
	close: () => void;
	done: () => void;
}

const both = (courses: Course[]): Member[] => [
	{ name: "user", label: t.user, kind: "text", required: true, ...NAME },
	{ name: "course", label: t.course, kind: "choice", choices: courses.map(({ name, title }) => ({ value: name, label: title })) },
];

function Grant({ courses, close, done }: ActProps) {
	const send = async (values: Values) => {
		await call("POST", "certificates", { body: values });
		toast(t.granted(String(values.user)));
		done();
		close();
	};

	return (
		<Dialog title={t.grant} text={t.grantText} id="certificate-grant" onClose={close}>
			<Form
				id="grant"
				members={[...both(courses), { name: "evidence", label: t.evidence, kind: "text", ...TEXT }]}
				submit={t.grant}
				onSend={send}
				onCancel={close}
			/>
		</Dialog>
	);
}

function Override({ courses, close, done }: ActProps) {
	const send = async (values: Values) => {
		await call("POST", "certificates/override", { body: values });
		toast(t.asked);
		done();
		close();
	};

	return (
		<Dialog title={t.ask} text={t.askText} id="certificate-override" onClose={close}>
			<Form
				id="override"
				members={[
					...both(courses.filter(({ required }) => required)),
					{ name: "reason", label: t.reason, kind: "text", required: true, ...TEXT },
					{ name: "hours", label: t.hours, kind: "number", whole: true, min: 1, max: 8, start: "8", required: true },
				]}
				submit={t.ask}
				onSend={send}
				onCancel={close}
			/>
		</Dialog>
	);
}

function Revoke({ of, close, done }: { of: Certificate; close: () => void; done: () => void }) {
	const send = async (values: Values) => {
		await call("DELETE", `certificates/${of.id}`, { body: values });
		done();
		close();
	};

	return (
		<Dialog title={t.revokeTitle(of.title, of.user)} text={t.revokeText} id="certificate-revoke" onClose={close}>
			<Form
				id="revoke"
				members={[{ name: "reason", label: t.reason, kind: "text", required: true, ...TEXT }]}
				submit={t.revoke}
				onSend={send}
				onCancel={close}
			/>
		</Dialog>
	);
}

/* ---- the list ---- */

function Certificates({ courses }: { courses: Course[] }) {
	const [due, setDue] = useState(false);
	const [doing, setDoing] = useState<"grant" | "override">();
	const [revoking, setRevoking] = useState<Certificate>();
	const list = usePaged<Certificate>(due ? "certificates?limit=200&sort=ends&due_within_days=30" : "certificates?limit=200&sort=-id");
	const act = useAct();
	const me = useStore(session).user;
	const confirmOne = async ({ id, title, user }: Certificate) => {
		if (!(await confirm(...t.confirmTitle(title, user)))) return;
		await act.run(() => call("POST", `certificates/${id}/confirm`, { body: {} }));
		list.again();
	};
	const mine = { courses, close: () => setDoing(undefined), done: list.again };

	return (
		<Card title={t.certificates}>
			{act.problem ? <Refusal problem={act.problem} /> : null}
			<Table
				id="certificates"
				blocks
				label={t.certificates}
				sortable={false}
				tools={
					<>
						<Button id="certificates-due" onPress={() => setDue(!due)}>
							{due ? t.all : t.due}
						</Button>
						{may("supervisor") ? (
							<>
								<Button id="grant-certificate" kind="primary" onPress={() => setDoing("grant")}>
									{t.grant}
								</Button>
								<Button
									id="ask-override"
									why={courses.some(({ required }) => required) ? undefined : t.noneRequired}
									onPress={() => setDoing("override")}
								>
									{t.ask}
								</Button>
							</>
						) : null}
					</>
				}
				rows={list.rows}
				problem={list.problem}
				retry={list.again}
				rowKey={(one) => one.id}
				empty={due ? t.noneDue : t.none}
				pager={<Older press={list.older} text={texts.table.next} />}
				columns={[
					{
						id: "user",
						title: t.person,
						head: true,
						key: ({ user, full_name }) => `${user} ${full_name}`,
						cell: ({ user, full_name }) => (
							<>
								{user} <span class="mute">{full_name}</span>
							</>
						),
					},
					{ id: "course", title: t.course, key: ({ title }) => title, cell: ({ title }) => title },
					{
						id: "state",
						title: t.state,
						key: ({ state }) => t.states[state] ?? state,
						cell: ({ state, override_hours, revoked_by, revoked_why }) => (
							<>
								<Badge tone={TONES[state] ?? "none"}>{t.states[state] ?? state}</Badge>
								{override_hours === null ? null : <p class="sub">{t.override(override_hours)}</p>}
								{state === "revoked" ? <p class="sub">{t.why(revoked_by, revoked_why)}</p> : null}
							</>
						),
					},
					{ id: "ends", title: t.until, cell: ({ ends }) => (ends ? time(ends, true) : ""), nowrap: true },
					{
						id: "by",
						title: t.by,
						key: ({ granted_by, evidence }) => `${granted_by} ${evidence}`,
						cell: ({ granted_by, confirmed_by, evidence }) => (
							<>
								{confirmed_by ? `${granted_by}, ${confirmed_by}` : granted_by}
								<p class="sub">{evidence}</p>
							</>
						),
					},
					...(may("supervisor")
						? [
								{
									id: "act",
									title: "",
									number: true,
									cell: (one: Certificate) => (
										<>
											{one.state === "waits" && one.granted_by !== me && one.user !== me ? (
												<Button kind="plain" label={t.confirmTitle(one.title, one.user)[0]} onPress={() => void confirmOne(one)}>
													{t.confirm}
												</Button>
											) : null}
											{one.state === "revoked" || one.state === "ended" ? null : (
												<Button kind="plain" label={t.revokeTitle(one.title, one.user)} onPress={() => setRevoking(one)}>
													{t.revoke}
												</Button>
											)}
										</>
									),
								},
							]
						: []),
				]}
			/>
			{doing === "grant" ? <Grant {...mine} /> : null}
			{doing === "override" ? <Override {...mine} /> : null}
			{revoking ? <Revoke of={revoking} close={() => setRevoking(undefined)} done={list.again} /> : null}
		</Card>
	);
}

export function Qualifications() {
	const courses = usePaged<Course>("courses?limit=200");

	return (
		<div class="grid">
			<Courses list={courses} />
			<Certificates courses={courses.rows ?? []} />
		</div>
	);
}
