# SPDX-License-Identifier: GPL-2.0-or-later
"""The C of a page as one file: page_examples.py PAGE TARGET. Every call of the header must be in it."""
import pathlib
import re
import sys

HEAD = """/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Made from the page; do not change. */
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/oht.h>
"""

page, target, *headers = map(pathlib.Path, sys.argv[1:])
code = "\n".join(re.findall(r"^```c\n(.*?)^```$", page.read_text(), re.M | re.S))
names = re.findall(r"^int (\w+)(\(.*\))$", code, re.M)
calls = {name for header in headers for name in re.findall(r"#define (OHT_IOC_(?!MAGIC)\w+)", header.read_text())}
missing = sorted(call for call in calls if not re.search(rf"\b{call}\b", code))
if missing or not calls:
    sys.exit(f"{page}: no example of {', '.join(missing) or 'anything'}")
target.write_text(HEAD + "".join(f"int {name}{rest};\n" for name, rest in names) + "\n" + code)
