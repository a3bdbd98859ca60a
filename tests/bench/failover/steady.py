#!/usr/bin/python3
"""How often mastership moves although nothing has failed: a busy machine, a lossy network, no fault at all.

  ops/bench steady [--minutes N] [--loss SHARE] [--delay MS] [--hogs N] [--heartbeat MS,...]     writes build/bench/steady.json

Two nodes and a witness for each heartbeat, side by side, over the relay of tests/chaos, which loses that share of all frames and delays
each by up to twice that time; so many processes that do nothing but compute (default 4 a core). Every change of
term is a false failover. The judge is the endpoint's log, which also tells the longest time without a publication.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "chaos"))

from checker import broken_promises, gaps  # noqa: E402
from cluster import ROOT, Cluster  # noqa: E402
from namespaces import Broken, Namespaces, die_with_parent  # noqa: E402
from wires import Relay  # noqa: E402


def run_lane(heartbeat, asked):
    """In a process of its own; one row to standard output."""
    with Namespaces(asked.prefix) as spaces, tempfile.TemporaryDirectory(prefix=f"{asked.prefix}-") as folder:
        spaces.forget_folder(folder)
        wires = Relay(spaces, heartbeat)
        cluster = Cluster(spaces, wires, folder, asked.programs, heartbeat_ms=heartbeat, name="steady")
        cluster.start_outside()
        time.sleep(0.5)
        for node in cluster.addresses:
            cluster.start(node)
        cluster.wait_ready()
        for node in (*cluster.addresses, "x"):
            wires.slow(node, asked.delay, asked.delay, asked.loss)
        time.sleep(5)
        cluster.log.update()
        seen, began = len(cluster.log.rows), time.time()
        time.sleep(asked.minutes * 60)
        rows = cluster.log.update()[seen:]
        cluster.stop()
    terms = [row["term"] for row in rows if row["status"] == 200]
    moved = sum(a != b for a, b in zip(terms, terms[1:]))
    wrong = broken_promises(rows)
    print(json.dumps({"heartbeat_ms": heartbeat, "minutes": round((time.time() - began) / 60, 2), "loss": asked.loss, "delay_ms": asked.delay,
                      "publications": len(terms), "false_failovers": moved, "longest_gap_ms": round(max((gap.length_ms for gap in gaps(rows)), default=-1)),
                      "load": os.getloadavg()[0], "out_of_order": len(wrong)}))
    return 1 if wrong or not terms else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--loss", type=float, default=0.01)
    parser.add_argument("--delay", type=float, default=1, help="[ms]")
    parser.add_argument("--hogs", type=int, default=4 * (os.cpu_count() or 1))
    parser.add_argument("--heartbeat", default="200,100", help="[ms]")
    parser.add_argument("--prefix", default="pl")
    parser.add_argument("--programs", type=pathlib.Path, default=ROOT / "build" / "release" / "bin")
    parser.add_argument("--json", type=pathlib.Path, default=ROOT / "build" / "bench" / "steady.json")
    parser.add_argument("--lane", type=int, default=0, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.lane:
        return run_lane(asked.lane, asked)
    hogs = [subprocess.Popen([sys.executable, "-c", "while True: pass"], preexec_fn=die_with_parent) for _ in range(asked.hogs)]
    try:
        common = [sys.executable, __file__, "--minutes", str(asked.minutes), "--loss", str(asked.loss), "--delay", str(asked.delay), "--prefix", asked.prefix,
                  "--programs", asked.programs]
        lanes = [subprocess.Popen([*common, "--lane", heartbeat], stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent) for heartbeat in asked.heartbeat.split(",")]
        rows = [json.loads(text) for lane in lanes if (text := lane.communicate()[0])]
    finally:
        for hog in hogs:
            hog.kill()
    print(f"{'heartbeat':>9}{'minutes':>9}{'loss':>7}{'load':>7}{'publications':>14}{'false failovers':>17}{'longest gap':>13}")
    for row in rows:
        print(f"{row['heartbeat_ms']:>6} ms{row['minutes']:>9.1f}{row['loss']:>7.1%}{row['load']:>7.1f}{row['publications']:>14}{row['false_failovers']:>17}"
              f"{row['longest_gap_ms']:>10} ms")
    asked.json.parent.mkdir(parents=True, exist_ok=True)
    asked.json.write_text(json.dumps({"hogs": asked.hogs, "cores": os.cpu_count(), "rows": rows}, indent=1) + "\n")
    return 1 if any(lane.returncode for lane in lanes) else 0


try:
    sys.exit(main())
except Broken as error:
    sys.exit(f"ops/bench steady: {error}")
