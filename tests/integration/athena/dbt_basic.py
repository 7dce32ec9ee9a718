"""dbt's own basic tests of adapters, for dbt-athena with tables of Hive's.

Copied beside a conftest.py and run by an interpreter that has dbt and nothing of ours. The tests of
snapshots change seeds in place, which is for no table of Hive's: dbt-athena skips them, too.
"""

from dbt.tests.adapter.basic.test_adapter_methods import BaseAdapterMethod
from dbt.tests.adapter.basic.test_base import BaseSimpleMaterializations
from dbt.tests.adapter.basic.test_ephemeral import BaseEphemeral
from dbt.tests.adapter.basic.test_generic_tests import BaseGenericTests
from dbt.tests.adapter.basic.test_incremental import BaseIncremental
from dbt.tests.adapter.basic.test_singular_tests import BaseSingularTests
from dbt.tests.adapter.basic.test_singular_tests_ephemeral import BaseSingularTestsEphemeral


class TestAdapterMethods(BaseAdapterMethod):
    """Relations, columns and schemas."""


class TestSimpleMaterializations(BaseSimpleMaterializations):
    """Tables and views, and one made of the other."""


class TestEphemeral(BaseEphemeral):
    """Models that are parts of others."""


class TestGeneric(BaseGenericTests):
    """unique, not_null and the like."""


class TestIncremental(BaseIncremental):
    """Rows are added."""


class TestSingular(BaseSingularTests):
    """Queries that must give no rows."""


class TestSingularEphemeral(BaseSingularTestsEphemeral):
    """The same of ephemeral models."""
