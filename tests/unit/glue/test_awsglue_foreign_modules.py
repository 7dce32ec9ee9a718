"""NumPy's old names, pandas on S3, and AWS's Java classes, as jobs find them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lakestack.services.glue.runtime.awsglue import jvm_classes, numpy_names, pandas_s3
from lakestack.services.glue.runtime.awsglue.errors import UnsupportedApiError
from lakestack.services.glue.spark.command import python_path


class _S3:
    """Objects by bucket and key."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put_object(self, Bucket: str, Key: str, Body: bytes) -> None:  # noqa: N803
        self.objects[f"{Bucket}/{Key}"] = Body

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        if Key.startswith("secret"):
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "GetObject")
        if f"{Bucket}/{Key}" not in self.objects:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        body = self.objects[f"{Bucket}/{Key}"]
        return {"Body": SimpleNamespace(read=lambda: body)}


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> _S3:
    found = _S3()
    monkeypatch.setattr(pandas_s3, "client", lambda _: found)
    return found


@pytest.fixture
def pandas(monkeypatch: pytest.MonkeyPatch) -> Any:
    import pandas
    from pandas.io import common

    monkeypatch.setattr(common, "_get_filepath_or_buffer", common._get_filepath_or_buffer)
    monkeypatch.setattr(pandas_s3, "_has_fsspec", lambda: False)
    pandas_s3.open_s3(common)
    return pandas


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "with space/ü.csv.zip"])
def test_pandas_writes_and_reads_s3(s3: _S3, pandas: Any, name: str) -> None:
    frame = pandas.DataFrame({"a": [1, 2], "b": ["x", "ü"]})
    frame.to_csv(f"s3://b/{name}", index=False)
    assert list(s3.objects) == [f"b/{name}"]
    assert pandas.read_csv(f"s3a://b/{name}").equals(frame)
    frame.to_json("s3://b/a.json", orient="records", lines=True)
    assert pandas.read_json("s3://b/a.json", lines=True).equals(frame)


def test_what_pandas_cannot_open_on_s3_is_an_os_error(s3: _S3, pandas: Any) -> None:
    with pytest.raises(FileNotFoundError, match=r"b/none\.csv"):
        pandas.read_csv("s3://b/none.csv")
    with pytest.raises(PermissionError, match="b/secret"):
        pandas.read_csv("s3://b/secret")
    with pytest.raises(ValueError, match="mode 'a'"):
        pandas.DataFrame({"a": [1]}).to_csv("s3://b/a.csv", mode="a")
    assert not s3.objects


def test_names_of_numpy_1() -> None:
    import numpy

    made = SimpleNamespace(**{n: getattr(numpy, n) for n in ("nan", "inf", "float64", "str_")})
    made.PZERO = "its own"
    numpy_names.restore(made)
    assert numpy.isnan(made.NaN)
    assert made.float_ is numpy.float64
    assert made.unicode_ is numpy.str_
    assert made.Inf == -made.NINF
    assert made.PZERO == "its own"
    assert not hasattr(made, "complex_")


def test_a_job_imports_what_it_knows_from_aws(tmp_path: Path) -> None:
    text = "import numpy, awsglue.utils; print(numpy.float_(1), numpy.NaN)"
    run = subprocess.run(
        [sys.executable, "-c", text],
        env={"PYTHONPATH": python_path(tmp_path)},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert run.stdout.split() == ["1.0", "nan"], run.stderr


@pytest.fixture
def jvm() -> Any:
    """What py4j gives: a package for each name that is no class."""

    class Package:
        def __init__(self, name: str) -> None:
            self._fqn = name

        def __getattr__(self, name: str) -> Any:
            return Package(f"{self._fqn}.{name}")

    class View:
        def __getattr__(self, name: str) -> Any:
            return name if name == "System" else Package(name)

    jvm_classes.install(SimpleNamespace(JavaPackage=Package, JVMView=View))
    return View()


def test_connection_utilities_answer(jvm: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    short = jvm.AWSConnectionUtils
    assert short is jvm.com.amazonaws.services.glue.util.AWSConnectionUtils
    assert short.getRegion() == "eu-west-1"
    assert short.getGlueEndpoint() == "http://127.0.0.1:4566"
    assert short.getGlueProxyUrl()[8:].startswith("null")


def test_other_classes_of_aws_are_refused_by_name(jvm: Any) -> None:
    with pytest.raises(
        UnsupportedApiError, match=r"com\.amazonaws\.services\.glue\.ml\.FindMatches"
    ):
        _ = jvm.com.amazonaws.services.glue.ml.FindMatches
    with pytest.raises(UnsupportedApiError, match="JsonOptions"):
        _ = jvm.JsonOptions
    assert jvm.System == "System"
    assert jvm.org.apache.hadoop.fs.Path._fqn == "org.apache.hadoop.fs.Path"
