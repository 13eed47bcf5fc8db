"""Microsoft's clients. Whatever a test says of Azure, it has from these."""

import hashlib
import uuid

from azure.ai.ml import MLClient
from azure.ai.ml.entities import AzureBlobDatastore, AzureFileDatastore
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import HttpResponseError
from azure.eventgrid import EventGridEvent, EventGridPublisherClient
from azure.identity import ManagedIdentityCredential
from azure.keyvault.secrets import SecretClient
from azure.mgmt.storage import StorageManagementClient
from azure.storage.blob import ContainerClient
from azure.storage.fileshare import ShareClient

NEAR_EXPIRY = "Microsoft.KeyVault.SecretNearExpiry"


def fingerprint(value):
    """What tells whether two secret values are the same, and may be printed."""
    return hashlib.sha256(value.encode()).hexdigest()[:12]


class Clients:
    def __init__(self, azure):
        self.azure = azure
        credential = ManagedIdentityCredential()
        self.storage = StorageManagementClient(credential, azure.subscription).storage_accounts
        self.vault = SecretClient(f"https://{azure.vault}.vault.azure.net", credential)
        self.workspaces = {
            name: MLClient(
                credential, azure.subscription, azure.group, name, enable_telemetry=False, show_progress=False
            )
            for name in azure.workspaces
        }
        self.event_grid = EventGridPublisherClient(azure.webhook, AzureKeyCredential("in the address"))

    def keys(self):
        """The values of the account's keys, by name."""
        return values(self.storage.list_keys(self.azure.group, self.azure.account))

    def regenerate(self, name):
        """Regenerates a key of the account, and gives the values of both."""
        keys = self.storage.regenerate_key(self.azure.group, self.azure.account, {"keyName": name})
        return values(keys)

    def published(self):
        """The current version of the secret that stands for the account."""
        return self.vault.get_secret(self.azure.secret)

    def cached_key(self, workspace):
        """The key that a workspace keeps for itself."""
        return self.workspaces[workspace].workspaces.get_keys(workspace).user_storage_key

    def datastores(self):
        """Every datastore on the account with a key or token, and what it gives to whoever asks for its secret."""
        found = {}
        for workspace, client in self.workspaces.items():
            for listed in client.datastores.list():
                datastore = client.datastores.get(listed.name, include_secrets=True)
                if datastore.account_name == self.azure.account and datastore.credentials.type == "sas":
                    found[workspace, datastore.name] = datastore
        return found

    def open(self, datastore):
        """Opens what a datastore leads to with what it gives."""
        token = datastore.credentials.sas_token
        if isinstance(datastore, AzureFileDatastore):
            self.open_share(datastore.file_share_name, token)
        else:
            is_blob = isinstance(datastore, AzureBlobDatastore)
            self.open_container(datastore.container_name if is_blob else datastore.filesystem, token)

    def open_container(self, name, credential):
        """Lists a container, with a key or a token."""
        list(self.container(name, credential).list_blobs())

    def open_share(self, name, credential):
        """Lists a share, with a key or a token."""
        list(self.share(name, credential).list_directories_and_files())

    def container(self, name, credential):
        address = f"https://{self.azure.account}.blob.core.windows.net"
        return ContainerClient(address, name, credential=credential)

    def share(self, name, credential):
        address = f"https://{self.azure.account}.file.core.windows.net"
        return ShareClient(address, name, credential=credential)

    def publish_near_expiry(self):
        """Sends the webhook of the function app what Key Vault would publish about the current version."""
        version = self.published().properties
        event = EventGridEvent(
            id=str(uuid.uuid4()),
            subject=version.name,
            event_type=NEAR_EXPIRY,
            data_version="1",
            data={
                "Id": version.id,
                "VaultName": self.azure.vault,
                "ObjectType": "Secret",
                "ObjectName": version.name,
                "Version": version.version,
                "NBF": None,
                "EXP": version.expires_on and version.expires_on.timestamp(),
            },
        )
        try:
            self.event_grid.send(event, headers={"aeg-event-type": "Notification"})
        except HttpResponseError as answered:
            # What a topic takes it answers with 200, and the webhook, like that of the real host, with 202.
            if answered.status_code != 202:
                raise

    def rotate(self):
        """Lets days pass until the current version is near its expiry, publishes that, and waits for the end."""
        self.azure.pass_days(60.1)
        self.publish_near_expiry()
        self.azure.settle()


def values(keys):
    return {key.key_name: key.value for key in keys.keys_property}
