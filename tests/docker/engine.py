"""A Docker engine and a base image for the tests, made on the spot where there is none: no registry is needed."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BASE_TAG = "covgate-test-base:bookworm"
IMAGE_TAG = "covgate-test:latest"
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"

# What a machine behind a mirror or a proxy sets, and a container on it needs as well.
_NETWORK_VARIABLES = (
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
    *("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST", "PIP_DEFAULT_TIMEOUT"),
    *("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_HTTP_TIMEOUT"),
)
_PIP_SETTINGS = {
    "index-url": ("PIP_INDEX_URL", "UV_DEFAULT_INDEX"),
    "extra-index-url": ("PIP_EXTRA_INDEX_URL", "UV_INDEX"),
    "trusted-host": ("PIP_TRUSTED_HOST",),
}


class NoEngineError(Exception):
    """No Docker engine answers and none can be started; says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """A running Docker engine; `environment` is what its client needs, beyond the process's own, to reach it."""

    environment: Mapping[str, str] = field(default_factory=dict)

    def docker(self, *arguments: str, timeout: float = 120, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run the client; AssertionError with everything it printed when it fails and `check` is set."""
        done = subprocess.run(
            ["docker", *arguments],
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
            check=False,
        )
        assert not check or done.returncode == 0, f"docker {arguments[0]}: {done.stdout}"
        return done

    def has_image(self, tag: str) -> bool:
        return self.docker("image", "inspect", tag, check=False).returncode == 0


@contextmanager
def running_engine() -> Iterator[Engine]:
    """Yield the engine that answers, or start one and stop it at the end. Raises NoEngineError."""
    if not shutil.which("docker"):
        raise NoEngineError("there is no `docker` command")
    engine = Engine()
    problem = _answer(engine)
    if not problem:
        yield engine
        return
    if not shutil.which("dockerd"):
        raise NoEngineError(f"no engine answers and there is no `dockerd` to start: {problem}")
    if os.geteuid() != 0:
        raise NoEngineError(f"no engine answers and only root can start one: {problem}")
    # Not below pytest's folder: the path of a socket has at most 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="covgate-docker-"))
    try:
        with _started(folder) as engine:
            yield engine
    finally:
        _unmount(folder)
        shutil.rmtree(folder, ignore_errors=True)


def _unmount(folder: Path) -> None:
    """Unmount what the engine leaves behind (the host's network namespace), so that the folder can go."""
    places = [line.split(" ")[1] for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()]
    for place in sorted((p for p in places if Path(p).is_relative_to(folder)), reverse=True):
        subprocess.run(["umount", place], timeout=60, check=False)


def _answer(engine: Engine) -> str:
    """Return why the engine does not answer, or an empty string."""
    done = engine.docker("version", "--format", "{{.Server.Version}}", check=False, timeout=30)
    return "" if done.returncode == 0 else done.stdout.strip()


@contextmanager
def _started(folder: Path) -> Iterator[Engine]:
    socket = f"unix://{folder}/docker.sock"
    command = ["dockerd", "--host", socket, "--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec"]
    # A high limit makes containers slow that close every file they might have.
    command += ["--pidfile", f"{folder}/pid", "--default-ulimit", "nofile=1024:1024"]
    log = folder / "log"
    with log.open("wb") as stream:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream)
    try:
        yield _await(Engine(environment={"DOCKER_HOST": socket}), process, log)
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await(engine: Engine, process: subprocess.Popen[bytes], log: Path) -> Engine:
    deadline = time.monotonic() + 60
    while _answer(engine):
        if process.poll() is not None or time.monotonic() > deadline:
            raise NoEngineError(f"dockerd did not start:\n{log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.3)
    return engine


def provide_base(engine: Engine) -> str | None:
    """Return the tag of a base image made of Debian's packages, or None where the Dockerfile's own can be pulled.

    A machine with mmdebstrap is taken for one without a registry.
    """
    if not shutil.which("mmdebstrap"):
        return None
    if not engine.has_image(BASE_TAG):
        with tempfile.TemporaryDirectory(prefix="covgate-base-") as folder:
            tar = f"{folder}/base.tar"
            _debian(tar)
            changes = [f"--change=ENV {name}={json.dumps(value)}" for name, value in machine_network().items()]
            engine.docker("import", *changes, tar, BASE_TAG)
    return BASE_TAG


def _debian(tar: str) -> None:
    command = ["mmdebstrap", "--variant=minbase", "--include=ca-certificates,git,python3,python3-venv"]
    command += ["--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-exclude=/usr/share/locale/*"]
    if (certificates := _certificates()) is not None:
        command.append(f"--customize-hook=upload {certificates} {CERTIFICATES}")
    done = subprocess.run(
        [*command, "bookworm", tar], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, f"mmdebstrap: {done.stderr[-2000:]}"


def _certificates() -> Path | None:
    """The machine's certificates: it may trust a proxy that a fresh Debian does not."""
    named = (os.environ.get(name, "") for name in ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE"))
    return next((Path(name) for name in (*named, CERTIFICATES) if name and Path(name).is_file()), None)


def machine_network() -> dict[str, str]:
    """What a container needs to reach the package index this machine uses, as variables."""
    # The last one for poetry, which asks with requests.
    found = dict.fromkeys(("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE"), CERTIFICATES)
    done = subprocess.run(
        ["python3", "-m", "pip", "config", "list"], capture_output=True, text=True, timeout=60, check=False
    )
    for line in done.stdout.splitlines():
        key, _, value = line.partition("=")
        section, _, name = key.partition(".")
        if section == "global":  # `:env:` are variables, which come below
            found |= dict.fromkeys(_PIP_SETTINGS.get(name, ()), str(ast.literal_eval(value)))
    found |= {name: os.environ[name] for name in _NETWORK_VARIABLES if os.environ.get(name)}
    reachable = {name: _remote(value) for name, value in found.items()}
    return {name: value for name, value in reachable.items() if value}


def _remote(value: str) -> str:
    """Drop the addresses of folders: a container does not see them."""
    return " ".join(word for word in value.split() if not word.startswith("file:"))


def build_image(engine: Engine, base: str | None) -> str:
    """Build the image as the runner does, from the checkout, and return its tag."""
    arguments = [f"--build-arg=BASE={base}"] if base else []
    engine.docker("build", "--network=host", *arguments, f"--tag={IMAGE_TAG}", str(ROOT), timeout=600)
    return IMAGE_TAG
