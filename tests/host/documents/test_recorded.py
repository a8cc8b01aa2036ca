"""README and tour show what the commands say: each is followed again, and says every line that it shows."""

from __future__ import annotations

import pytest

from tests.host.documents.agreement import assert_still_said
from tests.host.documents.checkout import HERE
from tests.host.documents.recording import recorded, scene

pytestmark = [pytest.mark.timeout(900), pytest.mark.needs("sshd", "git", "make")]


@pytest.mark.parametrize("name", ["README.md", "docs/tour.md"])
def test_what_the_document_shows_is_what_is_said(name: str) -> None:
    before = (HERE / name).read_text(encoding="utf-8")
    with scene() as here:
        now = recorded(before, here)
    assert_still_said(before, now, "make record, make tour")
