"""A server for tests of the harness: `keep_alive.py PORT [daemon|fork]`, a thread
a connection, and connections stay. With `daemon` it leaves the foreground, with
`fork` it has a process a connection."""

import os
import re
import socket
import sys
import threading

HEAD_END = re.compile(rb"\r?\n\r?\n")
WORDS = {200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed"}


def reply(status, closes):
    body = b"Hello, world!" if status == 200 else b""
    head = [f"HTTP/1.1 {status} {WORDS[status]}", "Content-Type: text/plain",
            f"Content-Length: {len(body)}"]
    if closes:
        head.append("Connection: close")
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def verdict(head):
    method, target = head.split(b" ")[:2]
    if method not in (b"GET", b"HEAD"):
        return 405
    return 200 if target == b"/" else 404


class Connection:
    def __init__(self, client):
        self.client = client
        self.bytes = b""

    def more(self):
        block = self.client.recv(65536)
        self.bytes += block
        return len(block) > 0

    def empty_lines(self):
        """How many lines were skipped that hold nothing."""
        count = 0
        while True:
            empty = re.match(rb"\r?\n", self.bytes)
            if empty:
                self.bytes = self.bytes[empty.end():]
                count += 1
            elif self.bytes not in (b"", b"\r") or not self.more():
                return count

    def answer_one(self):
        """Whether the connection stays."""
        if self.empty_lines() > 8:
            self.client.sendall(reply(400, True))
            return False
        while not (end := HEAD_END.search(self.bytes)):
            if not self.more():
                return False
        head, self.bytes = self.bytes[:end.start()], self.bytes[end.end():]
        length = re.search(rb"(?i)\ncontent-length: *(\d+)", head)
        missing = int(length[1]) if length else 0
        while len(self.bytes) < missing:
            if not self.more():
                return False
        self.bytes = self.bytes[missing:]
        closes = re.search(rb"(?i)\nconnection: *close", head) is not None
        self.client.sendall(reply(verdict(head), closes))
        return not closes


def serve(client):
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection = Connection(client)
    try:
        while connection.answer_one():
            pass
    except OSError:
        pass
    client.close()


def leave_the_foreground():
    if os.fork() > 0:
        os._exit(0)
    os.setsid()
    if os.fork() > 0:
        os._exit(0)


def serve_in_a_process(client, listener, children):
    pid = os.fork()
    if pid == 0:
        listener.close()
        serve(client)
        os._exit(0)
    client.close()
    children.add(pid)
    for child in list(children):
        if os.waitpid(child, os.WNOHANG)[0]:
            children.remove(child)


if __name__ == "__main__":
    if "daemon" in sys.argv[2:]:
        leave_the_foreground()
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=1024)
    children = set()
    while True:
        client, _ = listener.accept()
        if "fork" in sys.argv[2:]:
            serve_in_a_process(client, listener, children)
            continue
        threading.Thread(target=serve, args=(client,), daemon=True).start()
