"""Network namespaces that are gone when their maker is, however it ends.

  with Namespaces("pl") as spaces:            # names begin with pl and the maker's pid
      spaces.add("a")                         # /run/netns/pl4711-a, loopback up
      process = spaces.start("a", ["elector", ...], log=path)
      spaces.run("a", "ip", "addr")

A janitor, a process of its own session, waits for the end of its standard input, which comes when the maker ends in any
way, kill -9 included. It then kills what still runs in the namespaces, removes them and the folders it was told of.
"""
import ctypes
import os
import shutil
import signal
import subprocess
import sys

JANITOR = """
import os, shutil, signal, subprocess, sys, time
spaces, folders = [], []
for line in sys.stdin:
    kind, name = line.split(maxsplit=1)
    (spaces if kind == "space" else folders).append(name.strip())
for _ in range(20):  # A supervisord starts anew what is killed before it.
    left = [int(pid) for space in spaces
            for pid in subprocess.run(["ip", "netns", "pids", space], capture_output=True, text=True).stdout.split()]
    for pid in left:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    if not left:
        break
    time.sleep(0.05)
for space in spaces:
    subprocess.run(["ip", "netns", "del", space], stderr=subprocess.DEVNULL)
for folder in folders:
    shutil.rmtree(folder, ignore_errors=True)
"""


def die_with_parent():
    """For preexec_fn: the process gets SIGTERM when the thread that started it ends."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


class Broken(Exception):
    """The place does not allow what is needed; the text says what and how to get it."""


class Namespaces:
    def __init__(self, prefix="pl"):
        self.prefix = f"{prefix}{os.getpid()}-"
        if os.geteuid() != 0:
            raise Broken("network namespaces need root (CAP_NET_ADMIN and CAP_SYS_ADMIN)")
        for tool in ("ip", "bridge"):
            if not shutil.which(tool):
                raise Broken(f"{tool} is missing: install iproute2 (ops/deps run)")
        self.janitor = subprocess.Popen([sys.executable, "-c", JANITOR], stdin=subprocess.PIPE, text=True, start_new_session=True)
        self.count = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.janitor.stdin.closed:
            return
        self.janitor.stdin.close()
        self.janitor.wait(30)

    def name(self, node):
        return self.prefix + node

    def _tell_janitor(self, kind, name):
        self.janitor.stdin.write(f"{kind} {name}\n")
        self.janitor.stdin.flush()

    def forget_folder(self, folder):
        """The folder goes when we do."""
        self._tell_janitor("folder", folder)

    def add(self, node):
        name = self.name(node)
        self._tell_janitor("space", name)  # First: whatever happens next, it is removed.
        done = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True)
        if done.returncode != 0:
            raise Broken(f"cannot make network namespace {name}: {done.stderr.strip()}")
        self.run(node, "ip", "link", "set", "lo", "up")

    def run(self, node, *command, check=True):
        """Runs a command in the namespace; its output, or Broken with what it said."""
        done = subprocess.run(["ip", "netns", "exec", self.name(node), *command], capture_output=True, text=True)
        if check and done.returncode != 0:
            raise Broken(f"in namespace {self.name(node)}: {' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def start(self, node, command, log, env=None):
        """Starts a process in the namespace; its pid is the program's own (ip replaces itself)."""
        with open(log, "ab") as out:
            return subprocess.Popen(["ip", "netns", "exec", self.name(node), *map(str, command)], stdin=subprocess.DEVNULL,
                                    stdout=out, stderr=out, env=None if env is None else {**os.environ, **env})


def kill(process, how=signal.SIGKILL):
    """kill -9, and waits until it is dead."""
    if process.poll() is None:
        process.send_signal(how)
        if how == signal.SIGKILL:
            process.wait()
