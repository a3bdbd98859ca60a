"""What a client asks of a Stat Server, seen from between the two: a proxy that passes everything on and counts.

  proxy = CountingProxy(port, server_port); proxy.start(); ...; seen = proxy.read()

In a process of its own, so that its work is not that of whoever measures. Requests are told apart by their first line; of bodies and
answers only the sizes count, and how many statistics are asked for.
"""
import asyncio
import collections
import multiprocessing
import re
import time

POLL = re.compile(rb"GET \S*/subscriptions/([^/ ]+)/statistic-values(\S*) ")


class Seen:
    def __init__(self):
        self.requests = collections.Counter()  # By kind: poll, probe (one statistic), open, push, other.
        self.bytes = collections.Counter()     # Of both directions.
        self.polls = []                        # (when, subscription) of each whole batch.
        self.statistics = 0                    # Asked for since the start.


class CountingProxy:
    def __init__(self, port, server_port):
        self.port, self.server_port = port, server_port
        self.pipe, self.theirs = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=self.run, daemon=True)

    def start(self):
        self.process.start()
        self.pipe.recv()  # It listens.

    def read(self):
        """All that was seen since the start."""
        self.pipe.send("read")
        return self.pipe.recv()

    def stop(self):
        self.process.terminate()
        self.process.join()

    # In the process.

    def run(self):
        asyncio.run(self.serve())

    async def serve(self):
        self.seen = Seen()
        await asyncio.start_server(self.connected, "127.0.0.1", self.port, limit=1 << 20)
        asyncio.get_running_loop().add_reader(self.theirs.fileno(), lambda: self.theirs.send((self.theirs.recv(), self.seen)[1]))
        self.theirs.send("listening")
        await asyncio.Event().wait()

    async def connected(self, reader, writer):
        try:
            server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self.server_port)
        except OSError:
            writer.close()
            return
        back = asyncio.create_task(self.answers(server_reader, writer))
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
                body = await reader.readexactly(int(length[1])) if length else b""
                self.count(head, body)
                server_writer.write(head + body)
                await server_writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            back.cancel()
            server_writer.close()
            writer.close()

    async def answers(self, reader, writer):
        while piece := await reader.read(1 << 16):
            self.seen.bytes["answers"] += len(piece)
            writer.write(piece)
            await writer.drain()
        writer.close()

    def count(self, head, body):
        self.seen.bytes["requests"] += len(head) + len(body)
        poll = POLL.match(head)
        if poll and b"statisticIds=" not in poll[2]:
            self.seen.requests["poll"] += 1
            self.seen.polls.append((time.monotonic(), poll[1].decode()))
        elif poll:
            self.seen.requests["probe"] += 1
        elif head.startswith(b"POST") and b"/subscriptions" in head.split(b"\r\n", 1)[0]:
            self.seen.requests["open"] += 1
            self.seen.statistics += body.count(b'"statisticId"')
        else:
            self.seen.requests["push" if b"/notifications" in head.split(b"\r\n", 1)[0] else "other"] += 1
