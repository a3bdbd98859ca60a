"""Paceline from its packages on bare hosts, as INSTALL.md has it: two nodes, a and b, a witness w, and a simulated contact centre around
them. What is installed, configured and started here is what the tests of the packages begin with."""
import contextlib
import json
import pathlib
import re
import shutil
import sys
import time

from bare_hosts import Host, bare_root, becomes, expect, in_root, run

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "chaos"))
from checker import broken_promises, gaps  # noqa: E402, F401
from namespaces import Namespaces  # noqa: E402
from wires import Bridge  # noqa: E402

ADDRESSES = {"a": "192.0.2.11", "b": "192.0.2.12", "w": "192.0.2.21"}  # As INSTALL.md has them.
OUTSIDE = "192.0.2.30"
PROCESSES = {"a": ["statfeed", "pacer-0", "pacer-1", "elector", "publisher", "watch"], "w": ["elector"]}
PROCESSES["b"] = PROCESSES["a"]


def blocks(manual="INSTALL"):
    """The manual's blocks by their first line's comment."""
    found = re.findall(r"```sh\n# ([^\n]*)\n(.*?)```", (ROOT / f"ops/{manual}.md").read_text(), re.S)
    return {name: text for name, text in found}


def outside_root(bare, old):
    """A Debian with the demo, whose simulator is the world around the cluster."""
    root = bare.parent / "outside"
    shutil.rmtree(root, ignore_errors=True)
    run("cp", "-a", "--reflink=auto", bare, root)
    shutil.copytree(old, root / "packages")
    done = in_root(root, "cd /packages\napt-get install -y ./paceline_*.deb ./paceline-demo_*.deb")
    if not expect(done.returncode == 0, "the packages are installed where no systemd runs"):
        sys.exit(done.stdout[-3000:] + done.stderr[-3000:])
    return root


class Outside:
    """The simulated contact centre, from the demo package of the clean root."""

    def __init__(self, spaces, root, endpoint_port):
        self.spaces = spaces
        self.folder = root / "centre"
        self.folder.mkdir()
        words = ["unshare", "--mount", "sh", "-ec", 'mount -t proc proc "$1/proc"; exec chroot "$@"', "sh", root, "/usr/lib/paceline/simulator",
                 "builtin", "--dir", "/centre", "--address", OUTSIDE, "--targets", "12", "--engagement-port", endpoint_port]
        spaces.run("x", *map(str, words), "--duration", "1s")
        spaces.run("x", *map(str, words), "--write-targets", "/centre/targets.csv", "--check")
        self.process = spaces.start("x", words, root.parent / "simulator.log")

    def rows(self):
        lines = (self.folder / "publications.jsonl").read_text().splitlines() if (self.folder / "publications.jsonl").exists() else []
        rows = []
        for line in lines:
            try:
                rows.append(json.loads(line))
            except ValueError:
                if line is not lines[-1]:
                    raise
        return rows


def lost(rows):
    """Publications that were not accepted, and sequences that are missing in between."""
    sentences = [f"{row['received']}: {row['node']} was answered {row['status']}" for row in rows if row["status"] != 200]
    for one, other in zip(rows, rows[1:]):
        if one["term"] == other["term"] and other["sequence"] != one["sequence"] + 1:
            sentences.append(f"{other['received']}: sequence {other['sequence']} after {one['sequence']}")
    return sentences + broken_promises(rows)


class Clock:
    """How long each block took, and how many commands it is."""

    def __init__(self):
        self.rows = []

    def run(self, host, block, script):
        began = time.monotonic()
        done = host.run(script, check=False)
        joined = re.sub(r"\\\n", " ", script)
        self.rows.append((host.name, block, len([line for line in joined.splitlines() if line and not re.match(r"\w+=\S*$", line)]),
                          time.monotonic() - began))
        return done

    def print(self):
        for host, block, commands, seconds in self.rows:
            print(f"       {host}: {block}: {seconds:.1f} s, {commands} commands")
        for host in ADDRESSES:
            mine = [row for row in self.rows if row[0] == host]
            print(f"       {host}: {sum(row[3] for row in mine):.1f} s, {sum(row[2] for row in mine)} commands", flush=True)


def at_hand(clock, hosts):
    """Bare hosts, packages and nothing else."""
    steps = blocks()
    for name, host in hosts.items():
        host.run("cp /run/old/paceline_*.deb .")
        done = clock.run(host, "every host: install", steps["every host: install"])
        if not expect(done.returncode == 0, f"{name}: a bare Debian installs the package with what it depends on"):
            sys.exit(done.stdout[-3000:] + done.stderr[-3000:])
        listed = host.says("dpkg -V paceline; stat -c '%U %G %a %n' /etc/paceline/secrets /var/lib/paceline /var/log/paceline").splitlines()
        expect(listed == ["root paceline 750 /etc/paceline/secrets", "paceline paceline 750 /var/lib/paceline", "paceline paceline 750 /var/log/paceline"],
               f"{name}: folders have their owners {listed}")
        expect(not host.active() and host.says("systemctl is-enabled paceline").strip() == "enabled", f"{name}: enabled, and not started unconfigured")
        refused = host.run("systemctl start paceline", check=False)
        expect(refused.returncode != 0 and "AssertPathExists=/etc/paceline/topology.toml was not met" in host.says("systemctl status paceline --no-pager"),
               f"{name}: a start without a topology is refused, and systemctl status says why")


