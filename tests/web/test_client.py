# SPDX-License-Identifier: GPL-2.0-or-later
"""oht-client, the package of the page for live data, against a robot that is played, and against asyncapi.json."""
import json
import pathlib
import subprocess

import pytest

HERE = pathlib.Path(__file__).resolve().parent
PACKAGE = HERE.parents[1] / "userspace/web/client"
COME_AGAIN = "import { comeAgain } from %s; console.log(JSON.stringify(%s.map(comeAgain)));"


@pytest.mark.parametrize("program", ["client.test.mjs", "stream.test.mjs"])
def test_it_does_right_against_a_robot_that_does_wrong(program):
    done = subprocess.run(["node", "--test", "--test-reporter=tap", HERE / program], capture_output=True, text=True,
                          check=False, timeout=150)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr
    assert "\n# fail 0\n" in done.stdout and "\n# pass 0\n" not in done.stdout


def test_it_comes_again_where_the_document_says_so(daemon):
    ends = daemon.get("asyncapi.json", role=None).json["x-close-codes"]
    codes = [end["code"] for end in ends]
    program = COME_AGAIN % (json.dumps(str(PACKAGE / "index.js")), json.dumps(codes))
    done = subprocess.run(["node", "--input-type=module", "-e", program], capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(done.stdout) == [end["again"] for end in ends]


def test_the_package_has_what_it_names():
    manifest = json.loads((PACKAGE / "package.json").read_text(encoding="utf-8"))
    assert manifest["private"] and "dependencies" not in manifest
    for name in (*manifest["files"], manifest["main"], manifest["types"], "README.md"):
        assert (PACKAGE / name).is_file(), name
    packed = {path.name for path in PACKAGE.glob("*.js")} | {"index.d.ts"}
    assert packed == set(manifest["files"])


@pytest.mark.parametrize("name", ["Client", "CommandRefused", "ConnectionLost", "comeAgain"])
def test_what_is_declared_is_there(name):
    program = f"import * as all from {json.dumps(str(PACKAGE / 'index.js'))}; console.log(typeof all.{name}, Object.keys(all).length);"
    done = subprocess.run(["node", "--input-type=module", "-e", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["function", "4"]
    declared = (PACKAGE / "index.d.ts").read_text(encoding="utf-8")
    assert f"export class {name}" in declared or f"export function {name}" in declared
