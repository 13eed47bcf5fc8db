"""azure-mgmt-storage against the local Azure."""

import pytest
from azure.core.exceptions import HttpResponseError
from clients import fingerprint


def test_there_are_two_keys(clients):
    assert list(clients.keys()) == ["key1", "key2"]


def test_regenerating_one_key_leaves_the_other(clients):
    before = clients.keys()
    after = clients.regenerate("key2")
    assert fingerprint(after["key1"]) == fingerprint(before["key1"])
    assert fingerprint(after["key2"]) != fingerprint(before["key2"])
    assert {name: fingerprint(value) for name, value in after.items()} == {
        name: fingerprint(value) for name, value in clients.keys().items()
    }


def test_a_key_of_no_account_is_not_regenerated(clients):
    with pytest.raises(HttpResponseError) as refused:
        clients.regenerate("key3")
    assert refused.value.status_code == 400


def test_an_account_tells_when_its_keys_were_made(azure, clients):
    account = clients.storage.get_properties(azure.group, azure.account)
    made = account.key_creation_time
    clients.regenerate("key1")
    assert clients.storage.get_properties(azure.group, azure.account).key_creation_time.key1 > made.key1
