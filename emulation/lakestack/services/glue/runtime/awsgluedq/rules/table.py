"""Each rule type of DQDL, and what becomes of it here.

AWS Glue Developer Guide, "DQDL rule type reference".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..dqdl.model import Rule
from . import columns, dataset, distribution, files, references
from .measure import Data, Measure

Builder = Callable[[Rule, Data], Measure]

EVALUATED: Mapping[str, tuple[Builder, int]] = {
    "AggregateMatch": (references.aggregate_match, 2),
    "ColumnCorrelation": (distribution.correlation, 2),
    "ColumnCount": (dataset.column_count, 0),
    "ColumnDataType": (columns.column_data_type, 1),
    "ColumnExists": (dataset.column_exists, 1),
    "ColumnLength": (columns.column_length, 1),
    "ColumnNamesMatchPattern": (dataset.column_names_match, 0),
    "ColumnValues": (columns.column_values, 1),
    "Completeness": (columns.completeness, 1),
    "CustomSql": (dataset.custom_sql, 1),
    "DataFreshness": (columns.data_freshness, 1),
    "DatasetMatch": (references.dataset_match, 2),
    "DistinctValuesCount": (distribution.distinct_values_count, 1),
    "Entropy": (distribution.entropy, 1),
    "FileFreshness": (files.file_freshness, 1),
    "FileMatch": (files.file_match, 1),
    "FileSize": (files.file_size, 1),
    "FileUniqueness": (files.file_uniqueness, 1),
    "IsComplete": (columns.completeness, 1),
    "IsPrimaryKey": (distribution.primary_key, 1),
    "IsUnique": (distribution.uniqueness, 1),
    "Mean": (distribution.mean, 1),
    "ReferentialIntegrity": (references.referential_integrity, 2),
    "RowCount": (dataset.row_count, 0),
    "RowCountMatch": (references.row_count_match, 1),
    "SchemaMatch": (references.schema_match, 1),
    "StandardDeviation": (distribution.standard_deviation, 1),
    "Sum": (distribution.total, 1),
    "UniqueValueRatio": (distribution.unique_value_ratio, 1),
    "Uniqueness": (distribution.uniqueness, 1),
}
"""What measures a rule type, and the least number of its parameters."""

REFUSED = frozenset(
    {
        "AllStatistics",  # an analyzer alone
        "DetectAnomalies",  # it learns from earlier results
    }
)
DYNAMIC = frozenset(
    {
        "ColumnCorrelation",
        "ColumnCount",
        "Completeness",
        "CustomSql",
        "DistinctValuesCount",
        "Entropy",
        "Mean",
        "RowCount",
        "StandardDeviation",
        "Sum",
        "UniqueValueRatio",
        "Uniqueness",
    }
)
"""Rule types of one value, which may be compared with earlier ones."""
NO_WHERE = frozenset(
    {
        "AggregateMatch",
        "ColumnCount",
        "ColumnExists",
        "ColumnNamesMatchPattern",
        "CustomSql",
        "FileFreshness",
        "FileMatch",
        "FileSize",
        "FileUniqueness",
        "RowCountMatch",
        "SchemaMatch",
    }
)
"""Rule types for which ``where`` means nothing ("Supports Where Clause Syntax?")."""
