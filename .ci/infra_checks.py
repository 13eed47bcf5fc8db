"""What others think of the deployment: checkov on what the snapshots make, and published schemas on what tools read.

usage: infra_checks.py SCHEMAS, a folder with the schemas; without it, that part is said to be skipped.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import jsonschema
import referencing
import referencing.exceptions
import yaml

REPOSITORY = Path(__file__).parent.parent
APP, SETTINGS, STORAGE = "Microsoft.Web/sites", "Microsoft.Web/sites/config", "Microsoft.Storage/storageAccounts"

NO_SITE = "the resource holds application settings, and checkov takes it for the configuration of a site"
FLEX = "not to be set on Flex Consumption, where the platform sees to it"
WITHOUT_NETWORK = "without a virtual network Event Grid and whoever asks for the status come in from outside, by key or token"

# Each finding that stays, by check and type of resource, with the reason.
EXPLAINED = {
    ("CKV_AZURE_13", SETTINGS): NO_SITE,
    ("CKV_AZURE_63", SETTINGS): NO_SITE,
    ("CKV_AZURE_65", SETTINGS): NO_SITE,
    ("CKV_AZURE_66", SETTINGS): NO_SITE,
    ("CKV_AZURE_80", SETTINGS): NO_SITE,
    ("CKV_AZURE_88", SETTINGS): NO_SITE,
    ("CKV_AZURE_222", SETTINGS): NO_SITE,
    ("CKV_AZURE_17", APP): "Event Grid has no client certificate to show",
    ("CKV_AZURE_18", APP): FLEX,
    ("CKV_AZURE_67", APP): FLEX,
    ("CKV_AZURE_78", APP): "passwords for FTP and code are switched off by policies of their own",
    ("CKV_AZURE_212", APP): "nothing waits for an instance: events are retried, messages stay on the queue",
    ("CKV_AZURE_213", APP): FLEX,
    ("CKV_AZURE_222", APP): WITHOUT_NETWORK,
    ("CKV_AZURE_225", "Microsoft.Web/serverfarms"): "a zone that fails delays a rotation, and days are left for it",
    ("CKV_AZURE_206", STORAGE): "nothing is stored that would be missed: package, leases and messages",
    ("CKV_AZURE_35", STORAGE): WITHOUT_NETWORK,
    ("CKV_AZURE_59", STORAGE): "Event Grid comes in as a trusted service, which asks for it; the network rules refuse all others",
}
# What a virtual network is for.
NOT_IN_A_NETWORK = {("CKV_AZURE_222", APP), ("CKV_AZURE_35", STORAGE)}


def scan():
    """Scans the snapshots: compiled templates name resources by symbols, of which checkov sees none."""
    with tempfile.TemporaryDirectory() as folder:
        for snapshot in (REPOSITORY / "infra/tests").glob("*.snapshot.json"):
            template = {
                "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
                "contentVersion": "1.0.0.0",
                "resources": json.loads(snapshot.read_text())["predictedResources"],
            }
            (Path(folder) / snapshot.name.replace(".snapshot", "")).write_text(json.dumps(template))
        command = [Path(sys.executable).parent / "checkov", "--framework", "arm", "--skip-download", "--output", "json"]
        output = subprocess.run([*command, "--directory", folder], capture_output=True, text=True, check=False)
    report = json.loads(output.stdout)
    summary = report["summary"]
    problems = [] if summary["passed"] and not summary["parsing_errors"] else [f"checkov saw nothing: {summary}"]
    seen = set()
    for finding in report["results"]["failed_checks"]:
        key = (finding["check_id"], finding["resource"].split(".")[0] + "." + finding["resource"].split(".")[1])
        seen.add(key)
        in_network = "virtual-network" in finding["file_path"]
        if key not in EXPLAINED or (in_network and key in NOT_IN_A_NETWORK):
            problems.append(f"{finding['file_path']}: {key[0]} {finding['check_name']}: {finding['resource']}")
    problems += [f"{check} of {kind} is explained and not found" for check, kind in EXPLAINED.keys() - seen]
    print(f"checkov: {summary['passed']} passed, {summary['failed']} explained")
    return problems


def without_network(uri):
    """What a schema refers to elsewhere is not fetched."""
    raise referencing.exceptions.NoSuchResource(ref=uri)


def violations(schema, file):
    """What a schema finds in a file."""
    schema = json.loads(schema.read_text(encoding="utf-8-sig"))
    text = file.read_text()
    document = yaml.safe_load(text) if file.suffix == ".yaml" else json.loads(text)
    registry = referencing.Registry(retrieve=without_network)
    validator = jsonschema.validators.validator_for(schema)(schema, registry=registry)
    name = file.relative_to(REPOSITORY)
    return [f"{name}: {error.json_path}: {error.message}" for error in validator.iter_errors(document)]


def validate(schemas):
    """Validates what azd, Bicep and the Functions host read."""
    infra = REPOSITORY / "infra"
    pairs = [
        ("azure.yaml.v1.0.json", REPOSITORY / "azure.yaml"),
        ("bicepconfig.schema.json", infra / "bicepconfig.json"),
        ("bicepconfig.schema.json", infra / "bicepconfig.strict.json"),
        ("host.schemastore.json", REPOSITORY / "host.json"),
    ]
    functions = sorted((REPOSITORY / "functions").glob("*/function.json"))
    pairs += [("function.host.json", function) for function in functions]
    print(f"schemas: {len(pairs)} files")
    return [problem for schema, file in pairs for problem in violations(schemas / schema, file)]


def main():
    problems = scan()
    schemas = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    if schemas and schemas.is_dir():
        problems += validate(schemas)
    else:
        print("schemas: skipped, for there are none")
    print(*problems, sep="\n")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
