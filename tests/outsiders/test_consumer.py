"""A real consumer through rotations: azure-storage-blob on Azurite, into which the keys of the account are mirrored."""

import threading
import time
from collections import Counter
from contextlib import contextmanager

import pytest
from azure.core.exceptions import AzureError
from azurite import Azurite
from clients import Clients, fingerprint

# Slow enough that consumers do many things during a rotation.
OPTIONS = ("--latency", "40", "--resync", "1000")


@pytest.fixture
def azurite(azure, clients):
    started = Azurite(azure.account, clients.keys())
    yield started
    started.end()


class Mirror:
    """Puts the keys that the account has at that moment into Azurite."""

    def __init__(self, azure, azurite):
        self._clients = Clients(azure)
        self._azurite = azurite
        self._lock = threading.Lock()

    def update(self):
        # One after the other, lest older keys come after newer ones.
        with self._lock:
            keys = self.keys()
            self._azurite.change_keys(keys)
            return keys

    def keys(self):
        return self._clients.keys()


class WithoutOverlap(Mirror):
    """The same of an account whose other key dies when one is published."""

    def keys(self):
        published = self._clients.published().value
        return {"key1": published, "key2": published}


class Consumer(threading.Thread):
    """Writes a blob and reads it back, over and over, with what it is given each time."""

    def __init__(self, azurite, name, credential):
        super().__init__(name=name, daemon=True)
        self._azurite, self._credential = azurite, credential
        self._is_over = threading.Event()
        self.successes, self.failures = Counter(), []

    def run(self):
        number = 0
        while not self._is_over.is_set():
            number += 1
            credential = self._credential()
            try:
                self._write_and_read(credential, str(number).encode())
                self.successes[fingerprint(credential)] += 1
            except AzureError as error:
                self.failures.append((number, getattr(error, "status_code", None), getattr(error, "error_code", None)))

    def _write_and_read(self, credential, content):
        with self._azurite.container(credential) as container:
            container.upload_blob(self.name, content, overwrite=True)
            assert container.download_blob(self.name).readall() == content

    def end(self):
        self._is_over.set()
        self.join()


class Cached:
    """The value in the vault, as somebody has it who read it a while ago."""

    def __init__(self, azure):
        self._clients = Clients(azure)
        self.read()

    def read(self):
        self._value = self._clients.published().value

    def __call__(self):
        time.sleep(0.02)
        return self._value


@contextmanager
def running(*consumers):
    for consumer in consumers:
        consumer.start()
    try:
        yield
    finally:
        for consumer in consumers:
            consumer.end()


def reader_of_the_vault(azure, azurite, mirror):
    clients = Clients(azure)

    def credential():
        value = clients.published().value
        # The keys are read after the value, so that what was published is among them.
        mirror.update()
        return value

    return Consumer(azurite, "reads-the-vault", credential)


def job(azure, azurite, mirror):
    datastores = Clients(azure).workspaces[azure.workspaces[0]].datastores

    def credential():
        token = datastores.get("workspaceblobstore", include_secrets=True).credentials.sas_token
        mirror.update()
        return token

    return Consumer(azurite, "asks-the-workspace", credential)


def test_three_rotations_cost_no_consumer_a_single_request(azure, clients, azurite):
    mirror, cached = Mirror(azure, azurite), Cached(azure)
    reader, keeper = reader_of_the_vault(azure, azurite, mirror), Consumer(azurite, "keeps-what-it-read", cached)
    worker = job(azure, azurite, mirror)
    with running(reader, keeper, worker):
        for _ in range(3):
            clients.rotate()
            # Of the 60 days until the next one, the cache has one.
            cached.read()
            time.sleep(0.5)
    consumers = (reader, keeper, worker)
    assert {consumer.name: consumer.failures for consumer in consumers} == dict.fromkeys(
        ("reads-the-vault", "keeps-what-it-read", "asks-the-workspace"), []
    )
    assert len(reader.successes) == len(keeper.successes) == 4, "each of them had all values that were published"
    assert all(sum(consumer.successes.values()) >= 20 for consumer in consumers)


def test_a_consumer_notices_a_key_that_dies_without_overlap(azure, clients, azurite):
    mirror, cached = WithoutOverlap(azure, azurite), Cached(azure)
    mirror.update()
    # Without overlap a value may die between its being read and its being used. So this one is given what was mirrored, at
    # once: it shows that Azurite goes on, and that what the other one meets is its dead key.
    reader = Consumer(azurite, "reads-what-is-published", lambda: mirror.update()["key1"])
    keeper = Consumer(azurite, "keeps-what-it-read", cached)
    with running(reader, keeper):
        clients.rotate()
        time.sleep(0.5)
    assert reader.failures == []
    assert len(reader.successes) == 2, "it had the value before and the one after"
    assert {status for _, status, _ in keeper.failures} == {403}
