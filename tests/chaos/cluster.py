"""A cluster of the built programs in network namespaces: two nodes, a witness, and the outside (Stat Servers, endpoint).

  cluster = Cluster(spaces, wires, folder, programs, heartbeat_ms=200)
  cluster.start_outside()
  cluster.start("a") ...                # all processes of a node, started directly
  cluster.supervise("a")                # or under a supervisord of its own
  cluster.wait_ready()
  row = cluster.log.first_accepted(after_ms, lambda row: row["node"] != "a", limit_s=10)

The topology is the demo's, with the namespaces' addresses. One pacer shard; no watch unless it is asked for: neither takes part in a takeover.
"""
import json
import os
import pathlib
import re
import signal
import subprocess
import time

from namespaces import Broken, kill

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
OUTSIDE = "10.44.0.100"
PORTS = {"a": 7100, "b": 7120, "w": 7140}  # Of the demo's topology.
MOST_NODES = 8
PROCESSES = ["statfeed", "pacer", "elector", "publisher"]


def addresses_of(count):
    """Of so many nodes that pace, a, b, c and so on, and the witness w."""
    names = "abcdefgh"[:count]
    return {**{name: f"10.44.0.{place if place < 3 else place + 1}" for place, name in enumerate(names, start=1)}, "w": "10.44.0.3"}


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise Broken(f"{' '.join(map(str, command))}: exit {done.returncode}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


class PublicationLog:
    """The endpoint's own log: what it received, in its order, and what it made of it."""

    def __init__(self, path):
        self.path = path
        self.rows = []
        self.read_to = 0

    def update(self):
        """Reads what is new; a last line that is half written waits for its rest."""
        if self.path.exists():
            with open(self.path, "rb") as file:
                file.seek(self.read_to)
                fresh = file.read()
            whole = fresh[: fresh.rfind(b"\n") + 1]
            self.read_to += len(whole)
            self.rows += [json.loads(line) for line in whole.splitlines()]
        return self.rows

    def accepted(self):
        return [row for row in self.update() if row["status"] == 200]

    def first_accepted(self, after_ms, wanted, limit_s):
        """The first accepted row from then on that is wanted; None when none came within the limit."""
        deadline = time.monotonic() + limit_s
        seen = len(self.rows)
        while time.monotonic() < deadline:
            for row in self.update()[max(0, seen - 200):]:
                if row["status"] == 200 and row["received_ms"] >= after_ms and wanted(row):
                    return row
            time.sleep(0.005)
        return None


class Cluster:
    def __init__(self, spaces, wires, folder, programs, heartbeat_ms=200, time_scale=10, targets=10, name="chaos", env=None, watch=False, nodes=2):
        self.spaces, self.wires = spaces, wires
        self.folder, self.programs = pathlib.Path(folder), pathlib.Path(programs)
        self.env = env
        self.addresses = addresses_of(nodes)
        self.pacing = tuple(node for node in self.addresses if node != "w")
        self.ports = {node: PORTS.get(node, 7200 + 20 * place) for place, node in enumerate(self.addresses)}
        self.of_a_node = [*PROCESSES, "watch"] if watch else PROCESSES
        self.running = {}      # (node, process) -> Popen, of those started directly.
        self.supervisors = {}  # Node -> command.
        self.topology = self.folder / "topology.toml"
        self.targets, self.time_scale = targets, time_scale
        self.log = PublicationLog(self.folder / "simulator" / "publications.jsonl")
        for program in [*self.of_a_node, "simulator", "pacelinectl"]:
            if not (self.programs / program).exists():
                raise Broken(f"{self.programs / program} is missing: build it first")
        for node, address in {**self.addresses, "x": OUTSIDE}.items():
            spaces.add(node)
            wires.attach(node, address)
        self.write_files(name, heartbeat_ms)

    # ---- files

    def write_files(self, name, heartbeat_ms):
        for folder in ("simulator", "log", *[f"{node}/log" for node in self.addresses]):
            (self.folder / folder).mkdir(parents=True, exist_ok=True)
        secret = self.folder / "client-secret"
        secret.touch(mode=0o600)
        secret.write_text("paceline-secret")
        # Its certificates first: publishers read them as they start.
        self.spaces.run("x", *map(str, self.simulator()), "--duration", "1s")
        run(*self.simulator(), "--write-targets", self.folder / "targets.csv", "--check")
        text = (ROOT / "topology" / "demo.toml").read_text()
        blocks = "".join(f'[nodes.{node}]\nhost = ""\nport = {self.ports[node]}\npriority = {90 - place}\n\n'
                         for place, node in enumerate(self.pacing) if node not in PORTS)
        text = text.replace("# The bus:", blocks + "# The bus:", 1)
        for node, address in self.addresses.items():
            text = re.sub(rf'(\[nodes\.{node}\]\nhost = )"[^"]*"', rf'\1"{address}"', text)
        for key, value in {"cluster": f'"{name}"', "run_dir": f'"{self.folder}"', "targets": f'"{self.folder}/targets.csv"', "pacers": "1",
                           "time_scale": str(self.time_scale)}.items():
            text, count = re.subn(rf"(?m)^{key} = .*$", f"{key} = {value}", text, count=1)
            assert count == 1, key
        text = re.sub(r"//127\.0\.0\.1:(718\d)", rf"//{OUTSIDE}:\1", text).replace('"../build/demo/', f'"{self.folder}/')
        text += f'\n[elector]\nheartbeat = "{heartbeat_ms}ms"\n'
        self.topology.write_text(text)
        run(self.programs / "pacelinectl", "topology", "check", self.topology)
        run(self.programs / "pacelinectl", "keys", self.topology)

    def simulator(self):
        return [self.programs / "simulator", "builtin", "--dir", self.folder / "simulator", "--address", OUTSIDE,
                "--time-scale", self.time_scale, "--targets", self.targets]

    def command(self, node, process):
        return [self.programs / process, self.topology, "--node", node]

    def processes(self, node):
        return self.of_a_node if node in self.pacing else ["elector"]

    # ---- processes started directly

    def start_outside(self):
        self.running["x", "simulator"] = self.spaces.start("x", self.simulator(), self.folder / "log" / "simulator.log", self.env)

    def start_process(self, node, process):
        self.running[node, process] = self.spaces.start(node, self.command(node, process), self.folder / "log" / f"{node}-{process}.log", self.env)

    def start(self, node):
        for process in self.processes(node):
            self.start_process(node, process)

    def kill(self, node, *processes):
        """kill -9, all at once, of those processes or all of the node's; returns when it began [ms since 1970]."""
        dying = [self.running[node, process] for process in processes or self.processes(node)]
        began = time.time() * 1000
        for process in dying:
            process.send_signal(signal.SIGKILL)
        for process in dying:
            process.wait()
        return began

    def stop(self):
        for process in self.running.values():
            kill(process)

    # ---- under supervisord

    def supervise(self, node, environment="", boot_offset_s=0):
        """Starts the node's processes under a supervisord of its own, with the group that pacelinectl prints.

        environment   KEY="value",... of its processes;  boot_offset_s   its boot clock is that far ahead (a time namespace)
        """
        group = run(self.programs / "pacelinectl", "topology", "supervisor", self.topology, "--bin", self.programs)
        wanted = {f"{node}-{process}" for process in self.processes(node)}
        programs = [part for part in re.split(r"(?m)^(?=\[)", group) if (found := re.match(r"\[program:(.+)\]", part)) and found[1] in wanted]
        if len(programs) != len(wanted):
            raise Broken(f"pacelinectl topology supervisor names {len(programs)} of {sorted(wanted)}")
        config = self.folder / f"supervisord-{node}.conf"
        config.write_text(f"""[supervisord]
logfile={self.folder}/log/supervisord-{node}.log
pidfile={self.folder}/{node}/supervisord.pid
{f"environment={environment}" if environment else ""}
[unix_http_server]
file={self.folder}/{node}/supervisor.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://{self.folder}/{node}/supervisor.sock
""" + "".join(programs))
        clock = ["unshare", "-T", "--boottime", boot_offset_s, "--monotonic", boot_offset_s, "--fork", "--kill-child"] if boot_offset_s else []
        self.supervisors[node] = [*clock, "supervisord", "-n", "-c", config]
        self.supervise_again(node)

    def supervise_again(self, node):
        self.running[node, "supervisord"] = self.spaces.start(node, self.supervisors[node], self.folder / "log" / f"supervisord-{node}.out", self.env)

    def restart(self, node, process):
        """As an operator does it: supervisorctl stops it with SIGTERM, and starts it again."""
        run("supervisorctl", "-c", self.folder / f"supervisord-{node}.conf", "restart", process if process == "all" else f"{node}-{process}:{process}")

    def pids(self, node):
        """Process -> pid, of what the node's supervisord runs now."""
        found = {}
        for pid in run("ip", "netns", "pids", self.spaces.name(node)).split():
            try:
                words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            except OSError:  # It has just ended.
                continue
            name = os.path.basename(words[0].decode())
            if name in self.of_a_node:
                found[name] = int(pid)
        return found

    def kill_host(self, node):
        """kill -9 of everything in the node's namespace, its supervisord first, so that it starts nothing again. All stand still before: a process
        whose supervisord dies would end in order, which those of a dead host do not."""
        for pid in run("ip", "netns", "pids", self.spaces.name(node)).split():
            try:
                os.kill(int(pid), signal.SIGSTOP)
            except ProcessLookupError:
                pass
        kill(self.running[node, "supervisord"])
        for _ in range(100):
            left = run("ip", "netns", "pids", self.spaces.name(node)).split()
            if not left:
                return
            for pid in left:
                try:
                    os.kill(int(pid), signal.SIGKILL)
                except ProcessLookupError:
                    pass
            time.sleep(0.01)
        raise Broken(f"{node} still runs {left}")

    # ---- questions

    def view(self, node):
        """What the elector of a node answers; {} when it does not."""
        command = [self.programs / "pacelinectl", "--topology", self.topology, "--node", node, "election", "--json"]
        done = subprocess.run(command, capture_output=True, text=True, env=None if self.env is None else {**os.environ, **self.env})
        return json.loads(done.stdout) if done.returncode == 0 else {}

    def metric(self, node, process, name):
        """The value of a metric without labels."""
        text = run(self.programs / "pacelinectl", "--topology", self.topology, "--node", node, "metrics", process)
        return float(re.search(rf"(?m)^{name} (\S+)$", text)[1])

    def ctl(self, node, *words):
        run(self.programs / "pacelinectl", "--topology", self.topology, "--node", node, *words)

    def unready(self):
        """Why the cluster is not whole: "" = every node heard by all, one master, all that pace fit (or damped)."""
        views = {node: self.view(node) for node in self.addresses}
        for node, view in views.items():
            if not view:
                return f"{node} does not answer"
            if len(view["peers"]) < len(self.addresses) - 1 or any(peer["age_s"] > 1 for peer in view["peers"]):
                return f"{node} does not hear all"
        masters = {view["self"]["master"] for view in views.values()}
        if len(masters) != 1 or "" in masters:
            return f"masters: {sorted(masters)}"
        roles = {node: views[node]["self"]["role"] for node in self.pacing}
        damped = [node for node in self.pacing if roles[node] == "observer" and self.metric(node, "elector", "paceline_elector_penalty") >= 750]
        others = [node for node in self.pacing if roles[node] != "master"]
        if len(others) != len(self.pacing) - 1 or any(roles[node] != "follower" and node not in damped for node in others):
            return f"roles: {roles}, damped: {damped}"
        unfit = [node for node in self.pacing if views[node]["self"]["tier"] != 0]
        return f"not fit: {unfit}" if unfit else ""

    def wait_ready(self, limit_s=60):
        deadline = time.monotonic() + limit_s
        while why := self.unready():
            if time.monotonic() > deadline:
                raise Broken(f"the cluster is not whole after {limit_s} s: {why}; logs in {self.folder}/log")
            time.sleep(0.05)

    def master(self):
        return self.view("w")["self"]["master"]
