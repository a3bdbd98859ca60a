#!/usr/bin/python3
"""What an elector costs that has nothing to do: CPU of the three electors of a quiet cluster over a minute.

  ops/bench idle [--seconds N] [--heartbeat MS]     writes build/bench/idle.json

From the kernel's own accounts (/proc/PID/task/*/schedstat: nanoseconds on a core), per thread, and how often each
thread was switched to.
"""
import argparse
import glob
import json
import pathlib
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "chaos"))

from cluster import ROOT, Cluster  # noqa: E402
from namespaces import Broken, Namespaces  # noqa: E402
from wires import Bridge  # noqa: E402


def spent(pid):
    """Thread -> (seconds on a core, times switched to)."""
    threads = {}
    for path in glob.glob(f"/proc/{pid}/task/*/schedstat"):
        name = pathlib.Path(path).with_name("comm").read_text().strip()
        ran, _, turns = map(int, pathlib.Path(path).read_text().split())
        threads[pathlib.Path(path).parent.name] = (name, ran / 1e9, turns)
    return threads


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--heartbeat", type=int, default=200, help="[ms]")
    parser.add_argument("--prefix", default="pl")
    parser.add_argument("--programs", type=pathlib.Path, default=ROOT / "build" / "release" / "bin")
    parser.add_argument("--json", type=pathlib.Path, default=ROOT / "build" / "bench" / "idle.json")
    asked = parser.parse_args()
    with Namespaces(asked.prefix) as spaces, tempfile.TemporaryDirectory(prefix=f"{asked.prefix}-") as folder:
        spaces.forget_folder(folder)
        cluster = Cluster(spaces, Bridge(spaces), folder, asked.programs, heartbeat_ms=asked.heartbeat, time_scale=1, name="idle")
        cluster.start_outside()
        time.sleep(0.5)
        for node in cluster.addresses:
            cluster.start(node)
        cluster.wait_ready()
        master = cluster.master()
        time.sleep(3)
        pids = {node: cluster.running[node, "elector"].pid for node in cluster.addresses}
        before, began = {node: spent(pid) for node, pid in pids.items()}, time.monotonic()
        time.sleep(asked.seconds)
        seconds = time.monotonic() - began
        rows = []
        for node, pid in pids.items():
            for thread, (name, ran, turns) in spent(pid).items():
                _, ran_before, turns_before = before[node].get(thread, ("", 0, 0))
                rows.append({"node": node, "role": "master" if node == master else "witness" if node not in cluster.pacing else "follower",
                             "thread": name, "percent": 100 * (ran - ran_before) / seconds, "turns_per_s": (turns - turns_before) / seconds})
        cluster.stop()
    print(f"{'role':<10}{'thread':<18}{'% of a core':>12}{'turns/s':>9}")
    for row in rows:
        print(f"{row['role']:<10}{row['thread']:<18}{row['percent']:>12.3f}{row['turns_per_s']:>9.1f}")
    sums = {role: sum(row["percent"] for row in rows if row["role"] == role) for role in ("master", "follower", "witness")}
    print("in all:   " + ", ".join(f"{role} {percent:.2f} %" for role, percent in sums.items()))
    asked.json.parent.mkdir(parents=True, exist_ok=True)
    asked.json.write_text(json.dumps({"heartbeat_ms": asked.heartbeat, "seconds": seconds, "percent": sums, "threads": rows}, indent=1) + "\n")


try:
    main()
except Broken as error:
    sys.exit(f"ops/bench idle: {error}")
