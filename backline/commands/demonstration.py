"""The demo: a host, a deploy, a task that the site sends and a deployed worker does, and the proof."""

from __future__ import annotations

import http.cookiejar
import json
import re
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping

from backline.commands import deploying, looking, sandboxing
from backline.commands.sandbox import sandbox
from backline.commands.site import Site
from backline.resources.dataclass import dataclass, replace
from backline.resources.failure import ConfigurationError, Failure

PATIENCE = 60.0
"""Seconds that the example's task may take."""
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
PRODUCT = re.compile(r'name="product" value="([^"]+)"')


@dataclass(frozen=True)
class TaskResult:
    """What came of a task: its text, and which worker of which release did it."""

    text: str
    worker: str
    release: str


def demonstrate(site: Site) -> None:
    """Do it on the sandbox. Raises what a step of it raises."""
    here = replace(site, host=sandboxing.HOST)
    _require_commit(here)
    _say("A throw-away host, reached over SSH (inv sandbox.up)")
    sandboxing.up.body(here)
    _say(f"The example project goes there (inv deploy --host {sandboxing.HOST})")
    deploying.deploy.body(here)
    url = sandbox.status(site.project).site_url
    _say("The site sends a background task; a deployed worker does it")
    result = ordered(url)
    print(f"{result.text}: done by {result.worker}, which runs {result.release}")
    _say(f"What runs, and the proof (inv status --host {sandboxing.HOST})")
    looking.status.body(here)
    _say("The site is left running")
    print(f"look at it       {url}")
    print("follow its work  .venv/bin/inv tail-celery-log --host sandbox")
    print("change it        edit examples/shop, git commit, .venv/bin/inv deploy --host sandbox")
    print("go back          .venv/bin/inv rollback --host sandbox")
    print("stop it          .venv/bin/inv sandbox.down")


def ordered(url: str) -> TaskResult:
    """Order something as a visitor would, and wait until it is packed. Raises Failure where that does not happen."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    browser.addheaders = [("Accept", "application/json"), ("Referer", url)]
    try:
        with browser.open(urllib.request.Request(url, headers={"Accept": "text/html"})) as page:
            html = page.read().decode()
        form = {"csrfmiddlewaretoken": _found(TOKEN, html), "product": _found(PRODUCT, html), "quantity": "2"}
        with browser.open(url + "orders/", urllib.parse.urlencode(form).encode()) as answer:
            order = json.load(answer)["id"]
        return _awaited(browser, f"{url}orders/{order}.json")
    except (urllib.error.URLError, OSError) as error:
        raise Failure(f"the site did not take an order: {error}", hint="inv status --host sandbox") from error


def _awaited(browser: urllib.request.OpenerDirector, address: str) -> TaskResult:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with browser.open(address) as answer:
            document = json.load(answer)
        result = document.get("result")
        if isinstance(result, Mapping):
            return TaskResult(str(result["text"]), str(result["worker"]), str(result["release"]))
        time.sleep(0.1)
    raise Failure("no worker finished the task", lines=(str(document),), hint="inv tail-celery-log --host sandbox")


def _found(pattern: re.Pattern[str], html: str) -> str:
    found = pattern.search(html)
    if found is None:
        raise Failure("the site's page has no order form", lines=tuple(html.splitlines()[:5]))
    return found.group(1)


def _require_commit(site: Site) -> None:
    """A deploy takes its code from git, so a copy without history cannot be shown."""
    found = subprocess.run(["git", "rev-parse", "HEAD"], cwd=site.project, capture_output=True, check=False)
    if found.returncode:
        lines = tuple(found.stderr.decode(errors="replace").splitlines()[-3:])
        raise ConfigurationError("this folder is not a git clone", lines=lines, hint="git clone it, then make demo")


def _say(text: str) -> None:
    print(f"\n── {text}", flush=True)
