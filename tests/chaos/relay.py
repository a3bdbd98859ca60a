"""Carries Ethernet frames between TAP devices, and cuts, delays and loses them as it is told. Started by wires.py.

Orders come as JSON lines on standard input, each is answered by a line, "done" or what is wrong; ends with its input.
A frame goes where its address was seen last, or everywhere: a switch. Frames of one pair may overtake each other under jitter.
"""
import ctypes
import fcntl
import heapq
import json
import os
import random
import selectors
import struct
import sys
import time

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI = 0x0002, 0x1000
MOST_WAITING = 100_000  # Frames under way; more are lost, as in any switch.
libc = ctypes.CDLL(None, use_errno=True)


def open_tap(space):
    """A TAP device called eth0 in that namespace; we come back to our own."""
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{space}", os.O_RDONLY)
    try:
        if libc.setns(there, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"setns {space}")
        tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", b"eth0", IFF_TAP | IFF_NO_PI))
        return tap
    finally:
        libc.setns(home, CLONE_NEWNET)
        os.close(home)
        os.close(there)


class Switch:
    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.taps = {}       # Node -> file descriptor.
        self.homes = {}      # Ethernet address -> node.
        self.cuts = set()    # (sender, receiver).
        self.slows = {}      # Sender -> (delay s, jitter s, loss).
        self.waiting = []    # (due, order, receiver, frame).
        self.order = 0
        self.selector = selectors.DefaultSelector()
        self.selector.register(sys.stdin, selectors.EVENT_READ, None)

    def obey(self, order):
        if order["do"] == "attach":
            tap = open_tap(order["space"])
            self.taps[order["node"]] = tap
            self.selector.register(tap, selectors.EVENT_READ, order["node"])
        elif order["do"] == "cut":
            self.cuts.add((order["sender"], order["receiver"]))
        elif order["do"] == "slow":
            self.slows[order["sender"]] = (order["delay_ms"] / 1000, order["jitter_ms"] / 1000, order["loss"])
        elif order["do"] == "heal":
            node = order["node"]
            self.cuts = {pair for pair in self.cuts if node and node not in pair}
            self.slows = {} if not node else self.slows
        else:
            raise ValueError(f"unknown order {order['do']}")

    def forward(self, sender, frame):
        delay, jitter, loss = self.slows.get(sender, (0, 0, 0))
        self.homes[frame[6:12]] = sender
        home = self.homes.get(frame[:6])
        for receiver in [home] if home else list(self.taps):
            tap = self.taps[receiver]
            if receiver == sender or (sender, receiver) in self.cuts or (loss and self.chance.random() < loss):
                continue
            if not delay:
                self.write(tap, frame)
            elif len(self.waiting) < MOST_WAITING:
                self.order += 1
                due = time.monotonic() + delay + jitter * (2 * self.chance.random() - 1)
                heapq.heappush(self.waiting, (due, self.order, tap, frame))

    @staticmethod
    def write(tap, frame):
        try:
            os.write(tap, frame)
        except OSError:  # Its device is down or full: the frame is lost.
            pass

    def run(self):
        while True:
            patience = max(0, self.waiting[0][0] - time.monotonic()) if self.waiting else None
            for key, _ in self.selector.select(patience):
                if key.data is None:
                    line = sys.stdin.readline()
                    if not line:
                        return
                    try:
                        self.obey(json.loads(line))
                        print("done", flush=True)
                    except (OSError, ValueError, KeyError) as error:
                        print(f"{type(error).__name__}: {error}", flush=True)
                    continue
                for _ in range(64):
                    try:
                        frame = os.read(key.fd, 65536)
                    except BlockingIOError:
                        break
                    except OSError:  # Down, not yet up.
                        break
                    self.forward(key.data, frame)
            while self.waiting and self.waiting[0][0] <= time.monotonic():
                _, _, tap, frame = heapq.heappop(self.waiting)
                self.write(tap, frame)


Switch(int(sys.argv[1])).run()
