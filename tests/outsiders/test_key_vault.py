"""azure-keyvault-secrets against the local Azure. The client checks the challenge against the name of the vault."""

from datetime import UTC, datetime, timedelta

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError

EXPIRY = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)


def test_a_secret_has_tags_expiry_and_content_type(clients):
    clients.vault.set_secret("whole", "value", tags={"a": "b"}, expires_on=EXPIRY, content_type="text/plain")
    secret = clients.vault.get_secret("whole")
    assert secret.value == "value"
    properties = secret.properties
    assert (properties.tags, properties.expires_on, properties.content_type) == ({"a": "b"}, EXPIRY, "text/plain")


def test_each_version_keeps_its_value(clients):
    first = clients.vault.set_secret("versions", "one").properties.version
    second = clients.vault.set_secret("versions", "two").properties.version
    assert clients.vault.get_secret("versions").value == "two"
    assert clients.vault.get_secret("versions", first).value == "one"
    listed = clients.vault.list_properties_of_secret_versions("versions")
    assert {each.version for each in listed} == {first, second}


def test_properties_are_updated_in_place(clients):
    version = clients.vault.set_secret("updated", "value", tags={"a": "b"}).properties.version
    clients.vault.update_secret_properties("updated", version, tags={"c": "d"}, expires_on=EXPIRY)
    secret = clients.vault.get_secret("updated")
    assert (secret.value, secret.properties.version) == ("value", version)
    assert (secret.properties.tags, secret.properties.expires_on) == ({"c": "d"}, EXPIRY)


def test_a_disabled_version_is_not_given(clients):
    version = clients.vault.set_secret("disabled", "value").properties.version
    clients.vault.update_secret_properties("disabled", version, enabled=False)
    with pytest.raises(HttpResponseError) as refused:
        clients.vault.get_secret("disabled")
    assert refused.value.status_code == 403


def test_a_deleted_secret_keeps_its_name_and_is_recovered(clients):
    clients.vault.set_secret("recovered", "value")
    clients.vault.begin_delete_secret("recovered").wait()
    with pytest.raises(ResourceNotFoundError):
        clients.vault.get_secret("recovered")
    with pytest.raises(ResourceExistsError):
        clients.vault.set_secret("recovered", "other")
    assert "recovered" in {each.name for each in clients.vault.list_deleted_secrets()}
    clients.vault.begin_recover_deleted_secret("recovered").wait()
    assert clients.vault.get_secret("recovered").value == "value"


def test_a_purged_secret_is_as_if_it_had_never_been(clients):
    first = clients.vault.set_secret("purged", "value").properties.version
    clients.vault.begin_delete_secret("purged").wait()
    clients.vault.purge_deleted_secret("purged")
    with pytest.raises(ResourceNotFoundError):
        clients.vault.get_deleted_secret("purged")
    clients.vault.set_secret("purged", "other")
    listed = clients.vault.list_properties_of_secret_versions("purged")
    assert first not in {each.version for each in listed}


def test_a_list_of_secrets_comes_in_pages(clients):
    names = {f"page-{number:02}" for number in range(30)}
    for name in names:
        clients.vault.set_secret(name, "value")
    assert names <= {each.name for each in clients.vault.list_properties_of_secrets()}
