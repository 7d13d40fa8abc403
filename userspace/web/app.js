// SPDX-License-Identifier: GPL-2.0-or-later
// The first page: log in, see the four modules and the stop, stop. No framework, no inline script.
"use strict";

const API = "/api/v1/";
const POLL_MS = 500;
const STALE_MS = 2000;
const ROLES = ["viewer", "operator", "supervisor", "administrator"];

// Tokens live in this tab's memory only.
const session = { access: null, refresh: null, role: null, user: null, renewAt: 0 };
const registers = new Map();        // unit address -> items, as last read
let lastGoodAt = 0;
let polling = false;
let round = 0;

const $ = (id) => document.getElementById(id);

class Refusal extends Error {
    constructor(status, problem) {
        const reasons = (problem.errors || []).map((e) => `${words(e.pointer.slice(1))}: ${e.detail}`);
        super(reasons.length ? reasons.join("; ") : problem.detail || problem.title);
        this.status = status;
        this.code = problem.code;
    }
}

async function request(method, path, body, token) {
    const headers = {};
    if (token)
        headers.Authorization = `Bearer ${token}`;
    if (body !== undefined)
        headers["Content-Type"] = "application/json";
    let answer;
    try {
        answer = await fetch(API + path, {
            method, headers, cache: "no-store",
            body: body === undefined ? undefined : JSON.stringify(body),
            signal: AbortSignal.timeout(/^(auth\/|setup)/.test(path) ? 70000 : 15000),
        });
    } catch (error) {
        throw new Refusal(0, { title: "The robot does not answer.", code: "no_connection" });
    }
    const data = await answer.json().catch(() => ({ title: `HTTP ${answer.status}` }));
    if (!answer.ok)
        throw new Refusal(answer.status, data);
    return data;
}

function takeGrant(grant) {
    session.access = grant.access_token;
    session.refresh = grant.refresh_token;
    session.role = grant.role;
    session.renewAt = performance.now() + grant.expires_in * 800;
}

let renewing = null;

function renew() {
    renewing = renewing || request("POST", "auth/refresh", { refresh_token: session.refresh })
        .then(takeGrant).finally(() => { renewing = null; });
    return renewing;
}

async function call(method, path, body) {
    // The stop goes out as it is: it is accepted with an old token too.
    if (path !== "safety/stop" && performance.now() > session.renewAt)
        await renew();
    return request(method, path, body, session.access);
}

function may(role) {
    return ROLES.indexOf(session.role) >= ROLES.indexOf(role);
}

// ---- drawing ----

function say(text) {
    $("message").textContent = text || "";
    $("message").hidden = !text;
}

function words(code) {
    return String(code).replaceAll("_", " ");
}

function element(name, text, className) {
    const node = document.createElement(name);
    if (text !== undefined)
        node.textContent = text;
    if (className)
        node.className = className;
    return node;
}

function ageText(ms) {
    if (ms === null || ms === undefined || ms < 0)
        return "never read";
    return ms < STALE_MS ? "live" : `${(ms / 1000).toFixed(1)} s old`;
}

function fillList(node, texts) {
    const key = JSON.stringify(texts);
    if (node.dataset.key === key)
        return;        // nothing new: leave focus and screen readers alone
    node.dataset.key = key;
    node.replaceChildren(...texts.map((text) => element("li", text)));
}

// What has happened, and under it what to do about it.
function fillCauses(node, causes) {
    const key = JSON.stringify(causes.map((c) => [c.code, c.standing]));
    if (node.dataset.key === key)
        return;
    node.dataset.key = key;
    node.replaceChildren(...causes.map((cause) => {
        const item = element("li", cause.standing ? `${cause.text} (still so)` : cause.text);
        item.append(element("p", cause.action, "action"));
        return item;
    }));
}

function fillValues(node, pairs) {
    const key = JSON.stringify(pairs);
    if (node.dataset.key === key)
        return;
    node.dataset.key = key;
    node.replaceChildren(...pairs.flatMap(([name, text]) => [element("dt", name), element("dd", text)]));
}

function number(value, unit, digits) {
    return value === null || value === undefined ? "unknown" : `${value.toFixed(digits)} ${unit}`;
}

// "A cause of the stop still stands." and its cause or unit become one sentence.
function reasonText(reason) {
    const more = (reason.cause ? `: ${words(reason.cause)}` : "") + (reason.address ? ` (unit ${reason.address})` : "");
    return more ? `${reason.text.replace(/\.$/, "")}${more}.` : reason.text;
}

