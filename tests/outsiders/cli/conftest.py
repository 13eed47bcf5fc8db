import pytest
from azure_cli import AzureCli


@pytest.fixture(scope="module")
def az(azure, tmp_path_factory):
    """The Azure CLI, signed in by a managed identity."""
    cli = AzureCli(azure, tmp_path_factory.mktemp("azure-cli"))
    cli("login", "--identity")
    return cli
