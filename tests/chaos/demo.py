#!/usr/bin/python3
"""Kills and stops what the running demo consists of, one thing after the other, and judges by the endpoint's log alone.

  ops/chaos [demo] [--rounds N] [--only FAULT,...] [--run DIR] [--bin DIR]     after ops/up

Faults: kill -9 of each process of the master in turn, of all of the master's node, of the primary Stat Server (the simulator
closes its port), and SIGSTOP .. SIGCONT of the master's publisher. For each: the gap between the last publication
accepted before and the first one accepted after it, and which node published then. Exit 1 if a publication was accepted with a
term lower than one accepted before, with a sequence that does not rise within its term, or with another node's term, or
if pacing did not come back within 5 minutes.
"""
import argparse
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from checker import broken_promises  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
ARGUMENTS = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
ARGUMENTS.add_argument("--rounds", type=int, default=1)
ARGUMENTS.add_argument("--only", default="")
ARGUMENTS.add_argument("--run", type=pathlib.Path, default=ROOT / "build" / "demo")
ARGUMENTS.add_argument("--bin", type=pathlib.Path, default=ROOT / "build" / "release" / "bin")
ASKED = ARGUMENTS.parse_args()
RUN = ASKED.run
LOG = RUN / "simulator" / "publications.jsonl"
PROCESSES = ["statfeed", "pacer-0", "pacer-1", "elector", "publisher", "watch"]
LIMIT_S = 300  # Only ends a run in which pacing does not come back.


def supervisorctl(*words):
    done = subprocess.run(["supervisorctl", "-c", RUN / "supervisord.conf", *words], capture_output=True, text=True)
    return done.stdout


def status():
    command = [ASKED.bin / "pacelinectl", "--topology", RUN / "topology.toml", "--node", "a", "status", "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    return json.loads(done.stdout) if done.returncode == 0 else {}


def publications():
    lines = LOG.read_text().splitlines()
    rows = []
    for line in lines:
        try:
            rows.append(json.loads(line))
        except ValueError:  # The last line may be half written; a broken one in the middle is a fault.
            if line is not lines[-1]:
                raise
    return rows


def received(row):
    return row["received_ms"] / 1000.0


def accepted():
    return [row for row in publications() if row["status"] == 200]


def pid_of(program):
    text = supervisorctl("pid", program).strip()
    return int(text) if text.isdigit() and text != "0" else 0


def stat_server(state):
    port = re.search(r"--control-port (\d+)", (RUN / "supervisord.conf").read_text())[1]
    request = urllib.request.Request(f"http://127.0.0.1:{port}/fault", json.dumps({"statserver_primary": state}).encode(), method="POST")
    urllib.request.urlopen(request, timeout=5).read()


def master_node():
    deadline = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline:
        view = status()
        up = {node["name"]: node["role"] for node in view.get("nodes", [])}
        if view.get("master") and "down" not in up.values():
            return view["master"]
        time.sleep(0.2)
    sys.exit("ops/chaos: no master with all nodes up within 5 minutes; is the demo running (ops/up)?")


def strike(fault, master):
    """Does the fault; returns what undoes it."""
    if fault == "primary_stat_server":
        stat_server("down")
        return lambda: stat_server("up")
    if fault == "publisher_pause":
        pid = pid_of(f"{master}:publisher")
        os.kill(pid, signal.SIGSTOP)
        time.sleep(3)
        os.kill(pid, signal.SIGCONT)
        return lambda: None
    names = PROCESSES if fault == "whole_node" else [fault]
    for pid in [pid_of(f"{master}:{name}") for name in names]:
        if pid:
            os.kill(pid, signal.SIGKILL)
    return lambda: None


def measure(fault):
    master = master_node()
    time.sleep(2)
    before = accepted()[-1]
    at = time.time()
    undo = strike(fault, master)
    deadline = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline:
        after = [row for row in accepted() if received(row) > at + 0.005]
        if after:
            break
        time.sleep(0.05)
    time.sleep(4 if fault == "publisher_pause" else 2)
    undo()
    rows = [row for row in accepted() if received(row) >= received(before)]
    if len(rows) < 2:
        return {"fault": fault, "master": master, "gap_s": None, "next": None}
    gaps = [(received(b) - received(a), b["node"]) for a, b in zip(rows, rows[1:])]
    gap, node = max(gaps)
    return {"fault": fault, "master": master, "gap_s": gap, "next": node}


def main():
    faults = [*PROCESSES, "whole_node", "primary_stat_server", "publisher_pause"]
    wanted = [f for f in faults if not ASKED.only or f in ASKED.only.split(",")]
    print(f"{'fault':22}{'master':8}{'longest gap':>12}   published then by")
    lost = 0
    for _ in range(ASKED.rounds):
        for fault in wanted:
            row = measure(fault)
            lost += row["gap_s"] is None
            gap = "never" if row["gap_s"] is None else f"{row['gap_s']:.3f} s"
            print(f"{row['fault']:22}{row['master']:8}{gap:>12}   {row['next']}", flush=True)
    wrong = broken_promises(publications())
    fenced = sum(row["status"] == 409 for row in publications())
    print(f"{len(accepted())} publications accepted, {fenced} fenced, {len(wrong)} accepted out of order")
    for sentence in wrong:
        print("out of order:", sentence)
    return 1 if wrong or lost else 0


sys.exit(main())
