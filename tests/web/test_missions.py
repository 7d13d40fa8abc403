# SPDX-License-Identifier: GPL-2.0-or-later
"""The page Missions: a mission is made from legs, and what is driven, held or over is shown with its acts."""
from person import at_rest, fill, go, has, log_in
from pretend import answers, change, pretend, truly
from test_look import axe

ALT, UP = "\ue00a", "\ue013"
MISSION = {"id": 7, "name": "round", "state": "running", "reason": None, "reason_text": None, "leg": 2, "legs": 3, "rounds": 1, "round": 1, "driven_by": "anna",
           "made": "2026-11-30T07:00:00.000Z", "made_by": "anna", "began": "2026-11-30T07:01:00.000Z", "changed": "2026-11-30T07:02:00.000Z", "ended": None}
LEG = {"kind": "move", "station": None, "position_mm": None, "speed_mm_s": None, "wait_s": None, "deadline_s": None, "on_failure": "hold",
       "reason": None, "reason_text": None, "command_id": None, "began": None, "ended": None}
LEGS = [{**LEG, "place": 1, "kind": "undock", "state": "finished"},
        {**LEG, "place": 2, "position_mm": 14200, "speed_mm_s": 500, "state": "running"},
        {**LEG, "place": 3, "kind": "wait", "wait_s": 5, "state": "waiting"}]


def choose(page, selector, value):
    page.run("""const box = document.querySelector(arguments[0]);
        box.value = arguments[1]; box.dispatchEvent(new Event("change", { bubbles: true }))""", selector, value)


def list_of(*missions):
    return {"items": list(missions), "next_cursor": None}


def stop(page, held):
    """The channel tells what the stop has held. A program without that channel is asked again, as the command of the robot has ended."""
    page.run("window.pretended.values.missions = { missions: [arguments[0]] }", held)
    change(page, "robot", state="estop", command=None)


def test_a_mission_is_made_changed_cancelled_and_deleted(daemon, page):
    at_rest(daemon)
    log_in(page, "operator")
    go(page, "/missions", "#add-mission")
    page.click("#add-mission")
    page.wait(lambda: "-3500 to 30500 mm" in page.text("#mission-form"), what="the form, with the limits of the robot")
    fill(page, "#mission-name", "evening")
    fill(page, "#leg-1-position_mm", "99999")
    page.click("#mission-send")
    page.wait(lambda: "99999 is above 30500." in page.text("#leg-1"), what="a fault with its value")
    fill(page, "#leg-1-position_mm", "1500")
    fill(page, "#leg-1-speed_mm_s", "0,25")
    page.click("#mission-add-leg")
    page.wait(lambda: has(page, "#leg-2"), what="another leg")
    choose(page, "#leg-2-kind", "wait")
    page.wait(lambda: has(page, "#leg-2-wait_s") and not has(page, "#leg-2-position_mm"), what="what a wait needs")
    fill(page, "#leg-2-wait_s", "7")
    page.key_down(ALT)
    page.keys(UP)
    page.key_up(ALT)
    page.wait(lambda: has(page, "#leg-1-wait_s"), what="the leg that a key has moved")
    assert page.run("return document.activeElement.id") == "leg-1-wait_s", "the focus goes with the leg"
    assert axe(page) == ""
    fill(page, "#mission-rounds", "-1")
    page.click("#mission-send")
    page.wait(lambda: "-1 is below 0." in page.text("#mission-form"), what="a fault with its value")
    fill(page, "#mission-rounds", "3")
    page.click("#mission-send")
    page.wait(lambda: has(page, "#mission-start") and "round 1 of 3" in page.text("#mission"), what="the page of the mission")
    number = int(page.run("return location.hash.split('/').at(-1)"))
    assert [(leg["kind"], leg["wait_s"], leg["position_mm"], leg["speed_mm_s"]) for leg in daemon.get(f"missions/{number}/legs").json["items"]] == [
        ("wait", 7, None, None), ("move", None, 1500, 250)]
    # A wait needs no outputs; once it is behind the move, they are missing.
    assert not has(page, "#mission-start[aria-disabled]")
    page.click("#mission-change")
    page.wait(lambda: has(page, "#leg-1"), what="the form")
    page.click('#leg-1 [aria-label="Move leg 1 down"]')
    page.wait(lambda: has(page, "#leg-2-wait_s"), what="the leg that a button has moved")
    assert page.run("return document.activeElement.getAttribute('aria-label')") == "Move leg 2 down"
    page.click("#mission-send")
    page.wait(lambda: has(page, "#mission-start[aria-disabled]") and "outputs are off" in page.text("#mission"), what="why it cannot be started")
    # A program starts it all the same.
    assert daemon.post(f"missions/{number}/start", role="operator").json["state"] == "held"
    go(page, "/missions", "#missions tbody a")
    held = page.wait(lambda: (text := page.text("#missions tbody tr")) and "held" in text and text, what="the mission that is held")
    assert "evening" in held and "1 of 2" in held and "outputs are off" in held
    page.click("#missions tbody a")
    page.wait(lambda: has(page, "#mission-resume[aria-disabled]") and has(page, "#mission-why"), what="what to do")
    page.click("#mission-cancel")
    page.wait(lambda: has(page, "#confirm"), what="the question")
    page.click("#confirm-yes")
    page.wait(lambda: has(page, "#mission-copy") and not has(page, "#mission-cancel"), what="a mission that is over")
    page.click("#mission-delete")
    page.wait(lambda: has(page, "#confirm"), what="the question")
    page.click("#confirm-yes")
    page.wait(lambda: "No mission is kept." in page.text("#content"), what="an empty board")
    assert daemon.get(f"missions/{number}").status == 404


