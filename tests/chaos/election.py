#!/usr/bin/python3
"""Does to a cluster of real processes what networks, hosts and operators do, and judges by the endpoint's log alone.

  ops/chaos election [--seed N] [--seconds N] [--nodes N] [--targets N] [--only KIND,...] [--network auto|netem|relay] [--kinds]

Two nodes, a witness and the outside live in network namespaces, each node under a supervisord of its own. Events come one
after another, now and then two at once; which, to whom and for how long follows from the seed, which is printed. After
each the cluster must become whole again. Exit 1 if the endpoint accepted a term lower than one before, a sequence that does
not rise within its term, or one term from two nodes; if nobody paces within 60 s after an event; or if no stale
publication ever reached the endpoint although publishers were stopped between their check and their send. Exit 2 if
the place does not allow namespaces. Needs root.
"""
import os
import pathlib
import random
import signal
import struct
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from cluster import Cluster, addresses_of, run  # noqa: E402
from namespaces import Broken  # noqa: E402
from storm import LIMIT_S, arguments, run_storm, table  # noqa: E402

OFFSETS_S = {"a": 0, "b": 86_400, "w": 3_600}  # Of the nodes' boot clocks, where the kernel has time namespaces.


class Chaos:
    """The cluster and everything that can be done to it; every event is a generator: before its yield it begins, after it ends."""

    NAME, PREFIX, KEEP = "election", "pl", "chaos"
    PAIRED, ALONE = 0.15, ()
    PERIOD_MS = 200  # Two seconds of the endpoint's contract, ten times faster.

    def __init__(self, spaces, folder, asked, wires, **cluster_options):
        self.folder = pathlib.Path(folder)
        self.chance = random.Random(asked.seed)
        self.wires = wires
        library = self.folder / "meddle.so"
        run("g++", "-std=c++20", "-shared", "-fPIC", "-O1", "-o", library, pathlib.Path(__file__).with_name("meddle.cpp"))
        self.orders = {}
        for node in (*addresses_of(asked.nodes), "ca"):
            self.orders[node] = self.folder / f"{node}.meddle"
            self.orders[node].write_bytes(bytes(16))
        # Certificates from yesterday, so that a clock that is set back finds them valid.
        self.meddle("ca", wall_shift_s=-86_400)
        before = os.environ.copy()
        os.environ.update(self.environment("ca", library))
        try:
            self.cluster = Cluster(spaces, wires, folder, asked.programs, name="chaos", env={"ASAN_OPTIONS": "verify_asan_link_order=0"}, nodes=asked.nodes, targets=asked.targets, **cluster_options)
        finally:
            os.environ.clear()
            os.environ.update(before)
        self.cluster.start_outside()
        self.time_namespaces = subprocess.run(["unshare", "-T", "--fork", "true"], capture_output=True).returncode == 0
        for node in self.cluster.addresses:
            environment = ",".join(f'{key}="{value}"' for key, value in self.environment(node, library).items())
            self.cluster.supervise(node, environment, OFFSETS_S.get(node, 0) if self.time_namespaces else 0)

    def environment(self, node, library):
        return {"LD_PRELOAD": str(library), "PACELINE_MEDDLE": str(self.orders[node]), "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0:quarantine_size_mb=4"}

    def meddle(self, node, wall_shift_s=None, stop_at_write=None):
        with open(self.orders[node], "r+b") as file:
            for place, value in ((0, None if wall_shift_s is None else wall_shift_s * 10**9), (8, stop_at_write)):
                if value is not None:
                    file.seek(place)
                    file.write(struct.pack("q", int(value)))

    # ---- who

    def one_of(self, *choices):
        return self.chance.choice(choices)

    def someone(self, master):
        """Mostly the master: what happens to others matters less."""
        return master if self.chance.random() < 0.6 else self.one_of(*(node for node in self.cluster.addresses if node != master))

    def standby(self, master):
        return next(node for node in self.cluster.pacing if node != master)

    def signal(self, node, names, what):
        """Sends it to those processes of the node, all at once; those that are just dead are left out."""
        pids = self.cluster.pids(node)
        for pid in [pids[name] for name in names or pids if name in pids]:
            try:
                os.kill(pid, what)
            except ProcessLookupError:
                pass

    # ---- what: each yields once, with what it does, for people

    def node_kill(self, master):
        """kill -9 of all processes of a node at once; supervisord starts them again."""
        node = self.someone(master)
        self.signal(node, None, signal.SIGKILL)
        yield f"kill -9 of all processes of {node}"

    def process_kill(self, master):
        """kill -9 of one process."""
        node = self.someone(master)
        process = self.one_of(*self.cluster.processes(node))
        self.signal(node, [process], signal.SIGKILL)
        yield f"kill -9 of {node}'s {process}"

    def restart_loop(self, master):
        """kill -9 of an elector or publisher, several times, as soon as it is back."""
        node = self.someone(master)
        process = self.one_of(*(name for name in self.cluster.processes(node) if name in ("elector", "publisher")))
        times = self.chance.randint(3, 6)
        deadline, killed, last = time.monotonic() + 30, 0, None
        while killed < times and time.monotonic() < deadline:
            pid = self.cluster.pids(node).get(process)
            if pid and pid != last:
                os.kill(pid, signal.SIGKILL)
                killed, last = killed + 1, pid
            time.sleep(0.02)
        yield f"kill -9 of {node}'s {process}, {killed} times as soon as it is back"

    def host_dies(self, master):
        """kill -9 of everything on a node, supervisord first; it comes back later."""
        node = self.someone(master)
        self.cluster.kill_host(node)
        yield f"{node}'s host dies, supervisord and all, and comes back"
        self.cluster.supervise_again(node)

    def pause(self, master):
        """SIGSTOP and SIGCONT of an elector, a publisher or a whole node."""
        node = self.someone(master)
        names = self.one_of(["elector"], ["publisher"], None) if node != "w" else ["elector"]
        self.signal(node, names, signal.SIGSTOP)
        yield f"SIGSTOP of {node}'s {', '.join(names) if names else 'processes, all'}"
        self.signal(node, names, signal.SIGCONT)

    def pause_storm(self, master):
        """SIGSTOP and SIGCONT of a whole node, again and again."""
        node = self.someone(master)
        for _ in range(self.chance.randint(3, 8)):
            self.signal(node, None, signal.SIGSTOP)
            time.sleep(self.chance.uniform(0.05, 0.9))
            self.signal(node, None, signal.SIGCONT)
            time.sleep(self.chance.uniform(0.02, 0.4))
        yield f"SIGSTOP and SIGCONT of all of {node}, again and again"

    def pause_before_send(self, master):
        """Stops the publisher with a request that passed the check, until somebody else has published."""
        began, log = time.time() * 1000, self.cluster.log
        self.meddle(master, stop_at_write=1)
        row = log.first_accepted(began, lambda row: row["node"] != master, LIMIT_S)
        self.meddle(master, stop_at_write=0)
        took = "nobody took over" if row is None else f"{row['node']} published"
        yield f"{master}'s publisher stands still between check and send; {took}"
        self.signal(master, ["publisher"], signal.SIGCONT)

    def partition(self, master):
        """A node is cut off in both directions."""
        node = self.someone(master)
        self.wires.isolate(node, True)
        yield f"{node} is cut off"
        self.wires.heal()

    def one_way(self, master):
        """A node hears nobody, or nobody hears it."""
        node = self.someone(master)
        others = [other for other in (*self.cluster.addresses, "x") if other != node]
        deaf = self.chance.random() < 0.5
        for other in others:
            self.wires.cut(*((other, node) if deaf else (node, other)))
        yield f"{node} hears nobody" if deaf else f"nobody hears {node}"
        self.wires.heal()

    def link_cut(self, master):
        """The link of two nodes, or to the endpoint, in one or both directions."""
        a, b = self.one_of((master, self.standby(master)), (master, "w"), (master, "x"), (self.standby(master), "w"))
        self.wires.cut(a, b)
        both = self.chance.random() < 0.6
        if both:
            self.wires.cut(b, a)
        yield f"{a} and {b} do not hear each other" if both else f"{b} does not hear {a}"
        self.wires.heal()

    def flapping(self, master):
        """A node is cut off and back, again and again."""
        node, times = self.someone(master), self.chance.randint(3, 8)
        for _ in range(times):
            self.wires.isolate(node, True)
            time.sleep(self.chance.uniform(0.1, 1.2))
            self.wires.heal()
            time.sleep(self.chance.uniform(0.1, 1.0))
        yield f"{node} is cut off {times} times"

    def slow_network(self, master):
        """Delay, jitter and loss, of one node or of all."""
        node = self.someone(master)
        delay, loss = self.chance.choice([2, 20, 80, 250]), self.chance.choice([0, 0.01, 0.05, 0.2])
        for slowed in ([node] if self.chance.random() < 0.6 else [*self.cluster.addresses, "x"]):
            self.wires.slow(slowed, delay, delay // 2, loss)
        yield f"{node} or all: {delay} ms +- {delay // 2} ms, {loss:.0%} lost"
        self.wires.heal()

    def clock_step(self, master):
        """A node's wall clock jumps by seconds or an hour, and back."""
        node, seconds = self.someone(master), self.chance.choice([-3600, -5, 5, 3600])
        self.meddle(node, wall_shift_s=seconds)
        yield f"{node}'s wall clock jumps by {seconds} s, and back"
        self.meddle(node, wall_shift_s=0)

    def planned_restart(self, master):
        """supervisorctl restart of the master's elector, publisher or all."""
        process = self.one_of("elector", "publisher", "all")
        self.cluster.restart(master, process)
        yield f"supervisorctl restart {master}'s {process}"

    def handover(self, master):
        """pacelinectl handover, asked at the witness."""
        try:
            self.cluster.ctl("w", "handover", "--timeout", "0")
            yield f"pacelinectl handover, {master} being master"
        except Broken as refused:  # As it must be while the other is damped.
            yield f"pacelinectl handover: {refused}"

    KINDS = ("node_kill", "process_kill", "restart_loop", "host_dies", "pause", "pause_storm", "pause_before_send", "partition", "one_way",
             "link_cut", "flapping", "slow_network", "clock_step", "planned_restart", "handover")

    def begin(self):
        print("boot clocks: " + (", ".join(f"{n} +{s} s" for n, s in OFFSETS_S.items()) if self.time_namespaces else "one for all (no time namespaces)"))

    def verdict(self, events):
        return table(self, events, self.cluster.log.rows)


def main():
    parser = arguments(Chaos, __doc__)
    parser.add_argument("--seconds", type=int, default=300, help="no event begins later")
    return run_storm(Chaos, parser)


if __name__ == "__main__":
    sys.exit(main())
