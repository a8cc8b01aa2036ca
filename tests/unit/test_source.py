"""What is deployed of a project: a commit or the working tree, every file by its own name, and the whole lock."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from backline.deploy.git import NoProject, Repository, UnknownRef
from backline.deploy.source import Source, read_source
from backline.resources.blobs import blob_id
from backline.resources.failure import ConfigurationError

LOCK = "requirements.txt"
IDENTITY = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com")


class Work:
    """A work tree with the project in the folder `site`."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self.site = top / "site"
        self.site.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch", "main")
        self.write(LOCK, "django==5.2\n")
        self.first = self.commit()

    def git(self, *words: str) -> str:
        done = subprocess.run(["git", *IDENTITY, *words], cwd=self.top, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def write(self, path: str, text: str) -> None:
        place = self.site / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)

    def commit(self) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", "change")
        return self.git("rev-parse", "HEAD")

    def source(self, ref: str = "HEAD", requirements: str = LOCK, inventory: str = "") -> Source:
        return read_source(self.site, ref, requirements, self.site / inventory if inventory else None)

    def lock(self, requirements: str = LOCK) -> list[str]:
        return self.source(".", requirements).requirements.splitlines()


@pytest.fixture
def work(tmp_path: Path) -> Work:
    return Work(tmp_path / "work")


def paths(source: Source) -> set[str]:
    return {file.path for file in source.files}


@pytest.mark.parametrize("ref", ["light", "annotated", "old", "HEAD~1", "short"])
def test_a_commit_may_be_called_by_tag_branch_or_abbreviation(work: Work, ref: str) -> None:
    work.git("tag", "light")
    work.git("tag", "-a", "annotated", "-m", "a tag with words")
    work.git("branch", "old")
    work.write("later.py", "")
    work.commit()
    source = work.source(work.first[:8] if ref == "short" else ref)
    assert (source.commit, source.dirty, source.left_out, paths(source)) == (work.first, False, (), {LOCK})


def test_the_project_alone_is_deployed_not_what_lies_around_it(work: Work) -> None:
    (work.top / "notes.txt").write_text("not of the site")
    work.commit()
    source = work.source()
    assert paths(source) == {LOCK}
    assert source.tree == work.git("rev-parse", "HEAD:site")
    (work.top / "notes.txt").write_text("changed")
    assert work.source(".").dirty is False


def test_a_ref_that_is_not_there_names_the_nearest(work: Work) -> None:
    work.git("tag", "v1.4.0")
    with pytest.raises(UnknownRef, match=r"'v1.4.1' in .*; did you mean v1.4.0\?"):
        work.source("v1.4.1")


@pytest.mark.parametrize("ref", ["--all", "-x", "HEAD:site", ""])
def test_what_is_no_commit_is_refused(work: Work, ref: str) -> None:
    with pytest.raises(UnknownRef):
        work.source(ref)


def test_the_working_tree_is_taken_with_new_files_and_without_ignored_ones(work: Work) -> None:
    work.write(".gitignore", "*.log\n")
    work.commit()
    work.write("new/page.py", "")
    work.write("noise.log", "")
    index = (work.top / ".git" / "index").read_bytes()
    source = work.source(".")
    assert (source.dirty, source.left_out) == (True, ())
    assert paths(source) == {LOCK, ".gitignore", "new/page.py"}
    assert (work.top / ".git" / "index").read_bytes() == index
    assert work.source("HEAD").left_out == ("new/",)


@pytest.mark.parametrize("folder", ["inventory/", ""])
@pytest.mark.parametrize("ref", ["HEAD", "."])
def test_the_inventory_is_not_sent_with_the_project_that_it_lies_in(work: Work, folder: str, ref: str) -> None:
    hosts = f"{folder}hosts.yml"
    for path in (hosts, f"{folder}group_vars/prod.yml", f"{folder}host_vars/web1/vault.yml", "page.py", "hosts.yml.md"):
        work.write(path, "")
    work.commit()
    for path in (hosts, f"{folder}host_vars/web2.yml"):
        work.write(path, "changed")
    source = work.source(ref, inventory=hosts)
    assert paths(source) == {LOCK, "page.py", "hosts.yml.md"}
    assert (source.dirty, source.left_out) == (False, ())


def test_a_commit_of_nothing_but_the_inventory_is_the_same_project(work: Work) -> None:
    hosts = "inventory/hosts.yml"
    before = work.source(inventory=hosts).tree
    work.write(hosts, "all:")
    work.write("inventory/group_vars/all.yml", "colour: red")
    work.commit()
    assert work.source(inventory=hosts).tree == before
    work.write("caf\udce9.py", "")
    work.commit()
    assert work.source(inventory=hosts).tree not in (before, work.source().tree)


