"""The network between the namespaces, behind one interface.

  wires = Bridge(spaces)      # a bridge and veth pairs of the kernel: no delay of its own; whole nodes can be cut off
  wires = Relay(spaces, seed) # frames pass a process of ours (relay.py): any direction of any pair can be cut, delayed, lossy
  wires = Netem(spaces)       # the bridge, with tc netem and iptables for the same: where the kernel has both
  wires.attach("a", "10.44.0.1")
  wires.cut("a", "b")         # nothing of a reaches b any more; b still reaches a
  wires.isolate("a", True)
  wires.slow("a", delay_ms=80, jitter_ms=40, loss=0.05)   # what a sends
  wires.heal()
"""
import json
import os
import pathlib
import subprocess
import sys

from namespaces import Broken

HERE = pathlib.Path(__file__).resolve().parent


class Bridge:
    """The kernel's own bridge, in a namespace of its own."""

    def __init__(self, spaces):
        self.spaces = spaces
        self.addresses = {}
        spaces.add("net")
        spaces.run("net", "ip", "link", "add", "name", "hub", "type", "bridge")
        spaces.run("net", "ip", "link", "set", "hub", "up")
        # One process for all orders: a cut takes effect within a millisecond.
        self.orders = subprocess.Popen(["ip", "netns", "exec", spaces.name("net"), "bridge", "-force", "-batch", "-"], stdin=subprocess.PIPE, text=True)

    def attach(self, node, address):
        net, own = self.spaces.name("net"), self.spaces.name(node)
        self.spaces.run("net", "ip", "link", "add", f"v-{node}", "type", "veth", "peer", "name", "eth0", "netns", own)
        self.spaces.run("net", "ip", "link", "set", f"v-{node}", "master", "hub", "up")
        self.spaces.run(node, "ip", "addr", "add", f"{address}/24", "dev", "eth0")
        self.spaces.run(node, "ip", "link", "set", "eth0", "up")
        self.addresses[node] = address
        return net

    def isolate(self, node, is_cut):
        """Drops every frame from and to it, its carrier stays: what a switch in between does when it fails silently."""
        self.orders.stdin.write(f"link set dev v-{node} state {0 if is_cut else 3}\n")
        self.orders.stdin.flush()
        if self.orders.poll() is not None:
            raise Broken("bridge -batch has ended: " + self.spaces.run("net", "bridge", "link", check=False))

    def heal(self):
        for node in self.addresses:
            self.isolate(node, False)


class Netem(Bridge):
    """Adds to the bridge what the kernel's netem and iptables do, in each node's own namespace."""

    @staticmethod
    def missing(spaces):
        """What keeps it from working here; "" = nothing."""
        if subprocess.run(["sh", "-c", "command -v iptables tc"], capture_output=True).returncode != 0:
            return "iptables or tc is not installed"
        if "hub" not in spaces.run("net", "ip", "-br", "link"):
            return "no bridge"
        done = subprocess.run(["ip", "netns", "exec", spaces.name("net"), "tc", "qdisc", "add", "dev", "lo", "root", "netem", "delay", "1ms"],
                              capture_output=True, text=True)
        if done.returncode != 0:
            return "the kernel has no sch_netem: " + done.stderr.strip()
        spaces.run("net", "tc", "qdisc", "del", "dev", "lo", "root")
        done = subprocess.run(["ip", "netns", "exec", spaces.name("net"), "iptables", "-L", "-n"], capture_output=True, text=True)
        return "" if done.returncode == 0 else "iptables: " + done.stderr.strip()

    def cut(self, sender, receiver):
        self.spaces.run(receiver, "iptables", "-A", "INPUT", "-s", self.addresses[sender], "-j", "DROP")

    def slow(self, sender, delay_ms, jitter_ms, loss):
        self.spaces.run(sender, "tc", "qdisc", "replace", "dev", "eth0", "root", "netem", "delay", f"{delay_ms}ms", f"{jitter_ms}ms",
                        "loss", f"{loss * 100:g}%")

    def heal(self):
        super().heal()
        for node in self.addresses:
            self.spaces.run(node, "iptables", "-F", "INPUT")
            self.spaces.run(node, "tc", "qdisc", "del", "dev", "eth0", "root", check=False)


class Relay:
    """Every node has a TAP device; relay.py, a process of its own, carries the frames from one to the others."""

    def __init__(self, spaces, seed=1):
        self.spaces = spaces
        self.nodes = []
        if not os.path.exists("/dev/net/tun"):
            raise Broken("/dev/net/tun is missing: the kernel has no TUN/TAP, and no sch_netem either")
        self.process = subprocess.Popen([sys.executable, HERE / "relay.py", str(seed)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def _order(self, **order):
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        if answer != "done":
            raise Broken(f"relay: {answer or 'it has ended'}")

    def attach(self, node, address):
        self._order(do="attach", node=node, space=self.spaces.name(node))
        self.spaces.run(node, "ip", "addr", "add", f"{address}/24", "dev", "eth0")
        self.spaces.run(node, "ip", "link", "set", "eth0", "up")
        self.nodes.append(node)

    def cut(self, sender, receiver):
        self._order(do="cut", sender=sender, receiver=receiver)

    def isolate(self, node, is_cut):
        if not is_cut:
            return self._order(do="heal", node=node)
        for other in self.nodes:
            if other != node:
                self.cut(node, other)
                self.cut(other, node)

    def slow(self, sender, delay_ms, jitter_ms, loss):
        self._order(do="slow", sender=sender, delay_ms=delay_ms, jitter_ms=jitter_ms, loss=loss)

    def heal(self):
        self._order(do="heal", node="")


def network(spaces, kind, seed):
    """kind: auto, netem or relay. Returns the network and a sentence that says which and why."""
    if kind == "relay":
        return Relay(spaces, seed), "relay (asked for)"
    bridge = Netem(spaces)
    missing = Netem.missing(spaces)
    if not missing:
        return bridge, "tc netem and iptables"
    if kind == "netem":
        raise Broken(f"--network netem: {missing}")
    return Relay(spaces, seed), f"relay, for {missing}"
