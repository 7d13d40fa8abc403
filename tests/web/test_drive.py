# SPDX-License-Identifier: GPL-2.0-or-later
"""The page Drive: nothing moves by mistake, nothing goes on by itself, every refusal is told."""
import signal

import pytest

from counted import anew, asked as requests
from person import SIZES, THEMES, at_rest, box, fill, go, has, is_stopped, log_in
from pretend import answers, asked, change, drive, truly, turning
from test_look import look
from test_transport import NO_SOCKET

ENTER, ESCAPE, RIGHT, END, PAGE_DOWN = "\ue007", "\ue00c", "\ue014", "\ue010", "\ue00f"
NASTY = "<img src=x onerror=window.hit=1>"
MOVE = {"number": 12, "verb": "move", "state": "running", "position_mm": 14200, "speed_mm_s": 600}
JOGGING = {"state": "move", "speed_mm_s": 100,
           "command": {"number": 13, "verb": "jog", "state": "running", "position_mm": None, "speed_mm_s": 100}}
HELD = {"held": True, "holder": "m.tran", "session": "ab12", "since": "2026-11-20T10:00:00Z", "expires_in_ms": 9000,
        "reason": None}
OFF = "The outputs are off: enable them first."
WRONG_STATE = {"code": "wrong_state", "text": "Not possible in this state of the robot.", "address": None}
NOT_ENABLED = {"pointer": "", "code": "not_enabled", "detail": "The enable outputs are off."}


def forbids(*verbs, **reason):
    """Interlocks of these verbs."""
    return [{"verb": verb, "why_not": [{**WRONG_STATE, **reason}]} for verb in verbs]


def value(page, selector):
    """Of an input."""
    return page.run("return document.querySelector(arguments[0]).value", selector)


def moving(page):
    """Has the robot taken the jog?"""
    return has(page, ".jog.moving")


# ---- how it looks ----

@pytest.mark.parametrize("size", SIZES)
def test_what_is_needed_to_drive_is_in_view(page, size):
    page.narrow(*size)
    drive(page, robot={"state": "move", "speed_mm_s": 620, "command": MOVE}, control=HELD)
    page.wait(lambda: has(page, "#holder"), what="who drives")
    assert page.run("return document.documentElement.scrollWidth <= innerWidth")
    tops = {name: box(page, name) for name in ("#drive-rail", "#drive-command", "#drive-jog", "#drive-goto", "#drive-control")}
    bottom = page.run("return document.querySelector('#content').getBoundingClientRect().bottom")
    left, top, _, _ = box(page, "#stop")
    if size[0] < 600:
        # One below the other, what is urgent first.
        order = ["#drive-rail", "#drive-command", "#drive-jog", "#drive-goto", "#drive-control"]
        assert [tops[name][1] for name in order] == sorted(tops[name][1] for name in order)
        assert box(page, "#command-pause")[3] <= bottom and box(page, "#jog-back")[1] < bottom
    else:
        assert all(b <= bottom for _, _, _, b in tops.values())
    assert left > 0 and top >= 0, "the stop"
    # The robot and its target are where their numbers are, within the rail.
    robot, target = box(page, ".rail-robot"), box(page, ".rail-target")
    rail = box(page, "#railway")
    assert rail[0] <= robot[0] < target[0] < rail[2]
    # The station that is not the dock has a mark.
    page.wait(lambda: has(page, ".rail-station"), what="stations")
    assert page.run("return [...document.querySelectorAll('.rail-station')].map(s => s.title)") == ["home · 500 mm"]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("role", ["operator", "viewer"])
def test_it_looks_well_while_it_moves(page, size, role):
    page.narrow(*size)
    drive(page, role, robot={"state": "move", "speed_mm_s": 620, "command": MOVE}, control=HELD)
    if role == "operator":
        page.click("#go-to-open")
    for theme in THEMES:
        page.scheme(theme)
        look(page, f"drive-moving-{role}-{size[0]}-{theme}")


def test_the_picture_and_the_numbers_say_the_same(page):
    drive(page, robot={"state": "move", "speed_mm_s": -620, "command": MOVE, "position_mm": 20000})
    text = page.text("#drive-rail")
    assert "20000 mm" in text and "0.62 m/s" in text and "backward" in text and "14200 mm" in text
    assert "limit -3500 mm" in text and "limit 30500 mm" in text and "Dock" in text
    assert "Move to 14200 mm" in page.text("#command") and "5800 mm to go" in page.text("#drive-command")
    change(page, "robot", position_mm=None, speed_mm_s=None)
    page.wait(lambda: "not known" in page.text(".drive-figures"), what="a position that is not known")
    assert not has(page, ".rail-robot"), "a robot is drawn where nobody knows it to be"


