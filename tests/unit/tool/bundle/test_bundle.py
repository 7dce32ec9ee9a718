"""A bundle is checked file by file, for this machine and clone, before anything is made of it."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import zipfile
from pathlib import Path

import pytest

from lakestack.errors import ArtifactError, BundleError
from lakestack.java import artifacts
from lakestack.tool.bundle import making, packages, placing, unpack

ABOUT = {
    "platforms": [unpack.platform_name()],
    "pythons": [unpack.python_name()],
    "locks": unpack.locks(),
}


def bundle(folder: Path, files: dict[str, bytes], about: object = None, sums: str = "") -> Path:
    content = {**files, unpack.ABOUT: json.dumps(about or ABOUT).encode()}
    listed = sums or "".join(
        f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in content.items()
    )
    made = folder / "b.tar"
    with tarfile.open(made, "w") as archive:
        for name, data in {unpack.SUMS: listed.encode(), **content}.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return made


def test_what_is_right_is_unpacked_in_place_of_what_was_there(tmp_path: Path) -> None:
    folder = tmp_path / "unpacked"
    folder.mkdir()
    (folder / "old").touch()
    assert unpack.unpack(bundle(tmp_path, {"packages/a.whl": b"a"}), folder) == ABOUT
    assert (folder / "packages" / "a.whl").read_bytes() == b"a"
    assert not (folder / "old").exists()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"platforms": ["plan9-mips"]}, "is for the platform plan9-mips, and this is "),
        ({"pythons": ["2.7", "3.4"]}, "is for the Python 2.7, 3.4, and this is "),
        ({"locks": {}}, "was made from another version of this project"),
    ],
)
def test_one_for_others_is_refused(tmp_path: Path, changed: dict[str, object], said: str) -> None:
    with pytest.raises(unpack.UnpackError, match=said):
        unpack.unpack(bundle(tmp_path, {}, {**ABOUT, **changed}), tmp_path / "to")


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    made = bundle(tmp_path, {"packages/a.whl": b"content of a wheel"})
    made.write_bytes(made.read_bytes().replace(b"content of", b"contents f"))
    with pytest.raises(unpack.UnpackError, match=r"packages/a\.whl is damaged"):
        unpack.unpack(made, tmp_path / "to")


def test_one_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    made = bundle(tmp_path, {"packages/a.whl": b"a" * 5000})
    made.write_bytes(made.read_bytes()[:3000])
    with pytest.raises(unpack.UnpackError, match="copy it again"):
        unpack.unpack(made, tmp_path / "to")


def test_what_is_listed_and_not_there_is_named(tmp_path: Path) -> None:
    listed = f"{hashlib.sha256(json.dumps(ABOUT).encode()).hexdigest()}  {unpack.ABOUT}\n"
    made = bundle(tmp_path, {}, sums=listed + f"{'0' * 64}  java/a.jar\n")
    with pytest.raises(unpack.UnpackError, match=r"java/a\.jar is missing"):
        unpack.unpack(made, tmp_path / "to")


@pytest.mark.parametrize("name", ["../outside", "/outside"])
def test_nothing_is_written_outside(tmp_path: Path, name: str) -> None:
    with pytest.raises(unpack.UnpackError, match="does not belong"):
        unpack.unpack(bundle(tmp_path, {name: b""}), tmp_path / "to")


def test_the_script_says_it_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert unpack.main([str(tmp_path / "none.tar"), str(tmp_path / "to")]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("one is made by: make bundle")
    (tmp_path / "text").write_text("no archive")
    assert unpack.main([str(tmp_path / "text"), str(tmp_path / "to")]) == 1


def test_every_native_library_belongs_to_a_platform() -> None:
    natives = {name for name in artifacts.names() if name.startswith("sqlite4java-")}
    assert natives < {f"sqlite4java-{name}" for name in packages.PLATFORMS}


def test_data_goes_with_its_terms_only(tmp_path: Path) -> None:
    data = tmp_path / "ml"
    data.mkdir()
    (data / "ratings.csv").touch()
    with zipfile.ZipFile(tmp_path / "ml.zip", "w") as archive:
        archive.writestr("ml/ratings.csv", "")
    for given in (data, tmp_path / "ml.zip"):
        with pytest.raises(BundleError, match="has no README or LICENSE that says its terms"):
            making.check_terms(given)
    (data / "README.html").touch()
    making.check_terms(data)
    with zipfile.ZipFile(tmp_path / "ml.zip", "a") as archive:
        archive.writestr("ml/README.txt", "")
    making.check_terms(tmp_path / "ml.zip")
    with pytest.raises(BundleError, match="neither a folder nor a zip"):
        making.check_terms(tmp_path / "nothing")


def test_an_unknown_platform_is_told_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(BundleError) as refused:
        making.make(tmp_path / "b", ["beos-ppc"], ["3.11"], None, print)
    assert "beos-ppc" in refused.value.message
    assert "macos-arm64" in str(refused.value.hint)


def test_source_that_has_to_be_compiled_is_told_from_pure_source() -> None:
    assert packages._pure(Path("pyspark-3.5.6.tar.gz"))
    assert not packages._pure(Path("numpy-2.0.tar.gz"))


@pytest.fixture
def small_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """A lock whose one set has one file, and an empty cache."""
    digest = hashlib.sha256(b"jar").hexdigest()
    made = {"small": [artifacts.Artifact("g", "a", "1", "jar", digest)]}
    monkeypatch.setattr(artifacts, "_lock", lambda: made)
    monkeypatch.setattr(artifacts, "sets", lambda: ["small"])
    monkeypatch.setenv("LAKE_CACHE", str(tmp_path / "cache"))
    return "small"


def test_java_artefacts_and_data_come_to_the_cache(small_set: str, tmp_path: Path) -> None:
    said: list[str] = []
    for name in ("java/small/a-1.jar", "data/ml/README.txt", "data/ml.zip"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"jar")
    placing.place(tmp_path, said.append)
    assert artifacts.missing() == []
    assert (tmp_path / "cache" / "bundled" / "ml" / "README.txt").is_file()
    assert len(said) == 2
    placing.place(tmp_path, said.append)  # again, over what is there


def test_a_java_artefact_that_is_another_is_refused(small_set: str, tmp_path: Path) -> None:
    (tmp_path / "java" / "small").mkdir(parents=True)
    (tmp_path / "java" / "small" / "a-1.jar").write_bytes(b"another")
    with pytest.raises(ArtifactError, match="damaged"):
        placing.place(tmp_path, print)
    assert artifacts.missing() == ["small"]
