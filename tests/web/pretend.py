# SPDX-License-Identifier: GPL-2.0-or-later
"""A robot that moves, in front of the page: the daemon's own answers with other values, and a record of what the page asks.

No bus of a native daemon has outputs, so its robot never moves. What the daemon itself can answer comes from it.
"""
from person import go, log_in

ROBOT = {"state": "idle", "position_mm": 7842, "speed_mm_s": 0, "faults": [], "command": None, "queue": [], "jog_expiry_ms": 100, "override_percent": 100,
         "limits": {"soft_min_mm": -3500, "soft_max_mm": 30500, "speed_mm_s": 1000, "jog_mm_s": 250, "dock_position_mm": 0}}
FREE = {"held": False, "holder": None, "session": None, "mine": False, "since": None, "expires_in_ms": None,
        "reason": None}
SAFETY = {"state": "enabled", "causes": [], "why_not_enable": [], "why_not_reset": []}

PRETEND = """
window.pretended = arguments[0];
window.asked = [];
window.told = new Set();
window.turning = new Set();
const setInterval = window.setInterval.bind(window), clearInterval = window.clearInterval.bind(window);
window.setInterval = (what, ms, ...more) => {
    const id = setInterval(what, ms, ...more);
    if (ms === 50) window.turning.add(id);
    return id;
};
window.clearInterval = (id) => { window.turning.delete(id); clearInterval(id); };
const answer = window.fetch;
const json = (body, status = 200) => new Response(JSON.stringify(body),
    { status, headers: { "content-type": status < 300 ? "application/json" : "application/problem+json" } });
window.fetch = async (url, options) => {
    const path = String(url).replace("/api/v1/", "");
    const now = window.pretended;
    if (options.method !== "GET" && !path.startsWith("auth/"))
        window.asked.push({ method: options.method, path, body: options.body ? JSON.parse(options.body) : null,
                            at: performance.now() });
    if (now.down) throw new TypeError("no network");
    const told = now.answers[`${options.method} ${path}`];
    if (told) {
        const isCommand = path === "robot/commands" && told.status < 300;
        if (isCommand) obey(JSON.parse(options.body), told.body);
        await new Promise((done) => setTimeout(done, now.delay_ms ?? 0));
        Object.assign(now.answers, told.then);
        return json(isCommand ? result(told.body) : told.body, told.status);
    }
    const got = await answer(url, options);
    const over = now.values[path];
    if (over) window.told.add(path);
    return over && got.ok ? json(pretendIn(path, await got.json(), over)) : got;
};
// What was pretended otherwise since then counts as a change of rights, like those of the daemon.
window.changes = 0;
const pretendIn = (what, said, over) => {
    const changed = what === "robot" && said.rights_seq !== undefined ? { rights_seq: said.rights_seq + window.changes } : {};
    return Object.assign(said, over, changed);
};
let rights = 0;
const result = (robot) => ({ id: null, number: robot.command?.number ?? null, state: "running", why_not: [], robot });
// A robot that is told to jog does, and one that is told to stop stands.
const obey = ({ verb }, robot) => {
    const now = window.pretended;
    if (verb === "stop") Object.assign(now.values.robot, { state: "idle", speed_mm_s: 0, command: null });
    else if (verb === "jog") Object.assign(now.values.robot, robot);
};
const say = WebSocket.prototype.send;
WebSocket.prototype.send = function (text) {
    const message = JSON.parse(text);
    const now = window.pretended;
    if (message.type !== "command" || !now.answers["POST robot/commands"]) return say.call(this, text);
    window.asked.push({ method: "WS", path: "robot/commands", body: message.command, at: performance.now() });
    if (now.down) return this.close();
    const told = now.answers["POST robot/commands"];
    const ok = told.status < 300;
    if (ok) obey(message.command, told.body);
    const data = ok ? result(told.body) : told.body;
    setTimeout(() => this.onmessage(new MessageEvent("message", { data: JSON.stringify(
        { type: "result", id: message.id, status: told.status, data }) })), now.delay_ms ?? 0);
};
const otherwise = (text) => {
    const message = JSON.parse(text);
    const over = window.pretended.values[message.channel];
    if (over && message.data) {
        if (message.channel === "robot") rights = message.data.rights_seq ??= rights;
        pretendIn(message.channel, message.data, over);
        window.told.add(message.channel);
    }
    return JSON.stringify(message);
};
const { get } = Object.getOwnPropertyDescriptor(MessageEvent.prototype, "data");
Object.defineProperty(MessageEvent.prototype, "data", { get() { return otherwise(get.call(this)); } });
// Of a stream, event by event.
const { read } = ReadableStreamDefaultReader.prototype;
const begun = new WeakMap();
ReadableStreamDefaultReader.prototype.read = async function () {
    const { done, value } = await read.call(this);
    if (done) return { done, value };
    const { decoder, text } = begun.get(this) ?? { decoder: new TextDecoder(), text: "" };
    const events = (text + decoder.decode(value, { stream: true })).split("\\n\\n");
    begun.set(this, { decoder, text: events.pop() });
    const said = events.map((event) => event.replace(/^data: (.*)$/m, (_, data) => `data: ${otherwise(data)}`) + "\\n\\n");
    return { done, value: new TextEncoder().encode(said.join("")) };
};
"""


def pretend(page, robot=None, control=None, safety=None, interlocks=()):
    """From now on the robot is so."""
    robot = {**ROBOT, **(robot or {})}
    page.run(PRETEND, {
        "values": {"robot": robot, "safety": {**SAFETY, **(safety or {})}},
        "answers": {"GET control": {"status": 200, "body": {**FREE, **(control or {})}},
                    "GET robot/interlocks": {"status": 200, "body": {"items": list(interlocks), "next_cursor": None}},
                    "POST robot/commands": {"status": 200, "body": robot}},
    })


def drive(page, role="operator", **values):
    """Log in, and open the page Drive in front of a robot that is so."""
    log_in(page, role)
    pretend(page, **values)
    page.wait(lambda: page.run("return window.told.has('robot') && window.told.has('safety')"), what="what is pretended")
    go(page, "/drive", "#drive-rail")


def change(page, path, **values):
    """Other values of robot or safety."""
    page.run("Object.assign(window.pretended.values[arguments[0]], arguments[1])", path, values)


def answers(page, what, body, status=200, then=None):
    """A route answers so: "POST control", {...}. From that answer on others answer with 200 and what `then` says: the page reads again whenever it wants."""
    page.run("window.pretended.answers[arguments[0]] = { status: arguments[1], body: arguments[2], then: arguments[3] }; window.changes++",
             what, status, body, {path: {"status": 200, "body": said} for path, said in (then or {}).items()})


def asked(page, verb=None):
    """Bodies of the commands that the page has sent, or of those with that verb."""
    sent = page.run("return window.asked.filter((a) => a.path === 'robot/commands').map((a) => a.body)")
    return [body for body in sent if verb is None or body["verb"] == verb]


def turning(page):
    """Is there a timer that repeats a jog?"""
    return page.run("return window.turning.size > 0")


def truly(page, *whats):
    """These routes are answered by the daemon itself from now on."""
    page.run("for (const what of arguments) delete window.pretended.answers[what]; window.changes++", *whats)
