#!/usr/bin/python3
"""How long nobody is served when the master dies: Paceline, keepalived and etcd in the same run, by the same judge.

  ops/bench failover [--quick] [--only SYSTEM,...] [--kills N] [--prefix P] [--together N]

Every system runs in network namespaces on bridges of this kernel. The judge is a party outside the cluster that is being
served, never a member's own word: for Paceline the endpoint's log, the first publication that it accepts from another node;
for keepalived a client of the shared address, the first answer of another node (it asks every 2 ms); for etcd a client
that writes every 10 ms, the first write accepted under a higher term. Time starts right before the first signal is sent.

  node_kill       kill -9 of all processes of the master's node (etcd: of the leader)
  publisher_kill  kill -9 of the process that serves (Paceline only: the others have none)
  handover        asked for by an operator: pacelinectl handover; SIGTERM of keepalived; etcdctl move-leader
  partition       the master's port of the bridge drops everything, its carrier stays
  elector_kill    (Paceline only) kill -9 of the elector alone

Writes build/bench/failover.json and prints a table. Paceline's two lanes run first, side by side; then the peers', twice as many at a time: they cost less.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent.parent
sys.path[:0] = [str(HERE), str(ROOT / "tests" / "chaos")]

import lane_etcd  # noqa: E402
import lane_keepalived  # noqa: E402
import lane_paceline  # noqa: E402
from namespaces import Broken, Namespaces, die_with_parent  # noqa: E402

# System, heartbeat [ms], election or other setting, what it is. Each is a lane, a process of its own.
LANES = [
    ("paceline", 200, 0, "default"),
    ("paceline", 100, 0, "lan-fast"),
    ("keepalived", 1000, 0, "its default advert"),
    ("etcd", 100, 1000, "its default: election 1000 ms"),
    ("etcd", 200, 1000, "election 1000 ms, the least it takes"),
    ("etcd", 100, 500, "election 500 ms, the least it takes"),
    ("keepalived", 100, 0, "same interval"),
    ("keepalived", 200, 0, "same interval"),
]
RUNNERS = {"paceline": lane_paceline.run_lane, "keepalived": lane_keepalived.run_lane, "etcd": lane_etcd.run_lane}


def percentile(values, share):
    """The smallest value that so large a share of them does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-len(ordered) * share // 100) - 1))]


def row_of(system, heartbeat, note, fault, values, extra):
    return {"system": system, "heartbeat_ms": heartbeat, "fault": fault, "n": len(values), "min_ms": round(min(values)),
            "p50_ms": round(percentile(values, 50)), "p99_ms": round(percentile(values, 99)), "max_ms": round(max(values)),
            "note": note, **extra}


def run_lane(asked):
    """In a process of its own: one system, all its faults; rows to standard output."""
    system, heartbeat, setting, note = LANES[asked.lane]
    with Namespaces(asked.prefix) as spaces, tempfile.TemporaryDirectory(prefix=f"{asked.prefix}-") as folder:
        spaces.forget_folder(folder)
        counts = {"node_kill": asked.kills, "publisher_kill": asked.kills, "elector_kill": max(1, asked.kills // 4),
                  "handover": max(1, asked.kills // 2), "partition": max(1, asked.kills // 2)}
        try:
            for fault, values, extra in RUNNERS[system](spaces, folder, heartbeat, setting, counts, asked.programs):
                print(json.dumps(row_of(system, heartbeat, note, fault, values, extra)), flush=True)
        except Broken as error:
            sys.exit(f"ops/bench failover: {system} at {heartbeat} ms: {error}")


def print_row(row):
    print(f"{row['system']:<11}{row['heartbeat_ms']:>6} ms  {row['fault']:<15}{row['n']:>4}{row['min_ms']:>7}{row['p50_ms']:>7}"
          f"{row['p99_ms']:>7}{row['max_ms']:>7}  {row['p50_ms'] / row['heartbeat_ms']:>5.2f}  {row['p99_ms'] / row['heartbeat_ms']:>5.2f}  {row['note']}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few kills, a few minutes: shows that it works")
    parser.add_argument("--kills", type=int, default=0, help="of nodes and publishers (default 100, quick 6); half as many of the others")
    parser.add_argument("--only", default="", help="systems, with commas")
    parser.add_argument("--prefix", default="pl", help="of the namespaces' names")
    parser.add_argument("--together", type=int, default=2, help="lanes of Paceline side by side; twice as many of the others")
    parser.add_argument("--programs", type=pathlib.Path, default=ROOT / "build" / "release" / "bin")
    parser.add_argument("--json", type=pathlib.Path, default=ROOT / "build" / "bench" / "failover.json")
    parser.add_argument("--lane", type=int, default=-1, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    asked.kills = asked.kills or (6 if asked.quick else 100)
    if asked.lane >= 0:
        return run_lane(asked)
    wanted = [i for i, lane in enumerate(LANES) if not asked.only or lane[0] in asked.only.split(",")]
    if not wanted:
        parser.error(f"--only: no such system; there are {sorted(RUNNERS)}")
    print(f"{'system':<11}{'heartbeat':>9}  {'fault':<15}{'n':>4}{'min':>7}{'p50':>7}{'p99':>7}{'max':>7}  {'p50/H':>5}  {'p99/H':>5}   [ms]")
    began, rows, running, failed = time.monotonic(), [], {}, 0
    load = os.getloadavg()[0]
    while wanted or running:
        while wanted and len(running) < asked.together * (1 if LANES[wanted[0]][0] == "paceline" else 2):
            if running and LANES[wanted[0]][0] != "paceline" and "paceline" in {name for _, name in running.values()}:
                break  # Peers wait until Paceline is done.
            lane = wanted.pop(0)
            out = tempfile.TemporaryFile("w+")
            running[subprocess.Popen([sys.executable, __file__, "--lane", str(lane), "--kills", str(asked.kills), "--prefix", asked.prefix,
                                      "--programs", asked.programs], stdout=out, preexec_fn=die_with_parent)] = (out, LANES[lane][0])
        time.sleep(0.2)
        for process in [p for p in running if p.poll() is not None]:
            out, _ = running.pop(process)
            out.seek(0)
            fresh = [json.loads(line) for line in out]
            failed += process.returncode != 0
            rows += fresh
            for row in fresh:
                print_row(row)
    asked.json.parent.mkdir(parents=True, exist_ok=True)
    asked.json.write_text(json.dumps({"rows": rows, "kills": asked.kills, "seconds": round(time.monotonic() - began), "cores": os.cpu_count(),
                                      "load_at_start": load, "load_at_end": os.getloadavg()[0], "lanes_together": asked.together}, indent=1) + "\n")
    print(f"{time.monotonic() - began:.0f} s, load {load:.1f} at the start, {os.getloadavg()[0]:.1f} at the end; {asked.json}")
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Broken as error:
        sys.exit(f"ops/bench failover: {error}")
