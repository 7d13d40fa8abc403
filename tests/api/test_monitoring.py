# SPDX-License-Identifier: GPL-2.0-or-later
"""examples/monitoring: Prometheus' own tool accepts it, each alert fires on what it is for, and each metric is one of ohtd."""
import json
import re
import subprocess

import pytest

from daemon import TOP

EXAMPLES = TOP / "examples/monitoring"
NAME = re.compile(r"\b(?:oht|http|api|robot|rs485|firmware|process|system|websocket)_[a-z0-9_]+")
# Labels and what Prometheus itself makes.
NO_METRIC = {"module_address", "error_type", "api_version"}


@pytest.fixture(name="promtool", scope="session")
def _promtool():
    root = subprocess.run([TOP / "scripts/fetch-tool", "prometheus"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()

    def run(*arguments):
        return subprocess.run([f"{root}/usr/bin/promtool", *arguments], cwd=EXAMPLES, capture_output=True, text=True, check=False, timeout=60)
    return run


@pytest.fixture(name="families", scope="module")
def _families(daemon):
    """Names that a query may have: of each family, and of the pieces of a histogram."""
    text = daemon.request("GET", "/metrics").body.decode()
    names = set(re.findall(r"^# TYPE (\S+)", text, re.M))
    return names | {f"{name}_{piece}" for name in names for piece in ("bucket", "sum", "count")}


def board():
    return json.loads((EXAMPLES / "oht.grafana.json").read_text())


def expressions():
    """Of the panels and annotations of the board."""
    for panel in board()["panels"]:
        for target in panel["targets"]:
            yield f"{panel['title']}: {target['refId']}", target["expr"]
    for annotation in board()["annotations"]["list"]:
        yield annotation["name"], annotation["expr"]


@pytest.mark.parametrize("arguments", [("check", "rules", "oht.rules.yml"), ("test", "rules", "oht.rules.test.yml"),
                                       ("check", "config", "--syntax-only", "prometheus.yml")], ids=" ".join)
def test_promtool_accepts(promtool, arguments):
    done = promtool(*arguments)
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_is_tested_and_explained():
    rules = (EXAMPLES / "oht.rules.yml").read_text()
    tests = (EXAMPLES / "oht.rules.test.yml").read_text()
    manual = (TOP / "docs/monitoring.md").read_text()
    alerts = re.findall(r"- alert: (\w+)", rules)
    assert len(alerts) == len(set(alerts)) >= 12
    for alert in alerts:
        assert alert in tests, f"{alert} has no test"
        assert f"| `{alert}` |" in manual, f"docs/monitoring.md says nothing of {alert}"


def test_each_metric_of_the_rules_is_one_of_ohtd(families):
    rules = re.sub(r'"[^"]*"', "", (EXAMPLES / "oht.rules.yml").read_text())
    used = set(NAME.findall(rules)) - NO_METRIC
    assert used and used <= families, used - families


def test_each_query_of_the_board_is_one_of_prometheus_and_of_ohtd(families, promtool, tmp_path):
    rules = []
    for what, expression in expressions():
        plain = expression.replace("$__rate_interval", "1m")
        used = set(NAME.findall(re.sub(r'"[^"]*"', "", plain))) - NO_METRIC
        assert used and used <= families, (what, used - families)
        rules.append({"record": f"board:query:{len(rules)}", "expr": plain})
    # Prometheus parses a query only as a rule; its files may be JSON, which is YAML.
    (tmp_path / "board.yml").write_text(json.dumps({"groups": [{"name": "board", "rules": rules}]}))
    done = promtool("check", "rules", tmp_path / "board.yml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_board_has_no_panel_twice_and_none_over_another():
    panels = board()["panels"]
    assert len({panel["id"] for panel in panels}) == len({panel["title"] for panel in panels}) == len(panels)
    covered = set()
    for panel in panels:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24, panel["title"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert not cells & covered, panel["title"]
        covered |= cells
