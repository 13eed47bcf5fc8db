"""Holds what the end-to-end tests recorded against Azure's own specifications.

Usage: traffic.py DIRECTORY, with the command that judges a file of calls in TRAFFIC_CHECK. It says 0 for a file without an
invalid call, and 1 for one with any. Exit status: 0 every call is valid, and a spoilt one was found out.
"""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

# Of these the command cannot judge. The address of the first has the path of another provider in it, for which it is
# taken; that of the second is also the address of a version that is called "versions".
NOT_JUDGED = re.compile(r"/providers/Microsoft\.Authorization/permissions\?|/secrets/[^/?]+/versions\?")

# What tests add to a resource because we must leave it as it is: made up, or of a later version than the specifications.
FIELDS_OF_LATER = {"fieldOfTomorrow", "useWorkspaceManagedIdentity"}
# A whole resource that tests make up, of a kind that no specification knows.
UNHEARD_OF = "AzureUnheardOf"

# Without any of these the tests have recorded less than they should.
EXPECTED = {
    "StorageAccounts_GetProperties": r"GET .*/storageAccounts/[^/?]+\?",
    "StorageAccounts_ListKeys": r"POST .*/listKeys\?",
    "StorageAccounts_RegenerateKey": r"POST .*/regenerateKey\?",
    "Workspaces_ListBySubscription": r"GET .*/Microsoft\.MachineLearningServices/workspaces\?",
    "Workspaces_ResyncKeys": r"POST .*/resyncKeys\?",
    "Workspaces_ListStorageAccountKeys": r"POST .*/listStorageAccountKeys\?",
    "Datastores_List": r"GET .*/datastores\?",
    "Datastores_Get": r"GET .*/datastores/[^/?]+\?",
    "Datastores_ListSecrets": r"POST .*/datastores/[^/?]+/listSecrets\?",
    "Datastores_CreateOrUpdate": r"PUT .*/datastores/[^/?]+\?",
    "WorkspaceConnections_List": r"GET .*/connections\?",
    "WorkspaceConnections_Get": r"GET .*/connections/[^/?]+\?",
    "WorkspaceConnections_ListSecrets": r"POST .*/connections/[^/?]+/listsecrets\?",
    "WorkspaceConnections_Create": r"PUT .*/connections/[^/?]+\?",
    "GetSecrets": r"GET https://[^/]+/secrets\?",
    "GetSecret": r"GET https://[^/]+/secrets/[^/?]+/?\?",
    "SetSecret": r"PUT https://[^/]+/secrets/[^/?]+\?",
    "UpdateSecret": r"PATCH https://[^/]+/secrets/[^/?]+/",
}


def without_fields_of_later(value):
    if isinstance(value, dict):
        return {k: without_fields_of_later(v) for k, v in value.items() if k not in FIELDS_OF_LATER}
    return [without_fields_of_later(item) for item in value] if isinstance(value, list) else value


def recorded(directory):
    for file in sorted(Path(directory).glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            call = json.loads(line)
            if UNHEARD_OF not in line and not NOT_JUDGED.search(call["url"]):
                yield without_fields_of_later(call)


def missing(calls):
    seen = [f"{call['method']} {call['url']}" for call in calls if call["status"] < 300]
    return [name for name, form in EXPECTED.items() if not any(re.match(form, one) for one in seen)]


def spoilt(calls):
    """One call that asks for no key, and one answer that tells of no datastore."""
    regenerate = next(call for call in calls if "/regenerateKey?" in call["url"] and call["status"] == 200)
    datastore = next(call for call in calls if re.match(EXPECTED["Datastores_Get"], f"{call['method']} {call['url']}"))
    return [{**regenerate, "requestBody": {}}, {**datastore, "status": 200, "responseBody": {"properties": 1}}]


def judge(calls, file):
    file.write_text("".join(json.dumps(call) + "\n" for call in calls), encoding="utf-8")
    command = [*shlex.split(os.environ["TRAFFIC_CHECK"]), str(file)]
    judged = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return judged.returncode, judged.stdout


def main(directory):
    calls = list(recorded(directory))
    lacking = missing(calls)
    if lacking:
        sys.exit(f"the tests recorded no call of {', '.join(lacking)}")
    status, said = judge(calls, Path(directory) / "all.calls")
    print(said, end="")
    if status:
        sys.exit(f"calls are not as Azure's specifications have them (exit status {status})")
    for call in spoilt(calls):
        status, said = judge([call], Path(directory) / "spoilt.calls")
        if status != 1:
            sys.exit(f"a spoilt call was not found out (exit status {status}): {said}")
    print("and each of two spoilt calls was found out")


main(sys.argv[1])
