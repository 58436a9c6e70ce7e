"""Lets an unmodified client that insists on TLS and port 443 talk to a plain local port: its bytes stay its own."""
import http.client
import os

_port = int(os.environ.get("DHOW_TEST_PORT", "0"))


class _Plain(http.client.HTTPConnection):
    def __init__(self, host, port=None, timeout=15, context=None, **_):
        super().__init__("127.0.0.1", _port, timeout=timeout)


if _port:
    http.client.HTTPSConnection = _Plain
