"""The manual procedure that this program replaces, with the Azure SDKs for Python, as a person would run it.

Save the new value of the key that is in use; synchronise every workspace; register every datastore anew. One after the other,
as in "Regenerate storage account access keys" of the Azure Machine Learning documentation.
"""

import os
import resource
import sys
import time

from azure.ai.ml import MLClient
from azure.ai.ml.entities import AccountKeyConfiguration, AzureBlobDatastore, AzureFileDatastore
from azure.identity import ManagedIdentityCredential
from azure.keyvault.secrets import SecretClient
from azure.mgmt.storage import StorageManagementClient

subscription, group, account, vault, secret = sys.argv[1:6]
credential = ManagedIdentityCredential()
started = time.monotonic()

storage = StorageManagementClient(credential, subscription)
keys = storage.storage_accounts.regenerate_key(group, account, {"keyName": "key1"}).keys_property
new = next(key.value for key in keys if key.key_name == "key1")
secrets = SecretClient(f"https://{vault}.vault.azure.net", credential)
current = secrets.get_secret(secret)
secrets.set_secret(secret, new, tags=current.properties.tags)


def client(workspace=None):
    quiet = {"enable_telemetry": False, "show_progress": False}
    return MLClient(credential, subscription, group, workspace, **quiet)


workspaces = [workspace.name for workspace in client().workspaces.list()]
for workspace in workspaces:
    client().workspaces.begin_sync_keys(workspace).result()

for workspace in workspaces:
    datastores = client(workspace).datastores
    for found in list(datastores.list()):
        if getattr(found, "account_name", None) != account:
            continue
        common = {"name": found.name, "account_name": account, "credentials": AccountKeyConfiguration(account_key=new)}
        if isinstance(found, AzureBlobDatastore):
            datastores.create_or_update(AzureBlobDatastore(container_name=found.container_name, **common))
        elif isinstance(found, AzureFileDatastore):
            datastores.create_or_update(AzureFileDatastore(file_share_name=found.file_share_name, **common))

peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(f"{time.monotonic() - started:.3f} {peak}")
sys.stdout.flush()
os._exit(0)
