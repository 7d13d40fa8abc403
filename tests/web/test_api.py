# SPDX-License-Identifier: GPL-2.0-or-later
"""The page API: read without a log-in, with every route and every error."""
from person import go, has, log_in


def texts(page, selector):
    """Of all such elements."""
    return page.run("return [...document.querySelectorAll(arguments[0])].map((n) => n.textContent)", selector)


def test_everything_is_there_without_a_log_in(daemon, page):
    page.wait(lambda: has(page, "#login"), what="the form")
    page.click("#to-api")
    page.wait(lambda: has(page, "#routes details"), what="the routes")
    document = daemon.get("openapi.json", role=None).json
    shown = list(zip(texts(page, "#routes .method"), texts(page, "#routes .route-path"), texts(page, "#routes .route-summary")))
    assert sorted(shown) == sorted((method.upper(), path, operation["summary"])
                                   for path, item in document["paths"].items() for method, operation in item.items())
    assert not has(page, "nav.navigation") and not has(page, "#login")
    page.run("document.querySelector('#api nav a:last-child').click()")
    page.wait(lambda: has(page, "#errors tbody th"), what="the errors")
    items = daemon.get("errors", role=None).json["items"]
    assert sorted(texts(page, "#errors tbody th")) == sorted(item["code"] for item in items)
    assert set(item["action"] for item in items) <= set(texts(page, "#errors tbody td"))


def test_who_may_what_is_made_of_the_routes(daemon, page):
    page.wait(lambda: has(page, "#login"), what="the form")
    go(page, "/api/rights", "#rights tbody th")
    heads = texts(page, "#rights thead th")
    rows = page.run("""return [...document.querySelectorAll('#rights tbody tr')].map((row) =>
        [row.querySelector('th p').textContent, ...[...row.querySelectorAll('td')].map((cell) => cell.firstChild.textContent)])""")
    permitted = {row[0]: [word == "yes" for word in row[1:]] for row in rows}
    assert heads == ["Act", "Viewer", "Operator", "Supervisor", "Administrator"]
    ranks = {"none": 0, "viewer": 0, "operator": 1, "supervisor": 2, "administrator": 3}
    document = daemon.get("openapi.json", role=None).json
    operations = {f"{method.upper()} {path}": operation for path, item in document["paths"].items() for method, operation in item.items()}
    assert permitted == {name: [rank >= ranks[operation["x-role"]] for rank in range(4)] for name, operation in operations.items()}
    assert "with password" in page.text("#rights tbody")
    # On a phone the least role is said below the act: nothing is beside the screen.
    page.narrow(390, 844)
    row = page.run("""return [...document.querySelectorAll('#rights tbody tr')].find((row) => row.textContent.includes('POST /api/v1/users/import')).innerText""")
    assert "Administrator, with password" in row and row.count("yes") == 0, row
    assert page.run("const box = document.querySelector('#rights').closest('.scroll') ?? document.querySelector('#rights').parentElement; return box.scrollWidth <= box.clientWidth")


def test_a_route_shows_members_example_and_refusals(page):
    page.wait(lambda: has(page, "#login"), what="the form")
    go(page, "/api?route=GET /api/v1/robot", "details[open] .refusals")
    text = page.text("details[open]")
    assert "position_mm" in text and "battery_percent" in text and "token_missing" in text and "mm" in text


def test_no_other_page_is_seen_without_a_log_in(page):
    page.wait(lambda: has(page, "#login"), what="the form")
    for path in ("/users", "/modules", "/system", "/nothing"):
        page.run("location.hash = arguments[0]", f"#{path}")
        page.wait(lambda: has(page, "#login"), what="the form")
        assert not has(page, "#content .head"), path


def test_docs_lead_here_and_a_log_in_leads_on(page):
    page.open(page.address + "api/v1/docs")
    page.wait(lambda: has(page, "#routes details"), what="the routes")
    page.click("#to-login")
    log_in(page, "viewer")
    go(page, "/api", "#routes details")
    assert has(page, "nav.navigation") and not has(page, "#to-login")
