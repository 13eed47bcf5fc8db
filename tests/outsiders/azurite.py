"""Azurite, Microsoft's emulator of blob storage, with account keys that change while it runs."""

import subprocess
import tempfile
import threading
from pathlib import Path

from azure.storage.blob import ContainerClient
from local_azure import PATIENCE, REPOSITORY

HOME = REPOSITORY / "target/outsiders/azurite"
PRELOAD = REPOSITORY / "tests/outsiders/live_keys.js"
OPTIONS = ("--blobPort", "0", "--silent", "--disableTelemetry", "--inMemoryPersistence", "--skipApiVersionCheck")


class Azurite:
    """A running one, with one account and one container."""

    def __init__(self, account, keys):
        self._account = account
        self._lock = threading.Lock()
        # Over https, because the tokens of datastores are good for nothing else.
        self._directory = tempfile.TemporaryDirectory()
        self._certificate = Path(self._directory.name, "certificate.pem")
        key = Path(self._directory.name, "key.pem")
        make_certificate(self._certificate, key)
        program = HOME / "node_modules/azurite/dist/src/blob/main.js"
        command = ["node", "--require", PRELOAD, program, *OPTIONS, "--cert", self._certificate, "--key", key]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, cwd=HOME, stdin=pipe, stdout=pipe, text=True)
        self._address = self._wait_for("successfully listens on ").split()[-1]
        self.change_keys(keys)
        self.container(keys["key1"]).create_container()

    def change_keys(self, keys):
        """Puts two keys in force, and nothing else from then on."""
        with self._lock:
            self._process.stdin.write(f"{self._account}:{keys['key1']}:{keys['key2']}\n")
            self._process.stdin.flush()
            self._wait_for("keys in force")

    def container(self, credential):
        """The container, for a client that tries everything once."""
        address = f"{self._address}/{self._account}"
        trusted = str(self._certificate)
        return ContainerClient(address, "data-0001", credential=credential, retry_total=0, connection_verify=trusted)

    def end(self):
        """Ends it."""
        self._process.kill()
        self._process.wait(PATIENCE)
        self._process.stdin.close()
        self._process.stdout.close()
        self._directory.cleanup()

    def _wait_for(self, text):
        for line in self._process.stdout:
            if text in line:
                return line
        raise RuntimeError(f"Azurite ended before it said `{text}`")


def make_certificate(certificate, key):
    """Makes a certificate for the loopback address."""
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