const SAFETY_WORDS = {
    stopped: ["STOPPED", "bad"],
    ready: ["Ready: outputs off", "warn"],
    enabled: ["Enabled: outputs on", "good"],
    unknown: ["Unknown: no device", "bad"],
};

function level(value, on, off) {
    return value === null ? "not there" : value ? on : off;
}

function drawSafety(safety) {
    const [text, look] = SAFETY_WORDS[safety.state] || [safety.state, "warn"];
    if ($("safety-state").textContent !== text)
        $("safety-state").textContent = text;
    $("safety-state").className = look;
    $("safety-age").textContent = ageText(safety.age_ms);
    $("safety").classList.toggle("stale", safety.age_ms > STALE_MS);
    fillCauses($("causes"), safety.causes);
    fillValues($("contacts"), [
        ["Button, channel a", safety.channels.a || "not there"],
        ["Button, channel b", safety.channels.b || "not there"],
        ["Output 1", level(safety.outputs.enable1, "on", "off")],
        ["Output 2", level(safety.outputs.enable2, "on", "off")],
    ]);
    $("reset").hidden = !may("supervisor") || safety.state !== "stopped";
    $("enable").hidden = !may("operator") || safety.state !== "ready";
    $("disable").hidden = !may("operator") || safety.state !== "enabled";
    const blocking = safety.state === "stopped" ? safety.why_not_reset
        : safety.state === "ready" ? safety.why_not_enable : [];
    fillList($("interlocks"), blocking.map(reasonText));
}

function drawRobot(robot) {
    fillValues($("robot-values"), [
        ["State", words(robot.state)],
        ["Position", number(robot.position_mm, "mm", 0)],
        ["Speed", number(robot.speed_mm_s, "mm/s", 0)],
        ["Battery", number(robot.battery_percent, "%", 0)],
    ]);
    fillList($("faults"), robot.faults.map(reasonText));
    $("robot").classList.toggle("stale", robot.age_ms > STALE_MS);
}

function unitText(unit) {
    return unit === "degC" ? "°C" : unit;
}

const HEALTH_LOOK = { good: "good", degraded: "warn", lost: "bad", absent: "bad" };

function moduleCard(address) {
    let card = $(`module-${address}`);
    if (card)
        return card;
    card = element("article");
    card.id = `module-${address}`;
    const head = element("header");
    head.append(element("h3"), element("span", "", "health"), element("span", "", "age"));
    card.append(head, element("dl"));
    $("module-list").append(card);
    return card;
}

function drawModule(module) {
    const card = moduleCard(module.address);
    const items = (registers.get(module.address) || []).filter((r) => r.value !== null && r.unit);
    card.querySelector("h3").textContent = `${words(module.name)} (unit ${module.address})`;
    const health = card.querySelector(".health");
    health.textContent = words(module.health);
    health.className = `health ${HEALTH_LOOK[module.health] || "warn"}`;
    card.querySelector(".age").textContent = ageText(module.age_ms);
    card.classList.toggle("stale", module.age_ms === null || module.age_ms > STALE_MS);
    fillValues(card.querySelector("dl"), items.slice(0, 8).map((r) => [r.label, `${r.value} ${unitText(r.unit)}`]));
}

function drawModules(modules) {
    const known = new Set(modules.items.map((m) => `module-${m.address}`));
    for (const card of [...$("module-list").children])
        if (!known.has(card.id))
            card.remove();
    modules.items.forEach(drawModule);
}

function drawHealth(health) {
    const texts = [];
    if (health.simulated)
        texts.push("Simulated: there is no robot behind this page.");
    if (!health.bus.present)
        texts.push(`The bus is not there${health.bus.error ? `: ${health.bus.error}` : ""}.`);
    if (health.bus.timing !== "exact")
        texts.push("Timing is not guaranteed.");
    if (!health.bus.hardware_stop)
        texts.push("There is no hardware stop on this connection: STOP is a message to the modules.");
    $("notice").textContent = texts.join(" ");
    $("notice").hidden = !texts.length;
    $("health").textContent = `ohtd ${health.version} · ${health.bus.backend || "no bus"} · ${health.status}`;
}

// ---- acting ----

function showLogin(text) {
    Object.assign(session, { access: null, refresh: null, role: null, user: null });
    registers.clear();
    $("login").reset();
    $("login").hidden = false;
    $("setup").hidden = true;
    $("live").hidden = true;
    $("who").hidden = true;
    say(text);
    $("username").focus();
}

