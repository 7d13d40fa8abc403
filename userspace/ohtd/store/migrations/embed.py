# SPDX-License-Identifier: GPL-2.0-or-later
"""Write the migrations of one database as a C file, and on what that depends: embed.py FOLDER OUTPUT DEPFILE

The files in the folder are 0001_TEXT.sql, 0002_TEXT.sql, ... without a hole, and mend.sql. The line "-- step: FUNCTION" in a file
names a function in C that runs after the SQL of the file, in the same transaction.
"""
import pathlib
import re
import sys


def quote(text):
    lines = (line.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t") for line in text.splitlines())
    return "\n".join(f'\t"{line}\\n"' for line in lines)


def check_numbers(paths):
    for number, path in enumerate(paths, 1):
        if not re.fullmatch(rf"{number:04}_[a-z0-9_]+\.sql", path.name):
            sys.exit(f"{path}: the name of migration {number} begins with {number:04}_")


def step_of(path):
    found = re.search(r"^-- step: ([a-z0-9_]+)$", path.read_text(), re.M)
    return found.group(1) if found else None


def main():
    folder, output, depfile = map(pathlib.Path, sys.argv[1:])
    name, paths = folder.name, sorted(folder.glob("*.sql"))
    mend = [path for path in paths if path.name == "mend.sql"]
    migrations = [path for path in paths if path not in mend]
    check_numbers(migrations)
    text = ['/* Made by embed.py. */', '#include "store/schema.h"', ""]
    text += [f"int {step}(struct ohtd_db *db);" for step in map(step_of, migrations) if step]
    text += [f"const struct ohtd_migration ohtd_{name}_migrations[] = {{"]
    for path in migrations:
        text += ["\t{", quote(path.read_text()) + ",", f"\t{step_of(path) or 'NULL'} }},"]
    text += ["\t{ NULL, NULL }", "};", f"const char ohtd_{name}_mend[] ="]
    text += [quote(path.read_text()) for path in mend] + ['\t"";', ""]
    output.write_text("\n".join(text))
    # The folder as well: a new file changes it.
    needed = " ".join(str(path).replace(" ", "\\ ") for path in [folder, *paths])
    depfile.write_text(f"{output}: {needed}\n")


main()
