"""All lists of the emulator's services say what the register says."""

from __future__ import annotations

import importlib
import tomllib
from importlib.metadata import entry_points

import pytest

from lakestack import cli, extras, fidelity, registry
from lakestack.host.environment import localstack_environment
from tests.support import PROJECT


def test_the_entry_points_are_the_registers() -> None:
    text = registry.PROJECT_FILE.read_text(encoding="utf-8")
    declared = tomllib.loads(text)["project"]["entry-points"]
    for group, entries in registry.entry_points().items():
        if declared[group] != entries:
            pytest.fail(f"pyproject.toml is out of date; run: {registry.COMMAND}", pytrace=False)
        installed = {each.name: each.value for each in entry_points(group=group)}
        assert entries.items() <= installed.items(), "make setup"


def test_a_project_file_without_the_tables_is_not_touched() -> None:
    with pytest.raises(ValueError, match="no table"):
        registry.updated("[project]\n")


def test_localstack_is_told_whose_provider_to_take() -> None:
    environment = localstack_environment(PROJECT, 4566)
    told = {n: v for n, v in environment.items() if n.startswith("PROVIDER_OVERRIDE_")}
    assert told == registry.overrides()
    groups = entry_points(group=registry.PROVIDERS)
    theirs = {each.name.partition(":")[0] for each in groups if "lakestack" not in each.value}
    for service in registry.SERVICES:
        assert service.overrides == (service.api in theirs), service.api


def test_status_and_fidelity_list_the_same() -> None:
    assert [each["name"] for each in cli._services()] == [each.api for each in registry.SERVICES]
    document = fidelity.DOCUMENT.read_text(encoding="utf-8")
    for service in registry.SERVICES:
        assert f"### {service.title} (`{service.api}`)" in document


@pytest.mark.parametrize("service", registry.SERVICES, ids=lambda service: service.api)
def test_each_path_leads_somewhere(service: registry.EmulatedService) -> None:
    types = {**service.resource_types, **service.replaced_types}
    for path in (service.provider, service.factory, service.moto, *types.values()):
        if path:
            module, _, name = path.partition(":")
            assert hasattr(importlib.import_module(module), name), path
    assert service.extra is None or service.extra in extras.PACKAGES
