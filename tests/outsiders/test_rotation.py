"""A rotation that azure-eventgrid starts, judged by Microsoft's clients alone. The last test kills the key before."""

from types import SimpleNamespace

import pytest
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError
from azure.eventgrid import EventGridPublisherClient
from clients import NEAR_EXPIRY, fingerprint

CONTAINER, SHARE = "data-0001", "data-0003"
OPTIONS = ("--latency", "0", "--resync", "500")


def look(clients):
    """What the clients see of everything that a rotation is about, secret values as fingerprints."""
    secret = clients.published()
    datastores = clients.datastores()
    return SimpleNamespace(
        keys={name: fingerprint(value) for name, value in clients.keys().items()},
        published=fingerprint(secret.value),
        secret=secret.properties,
        fields={place: fields(datastore) for place, datastore in datastores.items()},
        connection=fields(next(iter(clients.workspaces.values())).connections.get("feed")),
        others=others(clients),
    )


def fields(holder):
    """What a person or a program sees of a datastore or connection, its credentials apart."""
    shown = holder._to_dict()
    shown.pop("credentials", None)
    shown.pop("creation_context", None)
    return shown


def others(clients):
    """Datastores that are none of the rotation's business, with their secrets."""
    datastores = next(iter(clients.workspaces.values())).datastores
    archive, by_identity = (datastores.get(name, include_secrets=True) for name in ("archive", "by_identity"))
    return (
        fields(archive),
        fields(by_identity),
        by_identity.credentials.client_id,
        fingerprint(by_identity.credentials.client_secret),
    )


@pytest.fixture(scope="module")
def rotated(clients):
    """What was seen before a rotation and after it."""
    key_before = clients.published().value
    before = look(clients)
    clients.rotate()
    return SimpleNamespace(before=before, after=look(clients), key_before=key_before)


def test_an_event_with_a_wrong_key_is_refused(azure):
    address = azure.webhook.split("&code=")[0] + "&code=WRONG"
    publisher = EventGridPublisherClient(address, AzureKeyCredential("in the address"))
    event = {"id": "1", "subject": "s", "eventType": NEAR_EXPIRY, "eventTime": "2026-11-28T00:00:00Z"}
    with pytest.raises(ClientAuthenticationError):
        publisher.send({**event, "dataVersion": "1", "data": {}}, headers={"aeg-event-type": "Notification"})


def test_the_other_key_was_regenerated_and_published(rotated):
    before, after = rotated.before, rotated.after
    assert before.published == before.keys["key1"] == after.keys["key1"]
    assert before.keys["key2"] != after.keys["key2"] == after.published


def test_the_value_in_the_vault_opens_the_account(clients, rotated):
    clients.open_container(CONTAINER, clients.published().value)
    clients.open_share(SHARE, clients.published().value)


def test_the_secret_of_every_datastore_opens_what_it_leads_to(clients, rotated):
    datastores = clients.datastores()
    assert len(datastores) == 11
    for datastore in datastores.values():
        clients.open(datastore)


def test_the_cached_key_of_every_workspace_opens_the_account(azure, clients, rotated):
    for workspace in azure.workspaces:
        clients.open_container(CONTAINER, clients.cached_key(workspace))


def test_the_key_before_still_works(clients, rotated):
    clients.open_container(CONTAINER, rotated.key_before)
    clients.open_share(SHARE, rotated.key_before)


def test_the_new_version_has_the_tags_and_the_expiry_of_a_new_key(rotated):
    before, after = rotated.before.secret, rotated.after.secret
    assert before.version != after.version
    assert after.tags == {**before.tags, "CredentialId": "key2"}
    assert after.content_type == before.content_type
    assert 89 <= (after.expires_on - after.created_on).days <= 90


def test_the_version_before_is_still_there(azure, clients, rotated):
    version = clients.vault.get_secret(azure.secret, rotated.before.secret.version)
    assert fingerprint(version.value) == rotated.before.published


def test_tags_and_all_other_fields_of_every_holder_are_untouched(rotated):
    assert rotated.after.fields == rotated.before.fields
    assert rotated.after.connection == rotated.before.connection


def test_what_the_rotation_has_nothing_to_do_with_is_untouched(rotated):
    assert rotated.after.others == rotated.before.others


def test_nobody_needs_the_key_before(azure, clients, rotated):
    clients.regenerate("key1")
    clients.open_container(CONTAINER, clients.published().value)
    for datastore in clients.datastores().values():
        clients.open(datastore)
    for name, workspace in clients.workspaces.items():
        workspace.workspaces.begin_sync_keys(name).result()
        clients.open_container(CONTAINER, clients.cached_key(name))
