"""The recorder of a disk's events, where a file is renamed while the recorder walks the folder."""

from pathlib import Path

from support.day.recorded_disk import RecordedDisk, paths_below


def test_a_rename_during_a_walk_is_a_rename(tmp_path: Path) -> None:
    partial, final = tmp_path / "a.partial", tmp_path / "a"
    walks = 0

    def paths(folder: Path) -> list[Path]:
        nonlocal walks
        walks += 1
        listed = paths_below(folder)
        if walks == during:
            partial.rename(final)  # this walk finds neither name
        return listed

    disk = RecordedDisk(tmp_path, paths)
    try:
        partial.write_bytes(b"content")
        during = 0
        disk.note("written")
        during = walks + 1
        disk.note("renamed")
    finally:
        disk.close()
    assert disk.events == ["write a.partial", "written", "rename a.partial to a", "renamed"]
