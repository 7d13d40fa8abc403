# SPDX-License-Identifier: GPL-2.0-or-later
"""Charts of one account on many connections: _months.py PORT CA CLIENTS PATH, the token as the first line of standard input

Each client asks again as soon as it has been answered, on a connection that stays. Ends with its standard input, and says
then how often it got each status.
"""
import collections
import http.client
import json
import ssl
import sys
import threading


def ask(link, path, token, ended, count):
    """One client. A refusal says when to come again, and is not waited for."""
    while not ended.is_set():
        try:
            link.request("GET", path, headers={"Authorization": f"Bearer {token}"})
            answer = link.getresponse()
            answer.read()
            count[answer.status] += 1
        except (OSError, http.client.HTTPException):
            link.close()
            count["cut"] += 1


def main(port, authority, clients, path):
    """All of them."""
    tls, ended, token = ssl.create_default_context(cafile=authority), threading.Event(), sys.stdin.readline().strip()
    counts = [collections.Counter() for _ in range(int(clients))]
    threads = [threading.Thread(target=ask, args=(http.client.HTTPSConnection("127.0.0.1", int(port), context=tls, timeout=60), path, token, ended, count))
               for count in counts]
    for thread in threads:
        thread.start()
    print("months", flush=True)
    sys.stdin.read()
    ended.set()
    for thread in threads:
        thread.join()
    print(json.dumps(sum(counts, collections.Counter())))


main(*sys.argv[1:])
