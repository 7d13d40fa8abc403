# SPDX-License-Identifier: GPL-2.0-or-later
"""What the robot tells, over and over: messages that the daemon has sent to the page, with a place and a time of their own.

In each cycle of 25 ms come one message of the robot and one of the signals, twice a second one of each other channel; the robot
drives to and fro, and each message of the log has a line of its own. The page takes them through its own client. What the
daemon itself says meanwhile is left out; the client sees the gap afterwards and subscribes anew."""
from person import go

CYCLES_PER_S = 40
PART_S = {"Fast": 100, "True": 10}

RECORD = """
const Real = WebSocket;
window.recorded = {};
window.replay = null;
window.WebSocket = class {
    static OPEN = 1;
    constructor(url) {
        const real = this.real = new Real(url);
        window.line = this;
        this.open = new Set();
        real.onopen = () => this.onopen?.();
        real.onclose = (event) => this.onclose?.(event);
        real.onerror = () => this.onerror?.();
        real.onmessage = ({ data }) => {
            const message = JSON.parse(data);
            if (message.channel && message.data) {
                this.seq[message.channel] = message.seq;
                // One with all members, so that nothing that a page shows is missing.
                if (message.type === "snapshot" && !message.recovered) window.recorded[message.channel] = message;
            }
            if (!window.replay) this.onmessage?.({ data });
        };
    }
    seq = {};
    get readyState() { return this.real.readyState; }
    send(text) {
        const { type, channel } = JSON.parse(text);
        if (type === "subscribe") this.open.add(channel);
        if (type === "unsubscribe") this.open.delete(channel);
        this.real.send(text);
    }
    close(...how) { this.real.close(...how); }
};
const PERIOD_MS = 25, CYCLES_BETWEEN = 20;
let cycle = 0, lines = 1e6;
const changes = {
    robot: (data) => ({ ...data, position_mm: 100 * (cycle % 300), speed_mm_s: 4000 * (cycle % 600 < 300 ? 1 : -1) }),
    telemetry: (data, utc) => Object.fromEntries(Object.entries(data).map(([name, reading], i) => [name, { ...reading, time: utc,
        quality: cycle % 400 ? "good" : "old",
        value: typeof reading.value === "number" ? 20 + 10 * Math.sin(cycle / 40 + i) : reading.value }])),
    logs: (data, utc) => ({ ...data, left_out: 0, lost: 0, lines: [{ seq: ++lines, time: utc, level: "info", room: "http",
        code: "replayed", text: `line ${lines} of a log that is long enough to be one` }] }),
};
const tell = (line, channel, ms) => {
    const utc = new Date(ms).toISOString();
    const { data } = window.recorded[channel];
    line.onmessage?.({ data: JSON.stringify({ type: channel === "safety" ? "event" : "update", channel, seq: ++line.seq[channel],
        ts: { utc, monotonic_ns: ms * 1e6 }, data: changes[channel]?.(data, utc) ?? data }) });
    window.replay.told++;
};
const turn = () => {
    const line = window.line, { startMs, channels } = window.replay;
    const ms = startMs + PERIOD_MS * cycle++;
    for (const channel of channels)
        if (channel === "robot" || channel === "telemetry" || cycle % CYCLES_BETWEEN === 0) tell(line, channel, ms);
};
const begin = () => {
    const channels = [...window.line.open].filter((channel) => window.recorded[channel]);
    window.replay = { startMs: Date.now() - PERIOD_MS * cycle, channels, told: 0 };
};
const end = () => {
    const { told } = window.replay;
    window.replay = null;
    return told;
};
// As fast as the page takes them: between two seconds of it, the page draws what it wants to.
window.replayFast = async (seconds) => {
    begin();
    for (let s = 0; s < seconds; s++) {
        for (let i = 0; i < 40; i++) turn();
        await new Promise((done) => setTimeout(done));
        if (s % 20 === 0) await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    }
    return end();
};
// As fast as a robot: the cycles that are due at each turn of the timer.
window.replayTrue = async (seconds) => {
    begin();
    const started = performance.now(), first = cycle;
    await new Promise((done) => {
        const timer = setInterval(() => {
            while (PERIOD_MS * (cycle - first) < performance.now() - started) turn();
            if (performance.now() - started >= 1000 * seconds) done(clearInterval(timer));
        }, PERIOD_MS);
    });
    return end();
};
"""

# A page, what says that it is there, and channels that it must be told then.
LOG = ("/system", "#log tbody tr", {"robot", "system", "logs"})
DRIVE = ("/drive", "#holder", {"robot", "safety"})
CHARTS = ("/", ".chart canvas", {"robot", "safety", "modules", "system", "telemetry"})


def record(page):
    """Before the log-in: from now on the messages are kept."""
    page.run(RECORD)


def show(page, path, there, channels):
    """Go there; returns when all its channels have been told by the daemon itself."""
    go(page, path, there)
    page.wait(lambda: channels <= set(page.run("return [...window.line.open].filter((c) => window.recorded[c])")), 60,
              f"the channels of {path}")


def replay(page, seconds, how="Fast"):
    """Messages of so many seconds; returns how many. @how: Fast, or True, as a robot sends them."""
    # In parts, as one call of the driver must not take long; not asked after meanwhile, as each question leaves something behind.
    parts = [min(PART_S[how], seconds - begun) for begun in range(0, seconds, PART_S[how])]
    told = sum(page.run(f"return window.replay{how}(arguments[0])", part) for part in parts)
    assert told >= seconds * CYCLES_PER_S, told
    return told
