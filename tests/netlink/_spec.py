# SPDX-License-Identifier: GPL-2.0-or-later
"""What is wrong with docs/netlink/oht.yaml: by the kernel's own schema, by its generators, and beside our headers."""
import pathlib
import re
import shutil
import subprocess
import sys

import jsonschema
import yaml

from vsbc.paths import SCRIPTS, TOP

SPEC = TOP / "docs/netlink/oht.yaml"
INCLUDE = TOP / "include/uapi/linux"
# What the generator adds of its own to every family.
GENERATED = {"OHT_CMD_MAX", "__OHT_CMD_MAX"}
# Each notification has these; the manual says so once.
OF_ALL_NOTIFICATIONS = {"device", "time-ns", "seq"}


def tools():
    """The folder of the kernel's tools."""
    done = subprocess.run([SCRIPTS / "fetch-kernel-tools"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return pathlib.Path(done.stdout.strip())


def headers():
    """Our headers by name."""
    return {path.name: path.read_text() for path in INCLUDE.glob("oht*.h")}


def without_comments(text):
    return re.sub(r"/\*.*?\*/", "", text, flags=re.S)


def enums_of(text):
    """Of each enum the values of its names."""
    enums = {}
    for name, body in re.findall(r"^enum (\w+) \{(.*?)\n\};", without_comments(text), re.M | re.S):
        values, following = {}, 0
        for entry, expression in re.findall(r"(\w+)\s*(?:=\s*([^,]+?))?\s*(?:,|$)", body.strip()):
            known = re.fullmatch(r"\(?(\w+) - 1\)?", expression)
            following = values[known[1]] - 1 if known else int(expression, 0) if expression else following
            values[entry] = following
            following += 1
        enums[name] = values
    return enums


def numbers_of(text):
    """Every name of a header with its number, its bit or its text."""
    found = {name: value for values in enums_of(text).values() for name, value in values.items()}
    for name, value in re.findall(r"^#define\s+(\w+)\s+(\S.*)$", without_comments(text), re.M):
        shifted = re.match(r"\(1U(?:LL)? << (\d+)\)", value)
        found[name] = int(shifted[1]) if shifted else value.strip()
    return found


def differences(what, said, meant):
    """A line for each name that is on one side alone or has another number there."""
    return [f"{what}: {name} is {said.get(name, 'missing')} in the specification, {meant.get(name, 'missing')} in the header"
            for name in sorted(set(said) | set(meant)) if said.get(name) != meant.get(name)]


def c_name(prefix, name):
    return f"{prefix}{name}".replace("-", "_").upper()


class Spec:
    """A specification in a folder that looks to the kernel's generators like the kernel."""

    def __init__(self, text, work):
        self.root = tools()
        self.text = text
        self.data = yaml.safe_load(text)
        folder = work / "Documentation/netlink/specs"
        folder.mkdir(parents=True)
        (work / "MAINTAINERS").touch()
        for schema in (self.root / "Documentation/netlink").glob("*.yaml"):
            shutil.copy(schema, folder.parent)
        self.path = folder / "oht.yaml"
        self.path.write_text(text)

    def against_schema(self):
        name = f"{self.data.get('protocol', 'genetlink')}.yaml"
        schema = yaml.safe_load((self.root / "Documentation/netlink" / name).read_text())
        return [f"schema: {'/'.join(map(str, error.absolute_path))}: {error.message}"
                for error in jsonschema.Draft7Validator(schema).iter_errors(self.data)]

    def generate(self, *arguments):
        """What the kernel's generator makes of it; raises AssertionError with its last line."""
        done = subprocess.run([sys.executable, "-B", self.root / "tools/net/ynl/ynl-gen-c.py", "--spec", self.path, *arguments],
                              capture_output=True, text=True, check=False, timeout=50)
        assert done.returncode == 0, (done.stderr or done.stdout).splitlines()[-1]
        return done.stdout

    def against_header(self, ours):
        """The header that is generated, beside the one that we have written."""
        try:
            made = self.generate("--mode", "uapi", "--header")
        except AssertionError as error:
            return [f"generator: {error}"]
        said, meant = numbers_of(made), numbers_of(ours)
        for name in GENERATED:
            said.pop(name, None)
        said.pop("_UAPI_LINUX_OHT_NETLINK_H", None)
        meant.pop("_UAPI_LINUX_OHT_NETLINK_H", None)
        return differences("numbers", said, meant)

    def definitions(self, texts):
        """Enums and flags, beside those of the header that each names."""
        found = []
        for one in self.data["definitions"]:
            text = texts[one["header"].partition("/")[2]]
            prefix = c_name(one["name-prefix"], "")
            if one["type"] == "enum":
                said = {c_name(prefix, entry["name"]): entry["value"] for entry in one["entries"]}
                meant = enums_of(text).get(one["enum-name"].replace("-", "_"), {})
            else:
                said = {c_name(prefix, name): number for number, name in enumerate(one["entries"])}
                meant = {name: number for name, number in numbers_of(text).items() if name.startswith(prefix)}
            found += differences(one["name"], said, meant)
        return found

    def types(self, ours):
        """32 or 64 bits, as the manual has it."""
        found = []
        for group in self.data["attribute-sets"]:
            for one in group["attributes"]:
                name = c_name(group["name-prefix"], one["name"])
                comment = re.search(rf"\t{name}\s+= \d+,(.*)", ours)
                meant = self._type(name, comment[1] if comment else "", group["name"])
                if one["type"] != meant:
                    found.append(f"types: {name} is {one['type']}, must be {meant}")
        return found

    @staticmethod
    def _type(name, comment, group):
        if name.endswith("_PAD"):
            return "pad"
        for word, meant in (("text", "string"), ("nested", "nest"), ("64 bits", "u64")):
            if word in comment:
                return meant
        return "u64" if group == "statistics" or name.endswith(("_NS", "_SEQ")) else "u32"

    def attributes(self, ours):
        """What each command has, and which group hears it."""
        manual = ours.partition("*/\n#ifndef")[0]
        found = []
        for one in self.data["operations"]["list"]:
            name = c_name("oht-cmd-", one["name"])
            text = re.search(rf" \*   {name} (.*?)\n \*(?:\n|   (?:OHT_CMD|group))", manual, re.S)
            if not text:
                found.append(f"{name}: not in the manual")
                continue
            meant = set(re.findall(r"OHT_A_(?!STAT_)(\w+)", text[1])) | {"DEVICE"}
            if "event" in one:
                said = set(one["event"]["attributes"])
                meant |= {c_name("", word) for word in OF_ALL_NOTIFICATIONS}
                before = manual[:text.start()]
                group = re.findall(r'group "(\w+)"', before)[-1]
                if one.get("mcgrp") != group:
                    found.append(f"{name}: group {one.get('mcgrp')}, must be {group}")
            else:
                said = set(one["do"]["request"]["attributes"]) | set(one["do"]["reply"]["attributes"])
            found += [f"{name}: {word} is on one side alone" for word in sorted({c_name("", word) for word in said} ^ meant)]
        return found

    def complaints(self, texts):
        ours = texts["oht_netlink.h"]
        found = self.against_schema()
        if found:
            return found
        return self.against_header(ours) + self.definitions(texts) + self.types(ours) + self.attributes(ours)