def test_an_inventory_that_git_does_not_know_is_not_left_out_of_anything(work: Work) -> None:
    work.write("inventory/hosts.yml", "")
    assert work.source(inventory="inventory/hosts.yml").left_out == ()
    assert paths(work.source(".", inventory="inventory/hosts.yml")) == {LOCK}


def test_an_inventory_beside_the_project_takes_nothing_from_it(work: Work) -> None:
    work.write("group_vars/page.py", "")
    work.commit()
    assert paths(work.source(inventory="../hosts.yml")) == {LOCK, "group_vars/page.py"}


@pytest.mark.parametrize("name", [".venv", ".backline"])
def test_what_is_ours_in_a_release_is_refused_in_a_commit_with_what_takes_it_out(work: Work, name: str) -> None:
    work.write(f"{name}/bin/python", "")
    work.commit()
    with pytest.raises(ConfigurationError, match=f"^{name} is in the project at this commit") as refused:
        work.source()
    subprocess.run(refused.value.hint.partition("commit: ")[2], shell=True, cwd=work.site, check=True)
    work.commit()
    assert paths(work.source()) == {LOCK, ".gitignore"}


def test_a_file_that_was_removed_is_not_in_the_working_tree(work: Work) -> None:
    work.write("old.py", "")
    work.commit()
    (work.site / "old.py").unlink()
    assert paths(work.source(".")) == {LOCK}
    assert work.source("main").left_out == ("old.py",)


def test_new_files_count_though_git_was_told_not_to_show_them(work: Work) -> None:
    work.git("config", "status.showUntrackedFiles", "no")
    work.write("new.py", "")
    assert paths(work.source(".")) == {LOCK, "new.py"}


def test_a_clean_working_tree_is_its_commit(work: Work) -> None:
    source = work.source(".")
    assert (source.commit, source.dirty) == (work.first, False)
    assert source.tree == work.source("main").tree


ODD_NAMES = ["a\nb.txt", 'it\'s "quoted".txt', "🚀 ü.txt", "tab\t.txt", "-r.txt", "back\\slash"]


def test_files_keep_their_names_contents_and_modes(work: Work) -> None:
    for name in ODD_NAMES:
        work.write(name, name)
    work.write("empty", "")
    work.write("run", "#!/bin/sh\n")
    (work.site / "run").chmod(0o755)
    (work.site / "link").symlink_to("run")
    work.commit()
    source = work.source()
    assert {*ODD_NAMES, "empty", "run", "link", LOCK} == paths(source)
    modes = {file.path: file.mode for file in source.files}
    assert (modes["run"], modes["link"], modes["empty"]) == ("100755", "120000", "100644")
    blobs = {file.path: file.blob for file in source.files}
    contents = dict(source.repository.contents(blobs.values()))
    assert {name: contents[blobs[name]].decode() for name in ODD_NAMES} == {name: name for name in ODD_NAMES}
    assert contents[blobs["link"]] == b"run"
    assert all(blob_id(content) == blob for blob, content in contents.items())


def test_sizes_are_those_of_the_contents(work: Work) -> None:
    work.write("empty", "")
    work.write("large", "ü" * 1000)
    work.commit()
    source = work.source()
    blobs = [file.blob for file in source.files]
    contents = dict(source.repository.contents(blobs))
    assert source.repository.sizes(blobs) == tuple(len(contents[blob]) for blob in blobs)
    assert source.repository.sizes(()) == ()


def test_a_name_that_is_no_utf8_survives(work: Work) -> None:
    name = os.fsdecode(b"caf\xe9")
    work.write(name, "")
    work.commit()
    assert name in paths(work.source())


def test_a_submodule_is_refused_by_name(work: Work) -> None:
    work.git("update-index", "--add", "--cacheinfo", f"160000,{work.first},site/vendor/lib")
    work.git("commit", "--quiet", "-m", "a submodule")
    with pytest.raises(ConfigurationError, match="vendor/lib is a submodule"):
        work.source()


def test_a_folder_that_git_does_not_know_is_no_project(tmp_path: Path) -> None:
    with pytest.raises(NoProject, match="is not there"):
        Repository(tmp_path / "nothing")
    with pytest.raises(NoProject, match="not in a git work tree"):
        Repository(tmp_path)


