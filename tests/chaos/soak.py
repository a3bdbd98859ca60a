#!/usr/bin/python3
"""Everything at once and for long: two nodes, a witness, 2,000 targets on a busy day, and after each other all that fails and lies.

  ops/chaos soak [--for 30m] [--seed N] [--nodes N] [--targets N] [--only KIND,...] [--network auto|netem|relay] [--kinds]

The events of `ops/chaos election`, and those of a cluster that is lied to: forged and absurd messages with a node's own keys, a copy
of the cluster, wrong files, endpoints and Stat Servers that fail, floods of connections, a busy host. Judged by the endpoint's log
(order, and that publications come back after each event), by gaps that no event explains, and by memory and descriptors
of every process. Exit 1 if a promise was broken, 2 if the place does not allow namespaces. Needs root.
"""
import argparse
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from checker import unattributed  # noqa: E402
from cluster import OUTSIDE, run  # noqa: E402
from election import Chaos  # noqa: E402
from liar import Liar  # noqa: E402
from namespaces import Broken, kill  # noqa: E402
from storm import LIMIT_S, arguments, run_storm  # noqa: E402

UNEXPLAINED_MS = 10_000  # A gap as long as this outside of every event is broken.
CONNECTIONS = 3000       # Of a stranger, at once; an elector may open 8192 descriptors at most.
HERE = pathlib.Path(__file__).resolve().parent


