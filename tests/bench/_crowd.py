# SPDX-License-Identifier: GPL-2.0-or-later
"""Many clients at once: _crowd.py PORT CA CLIENTS [PATH]

With PATH each client asks for that, with the token that is the first line of standard input. Without it each logs in with names that
do not exist. A client asks again as soon as it has been answered, on a connection that stays. The program ends with its standard
input, and then prints how often it got each status.
"""
import collections
import http.client
import itertools
import json
import ssl
import sys
import threading


def logins(number):
    """Requests of one client: each with another name."""
    for turn in itertools.count():
        body = json.dumps({"username": f"nobody-{number}-{turn}", "password": "correct horse battery"})
        yield "POST", "/api/v1/auth/login", body, {"Content-Type": "application/json"}


def charts(path, token):
    """Requests of one client: always the same."""
    return itertools.repeat(("GET", path, None, {"Authorization": f"Bearer {token}"}))


def ask(link, requests, ended, count):
    """One client. A refusal says when to come again, and is not waited for."""
    for request in requests:
        if ended.is_set():
            return
        try:
            link.request(*request)
            answer = link.getresponse()
            answer.read()
            count[answer.status] += 1
        except (OSError, http.client.HTTPException):
            link.close()
            count["cut"] += 1


def main(port, authority, clients, path=None):
    """All of them."""
    tls, ended, token = ssl.create_default_context(cafile=authority), threading.Event(), sys.stdin.readline().strip() if path else None
    counts = [collections.Counter() for _ in range(int(clients))]
    threads = [threading.Thread(target=ask, args=(http.client.HTTPSConnection("127.0.0.1", int(port), context=tls, timeout=60),
                                                  charts(path, token) if path else logins(number), ended, counts[number]))
               for number in range(int(clients))]
    for thread in threads:
        thread.start()
    print("begun", flush=True)
    sys.stdin.read()
    ended.set()
    for thread in threads:
        thread.join()
    print(json.dumps(sum(counts, collections.Counter())))


main(*sys.argv[1:])