def let_it_start(page, schedule):
    page.click(f"#release-{schedule}")
    page.wait(lambda: has(page, "#confirm-yes"), what="the question")
    assert "without anybody asking" in page.text("#confirm")
    page.click("#confirm-yes")


def schedule_it(daemon, page, template):
    """On its page a schedule is made; below the list it is released by one act and a word behind it, and deleted."""
    def kept():
        return daemon.get("missions/schedules").json["items"]
    fill(page, "#schedule-from", "6:00")
    page.click("#schedule-send")
    page.wait(lambda: page.run("return document.querySelector('#schedule-from').getAttribute('aria-invalid')") == "true", what="a fault")
    fill(page, "#schedule-from", "06:00")
    choose(page, "#schedule-days", "work")
    page.click("#schedule-send")
    page.wait(lambda: len(kept()) == 1, what="the schedule")
    [one] = kept()
    assert (one["template"], one["days"], one["from"]) == (template, ["mon", "tue", "wed", "thu", "fri"], "06:00")
    go(page, "/missions", f"#release-{one['id']}")
    page.wait(lambda: has(page, f"#release-{one['id']}[aria-disabled]") and "outputs are off" in page.text("#schedules"), what="why it cannot be released")
    assert axe(page) == ""
    pretend(page)
    change(page, "robot", state="idle")
    page.wait(lambda: not has(page, f"#release-{one['id']}[aria-disabled]"), what="outputs that are on")
    let_it_start(page, one["id"])
    page.wait(lambda: "outputs are off" in page.text("#schedules-problem").lower(), what="the refusal of the robot")
    released = {**one, "released": one["made"], "released_by": "operator"}
    answers(page, f"POST missions/schedules/{one['id']}/release", released, then={"GET missions/schedules": list_of(released)})
    answers(page, f"DELETE missions/schedules/{one['id']}/release", one, then={"GET missions/schedules": list_of(one)})
    let_it_start(page, one["id"])
    page.wait(lambda: "in the name of operator" in page.text("#schedules"), what="the release")
    page.click(f"#release-{one['id']}")
    page.wait(lambda: "when a person starts it" in page.text("#schedules"), what="its end")
    truly(page, "GET missions/schedules")
    low = {"percent": 50, "min_percent": 30, "dock_percent": 20, "charged_percent": 80, "released": None, "released_by": None}
    released = {**low, "released": one["made"], "released_by": "operator"}
    answers(page, "GET missions/battery", low)
    answers(page, "POST missions/battery/release", released, then={"GET missions/battery": released})
    page.click(f"#unschedule-{one['id']}")
    page.wait(lambda: has(page, "#confirm-yes"), what="the question")
    page.click("#confirm-yes")
    page.wait(lambda: not has(page, "#schedules") and has(page, "#release-errand"), what="the end of the schedule, and the way to the dock")
    page.click("#release-errand")
    page.wait(lambda: has(page, "#confirm-yes") and "below 20 %" in page.text("#confirm"), what="the question")
    page.click("#confirm-yes")
    page.wait(lambda: "in the name of operator" in page.text("#errand") and "charged to 80 %" in page.text("#errand"), what="the release")
    assert kept() == []
    go(page, f"/missions/{template}", "#mission-copy")