def test_a_robot_that_is_not_heard_is_grey_with_its_age_and_cannot_be_driven(daemon, page):
    drive(page)
    daemon.process.send_signal(signal.SIGSTOP)
    try:
        page.wait(lambda: has(page, "#drive-rail.stale"), what="grey")
        assert "old" in page.text("#drive-rail header")
        page.wait(lambda: has(page, "#offline"), what="the banner")
        assert has(page, "#jog-forward[aria-disabled=true]")
        page.hold("#jog-forward")
        page.let_go()
        page.wait(lambda: "No connection" in page.text("#jog-why"), what="why")
    finally:
        daemon.process.send_signal(signal.SIGCONT)
    page.wait(lambda: not has(page, "#drive-rail.stale"), what="colour")
    assert not asked(page)


# ---- a target ----

def test_a_drag_is_a_number_and_a_button_sends_the_number(page):
    drive(page)
    page.hold("#railway")
    page.wait(lambda: has(page, "#go-to"), what="a number")
    first = value(page, "#go-to-position")
    page.move(120)
    page.wait(lambda: value(page, "#go-to-position") != first, what="another number")
    page.let_go()
    chosen = value(page, "#go-to-position")
    assert int(chosen) > int(first) and int(chosen) % 10 == 0
    page.wait(lambda: f"{chosen} mm" in page.text("#drive-rail"), what="the number in the picture")
    assert f"{int(chosen) - 7842} mm forward" in page.text("#go-to-way")
    assert not asked(page), "a drag has moved the robot"
    fill(page, "#go-to-speed", "0.25")
    page.click("#go-to-send")
    page.wait(lambda: asked(page), what="the move")
    assert asked(page) == [{"verb": "move", "position_mm": int(chosen), "speed_mm_s": 250}]
    page.wait(lambda: not has(page, "#go-to"), what="a form that is done")


def test_a_drag_ends_at_the_limits_and_can_be_given_up(page):
    drive(page)
    page.hold("#railway")
    page.move(-600)
    page.wait(lambda: has(page, "#go-to") and value(page, "#go-to-position") == "-3500", what="the limit")
    page.let_go()
    page.click("#go-to-cancel")
    page.wait(lambda: not has(page, "#go-to, .rail-target.chosen"), what="nothing chosen")
    # A finger that turns out to scroll the page has chosen nothing.
    page.run("""const rail = document.querySelector("#railway");
        const at = { bubbles: true, pointerId: 7, pointerType: "touch", clientX: 700, clientY: 200 };
        rail.dispatchEvent(new PointerEvent("pointerdown", at));
        rail.dispatchEvent(new PointerEvent("pointercancel", at));""")
    page.wait(lambda: not has(page, "#go-to"), what="nothing chosen")
    assert not asked(page)


def test_keys_choose_a_target_and_send_it(page):
    drive(page)
    page.run("document.querySelector('#railway').focus()")
    page.keys(RIGHT)
    page.wait(lambda: has(page, "#go-to") and value(page, "#go-to-position") == "7852", what="a step")
    page.keys(END)
    page.wait(lambda: value(page, "#go-to-position") == "30500", what="the end")
    page.keys(PAGE_DOWN)
    page.wait(lambda: value(page, "#go-to-position") == "30000", what="a large step")
    page.type("#go-to-position", ENTER)
    page.wait(lambda: asked(page), what="the move")
    assert asked(page) == [{"verb": "move", "position_mm": 30000}]


@pytest.mark.parametrize("position, speed, words", [
    ("30501", "", "30501 is above 30500"), ("-3501", "", "-3501 is below -3500"), ("far", "", "“far” is not a number"),
    ("", "", "This is needed"), ("100", "1.01", "1.01 is above 1"), ("100", "0", "0 is below 0.01"),
    ("100", "fast", "“fast” is not a number"),
])
def test_what_cannot_be_is_not_sent(page, position, speed, words):
    drive(page)
    page.click("#go-to-open")
    if position:
        fill(page, "#go-to-position", position)
    if speed:
        fill(page, "#go-to-speed", speed)
    page.click("#go-to-send")
    page.type("#go-to-position", ENTER)
    page.wait(lambda: words in page.text("#go-to") or
              words in page.run("return document.querySelector('#go-to-send').title"), what=words)
    assert not asked(page)


