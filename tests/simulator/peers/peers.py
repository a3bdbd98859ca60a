"""What real-clients and real-servers share: processes that are started and stopped, and expectations.

Environment: PACELINE_BIN the programs, PACELINE_RUN a folder for files, NPM the installed packages.
"""
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent.parent
BIN = pathlib.Path(os.environ["PACELINE_BIN"])
RUN = pathlib.Path(os.environ["PACELINE_RUN"])
LIMIT_S = 300  # Only ends a run that hangs.
started = {}
broken = []


def expect(good, what):
    print(("ok     " if good else "BROKEN ") + what, flush=True)
    if not good:
        broken.append(what)


def until(what, question):
    """The first answer of `question` that is true; without one the run ends, with the ends of all logs."""
    end = time.monotonic() + LIMIT_S
    while time.monotonic() < end:
        answer = question()
        if answer:
            print(f"ok     {what}", flush=True)
            return answer
        time.sleep(0.1)
    for name in started:
        print(f"--- {name}\n" + "".join(text(name).splitlines(True)[-15:]))
    sys.exit(f"BROKEN not within {LIMIT_S} s: {what}")


def text(name):
    return (RUN / f"{name}.log").read_text(errors="replace")


def start(name, *words):
    with open(RUN / f"{name}.log", "w") as log:
        started[name] = subprocess.Popen([str(word) for word in words], stdout=log, stderr=log)


def stop(name):
    process = started.pop(name)
    process.terminate()
    try:
        return process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def ask(port, path, body=None):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", None if body is None else json.dumps(body).encode(),
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read())


def simulator(*words):
    """Starts one on free ports; returns the ports of the primary Stat Server and of control."""
    free = ["--stat-ports", "0,0", "--engagement-port", "0", "--control-port", "0"]
    start("simulator", BIN / "simulator", *words, "--dir", RUN / "simulator", *free)
    until("the simulator is up", lambda: "simulator_ready" in text("simulator"))
    return [re.search(rf"\b{name}=(\d+)", text("simulator"))[1] for name in ("statserver_primary", "control")]


def run(main):
    shutil.rmtree(RUN, ignore_errors=True)
    RUN.mkdir(parents=True)
    try:
        main()
    finally:
        for name in reversed(list(started)):
            stop(name)
    print(f"{len(broken)} broken")
    sys.exit(1 if broken else 0)
