"""A storm: events of a cluster one after another, and what the endpoint's log says of them. What they are is the storm's class:

  class Chaos:
      NAME              as in `ops/chaos NAME`
      PREFIX, KEEP      of the namespaces' names; the folder below build/ for the logs of what was broken
      KINDS, ALONE      names of its methods that are events; those that no second event may meet
      PAIRED            share of events that come two at once
      PERIOD_MS         between publications; gaps of more than four of them outside of any event are told
      __init__(spaces, folder, asked, wires)
      begin()           the cluster is whole
      verdict(events)   prints it; whether every promise was kept
"""
import argparse
import json
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import time

from checker import broken_promises, gaps_during, unattributed
from cluster import MOST_NODES, ROOT
from namespaces import Broken, Namespaces
from wires import network

LIMIT_S = 60  # For the cluster to be whole again.


def strike(chaos, kinds):
    """One event, or two at once; when it began and ended [ms since 1970], and what was done."""
    chaos.cluster.wait_ready(LIMIT_S)
    master = chaos.cluster.master()
    time.sleep(chaos.chance.uniform(0.3, 1.0))
    length = chaos.chance.choice([0.2, 0.5, 1, 2, 4]) * chaos.chance.uniform(0.8, 1.2)
    began = time.time() * 1000
    events = [getattr(chaos, kind)(master) for kind in kinds]
    told = [next(event) for event in events]
    time.sleep(length)
    for event in events:
        next(event, None)
    chaos.cluster.wait_ready(LIMIT_S)
    # The first publication after it may be a period away, and a publisher backs off after failures.
    row = chaos.cluster.log.first_accepted(time.time() * 1000, lambda _: True, LIMIT_S)
    if row is None:
        raise Broken(f"nothing was accepted for {LIMIT_S} s after: {'; '.join(told)}")
    return {"kinds": kinds, "told": "; ".join(told), "began_ms": began, "ended_ms": time.time() * 1000, "seconds": length, "master": master}


def tell(event, rows):
    during = gaps_during(rows, event["began_ms"], event["ended_ms"])
    event["gap_ms"] = max(gap.length_ms for gap in during)
    event["next"] = next((gap.after for gap in reversed(during) if gap.after != gap.before), "")
    event["fenced"] = sum(row["status"] == 409 and event["began_ms"] <= row["received_ms"] <= event["ended_ms"] for row in rows)
    moved = f", then {event['next']}" if event["next"] else ""
    fenced = f", {event['fenced']} fenced" if event["fenced"] else ""
    print(f"{time.strftime('%H:%M:%S')}  {'+'.join(event['kinds']):<20} {event['told']} ({event['seconds']:.1f} s): gap {event['gap_ms']:.0f} ms{moved}{fenced}", flush=True)


def table(chaos, events, rows):
    """The verdict, by kind; returns whether every promise was kept."""
    print(f"\n{'event':<20}{'n':>4}{'gap p50':>9}{'gap max':>9}{'moved':>7}{'fenced':>8}   [ms]")
    for kind in (*chaos.KINDS, "two at once"):
        mine = [event for event in events if (event["kinds"] == [kind] if kind != "two at once" else len(event["kinds"]) > 1)]
        if mine:
            lengths = sorted(event["gap_ms"] for event in mine)
            print(f"{kind:<20}{len(mine):>4}{lengths[(len(lengths) - 1) // 2]:>9.0f}{lengths[-1]:>9.0f}{sum(bool(e['next']) for e in mine):>7}"
                  f"{sum(e['fenced'] for e in mine):>8}")
    accepted = [row for row in rows if row["status"] == 200]
    fenced = [row for row in rows if row["status"] == 409]
    by = {node: sum(row["node"] == node for row in accepted) for node in chaos.cluster.pacing}
    print(f"{len(accepted)} publications accepted in {len({row['term'] for row in accepted})} terms ({by}), {len(fenced)} fenced")
    strays = unattributed(rows, [(event["began_ms"], event["ended_ms"]) for event in events], 4 * chaos.PERIOD_MS)
    strays = [gap for gap in strays if gap.began_ms >= events[0]["began_ms"]]
    print(f"{len(strays)} gaps above {4 * chaos.PERIOD_MS} ms or changes of master outside of any event" + ("" if not strays else ": " + ", ".join(
        f"{gap.length_ms:.0f} ms {gap.before} to {gap.after}" for gap in strays)))
    wrong = broken_promises(rows)
    for sentence in wrong:
        print("BROKEN:", sentence)
    stale = any("pause_before_send" in event["kinds"] for event in events)
    if stale and not fenced:
        print("BROKEN: no stale publication ever reached the endpoint, so its fence was not tried")
    print("out of order: 0, terms with two nodes: 0" if not wrong else f"{len(wrong)} promises broken")
    return not wrong and not (stale and not fenced)


