"""A server for tests of the harness: `close_only.py PORT`, one loop over
select(2), and a connection ends after its reply, as in the tutorials."""

import re
import select
import socket
import sys

HEAD_END = re.compile(rb"\r?\n\r?\n")
HELLO = (b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n"
         b"Connection: close\r\n\r\nHello, world!")
MISSING = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def answer(request):
    """None while the request is not whole."""
    request = request.lstrip(b"\r\n")
    if not HEAD_END.search(request):
        return None
    return HELLO if request.split(b" ")[1] == b"/" else MISSING


def receive(client, requests):
    try:
        block = client.recv(65536)
    except OSError:
        block = b""
    requests[client] += block
    reply = answer(requests[client])
    if block and reply is None:
        return
    try:
        client.sendall(reply or b"")
    except OSError:
        pass
    del requests[client]
    client.close()


if __name__ == "__main__":
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=1024)
    requests = {}
    while True:
        for ready in select.select([listener, *requests], [], [])[0]:
            if ready is listener:
                requests[listener.accept()[0]] = b""
            else:
                receive(ready, requests)
