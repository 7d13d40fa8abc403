# SPDX-License-Identifier: GPL-2.0-or-later
"""Other clients of a robot: _clients.py PORT CONNECTIONS SECONDS [PER_SECOND]

Opens the connections one after another (TLS 1.3, their certificate not checked: they are load), says "open", then asks
for health on them in turn, as often as said or again at once; at the end, or at SIGTERM, says how many answers per second
there were.
"""
import http.client
import random
import signal
import ssl
import sys
import threading
import time

# That many requests under way keep all CPUs of the board busy.
THREADS = 4
ANSWER_S = 60


def connect(port):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.check_hostname = False
    tls.verify_mode = ssl.CERT_NONE
    link = http.client.HTTPSConnection("127.0.0.1", port, timeout=ANSWER_S, context=tls)
    link.connect()
    return link


def ask(links, pause_s, moments, ended, counts):
    """One thread's share of the connections, in turn."""
    due = time.monotonic()
    for number in range(sys.maxsize):
        due += moments.expovariate(1 / pause_s) if pause_s else 0
        if ended.wait(max(0, due - time.monotonic())):
            return
        link = links[number % len(links)]
        link.request("GET", "/api/v1/health")
        answer = link.getresponse()
        answer.read()
        counts.append(answer.status)


def main(port, connections, seconds, per_s=None):
    links = [connect(int(port)) for _ in range(int(connections))]
    ended, counts, begin = threading.Event(), [], time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    print("open", flush=True)
    pause_s = THREADS / float(per_s) if per_s else 0
    threads = [threading.Thread(target=ask, args=(links[i::THREADS], pause_s, random.Random(i), ended, counts))
               for i in range(THREADS)]
    for thread in threads:
        thread.start()
    ended.wait(float(seconds))
    ended.set()
    for thread in threads:
        thread.join()
    bad = {status for status in counts if status not in (200, 503)}
    if bad:
        sys.exit(f"answers with status {sorted(bad)}")
    print(f"{len(counts) / (time.monotonic() - begin):.1f}")


main(*sys.argv[1:])
