"""One text file is replaced in one step, under a lock, or not at all; with real faults."""

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bootstrap_bot.errors import Code, TargetError
from bootstrap_bot.targets.file_writer import FileWriter, Written
from tests.support.folder_lock import FolderLock

NOBODY = 65534
REPOSITORY = Path(__file__).parents[2]

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: it changes owners")

CHILD = """
import os, sys
from pathlib import Path
from bootstrap_bot.errors import TargetError
from bootstrap_bot.targets.file_writer import FileWriter
path = Path(sys.argv[1])
{setup}
try:
    FileWriter(path, lock_seconds=0).change(lambda text: "new" * 2000)
except TargetError as error:
    print(error.code.value)
else:
    print("written")
"""


def changed_by_a_child(path: Path, setup: str = "", *, before: tuple[str, ...] = ()) -> str:
    """What another process that changes the file, as `setup` arranges it, comes to."""
    done = subprocess.run(
        [*before, sys.executable, "-c", CHILD.format(setup=setup), str(path)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.stderr
    return done.stdout.strip()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    folder = tmp_path / "folder"
    folder.mkdir()
    path = folder / "config.toml"
    path.touch(0o600)
    path.write_text("old")
    return path


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def backup_of(path: Path) -> Path:
    return path.with_name(f".bootstrap-bot-before-{path.name.replace('.', '%2E')}")


def version(file: Path) -> tuple[int, ...]:
    """Which file it is and when it was last changed in any way; reading makes no difference."""
    status = file.stat()
    return status.st_ino, status.st_mtime_ns, status.st_ctime_ns


def names_beside(path: Path) -> set[str]:
    return {entry.name for entry in path.parent.iterdir()}


def refusal(file: Path, edit: Callable[[str], str] = lambda text: text + "!") -> Code:
    with pytest.raises(TargetError) as refused:
        FileWriter(file, lock_seconds=0).change(edit)
    assert refused.value.place == file.name
    return refused.value.code


def test_a_change_replaces_the_text_and_keeps_the_previous_version(file: Path) -> None:
    inode = file.stat().st_ino
    assert FileWriter(file).change(lambda text: text + " and new") == Written(changed=True)
    assert file.read_text() == "old and new"
    assert file.stat().st_ino != inode
    assert backup_of(file).read_text() == "old"
    assert names_beside(file) == {"config.toml", ".bootstrap-bot-before-config%2Etoml"}


def test_only_one_backup_is_kept(file: Path) -> None:
    for text in ("second", "third"):
        FileWriter(file).change(lambda _, text=text: text)  # type: ignore[misc]
    assert backup_of(file).read_text() == "second"
    assert len(names_beside(file)) == 2


def test_an_unchanged_text_writes_nothing(file: Path) -> None:
    before = version(file)
    assert FileWriter(file).change(lambda text: text) == Written(changed=False)
    assert version(file) == before
    assert not backup_of(file).exists()


def test_a_missing_file_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    old = os.umask(0)
    try:
        assert FileWriter(file).read() == ""
        FileWriter(file).change(lambda text: text + "new")
    finally:
        os.umask(old)
    assert (file.read_text(), mode_of(file)) == ("new", 0o600)
    assert not backup_of(file).exists()
    assert names_beside(file) == {"config.toml"}


@pytest.mark.parametrize(("mode", "narrowed"), [(0o644, True), (0o640, True), (0o400, False)])
def test_a_file_of_ours_becomes_its_owners_alone_and_the_caller_hears_of_it(
    file: Path, mode: int, narrowed: bool
) -> None:
    file.chmod(mode)
    assert FileWriter(file).change(lambda text: text + "!").narrowed is narrowed
    assert mode_of(file) == 0o600
    assert mode_of(backup_of(file)) == 0o600


@pytest.mark.parametrize("content", [b"\xef\xbb\xbfa\r\nb", b"a\r\nb\nc\r", b"\x00\n\n"])
def test_byte_order_mark_and_line_ends_are_kept_to_the_byte(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    FileWriter(file).change(lambda text: text + "!")
    assert file.read_bytes() == content + b"!"


def test_a_symbolic_link_is_followed_and_not_replaced(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.toml"
    link.symlink_to("folder/config.toml")
    FileWriter(link).change(lambda text: text + "!")
    assert link.is_symlink()
    assert file.read_text() == "old!"
    assert backup_of(file).exists()
    assert names_beside(link) == {"folder", "link.toml"}


def test_a_link_to_nothing_makes_the_file_it_names(tmp_path: Path) -> None:
    link = tmp_path / "link.toml"
    link.symlink_to("real.toml")
    FileWriter(link).change(lambda _: "new")
    assert link.is_symlink()
    assert (tmp_path / "real.toml").read_text() == "new"


def to_a_victim(path: Path) -> None:
    path.with_name("victim").touch()
    path.symlink_to("victim")


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, to_a_victim])
def test_what_has_our_copys_name_and_is_not_ours_is_told_and_left_alone(
    file: Path, make: Callable[[Path], None]
) -> None:
    make(backup_of(file))
    before = names_beside(file)
    with pytest.raises(TargetError) as refused:
        FileWriter(file).probe()
    assert refused.value.code is Code.COPY_BLOCKED
    assert refusal(file) is Code.COPY_BLOCKED
    assert (file.read_text(), names_beside(file)) == ("old", before)
    # what has nothing to do with it stands in nobody's way
    FileWriter(file).change(lambda text: text + "!", backed_up=False)
    assert (file.read_text(), names_beside(file)) == ("old!", before)


def replaced(file: Path) -> None:
    new = file.with_name("editor")
    new.write_text(file.read_text())
    os.replace(new, file)


def touched(file: Path) -> None:
    os.utime(file, ns=(0, file.stat().st_mtime_ns + 1))


def rewritten_with_the_old_time(file: Path) -> None:
    time = file.stat().st_mtime_ns
    file.write_text("odd")
    os.utime(file, ns=(time, time))


def removed(file: Path) -> None:
    file.unlink()


@pytest.mark.parametrize("meanwhile", [replaced, touched, rewritten_with_the_old_time, removed])
def test_a_file_that_changed_meanwhile_is_edited_afresh(
    file: Path, meanwhile: Callable[[Path], None]
) -> None:
    seen: list[str] = []

    def edit(text: str) -> str:
        if not seen:
            meanwhile(file)
        seen.append(text)
        return text + "!"

    FileWriter(file).change(edit)
    assert len(seen) == 2
    assert file.read_text() == seen[1] + "!"
    assert "editor" not in names_beside(file)


def test_a_file_that_appeared_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"

    def interrupted(text: str) -> str:
        if not text:
            file.write_text("theirs")
        return text + "!"

    FileWriter(file).change(interrupted)
    assert file.read_text() == "theirs!"


def test_a_file_that_keeps_changing_is_given_up_and_left_as_it_is(file: Path) -> None:
    def edit(text: str) -> str:
        file.write_text(text + ".")
        return "ours"

    assert refusal(file, edit) is Code.KEEPS_CHANGING
    assert set(file.read_text()) == {*"old", "."}
    assert names_beside(file) == {"config.toml"}


def test_what_the_edit_raises_passes_through_and_nothing_is_left(file: Path) -> None:
    def edit(text: str) -> str:
        raise KeyError

    with pytest.raises(KeyError):
        FileWriter(file).change(edit)
    assert file.read_text() == "old"
    assert names_beside(file) == {"config.toml"}


def test_two_processes_do_not_write_at_the_same_time(file: Path) -> None:
    with FolderLock(file):
        assert changed_by_a_child(file) == "locked"
    assert file.read_text() == "old"
    assert changed_by_a_child(file) == "written"


def test_a_lock_held_by_another_process_is_waited_for_no_longer_than_told(file: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from bootstrap_bot.targets.file_writer import FileWriter\n"
        "hold = lambda text: (print('held', flush=True), sys.stdin.read()) and text\n"
        "FileWriter(Path(sys.argv[1])).change(hold)"
    )
    argv = [sys.executable, "-c", code, str(file)]
    with subprocess.Popen(
        argv, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert refusal(file) is Code.LOCKED
        holder.kill()
    FileWriter(file, lock_seconds=0).change(lambda text: text + "!")
    assert file.read_text() == "old!"


def test_the_lock_is_that_of_the_real_file(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.toml"
    link.symlink_to(file)
    with FolderLock(file):
        assert changed_by_a_child(link) == "locked"


LIMIT = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))"


def test_a_limit_on_file_sizes_leaves_everything_as_it_was(file: Path) -> None:
    assert changed_by_a_child(file, LIMIT) == "no_space"
    assert file.read_text() == "old"
    assert names_beside(file) == {"config.toml"}


def mounted(command: str, path: Path) -> tuple[str, ...]:
    """The start of a command line that has its own mounts; skips where that is not allowed."""
    unshare = shutil.which("unshare")
    prefix = (unshare or "", "-m", "sh", "-c", f'{command} && exec "$@"', "sh")
    if (
        not unshare
        or subprocess.run([*prefix, "true"], check=False, capture_output=True).returncode
    ):
        pytest.skip("needs the right to mount")
    return prefix


def test_a_full_disk_leaves_everything_as_it_was(file: Path) -> None:
    prefix = mounted(f"mount -t tmpfs -o size=8k,mode=700 tmpfs {file.parent}", file)
    setup = (
        "path.write_text('old')\n"
        "import atexit\n"
        "atexit.register(lambda: print(sorted(os.listdir(path.parent)), path.read_text()))\n"
        "(path.parent / 'filler').write_bytes(b'x' * 4096)"
    )
    out = changed_by_a_child(file, setup, before=prefix)
    assert out == "no_space\n['config.toml', 'filler'] old"


def test_a_file_that_is_a_mount_point_is_left_alone(file: Path, tmp_path: Path) -> None:
    source = tmp_path / "mounted.toml"
    source.write_text("mounted")
    prefix = mounted(f"mount --bind {source} {file}", file)
    assert changed_by_a_child(file, before=prefix) == "mount_point"
    assert (source.read_text(), file.read_text()) == ("mounted", "old")
    assert names_beside(file) == {"config.toml"}


def test_a_file_system_that_cannot_be_written_is_no_permission(file: Path) -> None:
    prefix = mounted(f"mount --bind -o ro {file.parent} {file.parent}", file)
    assert changed_by_a_child(file, before=prefix) == "no_permission"
    assert names_beside(file) == {"config.toml"}


AS_NOBODY = f"os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})"


def reachable(file: Path) -> None:
    """Opens the folders above, which the test runner keeps to itself, for passing through."""
    for folder in file.parents:
        if folder.owner() == "root" and folder.stat().st_mode & 0o005 != 0o005:
            folder.chmod(folder.stat().st_mode | 0o011)


@as_root
def test_owner_and_group_are_kept(file: Path) -> None:
    os.chown(file, NOBODY, 12345)
    FileWriter(file).change(lambda text: text + "!")
    for path in (file, backup_of(file)):
        assert (path.stat().st_uid, path.stat().st_gid) == (NOBODY, 12345)


@as_root
def test_an_owner_that_cannot_be_kept_means_that_nothing_is_written(file: Path) -> None:
    reachable(file)
    file.chmod(0o644)
    file.parent.chmod(0o777)
    assert changed_by_a_child(file, AS_NOBODY) == "foreign_owner"
    assert file.read_text() == "old"
    assert names_beside(file) == {"config.toml"}


@as_root
@pytest.mark.parametrize("folder_mode", [0o755, 0o700])
def test_a_folder_that_may_not_be_written_is_no_permission(file: Path, folder_mode: int) -> None:
    reachable(file)
    os.chown(file, NOBODY, NOBODY)
    file.parent.chmod(folder_mode)
    assert changed_by_a_child(file, AS_NOBODY) == "no_permission"
    assert file.read_text() == "old"
    assert names_beside(file) == {"config.toml"}


def test_what_a_killed_process_left_is_swept_up(file: Path) -> None:
    kill = "os.replace = lambda *names: os.kill(os.getpid(), 9)"
    assert changed_by_a_child(file, kill) == ""
    assert len(names_beside(file)) == 3
    assert all(mode_of(path) == 0o600 for path in file.parent.iterdir())
    file.with_name("config.toml.mine.tmp").touch()
    FileWriter(file).change(lambda text: text + "!")
    assert names_beside(file) == {
        "config.toml",
        ".bootstrap-bot-before-config%2Etoml",
        "config.toml.mine.tmp",
    }


def test_bytes_that_are_not_utf8_are_never_written_and_their_place_is_told(file: Path) -> None:
    file.write_bytes(b"hunter2\nab\xffhunter2")
    for attempt in (FileWriter(file).read, lambda: FileWriter(file).change(lambda _: "new")):
        with pytest.raises(TargetError) as refused:
            attempt()
        error = refused.value
        assert (error.code, error.line, error.column) == (Code.UNPARSABLE, 2, 3)
        assert error.__context__ is None
    assert file.read_bytes() == b"hunter2\nab\xffhunter2"


def test_a_text_that_has_no_utf8_form_is_not_written(file: Path) -> None:
    assert refusal(file, lambda _: "\ud800") is Code.TARGET_FAILED
    assert file.read_text() == "old"


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_what_is_not_a_regular_file_is_refused_without_waiting(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    make(tmp_path / "config.toml")
    assert refusal(tmp_path / "config.toml") is Code.TARGET_FAILED


def test_a_missing_folder_is_not_made(tmp_path: Path) -> None:
    assert refusal(tmp_path / "no" / "config.toml") is Code.FILE_MISSING
    assert not (tmp_path / "no").exists()
