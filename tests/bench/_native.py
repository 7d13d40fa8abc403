# SPDX-License-Identifier: GPL-2.0-or-later
"""ohtd of this machine on the rtu back-end: from a request for a stop to the call that makes it, beside other requests."""
import http.client
import json
import re
import subprocess
import sys
import time

from _board import STATE, TOP, fresh, prefer_processes, share

sys.path[:0] = [str(TOP / "tests/api"), str(TOP / "tests/lib")]

from daemon import running  # noqa: E402

PER_S = 2000
CONNECTIONS = 20
LOAD_S = 30
# Between two stops; no multiple of the others' period, so that they meet them at every moment.
PAUSE_S = 0.0073


def _stop_us(link, token):
    """Microseconds from before the client sends until the call into the bus begins; a kept connection."""
    before_ns = time.monotonic_ns()
    link.request("POST", "/api/v1/safety/stop", b"", {"Authorization": f"Bearer {token}"})
    answer = link.getresponse()
    body = json.loads(answer.read())
    assert answer.status == 200, body
    return (body["called_ns"] - before_ns) / 1e3


def api_call(bench):
    """Stops for as long as the others ask; a rate that was not reached fails the figure's own assertion."""
    with running(fresh(STATE / "native"), ("operator",)) as daemon:
        token = daemon.token("operator")
        preferred = prefer_processes("ohtd", daemon.process.pid)
        link = http.client.HTTPSConnection("127.0.0.1", daemon.port, context=daemon.tls(), timeout=60)
        command = ["h2load", "--h1", "-c", str(CONNECTIONS), "--rps", str(PER_S // CONNECTIONS), "-D", str(LOAD_S),
                   "-H", f"authorization: Bearer {token}", f"https://127.0.0.1:{daemon.port}/api/v1/robot"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as load:
            # Its connections are open and their first burst is over.
            time.sleep(1)
            took_us = []
            while load.poll() is None:
                took_us.append(_stop_us(link, token))
                time.sleep(PAUSE_S)
            said = load.stdout.read()
        link.close()
    done, good = map(int, re.search(r"requests: (\d+) total.*?(\d+) succeeded", said).groups())
    assert good == done > 0, said
    per_s = done / LOAD_S
    # Without the load that it is about the figure would be another one.
    reached = per_s >= 0.95 * PER_S
    bench.record("estop.api_call_p99_ms", share(took_us, 990) / 1e3 if reached else None, "ms", "native", ("<=", 1),
                 len(took_us),
                 f"rtu back-end on this machine: client's send to the call that stops, kept TLS connection; beside it "
                 f"{per_s:.0f} GET robot a second on {CONNECTIONS} TLS connections; median "
                 f"{share(took_us, 500) / 1e3:.3f} ms, max {max(took_us) / 1e3:.3f}; "
                 f"{preferred}")
