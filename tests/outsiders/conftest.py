"""What the tests share: a local Azure for each module, and Microsoft's clients for it."""

import os
from unittest import mock

import pytest
from clients import Clients
from local_azure import LocalAzure


@pytest.fixture(scope="module")
def azure(request):
    """A local Azure, with the options that the module names. At its end, nothing was found that must never happen."""
    local = LocalAzure(*getattr(request.module, "OPTIONS", ()))
    try:
        with mock.patch.dict(os.environ, local.environment):
            yield local
        assert local.findings() == {"violations": [], "refusedHosts": {}}, local.log()
    finally:
        local.end()


@pytest.fixture(scope="module")
def clients(azure):
    """Microsoft's clients, with a managed identity that may do everything."""
    return Clients(azure)
