"""The Azure CLI against the local Azure."""

import pytest
from azure_cli import UPDATES
from by_hand import published_name
from clients import fingerprint

OPTIONS = ("--latency", "0", "--resync", "500")
ELSEWHERE = (UPDATES,)


@pytest.fixture
def account(azure):
    return "--resource-group", azure.group, "--account-name", azure.account


@pytest.fixture
def workspace(azure):
    return azure.workspace_id(azure.workspaces[0])


def test_whoever_signs_in_by_a_managed_identity_sees_the_subscription(az, azure):
    assert az("account", "show")["id"] == azure.subscription


def test_keys_are_listed_and_one_is_renewed(az, account):
    keys = ("storage", "account", "keys")
    before = az(*keys, "list", *account)
    after = az(*keys, "renew", *account, "--key", "key2")
    assert [each["keyName"] for each in after] == ["key1", "key2"]
    same = [fingerprint(old["value"]) == fingerprint(new["value"]) for old, new in zip(before, after, strict=True)]
    assert same == [True, False]


def test_an_account_is_found_by_its_name_alone(az, azure, clients):
    keys = az("storage", "account", "keys", "list", "--account-name", azure.account)
    listed = {each["keyName"]: fingerprint(each["value"]) for each in keys}
    assert listed == {name: fingerprint(value) for name, value in clients.keys().items()}


def test_a_secret_is_set_and_shown(az, azure):
    at = "--vault-name", azure.vault, "--name", "by-hand"
    az("keyvault", "secret", "set", *at, "--value", "a value", "--tags", "a=b", "--expires", "2030-01-01T00:00:00Z")
    secret = az("keyvault", "secret", "show", *at)
    assert (secret["value"], secret["tags"]["a"]) == ("a value", "b")
    assert secret["attributes"]["expires"] == "2030-01-01T00:00:00+00:00"


def test_an_action_synchronises_the_keys_of_a_workspace(az, azure, clients):
    # This one keeps the key that is not published.
    workspace = azure.workspace_id(azure.workspaces[1])
    stale = clients.cached_key(azure.workspaces[1])
    regenerated = clients.regenerate("key2")["key2"]
    assert fingerprint(stale) != fingerprint(regenerated)
    az("resource", "invoke-action", "--action", "resyncKeys", "--ids", workspace)
    url = f"{workspace}/listStorageAccountKeys?api-version=2024-10-01"
    cached = az("rest", "--method", "post", "--url", url)["userStorageKey"]
    assert fingerprint(cached) == fingerprint(regenerated)


def holders(az, workspace, kind):
    """Datastores or connections as Azure has them: every field, but for the credentials and who wrote them when."""
    listed = az("rest", "--method", "get", "--url", f"{workspace}/{kind}?api-version=2024-10-01&count=100")["value"]
    for each in listed:
        each.pop("systemData")
        each["properties"].pop("credentials", None)
    return {each["name"]: each for each in listed}


def test_a_rotation_leaves_every_field_of_every_holder_alone(az, clients, workspace):
    before = {kind: holders(az, workspace, kind) for kind in ("datastores", "connections")}
    assert published_name(clients) == "key1"
    clients.rotate()
    assert published_name(clients) == "key2"
    assert {kind: holders(az, workspace, kind) for kind in before} == before


def test_the_secret_of_a_connection_opens_what_it_leads_to(az, clients, workspace):
    url = f"{workspace}/connections/feed/listsecrets?api-version=2024-10-01"
    key = az("rest", "--method", "post", "--url", url)["properties"]["credentials"]["key"]
    assert fingerprint(key) == fingerprint(clients.published().value), "it is that of the rotation above"
    clients.open_container("data-0001", key)
