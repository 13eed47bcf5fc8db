"""A person rotates by hand with the Azure CLI, between rotations and in the middle of one. The secret is declared."""

import json

import pytest
from azure_cli import UPDATES
from by_hand import assert_everybody_is_on_a_live_key, fingerprints, published_name, sign_anew, wait_until_moved

ACCOUNT = (
    "/subscriptions/8c1f6ab0-3d0b-4a3e-9f5a-2b7c51d0e4aa/resourceGroups/rg-ml-prod"
    "/providers/Microsoft.Storage/storageAccounts/stmlprod"
)
TARGETS = json.dumps([{"vault": "kv-ml-prod", "secret": "stmlprod-key", "account": ACCOUNT, "validityDays": 90}])
# A resync takes longer than `az` does. A message that failed comes back after a second, and not after two minutes.
TIMES = ("--latency", "10", "--resync", "10000", "--visibility-timeout", "1000")
OPTIONS = (*TIMES, "--setting", f"ROTATOR_TARGETS={TARGETS}")
ELSEWHERE = (UPDATES,)


@pytest.fixture
def renew(az, azure):
    """Renews a key, and gives both."""

    def renew_key(name):
        at = "--resource-group", azure.group, "--account-name", azure.account
        keys = az("storage", "account", "keys", "renew", *at, "--key", name)
        return {each["keyName"]: each["value"] for each in keys}

    return renew_key


def test_what_a_person_did_by_halves_is_finished(az, azure, clients, renew):
    """A new key, a new version without tags and expiry, resyncs; but nobody registered the datastores anew."""
    other = next(name for name in clients.keys() if name != published_name(clients))
    by_hand = renew(other)
    before = clients.published().properties
    secret = "--vault-name", azure.vault, "--name", azure.secret
    az("keyvault", "secret", "set", *secret, "--value", by_hand[other])
    for workspace in azure.workspaces:
        az("resource", "invoke-action", "--action", "resyncKeys", "--ids", azure.workspace_id(workspace))
    clients.publish_near_expiry()
    azure.settle()
    assert fingerprints(clients.keys()) == fingerprints(by_hand), "nothing was regenerated"
    assert published_name(clients) == other, "the key of the person is the one that counts"
    after = clients.published().properties
    known = ("ProviderAddress", "ValidityPeriodDays")
    assert [after.tags[name] for name in known] == [before.tags[name] for name in known]
    assert after.tags["CredentialId"] == other and after.expires_on is not None
    assert_everybody_is_on_a_live_key(clients)
    assert len(azure.said("move")) >= len(clients.datastores())
    # Nobody needs the key before.
    clients.regenerate("key1" if other == "key2" else "key2")
    assert_everybody_is_on_a_live_key(clients)


def test_a_key_that_is_renewed_in_the_middle_of_a_rotation_is_healed_without_another_regeneration(
    azure, clients, renew
):
    version = clients.published().properties.version
    azure.pass_days(60.1)
    clients.publish_near_expiry()
    wait_until_moved(azure, clients, version)
    by_hand = renew(published_name(clients))
    assert published_name(clients) is None, "the drift is there"
    azure.settle()
    assert fingerprints(clients.keys()) == fingerprints(by_hand), "nothing was regenerated afterwards"
    sign_anew(azure, clients)
    assert_everybody_is_on_a_live_key(clients)
    assert any("because the secret holds neither key" in line for line in azure.said("publish"))
