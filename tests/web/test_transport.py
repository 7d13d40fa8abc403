# SPDX-License-Identifier: GPL-2.0-or-later
"""Where no WebSocket opens: the page is live over HTTP and says so, and asks only where that is held back, too."""
import pytest

from counted import TOLD, anew, asked
from person import go, has, log_in, stops

# Sockets are not there, as where a browser refuses them.
NO_SOCKET = "window.WebSocket = class { constructor() { throw new DOMException('refused', 'SecurityError'); } };"

# Streams do not come through either.
NO_STREAM = """
const all = window.fetch;
window.fetch = (url, options) => String(url).includes("/stream?") ? Promise.reject(new TypeError("refused")) : all(url, options);
"""

# Each stream of the page is kept with what it has told. The test cuts the newest one, holds the next one back, or refuses all.
STREAMS = """
window.streams = [];
window.held = window.refused = false;
const answer = window.fetch;
const listen = async (reader, stream) => {
    const decoder = new TextDecoder();
    let text = "";
    for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        const events = (text + decoder.decode(value, { stream: true })).split("\\n\\n");
        text = events.pop();
        for (const event of events) {
            const [, id] = /^id: (.*)$/m.exec(event) ?? [];
            const [, data] = /^data: (.*)$/m.exec(event) ?? [];
            if (data) stream.heard.push({ id, ...JSON.parse(data), data: undefined });
        }
    }
};
window.fetch = async (url, options) => {
    if (!String(url).includes("/stream?")) return answer(url, options);
    if (window.refused) throw new TypeError("refused");
    const abort = new AbortController();
    const stream = { url: String(url), from: options.headers["last-event-id"], heard: [], cut: () => abort.abort() };
    window.streams.push(stream);
    options.signal.addEventListener("abort", stream.cut);
    while (window.held) await new Promise((done) => setTimeout(done, 20));
    const got = await answer(url, { ...options, signal: abort.signal });
    const [ours, theirs] = got.body.tee();
    listen(ours.getReader(), stream).catch(() => {});
    return new Response(theirs, { status: got.status, headers: got.headers });
};
"""

# The page is in the back, or seen again.
HIDDEN = """
const [hidden] = arguments;
Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
document.dispatchEvent(new Event("visibilitychange"));
"""

EVENT_SOURCE = """
const [token] = arguments;
window.source = { events: [], errors: 0 };
return fetch("/api/v1/auth/ticket", { method: "POST", headers: { authorization: `Bearer ${token}`, "content-type": "application/json" }, body: "{}" })
    .then((answer) => answer.json())
    .then(({ ticket }) => {
        window.listen = () => {
            const source = new EventSource(`/api/v1/stream?channel=safety&ticket=${ticket}`);
            source.addEventListener("safety", ({ data }) => window.source.events.push(JSON.parse(data).type));
            source.onerror = () => window.source.errors++;
            window.source.it = source;
        };
        window.listen();
    });
"""


def blocked(page, role):
    """A browser that opens no socket, in front of a person with that role; the page is live when it returns."""
    page.run(NO_SOCKET + STREAMS)
    log_in(page, role)
    page.wait(lambda: "live over HTTP" in page.text("#connection"), what="the word at the connection")


def place(text):
    """Epoch and {channel: seq} of an id, whose channels may come in any order."""
    epoch, _, channels = text.partition("-")
    return epoch, dict(each.split(":") for each in channels.split(","))


def test_the_page_says_so_and_what_to_do(daemon, page):
    blocked(page, "viewer")
    page.wait(lambda: has(page, "#transport-ca"), what="the notice")
    text = page.text("#transport")
    assert "Live over HTTP: WebSocket is blocked here." in text and "does not trust the robot's certificate" in text
    assert page.run("return fetch(document.querySelector('#transport-ca').href).then((a) => a.text())") == (daemon.state / "ca.crt").read_text()
    page.click("#transport-dismiss")
    page.wait(lambda: not has(page, "#transport"), what="dismissed")
    go(page, "/modules", "#modules tbody tr")
    assert not has(page, "#transport") and "live over HTTP" in page.text("#connection")


def test_over_a_socket_it_says_nothing(page):
    log_in(page, "viewer")
    page.wait(lambda: "live" in page.text("#connection"), what="live")
    assert not has(page, "#transport") and "HTTP" not in page.text("#connection")


def test_stop_and_commands_go_as_requests(daemon, page):
    blocked(page, "operator")
    stops(daemon, page)
    go(page, "/drive", "#holder")
    page.click("#take")
    page.wait(lambda: daemon.get("control").json["holder"] == "operator", what="control")
    page.wait(lambda: "You have control" in page.text("#drive-control"), what="who has it")


