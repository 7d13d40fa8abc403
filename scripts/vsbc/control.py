# SPDX-License-Identifier: GPL-2.0-or-later
"""The control socket: one JSON object per line in, one out. {"op": ..., ...} -> {"ok": true, "result": ...} or
{"ok": false, "error": "one line"}."""
import json
import threading

from . import paths
from .errors import SbcError


class Server:
    """Serves ops, a table {name: function(**arguments)}, on the socket at path."""

    def __init__(self, path, ops):
        self._path = path
        self._ops = ops
        self._sock = paths.listen_unix(path)
        path.chmod(0o600)
        threading.Thread(target=self._accept, name="control", daemon=True).start()

    def _accept(self):
        while True:
            try:
                sock, _ = self._sock.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        with sock, sock.makefile("rw", encoding="utf-8") as stream:
            try:
                for line in stream:
                    stream.write(json.dumps(self._answer(line)) + "\n")
                    stream.flush()
            except (OSError, ValueError):
                pass

    def _answer(self, line):
        try:
            request = json.loads(line)
            op = self._ops[request.pop("op")]
            return {"ok": True, "result": op(**request)}
        except SbcError as error:
            return {"ok": False, "error": str(error)}
        except KeyError as error:
            return {"ok": False, "error": f"no such op or key: {error}"}
        except (ValueError, TypeError, AttributeError) as error:
            return {"ok": False, "error": f"bad request: {error}"}

    def close(self):
        self._sock.close()
        self._path.unlink(missing_ok=True)


def call(state, op, patience_s=None, **arguments):
    """Ask the supervisor of that state folder; raises SbcError with its reason."""
    try:
        sock = paths.connect_unix(state / "sbc.sock", 5)
    except OSError as error:
        raise SbcError("no virtual SBC is running here: start one with `make up` or `make run`"
                       + ("" if state == paths.TOP / "build/run" else f" (OHT_STATE={state})")) from error
    with sock, sock.makefile("rw", encoding="utf-8") as stream:
        sock.settimeout(patience_s)
        stream.write(json.dumps({"op": op, **arguments}) + "\n")
        stream.flush()
        line = stream.readline()
    if not line:
        raise SbcError("the virtual SBC ended before it answered")
    answer = json.loads(line)
    if not answer["ok"]:
        raise SbcError(answer["error"])
    return answer["result"]
