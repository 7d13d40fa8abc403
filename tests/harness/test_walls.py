# SPDX-License-Identifier: GPL-2.0-or-later
"""Limits of the daemon's own tables (docs/contributing.md): each has room for twice what is used, and names itself when it is reached."""
import pathlib
import re
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
USERSPACE = TOP / "userspace"
# A limit that a compilation holds: where it stands, the source that holds it, and whether half of it would do.
COMPILED = {
    "OHT_SET_MAX": ("common/set.h", "ohtd/robot/telemetry.c", False),
    "OHTD_CHANNELS_MAX": ("ohtd/live/hub.h", "ohtd/live/channels.c", True),
    "OHTD_LINKS_MAX": ("ohtd/control/robot.h", "ohtd/main/robot_open.c", True),
    "OHTD_ALERT_KINDS_MAX": ("ohtd/alerts/alerts.h", "ohtd/alerts/alerts.c", True),
    "OHTD_ITEM_ROWS_MAX": ("ohtd/settings/items.h", "ohtd/settings/items.c", True),
    "OHTD_STATUSES_MAX": ("ohtd/http/problem.h", "ohtd/http/problem.c", True),
    "OHTD_CATALOGUE_MAX": ("ohtd/http/catalogue.h", "ohtd/http/catalogue.c", True),
    "KEYS_MAX": ("ohtd/config/config.c", "ohtd/config/config.c", True),
}
# A limit that is reached at the start: the unit test that tries it.
STARTED = {
    "OHT_OWN_SIGNALS_MAX": "test_user_maps.c",
    "OHTD_MEMBERS_MAX": "test_describe.c",
    "OHTD_SHAPES_MAX": "test_member.c",
    "OHTD_ALERT_PART_KINDS_MAX": "test_alert_campaign.c",
}


def compiled(folder, name, number):
    """What the compiler says where the limit is @number."""
    place, source, _ = COMPILED[name]
    text, changed = re.subn(rf"(#define {name}\t+)\d+", rf"\g<1>{number}", (USERSPACE / place).read_text())
    assert changed == 1, f"{place} has no {name}"
    # Includes are searched from here on, and only these.
    copy = folder / place.removeprefix("ohtd/")
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_text(text)
    command = ["cc", "-fsyntax-only", "-std=gnu11", "-D_GNU_SOURCE", "-DH2O_USE_LIBUV=0", '-DOHT_VERSION="0"', '-DOHT_DATADIR=""', '-DOHT_LIBEXECDIR=""', f"-I{folder}",
               f"-I{USERSPACE}/ohtd", f"-I{USERSPACE}", f"-I{USERSPACE}/liboht", f"-I{TOP}/include/uapi", "-I/usr/include/json-c",
               str(copy if place == source else USERSPACE / source)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stderr


@pytest.mark.parametrize("name", COMPILED)
def test_a_limit_that_is_reached_names_itself(name, tmp_path):
    place, _, half = COMPILED[name]
    number = int(re.search(rf"#define {name}\t+(\d+)", (USERSPACE / place).read_text())[1])
    assert compiled(tmp_path, name, number) == ""
    if half:
        assert compiled(tmp_path, name, number // 2) == "", f"{name}, {number}, has no room for twice what is used: raise it"
    said = compiled(tmp_path, name, 64 if name == "OHT_SET_MAX" else 4)
    assert re.search(rf'error: static assertion failed: "{name}: ', said), said


def test_every_limit_is_in_the_document_and_tried():
    text = (TOP / "docs/contributing.md").read_text().split("## Limits")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) == {*COMPILED, *STARTED}
    for name, program in STARTED.items():
        assert re.search(rf"\b{name}, \d|\b{name}, %d", (TOP / "tests/unit" / program).read_text()), f"{program} does not try {name}"