function showSetup() {
    $("login").hidden = true;
    $("setup").hidden = false;
    $("setup-code").focus();
}

function showLive() {
    $("login").hidden = true;
    $("setup").hidden = true;
    $("live").hidden = false;
    $("who").hidden = false;
    $("user").textContent = `${session.user} (${session.role})`;
    $("discover").hidden = !may("operator");
    say("");
}

async function readRegisters(modules) {
    // One module per round: values at a glance, without asking for everything twice a second.
    const module = modules.items[round++ % Math.max(modules.items.length, 1)];
    if (!module || !module.profile)
        return;
    const answer = await call("GET", `modules/${module.address}/registers`);
    registers.set(module.address, answer.items);
}

function greyOut() {
    const age = Math.round(performance.now() - lastGoodAt);
    if (age <= STALE_MS)
        return;
    for (const node of [$("safety"), $("robot"), ...$("module-list").children])
        node.classList.add("stale");
    $("safety-age").textContent = `last answer ${ageText(age)}`;
}

async function poll() {
    if (!session.access || polling)
        return;
    polling = true;
    try {
        const [safety, robot, modules, health] = await Promise.all([
            call("GET", "safety"), call("GET", "robot"), call("GET", "modules"),
            request("GET", "health"),
        ]);
        drawSafety(safety);
        drawRobot(robot);
        drawHealth(health);
        await readRegisters(modules);
        drawModules(modules);
        if (performance.now() - lastGoodAt > STALE_MS && $("message").dataset.lost) {
            delete $("message").dataset.lost;
            say("");
        }
        lastGoodAt = performance.now();
    } catch (error) {
        if (error.status === 401) {
            showLogin("Your session has ended. Log in again.");
        } else {
            $("message").dataset.lost = "1";
            say(error.message);
        }
    } finally {
        polling = false;
    }
}

async function act(button, path, body, done) {
    button.disabled = true;
    try {
        await call("POST", path, body);
        say(done);
        await poll();
    } catch (error) {
        say(error.message);
    } finally {
        button.disabled = false;
    }
}

async function stop() {
    if (!session.access) {
        say("Log in to stop from here, or press the button on the machine.");
        return;
    }
    try {
        await call("POST", "safety/stop", {});
        drawStopped();
        poll();
    } catch (error) {
        say(`THE STOP WAS NOT CONFIRMED: ${error.message} Press the button on the machine.`);
    }
}

function drawStopped() {
    say("");
    $("safety-state").textContent = SAFETY_WORDS.stopped[0];
    $("safety-state").className = "bad";
}

async function enter(username, password) {
    takeGrant(await request("POST", "auth/login", { username, password }));
    session.user = username;
    showLive();
    lastGoodAt = performance.now();
    await poll();
}

async function login(event) {
    event.preventDefault();
    $("enter").disabled = true;
    say("");
    try {
        await enter($("username").value, $("password").value);
    } catch (error) {
        say(error.message);
    } finally {
        $("password").value = "";
        $("enter").disabled = false;
    }
}

async function setUp(event) {
    event.preventDefault();
    const username = $("setup-name").value, password = $("setup-password").value;
    if (password !== $("setup-again").value) {
        say("The two passwords are not the same.");
        return;
    }
    $("setup-enter").disabled = true;
    say("");
    try {
        await request("POST", "setup", { code: $("setup-code").value, username, password });
        $("setup").reset();
        await enter(username, password);
    } catch (error) {
        // Somebody else was first, or the account is made and only the login failed.
        if (error.code === "setup_done" || !$("setup-code").value)
            showLogin(error.message);
        else
            say(error.message);
    } finally {
        $("setup-enter").disabled = false;
    }
}

async function begin() {
    try {
        const health = await request("GET", "health");
        drawHealth(health);
        if (health.setup_required)
            showSetup();
        else
            showLogin("");
    } catch (error) {
        showLogin(error.message);
    }
}

$("login").addEventListener("submit", login);
$("setup").addEventListener("submit", setUp);
$("logout").addEventListener("click", () => showLogin(""));
$("stop").addEventListener("click", stop);
$("reset").addEventListener("click", () => act($("reset"), "safety/reset", {}, ""));
$("enable").addEventListener("click", () => act($("enable"), "safety/enable", {}, ""));
$("disable").addEventListener("click", () => act($("disable"), "robot/commands", { verb: "disable" }, ""));
$("discover").addEventListener("click", () => act($("discover"), "modules/discover", {}, ""));
setInterval(poll, POLL_MS);
setInterval(greyOut, POLL_MS);
begin();
