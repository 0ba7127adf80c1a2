"""The user's limits of alerts: the [alerts] section, where the configuration has one."""

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from ..config import BadConfig

if TYPE_CHECKING:
    from ..rules.settings import Settings


def read_limits(config_file: Path | None) -> "Settings | None":
    """Return what the section says, None without one; raise BadConfig. The file is known to be TOML."""
    table = tomllib.loads(config_file.read_text("utf-8")).get("alerts") if config_file else None
    if not table:
        return None
    from ..rules.settings import SettingsError, parse  # noqa: PLC0415 - only who has limits of his own needs it at once
    from ..rules.subjects import CHECKS  # noqa: PLC0415 - the same

    try:
        return parse(table, CHECKS)
    except SettingsError as error:
        raise BadConfig(f"{config_file}: {error}") from error
