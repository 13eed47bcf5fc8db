"""The Azure CLI, with a configuration of its own that has it speak with nobody but Azure."""

import json
import os
import subprocess

from local_azure import PATIENCE, REPOSITORY

PROGRAM = REPOSITORY / "target/outsiders/cli/bin/az"

# Where it looks for a newer version of itself. Nothing leaves the machine.
UPDATES = "azcliprod.blob.core.windows.net:443"

CONFIGURATION = """
[core]
collect_telemetry = false
survey_message = false
disable_connection_check = true
instance_discovery = false
login_experience_v2 = off

[auto-upgrade]
enable = no

[extension]
use_dynamic_install = no
"""


class AzureCli:
    def __init__(self, azure, directory):
        (directory / "config").write_text(CONFIGURATION)
        self._environment = {**os.environ, **azure.environment, "AZURE_CONFIG_DIR": str(directory)}

    def __call__(self, *arguments):
        """Runs a command, and gives what it answers. What a command is given or answers is never printed."""
        command = [PROGRAM, *arguments, "--output", "json", "--only-show-errors"]
        run = subprocess.run(command, env=self._environment, capture_output=True, text=True, timeout=PATIENCE)
        assert run.returncode == 0, f"az {' '.join(arguments[:3])} failed: {run.stderr}"
        return json.loads(run.stdout) if run.stdout.strip() else None
