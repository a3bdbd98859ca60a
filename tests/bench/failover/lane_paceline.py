"""Paceline: two nodes, a witness and the endpoint on a bridge; see failover.py."""
import random
import time

from cluster import Cluster
from namespaces import Broken
from wires import Bridge

LIMIT_S = 20


def longest_gap(rows, began_ms, ended_ms):
    """[ms] the longest time between two accepted publications around a fault."""
    times = [row["received_ms"] for row in rows if row["status"] == 200 and began_ms - 2000 <= row["received_ms"] <= ended_ms]
    return max((later - earlier for earlier, later in zip(times, times[1:])), default=0)


def measure(cluster, fault, chance, heartbeat):
    """One fault: the time to the first publication of the other node, and the longest gap around it, both [ms]."""
    cluster.wait_ready()
    master = cluster.master()
    time.sleep(chance.uniform(0.2, 0.2 + 2 * heartbeat / 1000))  # Anywhere within a heartbeat.
    if fault == "node_kill":
        began, undo = cluster.kill(master), lambda: cluster.start(master)
    elif fault == "publisher_kill":
        began, undo = cluster.kill(master, "publisher"), lambda: cluster.start_process(master, "publisher")
    elif fault == "elector_kill":
        began, undo = cluster.kill(master, "elector"), lambda: None
    elif fault == "handover":
        began, undo = time.time() * 1000, lambda: None
        cluster.ctl(master, "handover", "--timeout", "0")
    else:
        began, undo = time.time() * 1000, lambda: cluster.wires.isolate(master, False)
        cluster.wires.isolate(master, True)
    row = cluster.log.first_accepted(began, lambda row: row["node"] != master, LIMIT_S)
    if row is None:
        raise Broken(f"{fault} of {master}: nobody else published within {LIMIT_S} s; logs in {cluster.folder}")
    undo()
    if fault != "node_kill":
        # Faults come a hundred times faster than in any life: a new elector knows nothing of the last one, so that neither
        # damping nor the pause after a release shapes what is measured next.
        if fault != "elector_kill":
            cluster.kill(master, "elector")
        cluster.start_process(master, "elector")
    return row["received_ms"] - began, longest_gap(cluster.log.rows, began, row["received_ms"])


def run_lane(spaces, folder, heartbeat, _, counts, programs):
    chance = random.Random(heartbeat)
    cluster = Cluster(spaces, Bridge(spaces), folder, programs, heartbeat_ms=heartbeat, name="bench")
    cluster.start_outside()
    time.sleep(0.5)
    for node in cluster.addresses:
        cluster.start(node)
    for fault in ("node_kill", "publisher_kill", "elector_kill", "handover", "partition"):
        results = [measure(cluster, fault, chance, heartbeat) for _ in range(counts[fault])]
        gaps = sorted(gap for _, gap in results)
        yield fault, [took for took, _ in results], {"period_ms": 2000 // cluster.time_scale, "longest_gap_ms": gaps[-1]}
    cluster.stop()
