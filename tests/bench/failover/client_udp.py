"""A client that asks one address every 2 ms and notes who answers; with --echo, who answers.

  client_udp.py ADDRESS LOG        a JSON line for each answer of another node than before, and ten a second
  client_udp.py --echo NAME        answers every question with its name
"""
import json
import select
import socket
import sys
import time

PORT = 7000


def echo(name):
    answering = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    answering.bind(("0.0.0.0", PORT))
    while True:
        question, asker = answering.recvfrom(100)
        answering.sendto(question + b" " + name.encode(), asker)


def ask(address, log):
    asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    asking.setblocking(False)
    last, noted = "", 0.0
    with open(log, "w") as out:
        while True:
            try:
                asking.sendto(b"who", (address, PORT))
            except OSError:  # No neighbour answers for the address now.
                pass
            if not select.select([asking], [], [], 0.002)[0]:
                continue
            try:
                node = asking.recv(100).decode().split()[1]
            except OSError:
                continue
            now = time.time() * 1000
            if node != last or now - noted > 100:
                print(json.dumps({"received_ms": now, "node": node, "status": 200}), file=out, flush=True)
                last, noted = node, now
            time.sleep(0.002)


if sys.argv[1] == "--echo":
    echo(sys.argv[2])
else:
    ask(sys.argv[1], sys.argv[2])
