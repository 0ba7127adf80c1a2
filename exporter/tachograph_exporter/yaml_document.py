"""YAML, read strictly: a key that comes twice is an error, and errors are one line."""

from typing import Any

import yaml


def parse(text: str) -> Any:
    """Return the document's value, an empty mapping for an empty one; raise ValueError."""
    try:
        node = yaml.compose(text, yaml.SafeLoader)
        if node is None:
            return {}
        _refuse_repeated_keys(node)
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(f"not YAML: {' '.join(str(error).split())}") from error


def _refuse_repeated_keys(node: yaml.Node) -> None:
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            if key.value in seen:
                raise ValueError(f"{key.value} is written twice (line {key.start_mark.line + 1})")
            seen.add(key.value)
            _refuse_repeated_keys(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_repeated_keys(item)