def configured(clock, hosts, outside, ca):
    steps = blocks()
    host = hosts["a"]
    host.put("/root/targets.csv", (outside.folder / "targets.csv").read_text())
    host.put("/root/ca.pem", ca)
    host.put("/root/secret.txt", "paceline-secret\n", "600")
    for block in ("a: the configuration of the whole cluster", "a: each other host its bundle"):
        done = clock.run(host, block, steps[block])
        if not expect(done.returncode == 0, f"a: {block[3:]} {done.stdout}{done.stderr}"):
            sys.exit(1)
    for name, other in hosts.items():
        if name != "a":
            shutil.move(host.post / ADDRESSES[name] / f"{name}.tar.gz", other.post)
            other.run(f"mv /run/post/{name}.tar.gz .")
        block = "every host: NODE is its own"
        expect(clock.run(other, block, steps[block].replace("NODE=a", f"NODE={name}")).returncode == 0, f"{name}: its bundle is unpacked")
    clock.run(host, "a: private keys of other hosts go", steps["a: private keys of other hosts go"])
    left = host.says("find / -xdev -name '*.secret' -o -xdev -name '*.tar.gz' | grep -v ^/proc").split()
    expect(left == ["/var/lib/paceline/keys/a.secret"], f"a: no private key of another host is left {left}")


def started(clock, hosts, outside):
    steps = blocks()
    for name, host in hosts.items():
        done = clock.run(host, "every host: start", steps["every host: start"])
        if not expect(done.returncode == 0 and host.active(), f"{name}: systemctl start comes back when the node answers"):
            sys.exit(done.stderr + host.says("journalctl -u paceline --no-pager | tail -30; tail -3 /var/log/paceline/*"))
        expect("processes answer" in done.stdout, f"{name}: and says so in its status")
    becomes(lambda: any(row["status"] == 200 for row in outside.rows()), "the cluster publishes")
    status = clock.run(hosts["a"], "a and b: who is master", steps["a and b: who is master"]).stdout
    expect(re.search(r"cluster acme: [ab] is master", status), f"pacelinectl status says who is master: {status.splitlines()[:1]}")


def at_ease(hosts, names=("a", "b")):
    """Every node is ready for its role."""
    return all("200" in hosts[name].says("bash -c 'exec 3<>/dev/tcp/127.0.0.1/7110; printf \"GET /readyz HTTP/1.0\\r\\nHost: 127.0.0.1:7110\\r\\n\\r\\n\" >&3; head -1 <&3'")
               for name in names)


def master_of(outside):
    return [row for row in outside.rows() if row["status"] == 200][-1]["node"]


def programs_of(host):
    return [line for line in host.says("for p in $(pids statfeed pacer elector publisher watch); do readlink /proc/$p/exe; done").splitlines()]


def seen_by(host):
    """What `pacelinectl status` says on a host: master, and each node's role."""
    try:
        status = json.loads(host.says("pacelinectl status --json"))
    except ValueError:
        return None, {}
    return status["master"], {node["name"]: node["role"] for node in status["nodes"]}


def side_by_side(hosts, outside, what):
    """Both paced hosts see the same whole cluster, and the endpoint hears who both say is master."""
    def agree():
        seen = [seen_by(hosts[name]) for name in ("a", "b")]
        return seen[0] == seen[1] and seen[0][0] == master_of(outside) and sorted(seen[0][1].values()) == ["master", "standby", "witness"]
    becomes(agree, f"{what}: a and b see the same master, standby and witness")
    becomes(lambda: at_ease(hosts), f"{what}: both nodes are ready")


def handed_over(hosts, outside, name):
    done = hosts[master_of(outside)].run(f"pacelinectl handover {name}", check=False)
    expect(done.returncode == 0, f"pacelinectl handover {name}: {(done.stdout + done.stderr).strip()[-200:]}")
    becomes(lambda: master_of(outside) == name, f"{name} publishes")


class Site:
    """Hosts that have booted, the network between them, and the centre outside."""

    def __init__(self, spaces, wires, bare, old, new, outside):
        self.spaces, self.wires, self.bare, self.old, self.new, self.outside = spaces, wires, bare, old, new, outside
        self.hosts, self.clock = {}, Clock()


@contextlib.contextmanager
def cluster(root, old, new, network=Bridge, addresses=ADDRESSES, endpoint_port=7182, keep=False):
    """Bare hosts by their addresses below root, with the packages of these folders at hand, until the end of the block. keep: a line on
    standard input is waited for before they are gone."""
    root, old, new = root.resolve(), old.resolve(), new.resolve()
    root.mkdir(parents=True, exist_ok=True)
    bare = bare_root(root, [old, new])
    with Namespaces("pk") as spaces:
        wires = network(spaces)
        for node, address in {**addresses, "x": OUTSIDE}.items():
            spaces.add(node)
            wires.attach(node, address)
        site = Site(spaces, wires, bare, old, new, Outside(spaces, outside_root(bare, old), endpoint_port))
        try:
            for name in addresses:
                site.hosts[name] = Host(name, spaces, bare, old, new)
            yield site
        finally:
            if keep:
                print("the hosts: " + ", ".join(f"{name} nsenter -t {host.pid} -a -r -w" for name, host in site.hosts.items()), flush=True)
                sys.stdin.readline()
            for host in site.hosts.values():
                host.stop()


def bring_up(site, ca=None):
    """INSTALL.md from its first block to its last, with a clock, until the cluster publishes. ca: of the endpoint, if it is not the centre's own."""
    hosts = {name: site.hosts[name] for name in ADDRESSES}
    at_hand(site.clock, hosts)
    configured(site.clock, hosts, site.outside, ca or (site.outside.folder / "ca.pem").read_text())
    started(site.clock, hosts, site.outside)
    site.clock.print()
