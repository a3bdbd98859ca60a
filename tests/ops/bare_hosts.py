"""Bare Debian hosts on one machine (root): each has a file system of its own (an overlay on a root made by debootstrap, from the mirror of
this machine's apt), a network namespace of its own and a systemd as its first process.

  bare = bare_root(folder, [packages, ...])            # once, kept in folder from run to run
  host = Host("a", spaces, bare, folder, old, new)     # boots it; packages are at /run/old and /run/new there
  host.run("systemctl start paceline")                 # as root there
"""
import pathlib
import re
import shutil
import subprocess
import sys
import time

LIMIT_S = 300  # Only ends a test that has failed.
INCLUDE = "systemd,systemd-sysv,openssh-server,libfaketime"
broken = []

# A host: an overlay on the bare root, with a systemd of its own as the first process.
BOOT = r"""
set -e
root=$1
mount --make-rprivate /
mkdir -p "$root/upper" "$root/work" "$root/merged"
mount -t overlay overlay -o "lowerdir=$2,upperdir=$root/upper,workdir=$root/work" "$root/merged"
cd "$root/merged"
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom tty; do touch dev/$device; mount --bind /dev/$device dev/$device; done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts
mount -t tmpfs tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mkdir run/old run/new run/post
mount --bind "$3" run/old
mount --bind "$4" run/new
mount --bind "$5" run/post
pivot_root . .
umount -l .
hostname "$6"
exec env -i container=unshare PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system --show-status=no
"""


# What bare hosts have not. Nobody is let in yet: `scp FILE ADDRESS:` leaves it where the test fetches it. No pgrep: pids NAME...
PRELUDE = r"""
scp() { mkdir -p "/run/post/${2%:}"; cp "$1" "/run/post/${2%:}/"; }
pids() {
  for comm in /proc/[0-9]*/comm; do
    case " $* " in *" $(cat $comm 2> /dev/null || echo /) "*) comm=${comm%/comm}; echo ${comm#/proc/} ;; esac
  done
}
cd
"""


def expect(good, what):
    print(("ok     " if good else "BROKEN ") + what, flush=True)
    if not good:
        broken.append(what)
    return good


def run(*words, check=True, **more):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, **more)
    if check and done.returncode != 0:
        sys.exit(f"{' '.join(map(str, words))[:300]}: exit {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done


def becomes(condition, what):
    end = time.monotonic() + LIMIT_S
    while time.monotonic() < end:
        if condition():
            return expect(True, what)
        time.sleep(0.3)
    return expect(False, what)


def in_root(root, script):
    return run("unshare", "--mount", "chroot", root, "sh", "-ec", "mount -t proc proc /proc\n" + script, check=False,
               env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive"})


def bare_root(root, packages):
    """A bare Debian below root, whose apt has what these packages depend on at hand, since the hosts see each other alone. Kept from run to run."""
    bare = root / "bare"
    if not (bare / "done").exists() or (bare / "done").read_text() != INCLUDE:
        shutil.rmtree(bare, ignore_errors=True)
        codename = re.search(r"(?m)^VERSION_CODENAME=(\w+)", pathlib.Path("/etc/os-release").read_text())[1]
        rows = run("apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME) $(COMPONENT)", "Created-By: Packages").stdout.splitlines()
        mirror = next(row.split()[0] for row in rows if row.split()[1:] == [codename, "main"])
        run("debootstrap", "--variant=minbase", f"--include={INCLUDE}", codename, bare, mirror)
        (bare / "done").write_text(INCLUDE)
    for folder in set(packages):
        shutil.rmtree(bare / "packages", ignore_errors=True)
        shutil.copytree(folder, bare / "packages")
        done = in_root(bare, "cd /packages\n[ -e /var/lib/apt/lists/lock ] || apt-get update -qq\n"
                             "apt-get install -y --download-only ./paceline_*.deb ./paceline-demo_*.deb supervisor")
        if not expect(done.returncode == 0, "apt has all that the packages depend on"):
            sys.exit(done.stdout[-3000:] + done.stderr[-3000:])
    shutil.rmtree(bare / "packages")
    return bare


class Host:
    def __init__(self, name, spaces, bare, old, new):
        """name: of its network namespace too. Its files lie beside bare, and are new at each start."""
        self.name, self.folder, self.post = name, bare.parent / name, bare.parent / f"{name}.post"
        for folder in (self.folder, self.post):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        cgroups = next(line.split()[1] for line in open("/proc/mounts") if line.split()[2] == "cgroup2")
        self.group = pathlib.Path(cgroups) / spaces.name(name)
        self.group.mkdir(exist_ok=True)
        # Into its group first: `ip netns exec` has a /sys of its own.
        enter = 'echo $$ > "$1"; shift; exec ip netns exec "$@"'
        words = ["sh", "-ec", enter, "sh", self.group / "cgroup.procs", spaces.name(name), "unshare", "--mount", "--pid", "--uts", "--ipc", "--cgroup",
                 "--fork", "--kill-child", "sh", "-c", BOOT, "sh", self.folder, bare, old, new, self.post, name]
        with (self.folder / "boot.log").open("w") as out:
            self.outer = subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        children = pathlib.Path(f"/proc/{self.outer.pid}/task/{self.outer.pid}/children")
        end = time.monotonic() + LIMIT_S
        while not (children.exists() and children.read_text().split()) and time.monotonic() < end:
            time.sleep(0.1)
        self.pid = children.read_text().split()[0]
        becomes(lambda: self.says("systemctl is-system-running").strip() in ("running", "degraded"), f"host {name} has booted")

    def run(self, script, check=True):
        return run("nsenter", "-t", self.pid, "-a", "-r", "-w", "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root",
                   "DEBIAN_FRONTEND=noninteractive", "sh", "-ec", PRELUDE + script, check=check)

    def says(self, script):
        return self.run(script, check=False).stdout

    def put(self, path, text, mode="644", group="root", owner="root"):
        self.run(f"install -m {mode} -g {group} -o {owner} /dev/null {path}")
        run("nsenter", "-t", self.pid, "-a", "-r", "-w", "sh", "-c", f"cat > {path}", input=text)

    def active(self, unit="paceline.service"):
        return self.says(f"systemctl is-active {unit}").strip() == "active"

    def stop(self):
        self.outer.kill()
        self.outer.wait()
        for _ in range(50):
            try:
                return self.group.rmdir()
            except OSError:  # systemd's own groups below it.
                for inner in sorted(self.group.rglob("*/"), reverse=True):
                    try:
                        inner.rmdir()
                    except OSError:
                        pass
                time.sleep(0.1)