class Soak(Chaos):
    """The events of an election's storm, and those of a cluster that is lied to."""

    NAME, PREFIX, KEEP = "soak", "pls", "soak"
    PAIRED = 0.1
    PERIOD_MS = 2000  # The world runs as fast as life here.

    def __init__(self, spaces, folder, asked, wires):
        super().__init__(spaces, folder, asked, wires, time_scale=1, watch=True)
        self.spaces = spaces
        self.resources = Resources(self.cluster)

    def fault(self, **what):
        """Of the simulated outside (services/simulator/SETTINGS.md)."""
        self.spaces.run("x", "curl", "-sSf", "--max-time", "10", "-d", json.dumps(what), f"http://{OUTSIDE}:7183/fault")

    def ctl_of(self, node, action, process):
        run("supervisorctl", "-c", self.folder / f"supervisord-{node}.conf", action, f"{node}-{process}:{process}")

    def lie(self, node, process, offset, lie, other):
        """In the place of the node's own process, as long as the event lasts."""
        at = {name: f"{address}:{self.cluster.ports[name] + offset}" for name, address in self.cluster.addresses.items()}
        said = self.folder / "log" / "liar.log"
        said.write_text("")
        self.ctl_of(node, "stop", process)
        liar = self.spaces.start(node, ["/usr/bin/python3", HERE / "liar.py", self.folder, node, at[node], lie, at[other], other], said)
        deadline = time.monotonic() + LIMIT_S
        while said.read_text() != "heard\n":
            if liar.poll() is not None or time.monotonic() > deadline:
                raise Broken(f"nobody hears the liar: {said.read_text()[-500:]}")
            time.sleep(0.02)
        yield f"{node}'s {process} lies: {getattr(Liar, lie).__doc__}"
        kill(liar)
        self.ctl_of(node, "start", process)

    # ---- what: each yields once, with what it does, for people

    def lying_witness(self, master):
        """Its key says absurd terms, releases in the master's name, or garbage."""
        return self.lie("w", "elector", 0, self.one_of("absurd_term", "forged_release", "garbage"), master)

    def lying_standby(self, master):
        """The standby's key says absurd terms, releases in the master's name, or that it is master."""
        return self.lie(self.standby(master), "elector", 0, self.one_of("absurd_term", "forged_release", "claims_mastership"), master)

    def poisoned_feedback(self, master):
        """The standby's key poisons feedback, or speaks of countless shards."""
        return self.lie(self.standby(master), "publisher", 2, self.one_of("poisoned_feedback", "countless_shards"), master)

    def absurd_fence(self, master):
        """The endpoint names a term that no cluster reaches."""
        self.fault(endpoint="409_absurd")
        yield "the endpoint refuses with term 2^63-1"
        self.fault(endpoint="ok")

    def fence(self, master):
        """The endpoint names a higher term, once a publication."""
        self.fault(endpoint="409")
        yield "the endpoint fences whoever publishes"
        self.fault(endpoint="ok")

    def copied_cluster(self, master):
        """Another publisher publishes under the master's name and term."""
        def curl(path, *words):
            url = f"https://{OUTSIDE}:7182{path}"
            return json.loads(self.spaces.run("x", "curl", "-sS", "--max-time", "10", "--cacert", f"{self.folder}/simulator/ca.pem", *words, url))

        token = curl("/oauth/token", "-u", "paceline:paceline-secret", "-d", "grant_type=client_credentials")["access_token"]
        last = self.cluster.log.accepted()[-1]
        now_ms = int(time.time() * 1000)
        copy = {"version": 1, "cluster": "chaos", "node": master, "incarnation": 4711, "term": last["term"], "sequence": last["sequence"] + 5, "timestamp": now_ms,
                "validForMs": 6000, "validUntil": now_ms + 6000, "refreshPeriodMs": 2000, "mode": "full", "targets": []}
        curl("/api/v2/pacing/clusters/chaos/publications", "-H", f"Authorization: Bearer {token}", "-H", "Content-Type: application/json", "-d", json.dumps(copy))
        yield f"a copy of the cluster publishes as {master} in term {last['term']}"

    def failing_endpoint(self, master):
        """The endpoint or its token service is slow, hangs, answers nonsense or refuses."""
        key, value = self.one_of(("endpoint", "slow"), ("endpoint", "503"), ("endpoint", "hang"), ("endpoint", "malformed"), ("endpoint", "500"),
                                 ("endpoint", "reset"), ("endpoint", "429"), ("token", "401"), ("token", "hang"))
        self.fault(**{key: value, **({"endpoint_delay": "1800ms"} if value == "slow" else {})})
        yield f"{key}: {value}"
        self.fault(**{key: "ok"})

    def failing_stat_server(self, master):
        """One Stat Server or both fail."""
        state = self.one_of("down", "hang", "503", "forget", "truncated", "unavailable")
        servers = self.one_of(["primary"], ["backup"], ["primary", "backup"])
        self.fault(**{f"statserver_{name}": state for name in servers})
        yield f"Stat Server {' and '.join(servers)}: {state}"
        self.fault(**{f"statserver_{name}": "up" for name in servers})

    def lost_socket(self, master):
        """Somebody removes a socket of the bus inside a node."""
        socket = self.one_of("stat", "pace-0", "grant")
        (self.folder / master / socket).unlink(missing_ok=True)
        yield f"rm {master}/{socket}"

    def cold_pacer(self, master):
        """A node forgets what it had learned, and its pacer starts anew."""
        node = self.someone(master) if master != "w" else self.standby(master)
        node = master if node == "w" else node
        self.ctl_of(node, "stop", "pacer")
        (self.folder / node / "pacer-0.checkpoint").unlink(missing_ok=True)
        self.ctl_of(node, "start", "pacer")
        yield f"{node}'s pacer starts with nothing learned"

    def other_targets(self, master):
        """The standby reads a targets file that lacks some."""
        file, node = self.folder / "targets.csv", self.standby(master)
        whole = file.read_text()
        file.write_text("".join(whole.splitlines(keepends=True)[:-20]))
        self.cluster.ctl(node, "reload")
        yield f"{node} paces 20 targets less"
        file.write_text(whole)
        self.cluster.ctl(node, "reload")

    def flood(self, master):
        """A stranger without a key opens thousands of connections to the elector and the publisher."""
        code = f"""
import resource, socket, time
resource.setrlimit(resource.RLIMIT_NOFILE, (2 * {CONNECTIONS} + 100,) * 2)
held = []
for port in ({self.cluster.ports[master]}, {self.cluster.ports[master] + 2}):
    for _ in range({CONNECTIONS}):
        one = socket.socket()
        one.setblocking(False)
        one.connect_ex(("{self.cluster.addresses[master]}", port))
        held.append(one)
time.sleep(600)
"""
        stranger = self.spaces.start("x", ["/usr/bin/python3", "-c", code], self.folder / "log" / "stranger.log")
        yield f"{2 * CONNECTIONS} connections to {master}"
        kill(stranger)

    def supervisor_dies(self, master):
        """kill -9 of a node's supervisord alone; it is started again at once."""
        node = self.someone(master)
        for pid in run("ip", "netns", "pids", self.spaces.name(node)).split():
            try:
                if b"supervisord" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes():
                    os.kill(int(pid), signal.SIGKILL)
            except (OSError, ProcessLookupError):
                pass
        kill(self.cluster.running[node, "supervisord"])
        self.cluster.supervise_again(node)
        yield f"kill -9 of {node}'s supervisord"

    def busy_host(self, master):
        """Eight processes want the CPU, all the time."""
        busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(8)]
        yield "eight busy processes on the host"
        for process in busy:
            kill(process)

    def far_clock(self, master):
        """A node's wall clock jumps by days, and back."""
        node, days = self.someone(master), self.one_of(-2, 1, 40)
        self.meddle(node, wall_shift_s=days * 86_400)
        yield f"{node}'s wall clock jumps by {days} days, and back"
        self.meddle(node, wall_shift_s=0)

    KINDS = (*Chaos.KINDS, "lying_witness", "lying_standby", "poisoned_feedback", "absurd_fence", "fence", "copied_cluster", "failing_endpoint",
             "failing_stat_server", "lost_socket", "cold_pacer", "other_targets", "flood", "supervisor_dies", "busy_host", "far_clock")
    # They ask a supervisord or every process of a node: another event at once could keep those from answering.
    ALONE = ("lying_witness", "lying_standby", "poisoned_feedback", "cold_pacer", "other_targets", "supervisor_dies", "planned_restart")

    def begin(self):
        super().begin()
        self.resources.start()
        time.sleep(5)

    def verdict(self, events):
        self.resources.stop()
        sound = super().verdict(events)
        broken = self.resources.table()
        windows = [(event["began_ms"], event["ended_ms"]) for event in events]
        for gap in unattributed(self.cluster.log.rows, windows, UNEXPLAINED_MS):
            if gap.length_ms > UNEXPLAINED_MS and gap.began_ms >= events[0]["began_ms"]:
                broken.append(f"nothing was published for {gap.length_ms / 1000:.1f} s, and no event explains it")
        for sentence in broken:
            print("BROKEN:", sentence)
        if sound and not broken:
            print(f"{len(events)} events of {len({kind for event in events for kind in event['kinds']})} kinds: nothing is broken")
        return sound and not broken



