"""One variant in a process of its own: told over stdin how many calls to make, it answers with their CPU time."""

import json
import sys

from benchmarks import inside

from . import process, variants


def main() -> None:
    """Serve rounds until stdin ends."""
    name, endpoint, options = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
    sends = options.pop("sends", False)

    def start() -> tuple[inside.Batch, inside.Flush]:
        call, flush = getattr(process if hasattr(process, name) else variants, name)(endpoint, **options)
        return inside.repeated(call), flush

    inside.serve(start, sends=sends)


if __name__ == "__main__":
    main()