def test_a_template_is_made_and_a_mission_of_it(daemon, page):
    log_in(page, "operator")
    go(page, "/missions", "#add-mission")
    page.click("#add-mission")
    page.wait(lambda: has(page, "#leg-1"), what="the form")
    fill(page, "#mission-name", "shuttle")
    choose(page, "#leg-1-kind", "wait")
    page.wait(lambda: has(page, "#leg-1-wait_s"), what="what a wait needs")
    fill(page, "#leg-1-wait_s", "7")
    fill(page, "#mission-rounds", "0")
    page.click("#mission-template")
    page.click("#mission-send")
    page.wait(lambda: "It is never driven." in page.text("#mission") and "until it is cancelled" in page.text("#mission"), what="the template")
    template = int(page.run("return location.hash.split('/').at(-1)"))
    assert not has(page, "#mission-start") and has(page, "#mission-change")
    schedule_it(daemon, page, template)
    page.click("#mission-copy")
    page.wait(lambda: has(page, "#leg-1-wait_s"), what="the form with what the template has")
    page.click("#mission-send")
    page.wait(lambda: has(page, "#mission-start"), what="the mission that is made of it")
    number = int(page.run("return location.hash.split('/').at(-1)"))
    exported = {one: daemon.get(f"missions/{one}/export").json for one in (template, number)}
    assert exported[template] == {**exported[number], "template": True} and exported[number]["rounds"] == 0, exported
    for one in (template, number):
        assert daemon.request("DELETE", f"missions/{one}", role="operator").status == 204


def test_the_mission_that_is_driven_is_shown_leg_by_leg(page):
    log_in(page, "operator")
    pretend(page, {"state": "move", "command": {"number": 4, "verb": "move", "position_mm": 14200, "speed_mm_s": 500, "state": "running"}})
    answers(page, "GET missions?limit=200", list_of({**MISSION, "id": 9, "name": "late", "state": "waiting", "leg": 1}, MISSION))
    answers(page, "GET missions/7/legs", list_of(*LEGS))
    answers(page, "POST missions/7/pause", {"status": 409, "code": "mission_state", "detail": "mission 7 is held"}, 409)
    go(page, "/missions", "#mission-now progress")
    text = page.wait(lambda: (text := page.text("#mission-now")) and "Move to 14200 mm" in text and text, what="the leg")
    assert all(word in text for word in ("leg 2 of 3", "at most 0.50 m/s", "in the name of anna", "Then: Wait 5 s")) and has(page, "#railway")
    assert page.run("return document.querySelector('#mission-now progress').value") == 1
    assert page.text("#missions tbody tr").startswith("round"), "the one that is driven is the first"
    page.click("#mission-pause")
    page.wait(lambda: "mission 7 is held" in page.text("#mission-problem").lower(), what="the refusal")
    held = {**MISSION, "state": "held", "reason": "stop_latched", "reason_text": "The robot is stopped."}
    answers(page, "GET missions?limit=200", list_of(held))
    stop(page, held)
    page.wait(lambda: "No mission is driven." in page.text("#mission-now") and "The robot is stopped." in page.text("#missions"), what="the hold")


def test_a_viewer_sees_missions_and_changes_none(daemon, page):
    log_in(page, "viewer")
    go(page, "/missions", "#missions")
    page.wait(lambda: "No mission is kept." in page.text("#content"), what="an empty board")
    number = daemon.post("missions", {"name": "of a program", "legs": [{"kind": "wait", "wait_s": 5}]}, role="operator").json["id"]
    page.wait(lambda: "of a program" in page.text("#missions"), what="a mission that another client has made")
    assert daemon.request("DELETE", f"missions/{number}", role="operator").status == 204
    go(page, "/programs", "#agents")
    pretend(page)
    answers(page, "GET missions?limit=200", list_of({**MISSION, "state": "held", "reason": "restart", "reason_text": "It was restarted."}))
    answers(page, "GET missions/7/legs", list_of(*LEGS))
    answers(page, "GET missions/7", {**MISSION, "state": "held", "reason": "restart", "reason_text": "It was restarted."})
    go(page, "/missions", "#missions tbody a")
    assert not has(page, "#add-mission")
    page.click("#missions tbody a")
    page.wait(lambda: "This needs the role Operator." in page.text("#mission") and has(page, "#legs tbody .badge"), what="why there are no acts")
    assert not has(page, ".mission-acts")
    # An answer that does not come takes nothing off the page.
    answers(page, "GET missions/7", {"status": 503, "code": "busy", "detail": "no room now"}, 503)
    stop(page, MISSION)
    page.wait(lambda: "no room now" in page.text("#content").lower(), what="the refusal")
    assert has(page, "#mission") and has(page, "#legs tbody .badge")
