"""A client of etcd that begins a write every 10 ms, at each member in turn, and notes those that were accepted.

  client_etcd.py LOG ADDRESS...     a JSON line for each accepted write: when the answer came, who answered, its term
"""
import asyncio
import base64
import json
import sys
import time

MOST_WAITING = 300  # Writes without an answer yet; beyond that none is begun.
BODY = json.dumps({"key": base64.b64encode(b"pace").decode(), "value": base64.b64encode(b"1").decode()}).encode()


async def write(address, out):
    try:
        reader, writer = await asyncio.wait_for(asyncio.open_connection(address, 2379), 0.5)
    except (OSError, asyncio.TimeoutError):
        return
    try:
        writer.write(b"POST /v3/kv/put HTTP/1.1\r\nHost: etcd\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY)
        answer = await asyncio.wait_for(reader.read(), 3)
        now = time.time() * 1000
        head, _, body = answer.partition(b"\r\n\r\n")
        if head.split(b" ")[1:2] == [b"200"]:
            text = body[body.index(b"{"):body.rindex(b"}") + 1]
            print(json.dumps({"received_ms": now, "node": address, "status": 200, "term": int(json.loads(text)["header"]["raft_term"])}), file=out, flush=True)
    except (OSError, asyncio.TimeoutError, ValueError):
        pass
    finally:
        writer.close()


async def main():
    with open(sys.argv[1], "w") as out:
        waiting, turn, addresses = set(), 0, sys.argv[2:]
        while True:
            if len(waiting) < MOST_WAITING:
                task = asyncio.create_task(write(addresses[turn % len(addresses)], out))
                waiting.add(task)
                task.add_done_callback(waiting.discard)
                turn += 1
            await asyncio.sleep(0.01)


asyncio.run(main())
