"""Files that are shipped beside the code: in the wheel under bundled/, in a checkout at its top."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def bundled(name: str) -> Path:
    """Return the path of a shipped file or folder, named as in a checkout; raise FileNotFoundError."""
    for folder in (_PACKAGE / "bundled", _PACKAGE.parent.parent):
        if (folder / name).exists():
            return folder / name
    raise FileNotFoundError(f"{name} is not part of this installation")