class Resources(threading.Thread):
    """Memory [MiB] and descriptors of every process, once a second, until it is stopped."""

    GROWTH_MIB = 48      # Above half as much again as in the first minute.
    MORE_DESCRIPTORS = 40  # At the end, when no event holds connections.

    def __init__(self, cluster):
        super().__init__(daemon=True)
        self.cluster = cluster
        self.samples = {}  # (node, process) -> [(time, MiB, descriptors)]
        self.stopped = threading.Event()

    def run(self):
        while not self.stopped.wait(1):
            for node in self.cluster.addresses:
                try:
                    pids = self.cluster.pids(node)
                except Broken:
                    continue
                for process, pid in pids.items():
                    try:
                        pages = int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1])
                        descriptors = len(os.listdir(f"/proc/{pid}/fd"))
                    except (OSError, ValueError):
                        continue
                    self.samples.setdefault((node, process), []).append((time.monotonic(), pages * os.sysconf("SC_PAGESIZE") / 2**20, descriptors))

    def stop(self):
        self.stopped.set()
        self.join()

    def table(self):
        """By process: median of the first and of the last minute, and the largest; returns what is broken."""
        median = lambda values: sorted(values)[len(values) // 2]
        broken = []
        print(f"\n{'process':<14}{'RSS first':>10}{'last':>8}{'most':>8}   MiB{'descriptors first':>22}{'last':>6}{'most':>6}")
        for (node, process), samples in sorted(self.samples.items()):
            began, ended = samples[0][0], samples[-1][0]
            first = [sample for sample in samples if sample[0] < began + 60]
            last = [sample for sample in samples if sample[0] > ended - 60]
            memory = median([s[1] for s in first]), median([s[1] for s in last]), max(s[1] for s in samples)
            files = median([s[2] for s in first]), median([s[2] for s in last]), max(s[2] for s in samples)
            name = f"{node}/{process}"
            print(f"{name:<14}{memory[0]:>10.0f}{memory[1]:>8.0f}{memory[2]:>8.0f}{files[0]:>28}{files[1]:>6}{files[2]:>6}")
            if memory[1] > 1.5 * memory[0] + self.GROWTH_MIB:
                broken.append(f"{name} grew from {memory[0]:.0f} to {memory[1]:.0f} MiB")
            if files[1] > files[0] + self.MORE_DESCRIPTORS:
                broken.append(f"{name} had {files[0]} descriptors, and then {files[1]}")
        return broken


def length_s(text):
    found = re.fullmatch(r"(\d+)([smh])", text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text}: write 180s, 30m or 2h")
    return int(found[1]) * {"s": 1, "m": 60, "h": 3600}[found[2]]


def main():
    parser = arguments(Soak, __doc__, targets=2000)
    parser.add_argument("--for", type=length_s, default=length_s("3m"), dest="seconds", help="no event begins later (180s, 30m, 2h)")
    return run_storm(Soak, parser)


if __name__ == "__main__":
    sys.exit(main())
