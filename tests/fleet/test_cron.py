"""A job of cron: cron itself takes it, and runs exactly the command that was meant."""

from __future__ import annotations

import pytest

from backline.resources.cron import Cron
from backline.resources.failure import ConfigurationError
from tests.fleet.as_root import as_root
from tests.host.engine.processes import eventually
from tests.lab.host import Host

COMMAND = r"printf '[%s]' '100%' 'a  b' \"c\" > /var/tmp/said; id -un >> /var/tmp/said"


def test_job_is_run_as_meant(fresh_host: Host) -> None:
    """At cron's own start, which is the one time that a test can choose."""
    with as_root(fresh_host) as root:
        assert root.settles(Cron("shop-cleanup", "@reboot", "deploy", COMMAND))
    fresh_host.execute("service", "cron", "stop")
    (fresh_host.root / "run/crond.reboot").unlink(missing_ok=True)
    fresh_host.execute("service", "cron", "start")
    said = fresh_host.root / "var/tmp/said"
    eventually(lambda: said.exists() and said.read_text().endswith("\n"))
    assert said.read_text() == '[100%][a  b]["c"]deploy\n'


@pytest.mark.parametrize(
    "job",
    [
        Cron("shop.cleanup", "@daily", "deploy", "true"),
        Cron("", "@daily", "deploy", "true"),
        Cron("shop", "17 3 * *", "deploy", "true"),
        Cron("shop", "@daily", "deploy", "true\nfalse"),
    ],
    ids=["dot in the name", "no name", "four fields", "two lines"],
)
def test_job_that_cron_would_pass_over_is_refused(job: Cron) -> None:
    with pytest.raises(ConfigurationError, match="cron"):
        job.written_files()
