# SPDX-License-Identifier: GPL-2.0-or-later
"""The TAP that our programs print."""
import re


def tap_results(output):
    """(passed, [what failed]); a skip is a failure, and so is a plan that is not kept."""
    passed = len(re.findall(r"^ok \d+(?!.*# SKIP)", output, re.MULTILINE))
    bad = re.findall(r"^not ok .*$|^ok .*# SKIP.*$|^Bail out!.*$", output, re.MULTILINE)
    plan = re.search(r"^1\.\.(\d+)$", output, re.MULTILINE)
    if not plan or int(plan.group(1)) != passed + len(bad):
        bad.append(f"{passed} results, plan {plan and plan.group(1)}: {output.strip()[-200:]}")
    return passed, bad


def tap_values(output):
    """What `# value NAME NUMBER` lines say."""
    return {name: int(number) for name, number in re.findall(r"^# value (\S+) (\d+)$", output, re.MULTILINE)}
