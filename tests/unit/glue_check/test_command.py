"""`lake glue check`: folders, definitions of jobs, its output and exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from lakestack.errors import CheckError
from lakestack.glue_check.cli import app
from lakestack.glue_check.findings import Finding, Verdict
from lakestack.glue_check.jobs import jobs_of
from lakestack.glue_check.repository import look
from tests.unit.glue_check.texts import STUDIO, TEMPLATE, TERRAFORM


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "daily.py").write_text(STUDIO + "import great_expectations, absent_one\n")
    (tmp_path / "jobs" / "helper.py").write_text("import os\n")
    (tmp_path / "stack.yaml").write_text(TEMPLATE)
    return tmp_path


def by_name(findings: list[Finding]) -> dict[str, Finding]:
    return {each.name: each for each in findings}


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["check", *arguments])


def test_a_folder_with_a_template(folder: Path) -> None:
    found = look([folder])
    assert [script.path.name for script in found.scripts] == ["daily.py"]
    [job] = found.jobs
    assert (job.command, job.script_name) == ("glueetl", "daily.py")
    named = by_name(found.findings())
    assert named["--job-language"].verdict is Verdict.REFUSED
    assert named["--job-language"].line == 9
    assert named["--enable-spark-ui"].verdict is Verdict.NONE
    assert named["great_expectations"].verdict is Verdict.RUNS
    assert named["absent_one"].verdict is Verdict.RUN_TIME  # may be within what the job brings
    assert "--own" not in named


def test_terraform_and_the_api_s_json(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text(TERRAFORM)
    [job] = jobs_of(file, "plan.json")
    assert (job.name, job.command, job.script_name) == ("daily", "gluestreaming", "daily.py")
    assert job.arguments == {"--enable-metrics": "true"}
    file.write_text(json.dumps({"type": "version"}) + "\n" + TERRAFORM.replace("\n", ""))
    assert [job.name for job in jobs_of(file, "plan.json")] == ["daily"]
    definition = {"Name": "n", "Command": {"Name": "glueetl", "ScriptLocation": "s3://b/k.py"}}
    for document in (definition, {"Job": definition}):
        file.write_text(json.dumps(document))
        assert [job.script for job in jobs_of(file, "j")] == ["s3://b/k.py"]
    for text in ("{", "- Glue\n- [", "[1] # Glue", "a: &a [*a, Glue]"):
        file.with_suffix(".yaml").write_text(text)
        assert jobs_of(file.with_suffix(".yaml"), "x") == []


@pytest.mark.parametrize(
    ("name", "text", "line", "note"),
    [
        ("a.yaml", "J:\n  Type: AWS::Glue::Job\n  bad: [1,\n", 4, "invalid YAML: expected"),
        ("a.json", '{"resource":\n {"aws_glue_job": ', 2, "invalid JSON: Expecting value"),
        ("a.template", "a: *b # AWS::Glue::Job", 1, "invalid YAML: found undefined alias"),
    ],
)
def test_a_definition_that_cannot_be_read_is_a_finding(
    name: str, text: str, line: int, note: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text)
    (tmp_path / "values.yaml").write_text("value: {{ template }}\n")  # of another tool
    for path in (tmp_path, tmp_path / name):
        [found] = look([path]).findings()
        assert (found.kind, found.verdict) == ("syntax", Verdict.REFUSED)
        assert found.file.endswith(name)
        assert found.note.startswith(note)
        assert found.line == line
    done = run(str(tmp_path / name))
    assert isinstance(done.exception, CheckError)
    assert note in done.stdout


def test_what_is_named_and_breaks_off_is_said_whatever_it_names(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"a": ')
    assert "invalid JSON" in run(str(tmp_path / "a.json")).stdout
    assert look([tmp_path]).findings() == []


def test_a_definition_whose_settings_name_a_table_format_asks_for_it(tmp_path: Path) -> None:
    (tmp_path / "merge.py").write_text("spark.sql('MERGE INTO glue_catalog.a.b USING c ON d')\n")
    conf = "spark.sql.extensions=org.apache.iceberg.spark.extensions.X --conf spark.ui.enabled=true"
    arguments = {"--conf": conf}

    def found() -> dict[str, Verdict]:
        command = {"Name": "glueetl", "ScriptLocation": "s3://b/merge.py"}
        definition = {"Name": "n", "Command": command, "DefaultArguments": arguments}
        (tmp_path / "job.json").write_text(json.dumps(definition))
        every = look([tmp_path]).findings()
        return {each.name: each.verdict for each in every if each.kind == "table format"}

    assert found() == {"iceberg": Verdict.REFUSED}
    arguments["--extra-jars"] = "s3://b/iceberg.jar"
    assert found() == {}
    arguments.pop("--extra-jars")
    arguments["--datalake-formats"] = "hudi,Iceberg"
    assert found() == {}


def test_writing_to_a_catalog_of_spark_needs_a_table_format(tmp_path: Path) -> None:
    script = tmp_path / "write.py"
    script.write_text("import pyspark\ndf.writeTo(name).createOrReplace()\n")
    assert by_name(look([script]).findings())["iceberg"].verdict is Verdict.RUNS  # with a parameter
    assert "table format iceberg" in run(str(script), "--arg=--job-language=python").stdout
    assert "table format" not in run(str(script), "--arg=--datalake-formats=delta").stdout


def test_a_template_leads_to_its_script(folder: Path) -> None:
    found = look([folder / "stack.yaml"])
    assert [script.path.name for script in found.scripts] == ["daily.py"]


def test_exit_codes_and_what_is_printed(folder: Path, tmp_path: Path) -> None:
    script = tmp_path / "jobs" / "daily.py"
    done = run(str(script))
    assert done.exit_code == 0
    assert "runs                format csv (line 15)" in done.stdout
    refused = run(str(script), "--arg=--job-language=scala")
    assert isinstance(refused.exception, CheckError)
    assert refused.exception.document is not None
    assert refused.exception.document["count"]["refused"] == 3  # two are modules
    assert "flags: 1 runs, 1 refused" in refused.stdout


@pytest.mark.parametrize("arguments", [["nowhere"], ["{0}/jobs", "--arg=datalake"], ["{0}/empty"]])
def test_wrong_usage(folder: Path, arguments: list[str]) -> None:
    (folder / "empty").mkdir()
    done = run(*(each.format(folder) for each in arguments))
    assert done.exit_code == 2
    assert "Error" in done.stderr


@pytest.mark.parametrize("name", ["orders.csv", "README.md", "main.tf", "Job.scala"])
def test_a_file_of_another_kind_is_not_called_fine(name: str, tmp_path: Path) -> None:
    """Nor is it read as Python, which finds errors of syntax in it."""
    (tmp_path / name).write_text("id,shop\n")
    found = run(str(tmp_path / name))
    assert found.exit_code == 2
    assert f"'{name}' is neither" in found.output
    assert ".ipynb" in found.output
