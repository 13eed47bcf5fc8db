"""What the tests share: a local Azure for each module, and Microsoft's clients for it."""

import os
from unittest import mock

import pytest
from clients import Clients
from local_azure import LocalAzure


@pytest.fixture(scope="module")
def azure(request):
    """A local Azure, with the options that the module names. At its end nothing was found that must never happen, and
    nobody asked for a host that is none of Azure's, but for those that the module names."""
    local = LocalAzure(*getattr(request.module, "OPTIONS", ()))
    try:
        with mock.patch.dict(os.environ, local.environment):
            yield local
        findings = local.findings()
        assert findings["violations"] == []
        assert findings["refusedHosts"].keys() <= set(getattr(request.module, "ELSEWHERE", ()))
    finally:
        local.end()


@pytest.fixture(scope="module")
def clients(azure):
    """Microsoft's clients, with a managed identity that may do everything."""
    return Clients(azure)
