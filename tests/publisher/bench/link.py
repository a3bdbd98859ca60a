#!/usr/bin/python3
"""A link between two network namespaces with a rate, a delay and a bounded queue: two TUN devices and this process.

    link.py SPACE_A SPACE_B RATE_BIT_S DELAY_MS      10.6.0.1 in A, 10.6.0.2 in B; DELAY_MS one way; runs until killed

Works where the kernel has no netem. Packets that find a full queue (as long as 0.4 s of the rate) are dropped, as by tbf.
"""
import collections
import ctypes
import fcntl
import os
import select
import struct
import subprocess
import sys
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 1, 0x1000
CLONE_NEWNET = 0x40000000
QUEUE_S = 0.4


def enter(space):
    with open(f"/var/run/netns/{space}") as file:
        if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), CLONE_NEWNET) != 0:
            sys.exit(f"link.py: cannot enter {space}")


def device(space, name, address, peer):
    enter(space)
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    subprocess.run(["ip", "addr", "add", address, "peer", peer, "dev", name], check=True)
    subprocess.run(["ip", "link", "set", name, "up", "mtu", "1500"], check=True)
    return fd


class Direction:
    def __init__(self, source, sink, rate, delay):
        self.source, self.sink, self.rate, self.delay = source, sink, rate, delay
        self.free_at = 0.0  # When the wire has sent all that it was given.
        self.waiting = collections.deque()
        self.dropped = 0

    def take(self, now):
        while True:
            try:
                packet = os.read(self.source, 65536)
            except BlockingIOError:
                return
            start = max(now, self.free_at)
            if start - now > QUEUE_S:
                self.dropped += 1
                continue
            self.free_at = start + len(packet) * 8 / self.rate
            self.waiting.append((self.free_at + self.delay, packet))

    def give(self, now):
        while self.waiting and self.waiting[0][0] <= now:
            os.write(self.sink, self.waiting.popleft()[1])
        return self.waiting[0][0] if self.waiting else None


def main():
    space_a, space_b, rate, delay = sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4]) / 1000
    a = device(space_a, "slow0", "10.6.0.1", "10.6.0.2")
    b = device(space_b, "slow0", "10.6.0.2", "10.6.0.1")
    ways = [Direction(a, b, rate, delay), Direction(b, a, rate, delay)]
    print("ready", flush=True)
    while True:
        now = time.monotonic()
        due = [at for at in (way.give(now) for way in ways) if at is not None]
        wait = max(0.0, min(due) - time.monotonic()) if due else 1.0
        readable, _, _ = select.select([a, b], [], [], wait)
        now = time.monotonic()
        for way in ways:
            if way.source in readable:
                way.take(now)


main()
