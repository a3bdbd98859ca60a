"""A cluster of hosts on one machine (root): each has an address of its own on loopback, its own copy of topology, targets, secrets and
keys, which to it alone are below `here` (a mount namespace), and its own supervisord, as the package's `paceline-node` runs it. One
reaches another by a program that does what ssh does: the words come to a shell there, and find that host's files alone."""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "chaos"))
from checker import broken_promises, gaps  # noqa: E402

BIN = pathlib.Path(os.environ["PACELINE_BIN"])
LIMIT_S = 600  # Only ends a run that hangs.
ADDRESSES = {name: f"127.0.0.{number}" for number, name in enumerate("abwcdefv", start=1)}
WITNESSES = "wv"

SSH = """#!/bin/bash
# ssh HOST WORDS...: what the host's shell makes of them.
host=$1; shift
[ -e {hosts}/$host ] && [ ! -e {hosts}/$host/down ] || {{ echo "ssh: connect to host $host port 22: Connection refused" >&2; exit 255; }}
echo "$host: $*" >> {folder}/ran
set -- unshare --mount --propagation private bash -c 'mount --bind {hosts}/$0 {here} && cd {here} && . ./environment && exec bash -c "$1"' $host "$*"
[ -p /dev/stdin ] || exec "$@"
"$@"
code=$?
cat > /dev/null  # As ssh does: what stood in standard input is gone.
exit $code
"""

ENVIRONMENT = """set -a
PATH={folder}/bin:$PATH PACELINE_TOPOLOGY={here}/topology.toml PACELINE_RUN={here}/sockets PACELINE_LOG={here}/log PACELINE_STATE={here}/state
[ ! -e node.env ] || . ./node.env
set +a
"""

# What `systemctl VERB paceline` does on a host, by the same program.
SERVICE = """#!/bin/bash
pid=$PACELINE_STATE/supervisor/supervisord.pid
case $1 in
  start)
    setsid paceline-node >> {folder}/$PACELINE_NODE.log 2>&1 < /dev/null &
    [ -e $PACELINE_STATE/witness ] || until pacelinectl metrics publisher > /dev/null 2>&1; do sleep 0.2; done
    until pacelinectl metrics elector > /dev/null 2>&1; do sleep 0.2; done ;;
  reload) exec paceline-node --reload ;;
  stop) [ ! -e $pid ] || kill $(cat $pid); while [ -e $pid ]; do sleep 0.1; done ;;
  restart) $0 stop; exec $0 start ;;
esac
"""