def test_a_lost_stream_goes_on_without_a_gap(daemon, page):
    blocked(page, "viewer")
    page.wait(lambda: page.run("return window.streams.at(-1).heard.filter((m) => m.channel === 'safety').length > 2"), what="some events")
    page.run("window.held = true; window.lost = window.streams.at(-1); window.lost.cut()")
    page.wait(lambda: page.run("return window.streams.at(-1) !== window.lost"), what="another stream")
    daemon.post("safety/stop", role="operator")
    daemon.post("safety/reset", role="supervisor")
    daemon.post("safety/stop", role="operator")
    page.run("window.held = false")
    page.wait(lambda: "Stopped" in page.text("#state"), what="the stop meanwhile")
    lost, found = page.run("return [window.lost, window.streams.at(-1)].map(({ from, heard }) => ({ from, heard }))")
    assert place(found["from"]) == place([each["id"] for each in lost["heard"] if "id" in each][-1])
    seqs = [[each["seq"] for each in stream["heard"] if each["channel"] == "safety"] for stream in (lost, found)]
    assert seqs[1][0] == seqs[0][-1], "the snapshot is the place from which it goes on"
    told = seqs[0] + seqs[1][1:]
    assert told == list(range(told[0], told[0] + len(told))) and len(seqs[1]) > 3


def test_a_page_that_nobody_sees_leaves_its_connection_to_others(page):
    blocked(page, "viewer")
    first = page.handle()
    page.run("""document.addEventListener("visibilitychange", () => { window.wasHidden ||= document.hidden; });
        window.title = []; new MutationObserver(() => window.title.push(document.title)).observe(document.querySelector("title"), { childList: true });""")
    page.new_tab()
    page.open("about:blank")
    page.switch(first)
    page.wait(lambda: "live over HTTP" in page.text("#connection"), what="live again")
    assert page.run("return window.wasHidden"), "this browser shows both"
    assert page.run("return window.streams.length") >= 2
    assert "Overview · localhost" in page.run("return window.title"), "a tab in the back tells no state that may be over"
    page.close_others()


def test_where_the_stream_does_not_open_either_it_asks(daemon, page):
    page.run(NO_SOCKET + STREAMS + "window.refused = true;")
    log_in(page, "viewer")
    go(page, "/drive", "#holder")
    anew(page)
    page.wait(lambda: all(asked(page).get(path, 0) >= 3 for path in ("control", "robot/interlocks")), what="requests")
    go(page, "/", "#state")
    anew(page)
    page.wait(lambda: all(asked(page).get(path, 0) >= 2 for path in TOLD), what="requests")
    daemon.post("safety/stop", role="operator")
    page.wait(lambda: "Stopped" in page.text("#state"), what="the stop of somebody else")
    # A page that nobody sees does not ask, so its tab tells no state that may be over.
    page.wait(lambda: "Stopped" in page.run("return document.title"), what="the state in the tab")
    page.run(HIDDEN, True)
    page.wait(lambda: page.run("return document.title") == "Overview · localhost", what="a tab without a state")
    page.run(HIDDEN, False)
    page.wait(lambda: "Stopped" in page.run("return document.title"), what="the state again")
    daemon.post("safety/reset", role="supervisor")


@pytest.mark.slow
def test_a_page_that_asks_says_so_until_it_is_live(page):
    page.run(NO_SOCKET + STREAMS + "window.refused = true;")
    log_in(page, "viewer")
    page.wait(lambda: has(page, "#transport"), what="the notice")
    assert "Not live: the page asks for its values twice a second." in page.text("#transport")
    assert "not live" in page.text("#connection")
    page.run("window.refused = false")
    page.wait(lambda: "live over HTTP" in page.text("#connection"), 60, "the stream")
    assert "Live over HTTP" in page.text("#transport")


def test_an_event_source_comes_in_by_a_ticket_once(daemon, page):
    """A page of this machine: its browser names the page where the ticket is drawn, and does not where it is used."""
    page.run(EVENT_SOURCE, daemon.token("viewer"))
    page.wait(lambda: page.run("return window.source.events.length") > 2, what="events")
    assert page.run("return window.source.events[0]") == "snapshot"
    page.run("window.source.it.close(); window.listen()")
    page.wait(lambda: page.run("return window.source.errors") == 1, what="a refusal")
    assert page.run("return window.source.it.readyState === EventSource.CLOSED"), "it does not come again"