def test_the_project_s_repository_is_that_of_its_folder_also_within_another_s_hook(
    work: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Work(tmp_path / "other")
    monkeypatch.setenv("GIT_DIR", str(other.top / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other.top / ".git/index"))
    assert work.source().commit == work.first
    assert work.source(".").files == work.source().files


READ_AFTER_CONTROL_C = """
import os, signal, sys
from pathlib import Path
from backline.deploy.git import Repository

heard = []
signal.signal(signal.SIGINT, lambda *_: heard.append(True))
blob = sys.argv[2]
contents = Repository(Path(sys.argv[1])).contents([blob] * 3)
next(contents)
os.killpg(0, signal.SIGINT)
print(heard, [content for _, content in contents])
"""


def test_control_c_ends_whoever_reads_contents_and_not_git_below_it(work: Work) -> None:
    """A terminal sends it to both; a run hears it, and ends in order."""
    blob = blob_id(b"django==5.2\n")
    command = [sys.executable, "-c", READ_AFTER_CONTROL_C, str(work.site), blob]
    done = subprocess.run(command, capture_output=True, text=True, start_new_session=True, check=False)
    assert (done.stdout, done.stderr) == (f"[True] {[b'django==5.2' + bytes([10])] * 2}\n", "")


def test_a_content_that_git_has_no_more_is_told(work: Work) -> None:
    with pytest.raises(ConfigurationError, match="git has not the content of 0000"):
        list(Repository(work.site).contents(["0" * 40]))


@pytest.mark.parametrize(
    "line", ["-r base.txt", "-rbase.txt", "--requirement base.txt", "--requirement=base.txt", "  -r base.txt  # ours"]
)
def test_the_lock_holds_what_it_includes(work: Work, line: str) -> None:
    work.write(LOCK, f"django==5.2\n{line}\ncelery==5.6.0\n")
    work.write("base.txt", "redis==6.0\n")
    work.commit()
    assert work.lock() == ["django==5.2", "redis==6.0", "celery==5.6.0"]


def test_what_is_included_may_include_and_is_named_from_where_it_is(work: Work) -> None:
    work.write("requirements/production.txt", "-r base.txt\ngunicorn==23.0\n")
    work.write("requirements/base.txt", "-r ../requirements.txt\n")
    assert work.lock("./requirements/production.txt") == ["django==5.2", "gunicorn==23.0"]


@pytest.mark.parametrize("line", ["# -r base.txt", "--require-hashes", "-e .", "rich==14", "# --constraint x"])
def test_what_includes_nothing_stays_as_it_is(work: Work, line: str) -> None:
    work.write(LOCK, f"{line}\n")
    assert work.lock() == [line]


@pytest.mark.parametrize(
    "line", ["-c limits.txt", "-climits.txt", "--constraint limits.txt", "--constraint=limits.txt"]
)
def test_a_constraints_file_is_refused(work: Work, line: str) -> None:
    work.write(LOCK, f"{line}\ndjango\n")
    work.write("limits.txt", "django==5.2\n")
    with pytest.raises(ConfigurationError, match="requirements.txt has a constraints file, limits.txt") as raised:
        work.lock()
    assert raised.value.hint == "pin everything in one lock file"


def test_a_file_that_is_included_and_missing_is_named_with_who_wants_it(work: Work) -> None:
    work.write(LOCK, "-r base.txt\n")
    work.write("base.txt", "-rnowhere.txt\n")
    with pytest.raises(ConfigurationError, match="nowhere.txt is not in the project.*; base.txt includes it") as raised:
        work.lock()
    assert raised.value.hint == "commit nowhere.txt"


def test_a_lock_that_is_missing_is_told_with_its_variable(work: Work) -> None:
    with pytest.raises(ConfigurationError, match="lock.txt is not in the project") as raised:
        work.lock("lock.txt")
    assert "app_requirements" in raised.value.hint


def test_files_that_include_each_other_are_told_with_the_way_around(work: Work) -> None:
    work.write(LOCK, "--requirement=base.txt\n")
    work.write("base.txt", "-r requirements.txt\n")
    with pytest.raises(ConfigurationError, match="requirements.txt includes itself") as raised:
        work.lock()
    assert raised.value.lines == ("requirements.txt includes base.txt includes requirements.txt",)


def test_two_may_include_a_third(work: Work) -> None:
    work.write(LOCK, "-r a.txt\n-r b.txt\n")
    for name in ("a.txt", "b.txt"):
        work.write(name, "-r base.txt\n")
    work.write("base.txt", "redis==6.0\n")
    assert work.lock() == ["redis==6.0", "redis==6.0"]
