"""A local Azure, held open by `aml-key-rotator local-azure`, with the rotator as its function app."""

import json
import subprocess
import tempfile
import urllib.parse
import urllib.request
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent.parent
PROGRAM = REPOSITORY / "target/debug/aml-key-rotator"

# Longer than the local Azure takes for anything.
PATIENCE = 300


class LocalAzure:
    """A running one. Clients reach it by the variables in `environment`, under the names of Azure."""

    def __init__(self, *options):
        self._log = tempfile.TemporaryFile("w+")
        # The sweep would rotate by itself, were a test to run over a full hour.
        command = [PROGRAM, "local-azure", "--setting", "AzureWebJobs.Sweep.Disabled=true", *options]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self._log, text=True)
        self.environment = {}
        for line in self._process.stdout:
            if line.startswith("# ready"):
                break
            name, value = line.removeprefix("export ").rstrip().split("=", 1)
            self.environment[name] = value.strip("'")
        else:
            raise RuntimeError(f"there is no local Azure:\n{self.log()}")
        own = {name.removeprefix("LOCAL_AZURE_"): value for name, value in self.environment.items()}
        self.subscription, self.group, self.account = own["SUBSCRIPTION"], own["GROUP"], own["ACCOUNT"]
        self.vault, self.secret, self.workspaces = own["VAULT"], own["SECRET"], own["WORKSPACES"].split(",")
        self.webhook, self._control = own["WEBHOOK"], own["CONTROL"]
        self._status, self._function_key = own["STATUS"], own["FUNCTION_KEY"]

    def workspace_id(self, name):
        """The resource id of a workspace."""
        group = f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"
        return f"{group}/providers/Microsoft.MachineLearningServices/workspaces/{name}"

    def pass_days(self, days):
        """Lets days pass."""
        self._post(f"/age?days={days}")

    def settle(self):
        """Waits until the function app has nothing left to do."""
        self._post("/settle")

    def findings(self):
        """What was seen that must never happen, and hosts that a client asked for and that this Azure has not."""
        with urllib.request.urlopen(f"{self._control}/findings", timeout=PATIENCE) as answer:
            return json.load(answer)

    def status(self):
        """What the rotator says of its target."""
        target = urllib.parse.quote(f"{self.vault}/{self.secret}")
        key = {"x-functions-key": self._function_key}
        request = urllib.request.Request(f"{self._status}?target={target}", headers=key)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)

    def log(self):
        """All that the function app has logged."""
        self._log.flush()
        return Path(f"/proc/self/fd/{self._log.fileno()}").read_text()

    def said(self, step):
        """The messages that the rotator has logged for a step."""
        lines = (line for line in self.log().splitlines() if line.startswith("{"))
        return [line["message"] for line in map(json.loads, lines) if line.get("step") == step]

    def end(self):
        """Ends it."""
        self._process.terminate()
        self._process.wait(PATIENCE)
        self._process.stdout.close()
        self._log.close()

    def _post(self, path):
        request = urllib.request.Request(f"{self._control}{path}", method="POST")
        urllib.request.urlopen(request, timeout=PATIENCE).close()
