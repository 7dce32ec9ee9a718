"""The champion's model.tar.gz: read on every Python that the project takes, and not trusted."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from recommender import challenge
from recommender.errors import ArtifactError


def archive(folder: Path, *members: tuple[str, bytes | None]) -> Path:
    """A channel whose archive has these files; None is a link to /etc/passwd."""
    with tarfile.open(folder / challenge.ARCHIVE, "w:gz") as packed:
        for name, content in members:
            member = tarfile.TarInfo(name)
            if content is None:
                member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
                packed.addfile(member)
            else:
                member.size = len(content)
                packed.addfile(member, io.BytesIO(content))
    return folder


def test_plain_files_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, bytes] = {}

    def load(folder: Path) -> None:
        seen.update({str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*.*")})

    monkeypatch.setattr(challenge, "load", load)
    challenge.open_champion(archive(tmp_path, ("model.json", b"{}"), ("./code/a.py", b"x")))
    assert seen == {"model.json": b"{}", "code/a.py": b"x"}


@pytest.mark.parametrize(
    "member", [("../out.json", b"{}"), ("/out.json", b"{}"), ("model.json", None)]
)
def test_what_leads_out_is_refused(tmp_path: Path, member: tuple[str, bytes | None]) -> None:
    with pytest.raises(ArtifactError, match=r"is not readable: .* is no file of a model"):
        challenge.open_champion(archive(tmp_path, member))
    assert not (tmp_path.parent / "out.json").exists()
