# SPDX-License-Identifier: GPL-2.0-or-later
"""A receiver of webhooks, with a certificate of its own, that behaves as the path says."""
import base64
import contextlib
import hashlib
import hmac
import http.server
import socket
import ssl
import struct
import subprocess
import threading


def make_certificate(folder, name, address="127.0.0.1"):
    """Paths of a certificate that signs itself, and of its key."""
    certificate, key = folder / f"{name}.crt", folder / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "7300",
                    "-subj", f"/CN={name}", "-addext", f"subjectAltName=IP:{address}", "-keyout", key, "-out", certificate],
                   check=True, capture_output=True)
    return certificate, key


def is_signed(message, secret):
    """As a stranger would check it, by Standard Webhooks 1.0 alone."""
    head, body = message
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{head['webhook-id']}.{head['webhook-timestamp']}.".encode() + body
    wanted = "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return wanted in head["webhook-signature"].split(" ")


class Receiver:
    """
    What has come is in messages: path, headers, body. The answer is what answers has for the path, else 204. Who is held by
    "silent" or "slow" is let go when answers has another.
    """

    def __init__(self, certificate=None, key=None, port=0):
        self.messages = []
        self.answers = {}
        self.leave = threading.Event()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.messages.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
                receiver.act(self)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                pass

        self.server = Server(("127.0.0.1", port), Handler)
        self.port = self.server.server_address[1]
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def holds(self, path, kind, period_s):
        """Wait a little: is that still what happens at the path?"""
        return not self.leave.wait(period_s) and self.answers[path][0] == kind

    def act(self, handler):
        answers = self.answers.get(handler.path, [204])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        handler.close_connection = True
        if answer == "silent":
            while self.holds(handler.path, "silent", 0.05):
                pass
        elif answer == "reset":
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            handler.connection.close()
        elif answer == "slow":
            with contextlib.suppress(OSError):
                handler.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n")
                while self.holds(handler.path, "slow", 0.2):
                    handler.wfile.write(b"x")
        else:
            handler.send_response(answer)
            if answer == 302:
                handler.send_header("location", f"https://127.0.0.1:{self.port}/stolen")
            handler.send_header("content-length", "0")
            handler.end_headers()

    def at(self, path):
        return [(head, body) for where, head, body in self.messages if where == path]

    def end(self):
        self.leave.set()
        self.server.shutdown()
        self.server.server_close()
