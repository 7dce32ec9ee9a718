"""Steps of data preparation recipes, our own: what scripts of AWS Glue Studio import.

A "Data Preparation Recipe" node becomes ``from recipe_transforms import *`` and, for each step, a
call ``DataCleaning.RemoveCombined.apply(data_frame=…, glue_context=…, transformation_ctx=…, …)``.
AWS publishes neither the module nor its names; these are those of published scripts, and what a
step does is in the AWS Glue DataBrew Developer Guide, "Recipe step and function reference", under
its operation (``REMOVE_COMBINED``). `STEPS` is read without Spark, too.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

__all__ = ["Column", "ColumnStructure", "DataCleaning", "DataQuality", "DateTimeFunctions"]

STEPS: Mapping[str, Mapping[str, str]] = {
    "Column": {
        "ChangeColumnDataType": "columns.change_type",
        "DeleteColumn": "columns.delete",
        "RenameColumn": "columns.rename",
    },
    "ColumnStructure": {"SplitColumnSingleDelimiter": "columns.split"},
    "DataCleaning": {"RemoveCombined": "text.remove_combined"},
    "DataQuality": {"RemoveValues": "rows.remove_values"},
    "DateTimeFunctions": {"DateDiff": "times.date_diff"},
}
"""The function of each step, by group and name: a module of this package, and a name in it."""


class Group:
    """Steps of one category of the guide, as attributes.

    Args:
        name: a key of `STEPS`
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Step:
        if name.startswith("_"):
            raise AttributeError(name)
        target = STEPS[self._name].get(name)
        if target is None:
            raise _unsupported(f"recipe_transforms.{self._name}.{name}", "the same in Spark SQL")
        return Step(f"recipe_transforms.{self._name}.{name}", target)


class Step:
    """A step that `apply` carries out.

    Args:
        name: for messages
        target: a value of `STEPS`
    """

    def __init__(self, name: str, target: str) -> None:
        self._name, self._target = name, target

    def apply(
        self,
        data_frame: Any,
        glue_context: Any = None,  # noqa: ARG002 - AWS's
        transformation_ctx: str = "",  # noqa: ARG002
        **parameters: Any,
    ) -> Any:
        """The DataFrame after the step.

        Args:
            data_frame: before it
            glue_context: has no effect, as the next
            transformation_ctx: a name
            parameters: the step's own

        Raises:
            UnsupportedApiError: a parameter is not here
            ValueError: a parameter's value or a column's name is not valid
        """
        module, _, name = self._target.partition(".")
        function: Callable[..., Any] = getattr(import_module(f"{__name__}.{module}"), name)
        try:
            inspect.signature(function).bind(data_frame, **parameters)
        except TypeError as e:
            raise _unsupported(f"{self._name}: {e}") from e
        return function(data_frame, **parameters)

    __call__ = apply


def _unsupported(api: str, instead: str = "") -> Exception:
    from awsglue.errors import UnsupportedApiError

    error: Exception = UnsupportedApiError(api, instead)
    return error


Column = Group("Column")
ColumnStructure = Group("ColumnStructure")
DataCleaning = Group("DataCleaning")
DataQuality = Group("DataQuality")
DateTimeFunctions = Group("DateTimeFunctions")
