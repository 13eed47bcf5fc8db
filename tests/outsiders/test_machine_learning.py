"""azure-ai-ml against the local Azure."""

import pytest
from azure.ai.ml.entities import AccountKeyConfiguration, AzureBlobDatastore, AzureFileDatastore
from azure.core.exceptions import ClientAuthenticationError, ResourceNotFoundError
from clients import fingerprint


@pytest.fixture
def workspace(azure, clients):
    return clients.workspaces[azure.workspaces[0]]


def blob_datastore(azure, key, **fields):
    return AzureBlobDatastore(
        name="by_hand",
        account_name=azure.account,
        container_name="data-0001",
        credentials=AccountKeyConfiguration(account_key=key),
        **fields,
    )


def test_a_workspace_names_its_storage_account(azure, workspace):
    assert workspace.workspaces.get(azure.workspaces[0]).storage_account.endswith(f"/{azure.account}")


def test_a_workspace_that_is_not_there_is_not_found(workspace):
    with pytest.raises(ResourceNotFoundError):
        workspace.workspaces.get("ws-nowhere")


def test_keys_are_synchronised_by_polling(azure, clients, workspace):
    name = azure.workspaces[0]
    stale = clients.cached_key(name)
    slot = next(key for key, value in clients.keys().items() if value == stale)
    regenerated = clients.regenerate(slot)[slot]
    assert fingerprint(clients.cached_key(name)) == fingerprint(stale)
    poller = workspace.workspaces.begin_sync_keys(name)
    assert not poller.done()
    poller.result()
    assert poller.status() == "Succeeded"
    assert fingerprint(clients.cached_key(name)) == fingerprint(regenerated)


def test_a_datastore_is_created_replaced_listed_and_deleted(azure, clients, workspace):
    datastores, key = workspace.datastores, clients.keys()["key1"]
    created = datastores.create_or_update(blob_datastore(azure, key, tags={"team": "a"}, description="first"))
    assert (created.description, created.tags) == ("first", {"team": "a"})
    datastores.create_or_update(blob_datastore(azure, key, description="second"))
    assert datastores.get("by_hand").description == "second"
    assert "by_hand" in {each.name for each in datastores.list()}
    datastores.delete("by_hand")
    with pytest.raises(ResourceNotFoundError):
        datastores.get("by_hand")


def test_the_secret_of_a_datastore_is_a_token_that_its_key_signed(azure, clients, workspace):
    container = blob_datastore(azure, clients.keys()["key2"])
    share = AzureFileDatastore(
        name="by_hand", account_name=azure.account, file_share_name="data-0003", credentials=container.credentials
    )
    given = []
    for datastore in container, share:
        workspace.datastores.create_or_update(datastore)
        given.append(workspace.datastores.get("by_hand", include_secrets=True))
        clients.open(given[-1])
    clients.regenerate("key2")
    for datastore in given:
        with pytest.raises(ClientAuthenticationError):
            clients.open(datastore)
    workspace.datastores.delete("by_hand")


def test_a_list_comes_in_pages(azure, clients, workspace):
    names = {f"page_{number:02}" for number in range(35)}
    for name in names:
        datastore = blob_datastore(azure, clients.keys()["key1"])
        datastore.name = name
        workspace.datastores.create_or_update(datastore)
    assert names <= {each.name for each in workspace.datastores.list()}


def test_the_default_datastore_is_known(workspace):
    assert workspace.datastores.get_default().name == "workspaceblobstore"


def test_a_connection_names_its_container(azure, workspace):
    connection = workspace.connections.get("feed")
    assert (connection.account_name, connection.container_name) == (azure.account, "data-0001")
    assert [each.name for each in workspace.connections.list()] == ["feed"]
