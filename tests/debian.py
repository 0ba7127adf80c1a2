"""The commands the tests run: checks that they are here, and fetches what is missing from the machine's Debian mirror.

`python tests/debian.py` is what `make setup` runs. Servers whose packages would start a service are unpacked under
.cache/debian/SUITE instead of being installed; nothing is touched when all is there.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

CACHE = Path(__file__).parents[1] / ".cache" / "debian"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
POLICY = Path("/usr/sbin/policy-rc.d")
NEWEST_SUITE = "forky"


@dataclass(frozen=True)
class Package:
    """A Debian package, and the files that show that it is here (globs under / or under where it was unpacked)."""

    name: str
    files: tuple[str, ...]


# Go programs that need libc alone: unpacked where they are missing, so that no service starts on the machine.
UNPACKED = (
    Package("prometheus", ("usr/bin/prometheus", "usr/bin/promtool")),
    Package("prometheus-node-exporter", ("usr/bin/prometheus-node-exporter",)),
    Package("prometheus-process-exporter", ("usr/bin/prometheus-process-exporter",)),
)
INSTALLED = (
    # Debian's 0.25 reads its default template from this path alone.
    Package(
        "prometheus-alertmanager",
        ("usr/bin/prometheus-alertmanager", "usr/bin/amtool", "usr/share/prometheus/alertmanager/default.tmpl"),
    ),
    Package("postgresql", ("usr/lib/postgresql/*/bin/initdb", "usr/lib/postgresql/*/bin/postgres")),
    Package("redis-server", ("usr/bin/redis-server",)),
    Package("memcached", ("usr/bin/memcached",)),
    Package("chromium", ("usr/bin/chromium",)),
    Package("fuse3", ("bin/fusermount3",)),
    Package("e2fsprogs", ("sbin/mkfs.ext4",)),
    Package("mount", ("bin/mount", "sbin/losetup")),
    Package("systemd", ("bin/systemd-analyze",)),
)
# The newest servers that Debian packages, beside the machine's own.
NEWEST = (
    Package("prometheus", ("usr/bin/prometheus",)),
    Package("promtool", ("usr/bin/promtool",)),
    Package("prometheus-alertmanager", ("usr/bin/prometheus-alertmanager", "usr/bin/amtool")),
    Package("docker-compose", ("usr/libexec/docker/cli-plugins/docker-compose",)),
)


def own_suite() -> str:
    """Return the code name of the machine's Debian, such as bookworm."""
    found = re.search(r"^VERSION_CODENAME=(\w+)", Path("/etc/os-release").read_text(), re.MULTILINE)
    return found.group(1) if found else "unknown"


def find(pattern: str, roots: Iterable[Path] = ()) -> Path | None:
    """Return where a file of a package is: on the machine, or unpacked in one of the roots."""
    for root in (Path("/"), *roots):
        found = sorted(root.glob(pattern))
        if found:
            return found[-1]
    return None


def missing(packages: Iterable[Package], *roots: Path) -> list[Package]:
    """Return the packages of which a file is not there."""
    return [package for package in packages if not all(find(file, roots) for file in package.files)]