class Hosts:
    def __init__(self, folder, targets=12, time_scale=4, nodes="abw", settings=""):
        self.folder = pathlib.Path(folder)
        self.broken = []
        self.running = {}
        self.ports = int(subprocess.run([ROOT / "ops" / "free-ports", "200"], capture_output=True, text=True, check=True).stdout)
        self.targets, self.time_scale = targets, time_scale
        (self.folder / "bin").mkdir(parents=True)
        for program in BIN.iterdir():
            if program.is_file() and not program.name.startswith("test_"):
                (self.folder / "bin" / program.name).symlink_to(program)
        shutil.copy(ROOT / "ops" / "package.d" / "paceline-node", self.folder / "bin")
        self.ssh = self.folder / "bin" / "reach"
        self.here = self.folder / "here"
        self.here.mkdir()
        self.ssh.write_text(SSH.format(hosts=self.folder / "hosts", folder=self.folder, here=self.here))
        self.service = self.folder / "bin" / "service"
        self.service.write_text(SERVICE.format(folder=self.folder))
        for program in (self.ssh, self.service):
            program.chmod(0o755)
        self.way = ["--shell", f"{self.ssh} {{host}}"]  # Options of what goes to all hosts.
        self.outside()
        text = self.topology(nodes, settings)
        for node in nodes:
            self.make(node, text)
        self.exchange_keys(nodes)
        for node in nodes:
            self.start(node)

    # What is asked of a run.

    def expect(self, good, what):
        print(("ok     " if good else "BROKEN ") + what, flush=True)
        if not good:
            self.broken.append(what)
        return good

    def becomes(self, condition, what, bound_s=LIMIT_S):
        deadline = time.monotonic() + bound_s
        while time.monotonic() < deadline:
            try:
                if found := condition():
                    self.expect(True, what)
                    return found
            except (OSError, ValueError, KeyError, StopIteration):
                pass
            time.sleep(0.1)
        return self.expect(False, f"{what}: not within {bound_s} s")

    # The outside.

    def outside(self):
        self.simulator = [BIN / "simulator", "builtin", "--dir", self.folder / "simulator", "--time-scale", self.time_scale, "--start", "10h",
                          "--targets", self.targets, "--stat-ports", f"{self.ports + 80},{self.ports + 81}",
                          "--engagement-port", self.ports + 82, "--control-port", self.ports + 83]
        subprocess.run([*map(str, self.simulator), "--write-targets", self.folder / "targets.csv", "--check"], check=True, stdout=subprocess.DEVNULL)
        self.spawn("simulator", self.simulator)
        self.becomes(lambda: (self.folder / "simulator" / "ca.pem").exists(), "the outside is there")

    def rows(self):
        file = self.folder / "simulator" / "publications.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines() if line.endswith("}")] if file.exists() else []

    def accepted(self, after=0):
        return [row for row in self.rows()[after:] if row["status"] == 200]

    def sound(self, what, after=0, most_gap_s=None):
        """The endpoint's log since then: nothing out of order, and no gap beyond that."""
        rows = self.rows()
        wrong = broken_promises(rows)
        longest = max((gap.length_ms for gap in gaps(rows[after:])), default=0) / 1000
        self.expect(not wrong and (most_gap_s is None or longest <= most_gap_s), f"{what}: {len(self.accepted(after))} publications accepted, the longest gap {longest:.2f} s{wrong}")
        return longest

    # The hosts.

    def topology(self, nodes, settings=""):
        text = (ROOT / "topology" / "demo.toml").read_text()
        first = text.index("[nodes.a]")
        blocks = "".join(self.block(node) for node in nodes)
        text = text[:first] + blocks + text[text.index("# The bus:"):]
        for name, value in {"run_dir": '"run"', "targets": '"targets.csv"', "time_scale": self.time_scale, "client_secret_file": '"client-secret"', "ca_file": '"ca.pem"'}.items():
            text = re.sub(rf"(?m)^{name} = .*", f"{name} = {value}", text)
        return re.sub(r"71(8\d)", lambda found: str(self.ports + int(found[1])), text) + settings

    def block(self, node):
        number = list(ADDRESSES).index(node)
        return f'[nodes.{node}]\nhost = "{ADDRESSES[node]}"\nport = {self.ports + 20 * number + (20 if number > 3 else 0)}\npriority = {0 if node in WITNESSES else 100 - number}\n\n'

    def host(self, node):
        return self.folder / "hosts" / node

    def make(self, node, text):
        """A host as its installation leaves it: files and its own keys, but nobody else's."""
        host = self.bare(node)
        (host / "node.env").write_text(f"PACELINE_NODE={node}\n")
        (host / "topology.toml").write_text(text)
        shutil.copy(self.folder / "targets.csv", host)
        shutil.copy(self.folder / "simulator" / "ca.pem", host)
        (host / "client-secret").write_text("paceline-secret\n")
        (host / "client-secret").chmod(0o600)
        self.ctl(node, "keys", "--node", node)

    def bare(self, node, witnesses=WITNESSES):
        """A host with the package, and nothing of a cluster."""
        host = self.host(node)
        host.mkdir(parents=True)
        (self.folder / "hosts" / ADDRESSES[node]).symlink_to(host)
        (host / "environment").write_text(ENVIRONMENT.format(folder=self.folder, here=self.here))
        (host / "state").mkdir()
        if node in witnesses:
            (host / "state" / "witness").touch()
        return host

    def exchange_keys(self, nodes):
        for node in nodes:
            line = self.ctl(node, "keys", "export").stdout
            for other in nodes:
                if other != node:
                    self.expect(self.ctl(other, "keys", "import", "-", input=line).returncode == 0, f"{other} takes the key of {node}")

    def on(self, node, script, **rest):
        """A script on that host, as an operator types it there."""
        if "input" not in rest:
            rest["stdin"] = subprocess.DEVNULL
        return subprocess.run([str(self.ssh), ADDRESSES[node], script], capture_output=True, text=True, timeout=LIMIT_S, **rest)

    def ctl(self, node, *words, **rest):
        quoted = " ".join("'" + str(word).replace("'", "'\\''") + "'" for word in words)
        return self.on(node, f"pacelinectl {quoted}", **rest)

    def spawn(self, name, words, **rest):
        log = open(self.folder / f"{name}.log", "ab")
        self.running[name] = subprocess.Popen([str(word) for word in words], stdout=log, stderr=log, start_new_session=True, **rest)

    def start(self, node):
        self.expect(self.on(node, "service start").returncode == 0, f"{node} begins")

    def pid(self, node):
        try:
            return int((self.host(node) / "state" / "supervisor" / "supervisord.pid").read_text())
        except OSError:
            return 0

    def kill(self, node):
        """Its supervisord, with which all that it runs ends."""
        pid = self.pid(node)
        os.kill(pid, signal.SIGKILL)
        (self.host(node) / "state" / "supervisor" / "supervisord.pid").unlink()

    def close(self):
        for host in (self.folder / "hosts").iterdir():
            if not host.is_symlink() and (pid := self.pid(host.name)):
                try:
                    os.kill(pid, signal.SIGTERM)
                except ProcessLookupError:
                    continue
                for _ in range(300):
                    if not self.pid(host.name):
                        break
                    time.sleep(0.1)
        for process in self.running.values():
            process.terminate()
            process.wait(timeout=LIMIT_S)

    # What the cluster says.

    def status(self, node="a"):
        done = self.ctl(node, "status", "--json")
        return json.loads(done.stdout) if done.returncode == 0 else {}

    def master(self, node="a"):
        return self.status(node).get("master", "")

    def is_well(self, nodes="ab", witness="w"):
        """All can be master or are, as one of them sees it."""
        view = json.loads(self.ctl(nodes[0], "election", "--json").stdout)
        said = [view["self"], *view["peers"]]
        roles = {each["node"]: each["role"] for each in said}
        return all(roles.get(node) in ("follower", "master") for node in nodes) and "master" in roles.values() and (not witness or roles.get(witness) == "observer")
