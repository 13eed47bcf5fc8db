"""azure-storage-blob and azure-storage-file-share against the local Azure: which key and which token opens what."""

from datetime import UTC, datetime, timedelta

import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.storage.blob import (
    AccountSasPermissions,
    ContainerSasPermissions,
    ResourceTypes,
    Services,
    generate_account_sas,
    generate_container_sas,
)
from azure.storage.fileshare import ShareSasPermissions, generate_share_sas

CONTAINER, SHARE = "data-0001", "data-0003"


def in_hours(hours):
    return datetime.now(UTC) + timedelta(hours=hours)


def container_token(azure, key, expiry=None, **permissions):
    granted = ContainerSasPermissions(**permissions or {"read": True, "list": True})
    return generate_container_sas(
        azure.account, CONTAINER, account_key=key, permission=granted, expiry=expiry or in_hours(1)
    )


def share_token(azure, key):
    granted = ShareSasPermissions(read=True, list=True)
    return generate_share_sas(azure.account, SHARE, key, permission=granted, expiry=in_hours(1))


def account_token(azure, key):
    types = ResourceTypes(service=True, container=True, object=True)
    granted = AccountSasPermissions(read=True, list=True)
    return generate_account_sas(
        azure.account, key, types, granted, expiry=in_hours(1), services=Services(blob=True, fileshare=True)
    )


@pytest.mark.parametrize("name", ["key1", "key2"])
def test_both_keys_and_their_tokens_open_container_and_share(azure, clients, name):
    key = clients.keys()[name]
    for credential in key, container_token(azure, key), account_token(azure, key):
        clients.open_container(CONTAINER, credential)
    for credential in key, share_token(azure, key), account_token(azure, key):
        clients.open_share(SHARE, credential)
    assert clients.container(CONTAINER, key).get_container_properties().name == CONTAINER
    assert clients.share(SHARE, key).get_share_properties().name == SHARE


def test_a_regenerated_key_and_its_tokens_open_nothing(azure, clients):
    dead = clients.keys()["key2"]
    clients.regenerate("key2")
    for credential in dead, container_token(azure, dead), account_token(azure, dead):
        assert_not_authenticated(clients.open_container, CONTAINER, credential)
    for credential in dead, share_token(azure, dead), account_token(azure, dead):
        assert_not_authenticated(clients.open_share, SHARE, credential)


def test_an_expired_token_opens_nothing(azure, clients):
    expired = container_token(azure, clients.keys()["key1"], expiry=in_hours(-1))
    assert_not_authenticated(clients.open_container, CONTAINER, expired)


def test_a_token_opens_nothing_but_its_container(azure, clients):
    token = container_token(azure, clients.keys()["key1"])
    assert_not_authenticated(clients.open_container, "data-0002", token)


def test_a_token_gives_no_more_than_it_permits(azure, clients):
    token = container_token(azure, clients.keys()["key1"], read=True)
    with pytest.raises(HttpResponseError) as refused:
        clients.open_container(CONTAINER, token)
    assert refused.value.error_code == "AuthorizationPermissionMismatch"


def test_what_is_not_there_is_not_found(clients):
    key = clients.keys()["key1"]
    for open_it in clients.open_container, clients.open_share:
        with pytest.raises(ResourceNotFoundError):
            open_it("nowhere", key)


def assert_not_authenticated(open_it, name, credential):
    with pytest.raises(ClientAuthenticationError) as refused:
        open_it(name, credential)
    assert refused.value.error_code == "AuthenticationFailed"