# ---- the queue ----

def waiting(number, verb="move", position_mm=None, speed_mm_s=None, **more):
    return {"number": number, "id": None, "verb": verb, "position_mm": position_mm, "speed_mm_s": speed_mm_s, "by": "operator", **more}


MOVING = {"state": "move", "speed_mm_s": 620, "command": MOVE}
QUEUED = [waiting(14, position_mm=3500, speed_mm_s=250), waiting(15, "dock"), waiting(16, "undock", by=NASTY)]


def test_what_waits_is_shown_in_its_order(page):
    drive(page, robot={**MOVING, "queue": QUEUED}, control=HELD)
    page.wait(lambda: has(page, "#queued-16"), what="the queue")
    text = page.text("#drive-queue")
    assert text.index("Move to 3500 mm") < text.index("Dock") < text.index("Undock")
    assert "at most 0.25 m/s" in text and NASTY in text
    change(page, "robot", queue=[])
    page.wait(lambda: "Nothing waits." in page.text("#drive-queue"), what="an empty queue")


@pytest.mark.parametrize("size", SIZES)
def test_a_long_queue_looks_well(page, size):
    page.narrow(*size)
    drive(page, robot={**MOVING, "queue": [waiting(20 + i, position_mm=100 * i) for i in range(32)]}, control=HELD)
    page.wait(lambda: has(page, "#queued-51"), what="the queue")
    look(page, f"drive-queue-{size[0]}")


def test_a_command_can_wait_behind_what_runs(page):
    drive(page, robot=MOVING, control=HELD, interlocks=[
        {"verb": verb, "why_not": [{"code": "wrong_state", "text": "Not now.", "address": None}]} for verb in ("home", "undock")])
    page.wait(lambda: has(page, "#go-now:checked") and has(page, "#go-home[aria-disabled=true]"), what="what may not begin now")
    assert box(page, "#go-to-open")[1] - box(page, "#go-when")[3] >= 8, "a finger takes the one for the other"
    page.click("label:has(> #go-then)")
    page.wait(lambda: not has(page, "#go-home[aria-disabled=true]"), what="what may wait, though it may not begin now")
    page.click("#go-home")
    page.wait(lambda: asked(page, "home"), what="the command")
    page.click("#go-to-open")
    fill(page, "#go-to-position", "9000")
    page.click("#go-to-send")
    page.wait(lambda: asked(page, "move"), what="the move")
    assert asked(page) == [{"verb": "home", "queue": "append"}, {"verb": "move", "position_mm": 9000, "queue": "append"}]
    change(page, "robot", state="idle", command=None)
    page.wait(lambda: not has(page, "#go-when"), what="nothing to wait for")
    page.click("#go-dock")
    page.wait(lambda: asked(page, "dock") == [{"verb": "dock"}], what="a command that waits for nothing")


def test_nothing_is_offered_to_wait_behind_a_jog(page):
    drive(page, robot=JOGGING, control=HELD)
    assert not has(page, "#go-when")


def test_one_is_taken_out_and_a_refusal_is_told(page):
    drive(page, robot={**MOVING, "queue": QUEUED}, control=HELD)
    page.wait(lambda: has(page, "#queued-15-drop"), what="the queue")
    page.click("#queued-15-drop")
    page.wait(lambda: page.run("return window.asked.some((a) => a.method === 'DELETE' && a.path === 'robot/commands/15')"),
              what="the request")
    page.wait(lambda: "No such command waits" in page.text("#queue-problem"), what="the refusal of the daemon")


def test_the_viewer_sees_the_queue_and_cannot_change_it(page):
    drive(page, "viewer", robot={**MOVING, "queue": QUEUED})
    page.wait(lambda: has(page, "#queued-14"), what="the queue")
    assert not has(page, "#drive-queue button")


# ---- a robot that does not know where it is ----

LOST = {"located": False, "expected_mm": 8000, "read_mm": 0, "position_mm": 0}


