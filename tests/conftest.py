"""What every test may use: the real servers, started when first asked for and stopped at the end."""

pytest_plugins = (
    "tests.fixtures.postgres",
    "tests.fixtures.redis",
    "tests.fixtures.pairs",
    "tests.fixtures.prometheus",
    "tests.fixtures.alertmanager",
    "tests.fixtures.smtp",
    "tests.fixtures.slack",
    "tests.fixtures.telemetry",
    "tests.fixtures.past",
)
