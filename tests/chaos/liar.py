#!/usr/bin/python3
"""Speaks on the bus as a node of the cluster that went bad: with its keys, from its address, where its own process listened.

  liar.py RUN_DIR NODE ADDRESS:PORT LIE OTHER_ADDRESS:PORT OTHER      until it is ended

NODE's process on ADDRESS:PORT must have been stopped. What a true message looks like it learns from OTHER, which speaks on the
same channel at OTHER_ADDRESS:PORT. It prints `heard` when the first one listens, and from then on lies, every 50 ms:
"""
import pathlib
import random
import sys
import time

import msgpack
import zmq

# Places in the messages' tables (common/wire/MESSAGES.md), which grow at their ends only.
ELECTION = {name: place for place, name in enumerate(
    ["version", "cluster", "config", "node", "incarnation", "sequence", "kind", "term", "to", "timestamp_ns", "extends", "ok", "target", "why",
     "role", "priority", "tier", "master", "master_since_ms", "seen", "wall_ms", "targets"])}
NUMBERS = {"a": 1, "b": 2, "w": 3}  # Of the nodes, in the topology.
HEARTBEAT, RELEASE, PRESENCE, MASTER = 1, 2, 0, 5
HEADER = {name: place for place, name in enumerate(["version", "sender", "shard", "incarnation", "sequence", "keyframe", "dictionary", "age_ns"])}


class Liar:
    def __init__(self, run_dir, node, own, other, other_node):
        keys = pathlib.Path(run_dir) / "keys"
        self.node, self.other_node = node, other_node
        key = {name: (keys / name).read_text().split()[0].encode() for name in (f"{node}.secret", f"{node}.public", f"{other_node}.public")}
        context = zmq.Context()
        self.says = context.socket(zmq.XPUB)  # It reads who listens.
        self.says.curve_server, self.says.curve_secretkey, self.says.curve_publickey = True, key[f"{node}.secret"], key[f"{node}.public"]
        self.says.bind(f"tcp://{own}")
        self.hears = context.socket(zmq.SUB)
        self.hears.curve_serverkey, self.hears.curve_secretkey, self.hears.curve_publickey = key[f"{other_node}.public"], key[f"{node}.secret"], key[f"{node}.public"]
        self.hears.subscribe(b"")
        self.hears.connect(f"tcp://{other}")
        self.incarnation = time.time_ns()
        self.sequence = 0
        self.chance = random.Random(node)

    def true_message(self):
        """What the other one says now: topic, and the message as a list."""
        while True:
            topic, sender, body = self.hears.recv_multipart()
            if body and sender.startswith(self.other_node.encode()):
                return topic, msgpack.unpackb(body)

    def say(self, topic, body, process, speaker=None):
        self.says.send_multipart([topic, f"{speaker or self.node}/{process}/0".encode(), body])

    def election(self, speaker=None, **lie):
        topic, message = self.true_message()
        self.sequence += 1
        true = {"node": speaker or self.node, "incarnation": self.incarnation, "sequence": self.sequence, "wall_ms": int(time.time() * 1000), "kind": PRESENCE}
        term = message[ELECTION["term"]]
        for name, value in {**true, **lie}.items():
            message[ELECTION[name]] = value(term) if callable(value) else value
        self.say(topic, msgpack.packb(message), "elector", speaker)

    # ---- on heartbeat

    def absurd_term(self):
        """presence in a term that nobody can have reached"""
        self.election(term=self.chance.choice([2**53 - 1, (2**48 - 1) << 8, time.time_ns(), 2**63 - 1]))

    def forged_release(self):
        """the other one's release, in its name"""
        self.election(self.other_node, kind=RELEASE, incarnation=2**60)

    def claims_mastership(self):
        """a master's heartbeat, in a term above all"""
        self.election(kind=HEARTBEAT, role=MASTER, master=self.node, term=lambda term: ((term >> 8) + 1 << 8) + NUMBERS[self.node], extends=True)

    def garbage(self):
        """nested nils, what is long, what is no MessagePack"""
        self.say(b"*", self.chance.choice([b"\x91" * 60_000, b"\xdd\xff\xff\xff\xff", self.chance.randbytes(500), b"\xc0" * 5_000_000]), "elector")

    # ---- on feedback

    def poisoned_feedback(self):
        """a head that no true one follows, and more outstanding than there are visitors"""
        topic, message = self.true_message()
        self.sequence += 1
        header, head, ids, indices, rows = message[:5]
        header[HEADER["sender"]] = f"{self.node}/publisher/0"
        header[HEADER["incarnation"]], header[HEADER["sequence"]] = self.incarnation, self.sequence
        head[1], head[2] = 2**53 - 1, 2**63 - 1
        for row in rows:
            row[-1] = -(2**31)
        self.say(topic, msgpack.packb(message), "publisher")

    def countless_shards(self):
        """a shard that no topology has, with 10,000 ids, another one each time"""
        self.sequence += 1
        header = [1, f"{self.node}/publisher/0", self.sequence % 1024, self.incarnation, self.sequence, True, self.sequence, 0]
        ids = [f"{self.sequence}-{i}" for i in range(10_000)]
        self.say(b"*", msgpack.packb([header, ["e", 1, self.sequence], ids, list(range(len(ids))), [[0] * 7] * len(ids)]), "publisher")

    LIES = {"heartbeat": ("absurd_term", "forged_release", "claims_mastership", "garbage"), "feedback": ("poisoned_feedback", "countless_shards")}


def main():
    if len(sys.argv) != 7:
        lies = "\n".join(f"  {name:<20}{channel}: {getattr(Liar, name).__doc__}" for channel, names in Liar.LIES.items() for name in names)
        sys.exit(__doc__ + lies)
    run_dir, node, own, lie, other, other_node = sys.argv[1:]
    liar = Liar(run_dir, node, own, other, other_node)
    tell = getattr(liar, lie)
    liar.says.recv()
    print("heard", flush=True)
    while True:
        tell()
        time.sleep(0.05)


if __name__ == "__main__":
    main()