def test_a_supervisor_says_which_of_the_two_places_is_right(page):
    drive(page, "supervisor", robot=LOST)
    answers(page, "POST robot/position", {})
    page.wait(lambda: "8000 mm" in page.text("#drive-location") and "0 mm" in page.text("#drive-location"), what="both places")
    look(page, "drive-location")
    page.click("#location-expected")
    page.click("#location-read")
    page.wait(lambda: page.run("return window.asked.length") == 2, what="both answers")
    sent = page.run("return window.asked.map((a) => [a.method, a.path, a.body])")
    assert sent == [["POST", "robot/position", {"position_mm": 8000}], ["POST", "robot/position", {"confirm": True}]]
    change(page, "robot", located=True, expected_mm=None, read_mm=None)
    page.wait(lambda: not has(page, "#drive-location"), what="a robot that is located")


def test_an_operator_sees_both_places_and_decides_nothing(page):
    drive(page, robot={**LOST, "expected_mm": None})
    page.wait(lambda: has(page, "#drive-location"), what="the notice")
    assert not has(page, "#drive-location button")


# ---- the speed override ----

def test_the_override_is_chosen_looked_at_and_then_sent(page):
    drive(page, robot={"override_percent": 80}, control=HELD)
    answers(page, "PUT robot/override", {})
    page.wait(lambda: "80" in page.text("#drive-override .figure"), what="what the robot has")
    assert not has(page, "#override-slider"), "a value that changes by itself is no input"
    page.click("#override-open")
    page.wait(lambda: value(page, "#override-slider") == "80", what="the slider where the robot is")
    page.run("document.querySelector('#override-slider').focus()")
    page.keys(PAGE_DOWN)
    page.wait(lambda: int(value(page, "#override-slider")) < 80, what="less")
    chosen = int(value(page, "#override-slider"))
    change(page, "robot", override_percent=60)
    page.wait(lambda: "60" in page.text("#drive-override .figure"), what="what somebody else has set")
    assert value(page, "#override-slider") == str(chosen), "what is chosen stays"
    look(page, "drive-override")
    page.click("#override-set")
    page.wait(lambda: not has(page, "#override-slider"), what="a slider that is done")
    sent = page.run("return window.asked.map((a) => [a.method, a.path, a.body])")
    assert sent == [["PUT", "robot/override", {"percent": chosen}]]


def test_a_refused_override_is_told_and_one_given_up_is_not_sent(page):
    drive(page, control=HELD)
    answers(page, "PUT robot/override", {"title": "Conflict", "status": 409, "code": "control_held",
                                         "detail": "Another session is in control of the robot: m.tran."}, 409)
    page.click("#override-open")
    page.wait(lambda: has(page, "#override-slider"), what="the slider")
    page.click("#override-cancel")
    page.wait(lambda: not has(page, "#override-slider"), what="given up")
    assert not page.run("return window.asked.length")
    page.click("#override-open")
    page.click("#override-set")
    page.wait(lambda: has(page, "#override-problem"), what="the refusal")
    assert "m.tran" in page.text("#override-problem") and has(page, "#override-slider"), "what was chosen is kept"


def test_the_viewer_sees_the_override_only(page):
    drive(page, "viewer", robot={"override_percent": 35})
    page.wait(lambda: "35" in page.text("#drive-override .figure"), what="what the robot has")
    assert not has(page, "#drive-override button")


# ---- refusals ----

def test_a_refusal_is_told_in_place_with_its_remedy_and_keeps_what_was_chosen(page):
    drive(page)
    answers(page, "POST robot/commands", {"title": "Conflict", "status": 409, "code": "not_enabled",
                                          "detail": "The enable outputs are off.",
                                          "errors": [NOT_ENABLED, {"pointer": "", "code": "sensors",
                                                                   "detail": "The position is old."}]},
            409)
    page.click("#go-to-open")
    fill(page, "#go-to-position", "9000")
    page.click("#go-to-send")
    page.wait(lambda: has(page, "#go-to-problem"), what="the refusal")
    page.wait(lambda: "Check the sensors." in page.text("#go-to-problem"), what="the remedy")
    assert "The enable outputs are off.; The position is old." in page.text("#go-to-problem")
    assert value(page, "#go-to-position") == "9000"
    page.click("#go-home")
    page.wait(lambda: has(page, "#go-problem"), what="the other refusal, beside its own button")
    page.hold("#jog-back")
    page.wait(lambda: has(page, "#jog-problem"), what="the refusal of the jog")
    assert not turning(page), "a jog that was refused goes on asking"
    page.let_go()
    assert [body["verb"] for body in asked(page)][:2] == ["move", "home"]
    assert not asked(page, "stop"), "what was refused stops nobody"


