"""What the tests have in common in which a person rotates by hand."""

import time
from datetime import UTC, datetime, timedelta

from azure.ai.ml.entities import AzureBlobDatastore, SasTokenConfiguration
from azure.storage.blob import ContainerSasPermissions, generate_container_sas
from clients import fingerprint
from local_azure import PATIENCE

CONTAINER = "data-0001"
# The datastore with a shared access signature, in the first workspace.
SIGNED = "labels"


def fingerprints(keys):
    return {name: fingerprint(value) for name, value in keys.items()}


def published_name(clients):
    """Which key the vault holds; none if neither."""
    published = clients.published().value
    return next((name for name, value in clients.keys().items() if value == published), None)


def assert_everybody_is_on_a_live_key(clients):
    assert published_name(clients) is not None
    clients.open_container(CONTAINER, clients.published().value)
    for datastore in clients.datastores().values():
        clients.open(datastore)


def sign_anew(azure, clients):
    """Gives a datastore another token. When a person kills the key of a token, nobody can tell any more which key that
    was; so the rotator leaves the token alone, and says so."""
    holders = azure.status()["holders"]
    assert ["signed by neither key" in each["because"] for each in holders if each["name"] == SIGNED] == [True]
    expiry = datetime.now(UTC) + timedelta(days=365)
    permission = ContainerSasPermissions(read=True, list=True)
    key = clients.published().value
    token = generate_container_sas(azure.account, CONTAINER, account_key=key, permission=permission, expiry=expiry)
    datastore = AzureBlobDatastore(
        name=SIGNED,
        account_name=azure.account,
        container_name=CONTAINER,
        credentials=SasTokenConfiguration(sas_token=token),
    )
    clients.workspaces[azure.workspaces[0]].datastores.create_or_update(datastore)


def wait_until_moved(azure, clients, version):
    """Waits until another version than that is published and every holder was moved: in the middle of a rotation,
    because the workspaces still synchronise their keys."""
    so_far = len(azure.said("move"))
    # A connection is moved, too.
    holders = len(clients.datastores()) + 1
    wait_until(lambda: clients.published().properties.version != version)
    wait_until(lambda: len(azure.said("move")) - so_far >= holders)


def wait_until(holds):
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)
