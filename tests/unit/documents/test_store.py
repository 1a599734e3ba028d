"""A stored file is whole or absent, and its name leads nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from documents.store import Store


def test_saved_bytes_come_back_under_an_unguessable_name(tmp_path: Path) -> None:
    store = Store(tmp_path / "files")
    names = {store.save(b"abc", ".pdf") for _ in range(20)}
    assert len(names) == 20
    for name in names:
        assert name.endswith(".pdf")
        assert len(name) == 36
        assert store.path(name).read_bytes() == b"abc"
        assert store.path(name).stat().st_mode & 0o077 == 0


def test_a_file_appears_only_when_complete(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.open_writer(".zip") as file:
        file.stream.write(b"half")
        file.stream.flush()
        assert not store.path(file.name).exists()
    assert store.path(file.name).read_bytes() == b"half"


def test_a_failed_file_leaves_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with pytest.raises(RuntimeError), store.open_writer(".zip") as file:
        file.stream.write(b"half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../" + "a" * 32,
        "a/" + "a" * 32,
        "/etc/passwd",
        "a" * 32 + "/..",
        "." + "a" * 32 + ".part",
        "a" * 32 + "\x00.pdf",
        "a" * 32 + ".pdf\n",
        "a" * 32 + ".tar.gz",
        "ä" * 32,
        "C:" + "a" * 32,
        "a\\" + "b" * 32,
    ],
)
def test_only_plain_names(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError):
        Store(tmp_path).path(name)
    with pytest.raises(ValueError):
        Store(tmp_path).delete(name)


@pytest.mark.parametrize("suffix", ["", "pdf", ".", "./x", ".PDF", ".a/b", ".\n"])
def test_only_plain_suffixes(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(ValueError):
        Store(tmp_path).save(b"", suffix)


def test_delete_twice(tmp_path: Path) -> None:
    store = Store(tmp_path)
    name = store.save(b"", ".txt")
    store.delete(name)
    store.delete(name)
    assert not store.path(name).exists()
