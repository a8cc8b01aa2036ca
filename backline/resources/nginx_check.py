"""nginx's own test of its whole configuration as it would be with a new site in place, before it is there.

A bad site makes nginx refuse every change to any site, and refuse to start at all when the host boots.
"""

from __future__ import annotations

SCRIPT = r"""
import glob, os, re, subprocess, sys

main, place, candidate = sys.argv[1:]
folder = os.path.dirname(main)
seen = []


def expanded(found):
    pattern = os.path.join(folder, found.group(2).strip("'\""))
    if os.path.dirname(pattern) != os.path.dirname(place):
        return found.group()
    seen.append(pattern)
    paths = [path for path in sorted(glob.glob(pattern)) if path != place] + [candidate]
    return found.group(1) + " ".join("include '%s';" % path for path in paths)


with open(main) as file:
    text = re.sub(r"(?m)^([ \t]*)include[ \t]+([^;\n]+);", expanded, file.read())
if not seen:
    sys.exit("%s includes nothing of %s" % (main, os.path.dirname(place)))
# beside the main file, since what it includes by relative names is looked for there
trial = os.path.join(folder, ".backline-%d.conf" % os.getpid())
try:
    with open(trial, "w") as file:
        file.write(text)
    code = subprocess.call(["nginx", "-t", "-q", "-c", trial])
finally:
    os.unlink(trial)
sys.exit(code)
"""
"""Arguments: nginx's main file, the place of the site, and its candidate. Exits as nginx does, which says why."""


def site_check(python: str, main: str, place: str) -> tuple[str, ...]:
    """The argv that checks one site, whose candidate's path stands for `{}`: the `validate` of Host.write."""
    return (python, "-I", "-c", SCRIPT, main, place, "{}")
