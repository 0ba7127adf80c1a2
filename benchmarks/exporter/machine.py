"""What the figures were measured on; no names of hosts."""

import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path


def description() -> str:
    """Return one line: date, cores, processor, kernel, Python."""
    model = re.findall(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    processor = re.sub(r"\s+", " ", model[0]) if model else platform.machine()
    kernel = platform.release().partition("-")[0]
    today = datetime.now(UTC).date().isoformat()
    return f"{today}; {os.cpu_count()} cores, {processor}; Linux {kernel}; CPython {platform.python_version()}"


def version(*command: str) -> str:
    """Return the first version number that a command tells of."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"\d+\.\d+(\.\d+)?", done.stdout + done.stderr)
    return found[0] if found else "?"
