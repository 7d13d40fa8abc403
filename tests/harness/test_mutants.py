# SPDX-License-Identifier: GPL-2.0-or-later
"""check-mutants --fit in a small project: what it says of tests, sources and builds that have gone on without the mutants."""
import json
import os
import pathlib
import shutil
import subprocess

import pytest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts/check-mutants"
ROWS = {
    "nested": ("kernel/a.c", "a = 1", "a = 2", "board", "stock/wire", "^stock/wire: loss_test: a CPU is stuck$"),
    "beside": ("kernel/a.c", "int a = 1", "int a = 3", "board", "stock/stop", "loss_test: a CPU is stuck$"),
    "gone": ("kernel/a.c", "b = 1", "b = 2", "board", "stock/wire", "^stock/wire: loss_test: a CPU is stuc$"),
    "elsewhere": ("kernel/a.c", "b = 1", "b = 2", "board", "stock/wire", "^stock/wire: other_test: a CPU is stuck$"),
    "header": ("kernel/h.h", "c = 1", "c = 2", "board", "stock/wire", "^stock/wire: loss_test: a CPU is stuck$"),
    "unused": ("kernel/unused.h", "d = 1", "d = 2", "board", "stock/wire", "^stock/wire: loss_test: a CPU is stuck$"),
    "program": ("userspace/p.c", "return 0", "return 1", "unit", "p", "^p_returns$"),
    "no-c": ("userspace/p.c", "return 0", "return (", "unit", "p", "^p_returns$"),
}
FILES = {
    "kernel/a.c": "int a = 1;\nint b = 1;\n",
    "kernel/b.c": '#include "between.h"\n',
    "kernel/between.h": '#include "h.h"\n',
    "kernel/h.h": "int c = 1;\n",
    "kernel/unused.h": "int d = 1;\n",
    "userspace/p.c": "int p(void)\n{\n\treturn 0;\n}\n",
    "tests/guest/loss_test.c": 'test("a CPU is stuck");\n',
    "tests/guest/other_test.c": 'test("a CPU is free");\n',
    "tests/unit/test_p.c": "static void p_returns(void **state)\n",
    # Counts its builds, and what it builds; nothing compiles where a file `bad` is.
    "scripts/build-module": "#!/bin/sh\nxargs <kernel/a.c >>../../../built\necho $* >>../../../asked\n[ ! -e ../../../bad ] || { echo error: c; exit 1; }\n",
    ".gitignore": "/build/\n/built\n/asked\n/bad\n",
    "meson.build": "",
}


@pytest.fixture
def project(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    shutil.copy(SCRIPT, tmp_path / "scripts")
    (tmp_path / "scripts/build-module").chmod(0o755)
    (tmp_path / "tests/mutants").mkdir()
    members = ("file", "old", "new", "catcher", "program", "fails")
    (tmp_path / "tests/mutants/mutants.toml").write_text("".join(
        f"[[mutant]]\nname = {json.dumps(name)}\nbreaks = 'it'\n" + "".join(f"{m} = {json.dumps(v)}\n" for m, v in zip(members, row))
        for name, row in ROWS.items()))
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    return tmp_path


def fit(folder, *names):
    """(exit code, results with what was said of each)"""
    done = subprocess.run([folder / "scripts/check-mutants", "--fit", *names], capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout


def make_build(folder, sources=("userspace/p.c",)):
    native = folder / "build/userspace/native"
    native.mkdir(parents=True)
    (native / "build.ninja").write_text("rule again\n  command = touch build.ninja\n  generator = 1\nbuild build.ninja: again ../../../meson.build\n")
    (native / "compile_commands.json").write_text(json.dumps(
        [{"directory": str(native), "file": f"../../../{name}", "command": f"cc -c ../../../{name}"} for name in sources]))
    return native / "build.ninja"


def test_a_test_is_found_behind_board_and_program(project):
    code, said = fit(project, "nested", "beside")
    # The second changes a text of the first, so each has a build of its own.
    assert code == 0 and "not ok" not in said and "ok 3 - the mutations of the kernel compile" in said, said
    assert (project / "built").read_text() == "int a = 2; int b = 1;\nint a = 3; int b = 1;\n"
    assert (project / "asked").read_text() == "stock kernel/a.o\nstock kernel/a.o\n"
    code, said = fit(project, "gone", "elsewhere")
    assert code == 1 and said.count("not ok") == 2, said
    assert 'no "a CPU is stuc" in tests/guest/loss_test.c' in said and "in tests/guest/other_test.c" in said


def test_only_objects_with_a_mutation_are_compiled(project):
    code, said = fit(project, "nested", "header")
    assert code == 0 and "ok 3 - the mutations of the kernel compile" in said, said
    assert (project / "asked").read_text() == "stock kernel/a.o kernel/b.o\n"
    code, said = fit(project, "nested", "unused")
    assert code == 1 and "not ok 3" in said and "no object of the kernel is made of kernel/unused.h" in said, said
    (project / "bad").touch()
    code, said = fit(project, "header")
    assert code == 1 and "not ok 2 - the mutations of the kernel compile\n#   does not build: error: c" in said, said


def test_an_old_build_is_named(project):
    code, said = fit(project, "program")
    assert code == 1 and "nothing is built; run scripts/build-userspace native" in said and "fits: program" not in said, said
    listed = make_build(project)
    code, said = fit(project, "program", "no-c")
    assert code == 1 and "\nok 2 - fits: program" in said and "not ok 3 - fits: no-c\n#   does not compile" in said, said
    at = listed.stat().st_mtime
    os.utime(project / "meson.build", (at + 5, at + 5))
    code, said = fit(project, "program")
    assert code == 1 and "the build is older than a meson.build; run scripts/build-userspace native" in said, said
    # What is in the kernel alone does not need it.
    assert "is of today" not in fit(project, "nested")[1]
