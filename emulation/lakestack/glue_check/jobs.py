"""Definitions of Glue jobs: CloudFormation, SAM, CDK's output, Terraform's JSON, CreateJob's JSON.

AWS CloudFormation's ``AWS::Glue::Job``; Terraform's ``aws_glue_job`` as ``terraform show -json``
and ``terraform plan -json`` print it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from lakestack.glue_check.values import UNKNOWN

__all__ = ["SUFFIXES", "DefinitionError", "Job", "jobs_of"]

SUFFIXES = (".yaml", ".yml", ".json", ".template")
MAX_BYTES = 20 << 20
_DEPTH = 40
_NAMES = ("AWS::Glue::Job", "aws_glue_job")


class DefinitionError(Exception):
    """A file that names Glue's jobs, or that the user named, and that cannot be read whole.

    Args:
        note: what is wrong
        line: where, from 1 on; 0 where that is not known
        jobs: those before it
    """

    def __init__(self, note: str, line: int = 0, jobs: Sequence[Job] = ()) -> None:
        super().__init__(note)
        self.note, self.line, self.jobs = note, line, list(jobs)


@dataclass(frozen=True)
class Job:
    """A job as its definition says.

    Attributes:
        file: the definition's file, as the user named it; "flags" of the command line's
        name: the job's, or its resource's
        command: such as ``glueetl``; "" where that is decided later
        script: its location, or as much of it as can be read
        arguments: DefaultArguments; a value may be `UNKNOWN`
        lines: where names of arguments stand in the file
    """

    file: str
    name: str
    command: str = "glueetl"
    script: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)

    @property
    def script_name(self) -> str:
        """The last part of the script's location."""
        return self.script.rstrip("/").rpartition("/")[2]


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short functions (``!Ref``, ``!Sub``)."""


def _function(loader: yaml.Loader, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return {f"Fn::{suffix}": loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {f"Fn::{suffix}": loader.construct_sequence(node, deep=True)}
    if isinstance(node, yaml.MappingNode):
        return {f"Fn::{suffix}": loader.construct_mapping(node, deep=True)}
    return UNKNOWN


_Loader.add_multi_constructor("!", _function)


def jobs_of(path: Path, file: str, *, named: bool = False) -> list[Job]:
    """The jobs that a file defines; of a file that is no definition, none.

    Args:
        path: where it is
        file: its name, for the findings
        named: whether the user named it, so that it is meant to be a definition

    Raises:
        DefinitionError: it cannot be read
    """
    try:
        if (size := path.stat().st_size) > MAX_BYTES:
            if not named:
                return []
            raise DefinitionError(f"{size:,} bytes; definitions of {MAX_BYTES:,} at most are read")
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as e:
        if not named:
            return []
        raise DefinitionError(e.strerror or str(e)) from e
    if "lue" not in text and not named:  # AWS::Glue::Job, aws_glue_job, ScriptLocation of glueetl
        return []
    found: list[Job] = []
    try:
        for document in _documents(text, path.suffix):
            found += _jobs(document, file)
    except (ValueError, yaml.YAMLError, RecursionError, AttributeError, TypeError) as e:
        if named or any(name in text for name in _NAMES):
            note, line = _fault(e)
            raise DefinitionError(note, line, found) from e
        return found
    lines = text.splitlines()
    return [_with_lines(job, lines) for job in found]


def _fault(error: Exception) -> tuple[str, int]:
    """What is wrong, and in which line."""
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        return f"invalid YAML: {error.problem or error.context}", mark.line + 1 if mark else 0
    if isinstance(error, json.JSONDecodeError):
        return f"invalid JSON: {error.msg}", error.lineno
    return f"cannot be read: {error}", 0


def _documents(text: str, suffix: str) -> Iterator[Any]:
    if suffix == ".json" or text.lstrip().startswith("{"):
        try:
            yield json.loads(text)
        except ValueError as whole:
            for line in text.splitlines():  # terraform plan -json: a document a line
                if line.startswith("{"):
                    try:
                        yield json.loads(line)
                    except ValueError:
                        raise whole from None
        return
    yield from yaml.load_all(text, Loader=_Loader)


def _jobs(document: Any, file: str) -> Iterator[Job]:
    if not isinstance(document, dict):
        return
    resources = document.get("Resources")
    if isinstance(resources, dict):
        for name, resource in resources.items():
            if isinstance(resource, dict) and resource.get("Type") == "AWS::Glue::Job":
                yield _of_api(str(name), resource.get("Properties") or {}, file)
    elif isinstance(document.get("Job"), dict):  # what GetJob answers
        yield _of_api("job", document["Job"], file)
    elif isinstance(document.get("Command"), dict):  # what CreateJob takes
        yield _of_api("job", document, file)
    else:
        yield from _of_terraform(document, file)


def _of_api(name: str, given: Mapping[str, Any], file: str) -> Job:
    command = given.get("Command") or {}
    arguments = given.get("DefaultArguments") or {}
    if not isinstance(arguments, dict) or any(str(key).startswith("Fn::") for key in arguments):
        arguments = {}
    own = given.get("Name")
    return Job(
        file,
        own if isinstance(own, str) else name,
        _text(command.get("Name")),
        _text(command.get("ScriptLocation")),
        {str(key): _value(value) for key, value in arguments.items()},
    )


def _of_terraform(document: Mapping[str, Any], file: str, depth: int = 0) -> Iterator[Job]:
    """``aws_glue_job`` wherever it stands, in root and child modules."""
    if document.get("type") == "aws_glue_job" and isinstance(document.get("values"), dict):
        values = document["values"]
        commands = values.get("command") or [{}]
        command = commands[0] if isinstance(commands, list) else commands
        yield Job(
            file,
            str(values.get("name") or document.get("name")),
            _text(command.get("name") or "glueetl"),
            _text(command.get("script_location")),
            {str(k): _value(v) for k, v in (values.get("default_arguments") or {}).items()},
        )
        return
    if depth > _DEPTH:
        return
    for name in ("planned_values", "values", "root_module", "child_modules", "resources"):
        inner = document.get(name)
        for each in inner if isinstance(inner, list) else [inner]:
            if isinstance(each, dict):
                yield from _of_terraform(each, file, depth + 1)


def _value(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int | float) else UNKNOWN


def _text(value: Any) -> str:
    """A location, of which functions may leave the beginning open."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and len(value) == 1:
        name, inner = next(iter(value.items()))
        if name == "Fn::Sub":
            return _text(inner[0] if isinstance(inner, list) and inner else inner)
        if name == "Fn::Join" and isinstance(inner, list) and len(inner) == 2:
            parts = inner[1] if isinstance(inner[1], list) else []
            return str(inner[0]).join(part if isinstance(part, str) else "…" for part in parts)
    return ""


def _with_lines(job: Job, lines: list[str]) -> Job:
    found = {
        name: number
        for name in job.arguments
        for number, line in reversed(list(enumerate(lines, 1)))
        if name in line
    }
    return Job(job.file, job.name, job.command, job.script, job.arguments, found)
