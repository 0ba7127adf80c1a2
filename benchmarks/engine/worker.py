"""One variant in a process of its own: told over stdin how many calls to make, it answers with their CPU time."""

import json
import sys
import time

from . import process, variants


def main() -> None:
    """Serve rounds until stdin ends."""
    name, endpoint, options = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
    sends = options.pop("sends", False)
    call, flush = getattr(process if hasattr(process, name) else variants, name)(endpoint, **options)
    for line in sys.stdin:
        calls = int(line)
        # a process that waited for its turn finds its memory cold
        for _ in range(calls // 2):
            call()
        flush()
        began = time.process_time()
        for _ in range(calls):
            call()
        if sends:
            flush()
        spent = time.process_time() - began
        flush()
        print(spent / calls, flush=True)


if __name__ == "__main__":
    main()