def test_a_member_that_is_refused_is_told_at_its_field(page):
    drive(page)
    answers(page, "POST robot/commands", {"title": "Unprocessable", "status": 422, "code": "validation", "detail": "bad",
                                          "errors": [{"pointer": "/position_mm", "code": "range",
                                                      "detail": "behind a stop zone"}]}, 422)
    page.click("#go-to-open")
    fill(page, "#go-to-position", "9000")
    page.click("#go-to-send")
    page.wait(lambda: "behind a stop zone" in page.text("#go-to-position-notes"), what="the fault at its field")


def test_an_act_that_cannot_be_done_says_why(page):
    drive(page, robot={"state": "safe"}, safety={"state": "ready", "why_not_enable": [
        {"code": "sensors", "text": "A distance is old.", "address": 3, "cause": None}]},
          interlocks=forbids("move", "jog", "home", "resume") +
          forbids("dock", code="docked", text="The robot is at the dock: undock first."))
    page.wait(lambda: has(page, "#go-home[aria-disabled=true]"), what="the interlocks")
    for act, line in (("#go-home", "#go-why"), ("#command-resume", "#command-why")):
        assert page.run("return document.querySelector(arguments[0]).title", act) == OFF
        page.click(act)
        page.wait(lambda here=line: OFF in page.text(here), what="why")
    page.click("#go-to-open")
    fill(page, "#go-to-position", "100")
    page.click("#go-to-send")
    page.wait(lambda: OFF in page.text("#go-to-way"), what="why")
    page.hold("#jog-back")
    page.let_go()
    page.wait(lambda: OFF in page.text("#jog-why"), what="why")
    why = page.text("#drive-why")
    assert OFF in why and "Stands in the way of: Move, Jog, Home." in why
    assert "The robot is at the dock: undock first. Undock first. Stands in the way of: Dock." in why
    assert "A distance is old (unit 3)." in why and "Check the sensors." in why
    assert page.run("return document.querySelector('#enable').title") == "A distance is old (unit 3)."
    assert not asked(page)
    page.click("#command-stop")
    page.wait(lambda: asked(page, "stop"), what="the stop, which nothing forbids")


def test_who_may_only_look_sees_no_act_but_why(page):
    drive(page, "viewer", robot={"state": "safe", "command": MOVE}, control=HELD, interlocks=forbids("move"))
    page.wait(lambda: has(page, "#holder") and OFF in page.text("#drive-why"), what="who drives, and why not")
    assert "needs the role Operator" in page.text("#drive-viewer")
    assert page.run("return document.querySelectorAll('#drive button, #drive input, #drive [role=slider]').length") == 0
    assert "m.tran has control" in page.text("#drive-control") and "Move to 14200 mm" in page.text("#command")
    page.hold("#railway")
    page.let_go()
    assert not has(page, ".rail-target.chosen")


# ---- jog ----

def jogs(page):
    """Hold a button until the robot has taken it and was asked again."""
    answers(page, "POST robot/commands", JOGGING)
    page.hold("#jog-forward")
    page.wait(lambda: moving(page) and len(asked(page, "jog")) > 2, what="a jog that is kept up")
    bodies = asked(page, "jog")
    assert len({body["id"] for body in bodies}) == 1, "one jog has one id"
    assert {body["speed_mm_s"] for body in bodies} == {100}


def has_ended(page, words, told=True):
    """No request is to follow, and the robot was told."""
    page.wait(lambda: not has(page, ".jog.moving, .jog.asked"), what="the end")
    assert not turning(page), "it goes on asking"
    page.wait(lambda: words in page.text("#jog-why"), what=words)
    page.wait(lambda: bool(asked(page, "stop")) == told, what="the last word")
    if told:
        assert asked(page)[-1] == {"verb": "stop"}


def test_a_jog_ends_when_it_is_let_go(page):
    drive(page)
    jogs(page)
    page.let_go()
    has_ended(page, "")
    assert page.text("#jog-why") == "", "letting go is no fault"


def test_the_other_button_jogs_the_other_way(page):
    drive(page)
    jogs(page)
    page.let_go()
    has_ended(page, "")
    page.wait(lambda: has(page, "#jog-back:not([aria-disabled])"), what="a robot that stands")
    page.hold("#jog-back")
    page.wait(lambda: [body["speed_mm_s"] for body in asked(page, "jog")].count(-100) > 2, what="a jog that is kept up")
    page.let_go()
    has_ended(page, "")


