"""What is found in scripts: calls, options, formats, modules, operations."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakestack.glue_check.findings import Finding, Verdict
from lakestack.glue_check.imports import Surroundings
from lakestack.glue_check.script import read
from tests.unit.glue_check.texts import STUDIO

GLUE = "from awsglue.context import GlueContext\ng = GlueContext(sc)\n"


@pytest.fixture
def script(tmp_path: Path) -> Path:
    return tmp_path / "job.py"


def findings(script: Path, text: str | bytes, around: Surroundings | None = None) -> list[Finding]:
    script.write_bytes(text if isinstance(text, bytes) else text.encode())
    found = read(script, "job.py").findings(around or Surroundings())
    return sorted(found)


def verdicts(script: Path, text: str, kind: str) -> dict[str, Verdict]:
    return {each.name: each.verdict for each in findings(script, text) if each.kind == kind}


def test_a_script_of_glue_studio_runs(script: Path) -> None:
    found = findings(script, STUDIO)
    assert {each.verdict for each in found} == {Verdict.RUNS, Verdict.NONE}
    lines = {(each.kind, each.name): each.line for each in found}
    assert lines["connection type", "s3"] in (15, 23)
    assert lines["transform", "ApplyMapping"] == 22
    assert lines["option", "compression"] == 28
    assert lines["format", "glueparquet"] == 28
    assert lines["call", "Job.commit"] == 30
    [tuning] = [each for each in found if each.verdict is Verdict.NONE]
    assert tuning.name == "optimizePerformance"


def test_connection_types_formats_and_options(script: Path) -> None:
    text = GLUE + (
        'g.create_dynamic_frame.from_options("saphana", {"dbTable": "t"})\n'
        'g.create_dynamic_frame.from_options("S3", {"paths": []}, "ion")\n'
        'g.create_dynamic_frame_from_options("mysql", {"url": u, "sampleSize": 1, "nonsense": 2})\n'
        'g.write_dynamic_frame.from_options(f, "s3", {"path": p, **more}, format=kind)\n'
    )
    assert verdicts(script, text, "connection type") == {
        "saphana": Verdict.REFUSED,
        "S3": Verdict.RUNS,
        "mysql": Verdict.RUNS,
        "s3": Verdict.RUNS,
    }
    assert verdicts(script, text, "format") == {
        "ion": Verdict.REFUSED,
        "(an expression)": Verdict.RUN_TIME,
    }
    options = verdicts(script, text, "option")
    assert options["sampleSize"] is Verdict.REFUSED
    assert options["nonsense"] is Verdict.NONE  # AWS ignores it too
    assert options["(further options of s3)"] is Verdict.RUN_TIME


def test_a_stream_is_read_as_one_alone(script: Path) -> None:
    call = 'g.create_{}_frame.from_options("kafka", {{"topicName": "t"}})\n'
    found = [verdicts(script, GLUE + call.format(kind), "connection type")
             for kind in ("data", "dynamic")]  # fmt: skip
    assert found == [{"kafka": Verdict.RUNS}, {"kafka": Verdict.REFUSED}]


def test_values_are_followed_where_they_are_given_once(script: Path) -> None:
    text = GLUE + (
        'KIND = "or" + "c"\noptions = {"paths": [x]}\nother = {"a": 1}\nother["path"] = 2\n'
        'g.create_dynamic_frame.from_options("s3", options, KIND)\n'
        'g.write_dynamic_frame.from_options(f, "s3", other, "csv")\n'
        "def f(KIND2):\n"
        '    g.create_dynamic_frame.from_options("s3", {}, KIND2)\n'
    )
    assert verdicts(script, text, "format") == {
        "orc": Verdict.RUNS,
        "csv": Verdict.RUNS,
        "(an expression)": Verdict.RUN_TIME,
    }
    assert verdicts(script, text, "option") == {
        "paths": Verdict.RUNS,
        "(options of s3)": Verdict.RUN_TIME,
    }


def test_calls_of_glue_and_not_of_spark(script: Path) -> None:
    text = GLUE + (
        "self.glue = g\nself.glue.forEachBatch(frame, f)\ng.start_transaction(True)\n"
        "frame = g.create_dynamic_frame.from_catalog('d', 't')\n"
        "frame.relationalize('r', 's').select('r').unbox('a', 'json').toDF().write.save('x')\n"
        "spark.read.csv('x').filter('a').join(y).write.parquet('z')\n"
    )
    assert verdicts(script, text, "call") == {
        "GlueContext.forEachBatch": Verdict.RUNS,
        "GlueContext.start_transaction": Verdict.REFUSED,
        "create_dynamic_frame.from_catalog": Verdict.RUNS,
        "DynamicFrame.relationalize": Verdict.RUNS,
        "DynamicFrameCollection.select": Verdict.RUNS,
        "DynamicFrame.unbox": Verdict.RUNS,
        "DynamicFrame.toDF": Verdict.RUNS,
    }


def test_transforms_by_name_and_by_module(script: Path) -> None:
    text = (
        "from awsglue import transforms as T\nfrom awsglue.transforms import FindMatches as F\n"
        "F.apply(frame=f)\nT.Join.apply(a, b, c, d)\nmodel.apply(x)\n"
    )
    found = verdicts(script, text, "transform")
    assert found["FindMatches"] is Verdict.REFUSED
    assert found["Join"] is Verdict.RUNS
    assert found.keys() == {"FindMatches", "Join"}


def test_java_classes_and_table_formats(script: Path) -> None:
    text = GLUE + (
        "j = sc._jvm.com.amazonaws.services.glue.util.JsonOptions\n"
        "e = g._jvm.AWSConnectionUtils.getGlueEndpoint()\n"
        "h = sc._jvm.org.apache.hadoop.fs.Path\n"
        'spark.sql("CREATE TABLE a USING iceberg")\ndf.write.format("delta").save(p)\n'
    )
    assert verdicts(script, text, "Java class") == {
        "com.amazonaws.services.glue.util.JsonOptions": Verdict.REFUSED
    }
    assert verdicts(script, text, "table format").keys() == {"iceberg", "delta"}


@pytest.mark.parametrize(
    ("around", "verdict"),
    [
        (Surroundings(), Verdict.RUNS),
        (Surroundings(formats=("delta", "hudi"), is_known=True), Verdict.RUNS),
        (Surroundings(formats=("hudi",), is_known=True), Verdict.REFUSED),
        (Surroundings(jars=True, is_known=True), Verdict.RUN_TIME),
    ],
)
def test_a_table_format_is_there_where_the_job_brings_it(
    script: Path, around: Surroundings, verdict: Verdict
) -> None:
    for text in (
        "from delta.tables import DeltaTable\n",
        "import delta\n",
        "import delta.tables\n",
    ):
        found = findings(script, text, around)
        assert [(each.kind, each.name, each.verdict) for each in found] == [
            ("table format", "delta", verdict)
        ]


@pytest.mark.parametrize(
    ("module", "verdict"),
    [("gs_now", Verdict.RUNS), ("gs_common", Verdict.RUNS), ("gs_lookup", Verdict.REFUSED)],
)
def test_transforms_of_glue_studio_that_are_here(
    script: Path, module: str, verdict: Verdict
) -> None:
    found = findings(script, f"import {module}\n", Surroundings())
    assert [(each.name, each.verdict) for each in found] == [(module, verdict)]


def test_modules(script: Path) -> None:
    text = (
        "import json, boto3, helpers.io, no_such_module\nfrom awsgluedq.transforms import X\n"
        "try:\n    import another_absent\nexcept ImportError:\n    pass\n"
    )

    def found(around: Surroundings) -> dict[str, Verdict]:
        return {e.name: e.verdict for e in findings(script, text, around) if e.kind == "package"}

    local = frozenset({"helpers"})
    assert found(Surroundings(local)) == {
        "boto3": Verdict.RUNS,
        "no_such_module": Verdict.RUN_TIME,
        "another_absent": Verdict.RUN_TIME,
    }
    known = found(Surroundings(local, is_known=True))
    assert known["no_such_module"] is Verdict.REFUSED
    assert known["another_absent"] is Verdict.RUN_TIME  # the script can do without it
    brought = found(Surroundings(local, frozenset({"no-such-module"}), is_known=True))
    assert brought["no_such_module"] is Verdict.RUNS


def test_names_of_awsglue(script: Path) -> None:
    text = (
        "from awsglue.dynamicframe import DynamicFrame, DynamicFrameWriter\n"
        "from awsglue.utils import getResolvedOptions, callsite\n"
        "import awsglue.no_such\nfrom awsglue.gluetypes import *\n"
        "from awsglue import DynamicFrame\nfrom awsglue.data_sink import DataSink\n"
        "from awsglue.dataframereader import DataFrameReader\n"
    )
    found = verdicts(script, text, "module")
    refused = {name for name, verdict in found.items() if verdict is Verdict.REFUSED}
    assert refused == {"awsglue.utils.callsite", "awsglue.no_such"}


def test_operations_of_the_glue_api(script: Path) -> None:
    text = (
        "import boto3\nglue = boto3.client('glue')\nglue.start_job_run(JobName='a')\n"
        "glue.create_dev_endpoint()\nglue.exceptions\nboto3.client('s3').list_buckets()\n"
    )
    assert verdicts(script, text, "Glue API") == {
        "StartJobRun": Verdict.RUNS,
        "CreateDevEndpoint": Verdict.REFUSED,
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b'import awsglue\nprint "a"\n', "Python 2"),
        (b"def f(:\n", "invalid syntax"),
        (b"a = 1\x00\n", "null bytes"),
        (b"\xff\xfe\xff", ""),
        (b"(" * 5000, ""),
    ],
)
def test_what_is_no_python_3_is_named(script: Path, text: bytes, told: str) -> None:
    [found] = findings(script, text)
    assert (found.kind, found.verdict) == ("syntax", Verdict.REFUSED)
    assert told in found.note


def test_a_notebook_is_read_without_its_magics(tmp_path: Path) -> None:
    file = tmp_path / "n.ipynb"
    file.write_text(
        '{"cells": [{"cell_type": "code", "source": ["%glue_version 4.0\\n", "import awsglue"]},'
        ' {"cell_type": "code", "source": "%%sql\\nselect 1"}, {"cell_type": "markdown"}]}'
    )
    assert [each.name for each in read(file, "n").findings(Surroundings())] == ["awsglue"]
    file.write_text("[]")
    [found] = read(file, "n").findings(Surroundings())
    assert found.note == "is no notebook"


@given(st.text() | st.integers(0, len(STUDIO)).map(lambda end: STUDIO[:end]))
def test_no_text_makes_it_fail(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    file = tmp_path_factory.mktemp("any") / "job.py"
    file.write_text(text, encoding="utf-8", errors="replace")
    list(read(file, "job.py").findings(Surroundings()))


def test_the_types_of_sensitive_data(script: Path) -> None:
    text = (
        "from awsglueml.transforms import EntityDetector\n"
        'd = EntityDetector()\nd.detect(f, ["EMAIL", "JAPAN_MY_NUMBER", "Our own"], "Found")\n'
        'd.classify_columns(f, {"USA_SSN": []}, 1.0, 0.1)\nd.detect(f, kinds)\n'
    )
    assert verdicts(script, text, "entity type") == {
        "EMAIL": Verdict.RUNS,
        "JAPAN_MY_NUMBER": Verdict.REFUSED,
        "Our own": Verdict.RUN_TIME,
        "USA_SSN": Verdict.RUNS,
        "(an expression)": Verdict.RUN_TIME,
    }
    assert verdicts(script, text, "module") == {"awsglueml.transforms": Verdict.RUNS}


def test_packages_that_aws_glue_brings(script: Path) -> None:
    text = "import sklearn\nimport awswrangler as wr\nimport great_expectations\n"

    def packages(command: str) -> list[Verdict]:
        around = Surroundings(is_known=True, command=command)
        return [each.verdict for each in findings(script, text, around) if each.kind == "package"]

    assert packages("glueetl") == [Verdict.RUNS, Verdict.REFUSED, Verdict.REFUSED]
    assert packages("pythonshell") == [Verdict.RUNS, Verdict.RUNS, Verdict.REFUSED]


def test_a_method_that_no_dynamic_frame_has(script: Path) -> None:
    text = (
        GLUE + 'a = g.create_dynamic_frame.from_catalog(database="d", table_name="t")\n'
        "a.applyMapping(mappings=[])\na.withColumn(1)\na.toDF().withColumn(1)\na.gs_now()\n"
    )
    assert verdicts(script, text, "call") == {
        "create_dynamic_frame.from_catalog": Verdict.RUNS,
        "DynamicFrame.applyMapping": Verdict.RUNS,
        "DynamicFrame.toDF": Verdict.RUNS,
        "DynamicFrame.withColumn": Verdict.RUN_TIME,
    }


def test_steps_of_data_preparation_recipes(script: Path) -> None:
    text = (
        "from recipe_transforms import *\n"
        'a = DataCleaning.RemoveCombined.apply(data_frame=f, source_column="n")\n'
        "b = DataCleaning.FormatCase.apply(data_frame=a)\nc = Other.Step.apply(b)\n"
    )
    assert verdicts(script, text, "module") == {"recipe_transforms": Verdict.RUNS}
    assert verdicts(script, text, "recipe step") == {
        "DataCleaning.RemoveCombined": Verdict.RUNS,
        "DataCleaning.FormatCase": Verdict.REFUSED,
    }
    own = text.removeprefix("from recipe_transforms import *\n")
    assert verdicts(script, own, "recipe step") == {}
    named = verdicts(script, "from awsgluedi.transforms import pii\n", "module")
    assert named == {"awsgluedi.transforms": Verdict.REFUSED}
