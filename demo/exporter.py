"""The exporter as the demo's child, for one command that shows everything."""

import sys

from .server import Server


def exporter(*, metrics_port: int, otlp_port: int) -> Server:
    """Return `tachograph serve` on loopback."""
    address = f"127.0.0.1:{metrics_port}"
    serve = ("-m", "tachograph_exporter", "serve", f"--web.listen-address={address}")
    return Server(
        [sys.executable, *serve, f"--otlp.listen-address=127.0.0.1:{otlp_port}"],
        name="the exporter",
        ready=f"http://{address}/-/ready",
        busy=f"an exporter answers on {address} already: leave --serve away to send to it",
    )