def test_a_jog_by_key_ends_when_the_focus_goes_elsewhere(page):
    drive(page)
    answers(page, "POST robot/commands", JOGGING)
    page.run("document.querySelector('#jog-forward').focus()")
    page.key_down(ENTER)
    page.wait(lambda: len(asked(page, "jog")) > 2, what="a jog that is kept up")
    page.run("document.querySelector('#jog-back').focus()")
    has_ended(page, "something else has the focus")
    page.key_up(ENTER)


@pytest.mark.parametrize("refused", [False, True])
def test_a_jog_goes_over_the_socket_or_where_there_is_none_by_requests(page, refused):
    if refused:
        page.run(NO_SOCKET)
    drive(page)
    jogs(page)
    way = "POST" if refused else "WS"
    page.wait(lambda: page.run("return window.asked.at(-1).method") == way, what=way)
    page.let_go()
    has_ended(page, "")
    if not refused:
        return
    # A token that is too old refuses one jog, not each one.
    answers(page, "POST robot/commands", {"status": 401, "code": "token_expired", "detail": "The access token has expired."}, 401)
    anew(page)
    page.hold("#jog-forward")
    page.wait(lambda: requests(page).get("auth/refresh"), what="a renewal")
    page.let_go()


def test_a_jog_ends_when_the_finger_leaves_the_button(page):
    drive(page)
    jogs(page)
    page.move(200)
    has_ended(page, "")
    page.move(-200)
    assert not turning(page), "coming back is no press"
    page.let_go()


@pytest.mark.parametrize("what, words", [
    ("dispatchEvent(new Event('blur'))", "something else has the focus"),
    ("Object.defineProperty(document, 'hidden', { value: true });"
     "document.dispatchEvent(new Event('visibilitychange'))", "the page was hidden"),
    ("dispatchEvent(new Event('pagehide'))", "the page was hidden"),
    ("dispatchEvent(new PointerEvent('pointerdown', { pointerId: 99, pointerType: 'touch' }))", "a second touch"),
    ("dispatchEvent(new KeyboardEvent('keydown', { key: 'a' }))", "another key was pressed"),
])
def test_a_jog_ends_at_every_doubt_and_never_revives(page, what, words):
    drive(page)
    jogs(page)
    page.run(what)
    has_ended(page, words)
    before = len(asked(page, "jog"))
    page.run("dispatchEvent(new Event('focus')); dispatchEvent(new Event('pageshow'));"
             "document.querySelector('#jog-forward').focus()")
    page.move(3)
    assert not turning(page) and len(asked(page, "jog")) == before, "it has come to life again"
    page.let_go()
    page.wait(lambda: has(page, "#jog-forward:not([aria-disabled])"), what="a robot that stands")
    page.hold("#jog-forward")
    page.wait(lambda: moving(page), what="a new press is a new jog")
    page.let_go()
    assert len({body["id"] for body in asked(page, "jog")}) == 2


def test_a_jog_ends_when_another_tab_comes_to_the_front(page):
    drive(page)
    jogs(page)
    mine = page.handle()
    page.new_tab()
    page.switch(mine)
    page.close_others()
    page.wait(lambda: not has(page, ".jog.moving, .jog.asked"), what="the end")
    assert not turning(page) and asked(page)[-1] == {"verb": "stop"}
    page.let_go()


def test_a_jog_ends_with_the_connection(page):
    drive(page)
    jogs(page)
    page.run("window.pretended.down = true")
    has_ended(page, "the connection is lost", told=False)
    page.run("window.pretended.down = false")
    page.wait(lambda: not has(page, "#offline"), what="the connection again")
    assert not turning(page), "the connection has brought it back"
    page.let_go()


def test_a_jog_ends_when_answers_stay_out(page):
    drive(page)
    jogs(page)
    page.run("window.pretended.delay_ms = 3600000")
    has_ended(page, "no answer came in time", told=False)
    page.let_go()


def test_a_jog_that_the_robot_has_ended_is_not_begun_anew(page):
    drive(page)
    jogs(page)
    page.wait(lambda: "Jog" in page.text("#command"), what="the command that the robot tells")
    told = len(asked(page, "jog"))
    page.wait(lambda: len(asked(page, "jog")) > told + 3, what="answers since then")
    answers(page, "POST robot/commands", {**JOGGING, "command": {**JOGGING["command"], "number": 14}})
    has_ended(page, "too slowly")
    page.let_go()


