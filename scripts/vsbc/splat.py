# SPDX-License-Identifier: GPL-2.0-or-later
"""What a kernel log must not contain."""
import re

SPLAT = re.compile(
    r"BUG:|WARNING: (?!.*(?:module verification|Kernel parameter))|Oops|KASAN|UBSAN|INFO: (?:task|rcu)|"
    r"possible (?:circular|recursive|irq lock)|inconsistent lock state|Invalid wait context|"
    r"sleeping function called|scheduling while atomic|unreferenced object|Kernel panic|"
    r"Unable to handle kernel|rcu: INFO|irq \d+: nobody cared|refcount_t:|list_(?:add|del) corruption|"
    r"ODEBUG:|soft lockup|hung task|suspicious RCU usage|Call trace:")


def find(log):
    """The lines of a kernel log in which the kernel complains."""
    return [line.strip() for line in log.splitlines() if SPLAT.search(line)]
