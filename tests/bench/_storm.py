# SPDX-License-Identifier: GPL-2.0-or-later
"""Log-ins with names that there are not: _storm.py PORT CA CLIENTS

Each client asks again as soon as it has been answered, on a connection that stays. Ends with its standard input, and says
then how often it got each status.
"""
import collections
import http.client
import itertools
import json
import ssl
import sys
import threading


def flood(port, tls, number, ended, counts):
    """One client."""
    link = http.client.HTTPSConnection("127.0.0.1", port, context=tls, timeout=60)
    for turn in itertools.count():
        if ended.is_set():
            return
        body = json.dumps({"username": f"nobody-{number}-{turn}", "password": "correct horse battery"})
        try:
            link.request("POST", "/api/v1/auth/login", body, {"Content-Type": "application/json"})
            answer = link.getresponse()
            answer.read()
            counts[answer.status] += 1
        except (OSError, http.client.HTTPException):
            link.close()
            counts["cut"] += 1


def main(port, authority, clients):
    """All of them."""
    tls, ended = ssl.create_default_context(cafile=authority), threading.Event()
    counts = [collections.Counter() for _ in range(int(clients))]
    threads = [threading.Thread(target=flood, args=(int(port), tls, number, ended, counts[number]))
               for number in range(int(clients))]
    for thread in threads:
        thread.start()
    print("storm", flush=True)
    sys.stdin.read()
    ended.set()
    for thread in threads:
        thread.join()
    print(json.dumps(sum(counts, collections.Counter())))


main(*sys.argv[1:])
