# SPDX-License-Identifier: GPL-2.0-or-later
"""Other clients of a robot: _clients.py PORT CONNECTIONS SECONDS [PER_SECOND]

Opens the connections one after another (TLS 1.3, their certificate not checked: they are load), says "open", then asks
for health on them in turn, as often as said or again at once; at the end says how many answers per second there were.
"""
import http.client
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


def ask(links, pause_s, end, counts):
    """One thread's share of the connections, in turn."""
    due = time.monotonic()
    for number in range(sys.maxsize):
        due += pause_s
        time.sleep(max(0, due - time.monotonic()))
        if time.monotonic() >= end:
            return
        link = links[number % len(links)]
        link.request("GET", "/api/v1/health")
        answer = link.getresponse()
        answer.read()
        counts.append(answer.status)


def main(port, connections, seconds, per_s=None):
    links = [connect(int(port)) for _ in range(int(connections))]
    print("open", flush=True)
    counts, begin = [], time.monotonic()
    pause_s = THREADS / float(per_s) if per_s else 0
    threads = [threading.Thread(target=ask, args=(links[i::THREADS], pause_s, begin + float(seconds), counts))
               for i in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    bad = {status for status in counts if status not in (200, 503)}
    if bad:
        sys.exit(f"answers with status {sorted(bad)}")
    print(f"{len(counts) / (time.monotonic() - begin):.1f}")


main(*sys.argv[1:])