def _sources() -> Iterator[tuple[str, str]]:
    """Yield (address, suite) of each package source the machine's apt is set up with."""
    for file in (Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*"))):
        text = file.read_text() if file.is_file() else ""
        yield from re.findall(r"^deb\s+(?:\[[^]]*\]\s*)?(\S+)\s+(\S+)", text, re.MULTILINE)
        for stanza in re.split(r"\n\s*\n", text):
            fields = dict(re.findall(r"^(URIs|Suites):\s*(.+)$", stanza, re.MULTILINE))
            for suite in fields.get("Suites", "").split():
                yield fields.get("URIs", "").split()[0], suite


def mirror() -> str:
    """Return the address of the machine's Debian mirror."""
    own = own_suite()
    for address, suite in _sources():
        if suite == own:
            return address
    raise SystemExit(f"tests/debian.py: apt has no source for Debian {own}; add one to /etc/apt/sources.list.d")


def unpack(packages: Sequence[Package], suite: str) -> None:
    """Download a suite's packages with an apt of our own and unpack them all; needs no rights."""
    names = [package.name for package in packages]
    print(f"fetching {', '.join(names)} of Debian {suite} into {CACHE / suite}", flush=True)
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        apt = _private_apt(Path(folder), suite)
        _run([*apt, "update"])
        _run([*apt, "download", *names], cwd=folder)
        for archive in Path(folder).glob("*.deb"):
            _run(["dpkg", "-x", str(archive), f"{folder}/unpacked"])
        shutil.rmtree(CACHE / suite, ignore_errors=True)
        Path(folder, "unpacked").rename(CACHE / suite)


def _private_apt(folder: Path, suite: str) -> list[str]:
    """Return the words of an apt-get that knows one suite and keeps its state in `folder`."""
    (folder / "lists" / "partial").mkdir(parents=True)
    (folder / "cache" / "archives" / "partial").mkdir(parents=True)
    sources = folder / "sources.list"
    sources.write_text(f"deb [signed-by={KEYRING}] {mirror()} {suite} main\n")
    settings = {
        "Dir::Etc::sourcelist": sources,
        "Dir::Etc::sourceparts": "-",
        "Dir::State::lists": folder / "lists",
        "Dir::Cache": folder / "cache",
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
    }
    return ["apt-get", "-qq", *(word for name, value in settings.items() for word in ("-o", f"{name}={value}"))]


def install(packages: Sequence[Package]) -> None:
    """Install packages of the machine's own suite without starting their services; needs root or sudo."""
    names = [package.name for package in packages]
    rights = _rights()
    if rights is None:
        raise SystemExit(f"the tests need: apt-get install --no-install-recommends {' '.join(names)}")
    print(f"installing {', '.join(names)}", flush=True)
    with _services_stay_off(rights):
        _run([*rights, "apt-get", "-qq", "update"])
        _run([*rights, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-y", "install",
              "--no-install-recommends", *names])  # fmt: skip


def _rights() -> list[str] | None:
    """Return the words before a command that give it root's rights, or nothing where there are none to have."""
    if os.getuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], check=False, capture_output=True).returncode == 0:
        return [sudo, "-n"]
    return None


@contextmanager
def _services_stay_off(rights: Sequence[str]) -> Iterator[None]:
    """Have invoke-rc.d start nothing meanwhile (Debian policy 9.3.3.1), unless the machine has its own rule."""
    if POLICY.exists():
        yield
        return
    _run([*rights, "sh", "-c", f"printf '#!/bin/sh\\nexit 101\\n' > {POLICY} && chmod 755 {POLICY}"])
    try:
        yield
    finally:
        _run([*rights, "rm", "-f", str(POLICY)])


def _run(argv: Sequence[str], *, cwd: str | None = None) -> None:
    try:
        subprocess.run(argv, check=True, cwd=cwd, capture_output=True, text=True)
    except FileNotFoundError:
        raise SystemExit(f"tests/debian.py: {argv[0]} is missing: this needs Debian") from None
    except subprocess.CalledProcessError as error:
        last = (error.stderr or error.stdout or "").strip().splitlines()
        raise SystemExit(f"tests/debian.py: {' '.join(argv[:3])} ... failed: {last[-1] if last else error}") from None


def main() -> None:
    """Fetch what is missing; end with 1 and one line where that cannot be."""
    own = own_suite()
    if missing(UNPACKED, CACHE / own):
        unpack(UNPACKED, own)
    if not all((CACHE / NEWEST_SUITE / file).exists() for package in NEWEST for file in package.files):
        unpack(NEWEST, NEWEST_SUITE)
    absent = missing(INSTALLED)
    if absent:
        install(absent)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
