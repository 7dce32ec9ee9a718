"""SageMaker's file handling: archives, S3 names, requirements, request checks."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import botocore.session
import pytest
from hypothesis import given
from hypothesis import strategies as st
from localstack.aws.api import CommonServiceException

from lakestack.archives import ArchiveError
from lakestack.services.sagemaker import archives, objects, rules
from lakestack.services.sagemaker.metrics import MAX_LINE, Metrics
from lakestack.services.sagemaker.source import SourceError, check_program, check_requirements
from lakestack.services.sagemaker.training import last_error
from lakestack.services.sagemaker.validation import check_request
from lakestack.services.sagemaker.volume import Volume


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, link
    return made


def write(path: Path, members: list[tarfile.TarInfo]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for one in members:
            tar.addfile(one, io.BytesIO())
    return path


@pytest.mark.parametrize(
    "bad",
    [
        member("../evil"),
        member("/srv/abs.txt"),
        member("a/../../evil"),
        member("link", tarfile.SYMTYPE, "/etc/passwd"),
        member("link", tarfile.SYMTYPE, "../../x"),
        member("hard", tarfile.LNKTYPE, "../evil"),
        member("device", tarfile.CHRTYPE),
    ],
)
def test_members_that_leave_the_folder_are_refused(tmp_path: Path, bad: tarfile.TarInfo) -> None:
    archive = write(tmp_path / "a.tar.gz", [bad])
    with pytest.raises(ArchiveError, match="refused"):
        archives.extract(archive, tmp_path / "in" / "side", Volume(1))
    left = {p.name for p in tmp_path.rglob("*")} - {"a.tar.gz", "in", "side"}
    assert not left


@pytest.mark.parametrize("content", [b"", b"no tar", b"\x1f\x8b\x08damaged"])
def test_what_is_no_archive_says_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.tar.gz"
    path.write_bytes(content)
    with pytest.raises(ArchiveError, match=r"a\.tar\.gz is not a readable"):
        archives.extract(path, tmp_path / "out", Volume(1))


def test_truncated_archive_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "factors.bin").write_bytes(os.urandom(50_000))
    archive = tmp_path / "a.tar.gz"
    archives.pack(folder, archive)
    archive.write_bytes(archive.read_bytes()[:30_000])
    with pytest.raises(ArchiveError):
        archives.extract(archive, tmp_path / "out", Volume(1))


def test_packing_is_deterministic_and_reversible(tmp_path: Path) -> None:
    bodies = []
    for i, names in enumerate((["b", "a", "sub/c"], ["sub/c", "a", "b"])):
        folder = tmp_path / str(i)
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(name)
            os.utime(folder / name, (i * 1000, i * 1000))
        archives.pack(folder, tmp_path / f"{i}.tar.gz")
        bodies.append((tmp_path / f"{i}.tar.gz").read_bytes())
    assert bodies[0] == bodies[1]
    archives.extract(tmp_path / "0.tar.gz", tmp_path / "out", Volume(1))
    assert (tmp_path / "out" / "sub" / "c").read_text() == "sub/c"


@pytest.mark.parametrize(
    ("prefix", "key", "name"),
    [
        ("data/", "data/rating/a.csv", "rating/a.csv"),
        ("data", "data/rating/a.csv", "rating/a.csv"),
        ("data", "data-2/a.csv", "data-2/a.csv"),
        ("data/train.csv", "data/train.csv", "train.csv"),
        ("", "a/b", "a/b"),
    ],
)
def test_channel_names_are_relative_to_the_uri(prefix: str, key: str, name: str) -> None:
    assert objects.relative_name(prefix, key) == name


@given(st.text(max_size=30).filter(lambda text: "\0" not in text))
def test_no_object_name_leads_out(name: str) -> None:
    folder = Path("/srv/channel")
    try:
        assert objects.inside(folder, name).is_relative_to(folder)
    except objects.DownloadError as e:
        assert "leads out" in str(e)


@pytest.mark.parametrize("name", ["../x", "a/../../x", "..", "", "/"])
def test_names_that_climb_are_refused(name: str) -> None:
    with pytest.raises(objects.DownloadError):
        objects.inside(Path("/srv/channel"), name)


@pytest.mark.parametrize("uri", ["", "bucket/key", "http://b/k", "s3://", "s3:///k"])
def test_other_uris_are_no_s3_uris(uri: str) -> None:
    with pytest.raises(ValueError, match="is not an S3 URI"):
        objects.split_uri(uri)


def test_requirements_that_are_met(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text(
        "# what we need\nnumpy>=1  # newest\n\nPyTest ; python_version >= '3'\n"
        "no-such-package ; python_version < '3'\nscipy>=1 \\\n    --hash=sha256:00\n"
    )
    check_requirements(tmp_path)


def test_requirements_are_optional(tmp_path: Path) -> None:
    check_requirements(tmp_path)


def test_every_unmet_requirement_is_named(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text(
        "numpy<1\nnone-of-this\n-e .\nx @ https://example.org/x.whl\n???\n"
    )
    with pytest.raises(SourceError) as caught:
        check_requirements(tmp_path)
    for said in ("numpy<1 is needed", "none-of-this is not", "'-e'", "x is asked", "'???' is not"):
        assert said in str(caught.value)


@pytest.mark.parametrize("program", ["none.py", "../train.py", "train.sh", ""])
def test_entry_points_must_be_in_the_source(tmp_path: Path, program: str) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (tmp_path / "train.py").touch()
    with pytest.raises(SourceError, match="entry point"):
        check_program(source, program)


def test_last_metric_wins_and_noise_is_ignored() -> None:
    metrics = Metrics([{"Name": "ndcg", "Regex": r"metric ndcg=([0-9.eE+-]+);"}])
    for line in ("metric ndcg=0.1;", "metric ndcg=e;", "other", "metric ndcg=1.5e-1;"):
        metrics.feed(line)
    metrics.feed("x" * MAX_LINE + "metric ndcg=9;")
    assert [(m["MetricName"], m["Value"]) for m in metrics.final()] == [("ndcg", 0.15)]


def test_last_error_prefers_the_exception() -> None:
    lines = ["Traceback", "  File x", "pandas.errors.ParserError: bad line 3", "cleaning up"]
    assert last_error(lines) == "pandas.errors.ParserError: bad line 3"
    assert last_error(["out of memory", ""]) == "out of memory"
    assert last_error([]) == ""


@pytest.mark.parametrize(
    "image",
    [
        "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3",
        "000000000000.dkr.ecr.cn-north-1.amazonaws.com.cn/a/b_c@sha256:" + "0" * 64,
    ],
)
def test_ecr_images_are_accepted(image: str) -> None:
    rules.check_image(image)


@pytest.mark.parametrize("image", ["python:3.11", "1.dkr.ecr.us-east-1.amazonaws.com/a", ""])
def test_other_images_are_refused(image: str) -> None:
    with pytest.raises(CommonServiceException, match="non-ECR image"):
        rules.check_image(image)


def test_all_faults_of_a_request_are_named() -> None:
    shape = (
        botocore.session.get_session()
        .get_service_model("sagemaker")
        .operation_model("CreateTrainingJob")
        .input_shape
    )
    with pytest.raises(CommonServiceException) as caught:
        check_request(shape, {"TrainingJobName": "a b", "ResourceConfig": {"VolumeSizeInGB": 0}})
    said = caught.value.message
    assert said.startswith("6 validation errors detected: ")
    assert "Value 'a b' at 'trainingJobName' failed to satisfy constraint" in said
    assert "Value null at 'roleArn' failed to satisfy constraint: Member must not be null" in said
    assert "'resourceConfig.volumeSizeInGB'" in said