def arguments(chaos, about, targets=10):
    """The command line that all storms have; each adds how long it lasts, as `seconds`."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1, 10**6))
    parser.add_argument("--only", default="", help="kinds of events, with commas")
    parser.add_argument("--network", choices=["auto", "netem", "relay"], default="auto")
    parser.add_argument("--nodes", type=int, choices=range(2, MOST_NODES + 1), default=2, metavar="N", help="that pace, beside the witness")
    parser.add_argument("--targets", type=int, default=targets)
    parser.add_argument("--prefix", default=chaos.PREFIX, help="of the namespaces' names")
    parser.add_argument("--programs", type=pathlib.Path, default=ROOT / "build" / "release" / "bin")
    parser.add_argument("--keep", type=pathlib.Path, default=ROOT / "build" / chaos.KEEP, help="where logs go when something is broken")
    parser.add_argument("--kinds", action="store_true", help="lists the kinds of events")
    return parser


def weather(chaos, kinds, seconds):
    """Every kind once before any comes twice; now and then two at once. No event begins later than `seconds`."""
    deadline, deck = time.monotonic() + seconds, []
    while time.monotonic() < deadline:
        if not deck:
            deck = list(kinds)
            chaos.chance.shuffle(deck)
        now = [deck.pop()]
        if deck and chaos.chance.random() < chaos.PAIRED and not {now[0], deck[-1]} & set(chaos.ALONE):
            now.append(deck.pop())
        event = strike(chaos, now)
        rows = chaos.cluster.log.update()
        tell(event, rows)
        yield event
        if broken_promises(rows):
            return


def run_storm(make, parser):
    """From the command line to the exit code: 0 every promise was kept, 1 one was broken, 2 the place does not allow namespaces."""
    asked = parser.parse_args()
    if asked.kinds:
        print("\n".join(f"{kind:<20}{(getattr(make, kind).__doc__ or '').strip()}" for kind in make.KINDS))
        return 0
    only = asked.only.split(",") if asked.only else list(make.KINDS)
    if unknown := set(only) - set(make.KINDS):
        parser.error(f"--only: no event is called {', '.join(sorted(unknown))}; see --kinds")
    events, sound = [], False
    try:
        with Namespaces(asked.prefix) as spaces, tempfile.TemporaryDirectory(prefix=f"{asked.prefix}-", ignore_cleanup_errors=True) as folder:
            spaces.forget_folder(folder)
            for ended in (signal.SIGTERM, signal.SIGHUP):
                signal.signal(ended, lambda *_: sys.exit(130))
            try:
                wires, why = network(spaces, asked.network, asked.seed)
                print(f"ops/chaos {make.NAME} --seed {asked.seed}, {asked.seconds} s   network: {why}", flush=True)
                chaos = make(spaces, folder, asked, wires)
                chaos.cluster.wait_ready(LIMIT_S)
                chaos.begin()
                for event in weather(chaos, only, asked.seconds):
                    events.append(event)
                sound = chaos.verdict(events)
            finally:
                if not sound:
                    shutil.copytree(folder, asked.keep, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.ctl", "*.sock", "stat", "pace-*", "grant"))
                    (asked.keep / "events.json").write_text(json.dumps(events, indent=1))
                    print(f"logs and events: {asked.keep}; again: ops/chaos {make.NAME} --seed {asked.seed}", file=sys.stderr)
    except Broken as error:
        print(f"ops/chaos {make.NAME}: {error}", file=sys.stderr)
        return 1 if events else 2
    return 0 if sound else 1
