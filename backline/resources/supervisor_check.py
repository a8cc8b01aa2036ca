"""Supervisor's own parser over its include folder as it would be with new files in place, before they are there.

One bad file makes Supervisor refuse every change to any program, and refuse to start at all when the host boots.
"""

from __future__ import annotations

from backline.resources.failure import ConfigurationError, Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from backline.resources.resource import Host

SCRIPT = r'''
import glob, json, os, shutil, sys, tempfile

FOUND = 3


def parse(folder, texts):
    """Why Supervisor would refuse these files, or None."""
    from supervisor.options import ServerOptions
    configuration = os.path.join(folder, "supervisord.conf")
    include = os.path.join(folder, "include")
    os.mkdir(include)
    try:
        for name, text in texts.items():
            with open(os.path.join(include, name), "wb") as file:
                file.write(text)
        with open(configuration, "w") as file:
            file.write("[supervisord]\n[include]\nfiles=include/*.conf\n")
        options = ServerOptions()
        options.configfile = configuration
        options.process_config(do_usage=False)
    except ValueError as error:
        return str(error).replace(include, sys.argv[1])
    finally:
        shutil.rmtree(include)


def sections(text):
    lines = (line.strip() for line in text.decode("utf-8", "replace").splitlines())
    return set(line for line in lines if line.startswith("[program:") and line.endswith("]"))


def problem(folder, present, candidates):
    whole = dict(present, **candidates)
    for name, text in candidates.items():
        for other, other_text in whole.items():
            for section in sorted(sections(text) & sections(other_text)) if other != name else ():
                return "%s: %s is also in %s, and Supervisor would take only one of them" % (name, section, other)
    refusal = parse(folder, whole)
    if refusal is None:
        return None
    alone = parse(folder, candidates)
    if alone is None and parse(folder, present) is not None:
        return None  # refused without ours as well, perhaps only here: the daemon itself tells when it reads them
    return alone or refusal


def main():
    present = dict()  # braces would be taken for the place of the candidate
    for path in glob.glob(os.path.join(sys.argv[1], "*.conf")):
        with open(path, "rb") as file:
            present[os.path.basename(path)] = file.read()
    if len(sys.argv) > 2:
        with open(sys.argv[3], "rb") as file:
            candidates = {sys.argv[2]: file.read()}
    else:
        candidates = dict((name, text.encode("utf-8")) for name, text in json.load(sys.stdin).items())
    folder = os.path.realpath(tempfile.mkdtemp(prefix="backline-supervisor-"))
    try:
        found = problem(folder, present, candidates)
    finally:
        shutil.rmtree(folder)
    if found:
        sys.stdout.write(found + "\n")
        sys.exit(FOUND)


main()
'''
"""Run by the Python that has supervisor. Arguments: the include folder, then a file's name and the path of its
candidate; without these two, candidates are read from standard input as JSON, name to text. Exits 3 with the reason."""

ALONE = ("-E", "-s", "-c")
"""Without what the user's environment and home say: -I is more, and Python 2, under which old Supervisors run, has it
not."""
_REFUSED = 3


def parser_check(python: str, include_directory: str, name: str) -> tuple[str, ...]:
    """The argv that checks one candidate, whose path stands for `{}`: the `validate` of Host.write."""
    return (python, *ALONE, SCRIPT, include_directory, name, "{}")


def require_accepted(host: Host, python: str, include_directory: str, texts: Mapping[str, str]) -> None:
    """Check all candidates together, name to text. Raises ConfigurationError with the parser's words."""
    import json

    completed = host.run(
        (python, *ALONE, SCRIPT, include_directory), stdin=json.dumps(dict(texts)).encode(), timeout=60.0
    )
    lines = tuple(completed.output.splitlines())
    if completed.code == _REFUSED:
        raise ConfigurationError(
            f"Supervisor's parser refuses the new programs: {' '.join(lines)}",
            hint="nothing was written; see the variables of the role that makes this program",
        )
    if completed.code:
        raise Failure(
            f"{python} could not check Supervisor's files: exit code {completed.code}",
            lines=lines[-20:],
            hint="it must be the Python that has the package supervisor",
        )
