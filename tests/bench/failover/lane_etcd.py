"""etcd: three members and a client that writes; see failover.py."""
import json
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
MEMBERS = {"e1": "10.44.0.11", "e2": "10.44.0.12", "e3": "10.44.0.13"}
LIMIT_S = 30


class Members:
    def __init__(self, spaces, folder, heartbeat_ms, election_ms):
        self.spaces, self.folder = spaces, pathlib.Path(folder)
        self.timing = ["--heartbeat-interval", str(heartbeat_ms), "--election-timeout", str(election_ms)]
        self.wires = Bridge(spaces)
        self.running = {}
        for node, address in {**MEMBERS, "x": "10.44.0.100"}.items():
            spaces.add(node)
            self.wires.attach(node, address)
        for node in MEMBERS:
            self.start(node)
        self.log = PublicationLog(self.folder / "writes.jsonl")
        self.client = spaces.start("x", [sys.executable, HERE / "client_etcd.py", self.log.path, *MEMBERS.values()], self.folder / "client.log")

    def start(self, node):
        address = MEMBERS[node]
        self.running[node] = self.spaces.start(
            node, ["etcd", "--name", node, "--data-dir", self.folder / node, "--listen-peer-urls", f"http://{address}:2380",
                   "--initial-advertise-peer-urls", f"http://{address}:2380", "--listen-client-urls", f"http://{address}:2379",
                   "--advertise-client-urls", f"http://{address}:2379", "--initial-cluster",
                   ",".join(f"{n}=http://{a}:2380" for n, a in MEMBERS.items()), "--pre-vote", "--logger", "zap", "--log-level", "error", *self.timing],
            self.folder / f"{node}.log")

    def etcdctl(self, *words):
        endpoints = ",".join(f"http://{address}:2379" for address in MEMBERS.values())
        done = subprocess.run(["ip", "netns", "exec", self.spaces.name("x"), "env", "ETCDCTL_API=3", "etcdctl", "--command-timeout=2s",
                               f"--endpoints={endpoints}", *words], capture_output=True, text=True)
        return done.stdout if done.returncode == 0 else ""

    def wait_ready(self):
        """The leader's name, its term and the members' ids, once all three answer and agree."""
        deadline = time.monotonic() + LIMIT_S
        while True:
            rows = json.loads(self.etcdctl("endpoint", "status", "-w", "json") or "[]")
            status = [row["Status"] for row in rows]
            leaders = {row["leader"] for row in status}
            if len(status) == len(MEMBERS) and len(leaders) == 1 and len({row["raftTerm"] for row in status}) == 1:
                names = {row["Status"]["header"]["member_id"]: name for name, address in MEMBERS.items() for row in rows if address in row["Endpoint"]}
                leader = leaders.pop()
                if leader in names:
                    return names[leader], status[0]["raftTerm"], names
            if time.monotonic() > deadline:
                raise Broken(f"etcd: not whole within {LIMIT_S} s: {rows}; logs in {self.folder}")
            time.sleep(0.1)


def measure(members, fault, chance, heartbeat_ms):
    leader, term, names = members.wait_ready()
    time.sleep(chance.uniform(0.3, 0.3 + 2 * heartbeat_ms / 1000))
    began = time.time() * 1000
    if fault == "node_kill":
        members.running[leader].send_signal(signal.SIGKILL)
        members.running[leader].wait()
    elif fault == "partition":
        members.wires.isolate(leader, True)
    else:
        heir = next(member for member, name in names.items() if name != leader)
        members.etcdctl("--endpoints", f"http://{MEMBERS[leader]}:2379", "move-leader", f"{heir:x}")
    row = members.log.first_accepted(began, lambda row: row["term"] > term, LIMIT_S)
    if row is None:
        raise Broken(f"etcd {fault} of {leader}: no write under a term above {term} within {LIMIT_S} s; logs in {members.folder}")
    if fault == "node_kill":
        members.start(leader)
    elif fault == "partition":
        members.wires.isolate(leader, False)
    return row["received_ms"] - began


def run_lane(spaces, folder, heartbeat_ms, election_ms, counts, _):
    chance = random.Random(heartbeat_ms + election_ms)
    members = Members(spaces, folder, heartbeat_ms, election_ms)
    for fault in ("node_kill", "handover", "partition"):
        yield fault, [measure(members, fault, chance, heartbeat_ms) for _ in range(counts[fault])], {"election_ms": election_ms}
