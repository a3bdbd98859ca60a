"""keepalived: two VRRP routers that share an address, and a client of it; see failover.py."""
import os
import pathlib
import random
import signal
import subprocess
import sys
import time

from cluster import PublicationLog
from namespaces import Broken
from wires import Bridge

HERE = pathlib.Path(__file__).resolve().parent
SHARED = "10.44.0.200"
LIMIT_S = 30


class Pair:
    def __init__(self, spaces, folder, advert_ms):
        self.spaces, self.folder = spaces, pathlib.Path(folder)
        self.wires = Bridge(spaces)
        self.running, self.echoes = {}, {}
        for node, address, priority in (("a", "10.44.0.1", 100), ("b", "10.44.0.2", 90), ("x", "10.44.0.100", 0)):
            spaces.add(node)
            self.wires.attach(node, address)
            if priority == 0:
                continue
            # Gratuitous ARP once is what moves the address; the second round, 5 s later by default, is only for lost ones.
            (self.folder / f"{node}.conf").write_text(f"""global_defs {{
  router_id {node}
  vrrp_version 3
}}
vrrp_instance shared {{
  state BACKUP
  interface eth0
  virtual_router_id 51
  priority {priority}
  advert_int {advert_ms / 1000:g}
  nopreempt
  virtual_ipaddress {{
    {SHARED}/24
  }}
}}
""")
            spaces.run(node, "sysctl", "-qw", "net.ipv4.ip_nonlocal_bind=1")
        self.log = PublicationLog(self.folder / "answers.jsonl")
        for node in ("a", "b"):
            self.start(node)
        self.client = spaces.start("x", [sys.executable, HERE / "client_udp.py", SHARED, self.log.path], self.folder / "client.log")

    def start(self, node):
        # What a host that comes back does not have either.
        for left in self.folder.glob(f"{node}*.pid"):
            left.unlink()
        self.spaces.run(node, "ip", "addr", "del", f"{SHARED}/24", "dev", "eth0", check=False)
        if node not in self.echoes:
            self.echoes[node] = self.spaces.start(node, [sys.executable, HERE / "client_udp.py", "--echo", node], self.folder / f"{node}-echo.log")
        self.running[node] = self.spaces.start(
            node, ["keepalived", "-n", "-l", "-D", "-P", "-f", self.folder / f"{node}.conf", "-p", self.folder / f"{node}.pid",
                   "-r", self.folder / f"{node}.vrrp.pid"], self.folder / f"{node}.log")

    def pids(self, node):
        parent = self.running[node].pid
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True, text=True).stdout.split()
        return [*map(int, children), parent]  # Its child resigns when it sees its parent die: the child first.

    def holders(self):
        return [node for node in ("a", "b") if SHARED in self.spaces.run(node, "ip", "-4", "-br", "addr", "show", "dev", "eth0")]

    def wait_ready(self, settle_s):
        """One holds the address and answers for it, and the other has been up long enough to take over."""
        deadline = time.monotonic() + LIMIT_S
        while True:
            began = time.time() * 1000
            row = self.log.first_accepted(began, lambda row: True, 1)
            if row and self.holders() == [row["node"]]:
                break
            if time.monotonic() > deadline:
                raise Broken(f"keepalived: the address is held by {self.holders()}, answered by {row}; logs in {self.folder}")
        time.sleep(settle_s)
        return row["node"]


def measure(pair, fault, chance, advert_ms):
    master = pair.wait_ready(0.5 + 1.5 * advert_ms / 1000)  # Started, and has heard an advert.
    time.sleep(chance.uniform(0, advert_ms / 1000))
    pids = pair.pids(master)
    began = time.time() * 1000
    if fault == "partition":
        pair.wires.isolate(master, True)
    elif fault == "handover":
        os.kill(pids[-1], signal.SIGTERM)
    else:
        # A host that dies takes its address along; killed processes alone would leave it answering.
        echo = pair.echoes.pop(master)
        for pid in (*pids, echo.pid):
            os.kill(pid, signal.SIGKILL)
        pair.wires.isolate(master, True)
        echo.wait()
    row = pair.log.first_accepted(began, lambda row: row["node"] != master, LIMIT_S)
    if row is None:
        raise Broken(f"keepalived {fault} of {master}: the other never answered; logs in {pair.folder}")
    pair.wires.isolate(master, False)
    if fault != "partition":
        pair.running[master].wait()
        pair.start(master)
    return row["received_ms"] - began


def run_lane(spaces, folder, advert_ms, _, counts, __):
    chance = random.Random(advert_ms)
    pair = Pair(spaces, folder, advert_ms)
    for fault in ("node_kill", "handover", "partition"):
        yield fault, [measure(pair, fault, chance, advert_ms) for _ in range(counts[fault])], {}
