"""DataProcessing of a transform job: what of a record the model gets, and what of both is kept.

Amazon SageMaker Developer Guide, "Associate Prediction Results with Input Records"; API Reference,
"DataProcessing".
"""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from lakestack.services.sagemaker.transform.json_path import JsonPath, PathError
from lakestack.services.sagemaker.validation import validation_error

CSV, JSON, JSON_LINES = "text/csv", "application/json", "application/jsonlines"
SAGEMAKER_INPUT, SAGEMAKER_OUTPUT = "SageMakerInput", "SageMakerOutput"


class FilterError(Exception):
    """A record or an answer that the filters cannot be applied to."""


class DataProcessing:
    """The filters of one job.

    Args:
        request: CreateTransformJob's

    Raises:
        CommonServiceException: ValidationException, an expression, a content type or a split that
            does not go with filters
    """

    def __init__(self, request: dict[str, Any]) -> None:
        given = request.get("DataProcessing") or {}
        self._input = _path("InputFilter", given.get("InputFilter", "$"))
        self._output = _path("OutputFilter", given.get("OutputFilter", "$"))
        self.joins = given.get("JoinSource", "None") == "Input"
        content = _plain(request["TransformInput"].get("ContentType"))
        accept = _plain(request["TransformOutput"].get("Accept"))
        self._csv = content == CSV
        if not self.active:
            return
        valid = ", ".join((CSV, JSON, JSON_LINES))
        if content not in (CSV, JSON, JSON_LINES):
            raise validation_error(
                f"DataProcessing needs TransformInput.ContentType {valid}; received {content!r}."
            )
        if self.answers and accept and (accept == CSV) != self._csv:
            raise validation_error(
                f"DataProcessing needs a TransformOutput.Accept of ContentType's kind {content}, "
                f"received {accept!r}."
            )
        split = request["TransformInput"].get("SplitType", "None")
        if content in (CSV, JSON_LINES) and split != "Line":
            raise validation_error(f"DataProcessing of {content} needs SplitType Line.")
        if self.joins and split != request["TransformOutput"].get("AssembleWith", "None"):
            raise validation_error(
                "JoinSource Input needs an AssembleWith that is the same as SplitType, which is "
                f"{split}."
            )

    @property
    def active(self) -> bool:
        """Whether anything is filtered or joined."""
        return self.answers or not self._input.whole

    @property
    def answers(self) -> bool:
        """Whether the model's answers are read."""
        return self.joins or not self._output.whole

    def for_model(self, record: bytes) -> bytes:
        """What the model gets of a record, without a line end.

        Raises:
            FilterError: the record does not fit the filter
        """
        if self._input.whole:
            return record
        return self._written(self._select(self._input, self._read(record, "the record")))

    def kept(self, record: bytes, answer: bytes) -> bytes:
        """What is stored of a record and the model's answer to it, without a line end.

        Raises:
            FilterError: record or answer do not fit
        """
        result = self._read(answer, "the model's answer")
        if self.joins:
            source = self._read(record, "the record")
            if self._csv:
                result = [*source, *result]
            elif isinstance(source, dict):
                result = {**source, SAGEMAKER_OUTPUT: result}
            else:
                result = {SAGEMAKER_INPUT: source, SAGEMAKER_OUTPUT: result}
        return self._written(self._select(self._output, result))

    def _select(self, path: JsonPath, value: Any) -> Any:
        try:
            return path.select(value)
        except PathError as e:
            raise FilterError(str(e)) from e

    def _read(self, text: bytes, what: str) -> Any:
        try:
            if not self._csv:
                return json.loads(text)
            rows = [row for row in csv.reader(io.StringIO(text.decode(), newline="")) if row]
        except (ValueError, csv.Error, RecursionError) as e:
            kind = "CSV" if self._csv else "JSON"
            raise FilterError(f"{what} is not {kind}: {e}") from e
        if len(rows) != 1:
            raise FilterError(f"{what} has {len(rows)} CSV rows, not one")
        return rows[0]

    def _written(self, value: Any) -> bytes:
        if not self._csv:
            return json.dumps(value, ensure_ascii=False).encode()
        row = value if isinstance(value, list) else [value]
        buffer = io.StringIO(newline="")
        csv.writer(buffer, lineterminator="").writerow(row)
        return buffer.getvalue().encode()


def _path(member: str, text: str) -> JsonPath:
    try:
        return JsonPath(text)
    except PathError as e:
        raise validation_error(f"DataProcessing.{member}: {e}.") from e


def _plain(content_type: str | None) -> str:
    return (content_type or "").partition(";")[0].strip().lower()