def test_a_jog_ends_with_the_stop_and_stays_out_of_its_way(daemon, page):
    drive(page)
    jogs(page)
    change(page, "robot", state="move", speed_mm_s=100)
    page.wait(lambda: "Moving" in page.text("#robot-state"), what="moving")
    page.keys(ESCAPE)
    page.wait(lambda: page.run("return document.querySelector('#stop').dataset.phase") == "done", what="confirmed")
    assert not turning(page) and not moving(page)
    is_stopped(daemon)
    page.let_go()
    daemon.post("safety/reset", role="supervisor")


@pytest.mark.parametrize("key, speed", [(ENTER, 100), (RIGHT, 100), ("\ue012", -100)])
def test_keys_jog_as_long_as_they_are_held(page, key, speed):
    drive(page)
    answers(page, "POST robot/commands", JOGGING)
    page.run("document.querySelector('#jog-forward').focus()")
    page.key_down(key)
    page.wait(lambda: len(asked(page, "jog")) > 2, what="a jog that is kept up")
    assert asked(page, "jog")[0]["speed_mm_s"] == speed
    page.key_up(key)
    has_ended(page, "")
    # A key that is still down repeats itself: that is no press.
    page.run("document.querySelector('#jog-forward').dispatchEvent("
             "new KeyboardEvent('keydown', { key: 'Enter', repeat: true, bubbles: true }))")
    assert not turning(page)


def test_under_the_lock_nothing_is_driven(page):
    drive(page)
    page.click("#touch-lock")
    page.wait(lambda: has(page, "#lock"), what="the lock")
    for what in ("#jog-forward", "#railway", "#go-home"):
        page.hold(what)
        page.let_go()
    assert not asked(page) and not has(page, "#go-to") and not turning(page)


# ---- what is said by the daemon and by others ----

def test_the_daemon_itself_says_why_not(daemon, page):
    at_rest(daemon)
    log_in(page, "operator")
    go(page, "/drive", "#drive-rail")
    page.wait(lambda: page.run("return document.querySelector('#go-home').title") == OFF, what="why not")
    page.wait(lambda: "Stands in the way of: Move, Jog, Home, Dock, Undock." in page.text("#drive-why"), what="why not")
    assert has(page, "#jog-back[aria-disabled=true]") and has(page, "#command-stop:not([aria-disabled])")


def test_the_daemon_itself_refuses_in_the_same_places(page):
    drive(page)
    truly(page, "POST robot/commands")
    page.click("#go-to-open")
    fill(page, "#go-to-position", "9000")
    page.click("#go-to-send")
    page.wait(lambda: has(page, "#go-to-problem"), what="the refusal")
    assert page.text("#go-to-problem .mute"), "without a remedy"
    page.hold("#jog-forward")
    page.wait(lambda: has(page, "#jog-problem"), what="the refusal over the socket")
    assert page.text("#jog-problem .mute") and not turning(page)
    page.let_go()
    page.click("#command-stop")
    page.wait(lambda: not has(page, "#command-problem"), what="a stop is never refused")


def test_text_of_others_stays_text(page):
    reason = {"code": NASTY, "text": NASTY, "address": None, "cause": None}
    drive(page, control={**HELD, "holder": NASTY, "reason": NASTY}, safety={"state": "ready", "why_not_enable": [reason]},
          robot={"command": {**MOVE, "verb": NASTY, "state": NASTY}, "faults": [reason]},
          interlocks=forbids("home", code=NASTY, text=NASTY))
    page.wait(lambda: has(page, "#holder"), what="who drives")
    assert page.text("#drive-control").count(NASTY) == 2 and page.text("#drive-command").count(NASTY) == 2
    assert NASTY in page.text("#drive-why")
    page.click("#take-over-open")
    page.wait(lambda: has(page, "#take-over-dialog") and NASTY in page.text("#take-over-dialog"), what="the question")
    page.keys(ESCAPE)
    answers(page, "POST robot/commands", {"title": NASTY, "status": 409, "code": NASTY, "detail": NASTY}, 409)
    page.click("#go-dock")
    page.wait(lambda: has(page, "#go-problem") and NASTY in page.text("#go-problem"), what="the refusal")
    assert page.run("return window.hit") is None and not page.run("return !!document.querySelector('img')")
