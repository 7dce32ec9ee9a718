"""Lists that no register can write: each has every service, so that a new one is missed by name."""

from __future__ import annotations

import configparser
import importlib.util

import pytest

from lakestack.registry import SERVICES, EmulatedService
from lakestack.services.request_validation import service_errors
from tests.contract.request_validation import malformed_bases
from tests.contract.request_validation.test_malformed_requests import READERS
from tests.support import PROJECT

every_service = pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.api)


NO_FIELDS = {"sagemaker-runtime"}
"""The body of its one operation belongs to the model; see tests/contract/sagemaker."""


def package(service: EmulatedService) -> str:
    """The folder of ours that makes it, as a package."""
    return (service.factory or service.provider).partition(":")[0].rpartition(".")[0]


@every_service
def test_broken_requests_are_sent_to_it(service: EmulatedService) -> None:
    if service.api not in NO_FIELDS:
        assert service.api in READERS
        assert service.api in malformed_bases._MAKERS


@every_service
def test_its_error_codes_are_chosen(service: EmulatedService) -> None:
    assert service.api in service_errors._BY_SERVICE


@every_service
def test_its_imports_are_held(service: EmulatedService) -> None:
    contracts = configparser.ConfigParser()
    contracts.read(PROJECT / ".importlinter")
    assert package(service) in contracts["importlinter:contract:services"]["modules"].split()


@every_service
def test_the_fidelity_page_has_a_section(service: EmulatedService) -> None:
    page = (PROJECT / "docs" / "fidelity.md").read_text(encoding="utf-8").lower()
    titles = [line[3:] for line in page.splitlines() if line.startswith("## ")]
    words = service.title.lower().split()
    assert any(all(word in title for word in words) for title in titles), service.title


@every_service
def test_moto_is_named_where_it_answers(service: EmulatedService) -> None:
    name = service.api.replace("-", "")
    there = importlib.util.find_spec(f"moto.{name}") is not None
    assert service.moto or service.overrides or not there
