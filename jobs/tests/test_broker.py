"""The filesystem broker of the embedded default, and the worker that reads from it."""

import pytest
from kombu import Connection
from kombu.exceptions import ChannelError

from jobs.folder_broker import Channel, Transport


@pytest.fixture
def queue(tmp_path):
    folders = {name: str(tmp_path / "messages") for name in ("data_folder_in", "data_folder_out")}
    (tmp_path / "messages").mkdir()
    options = folders | {"control_folder": str(tmp_path / "control")}
    with Connection("filesystem://", transport_options=options) as connection:
        # Kombu remembers which queues it declared for the life of the process, whatever the folder.
        yield connection.SimpleQueue(f"queue-{tmp_path.name}")


def test_the_product_uses_its_own(queue):
    assert isinstance(queue.channel, Channel)
    assert isinstance(queue.channel.connection, Transport)


def test_messages_come_in_their_order(queue):
    for number in range(12):
        queue.put({"job": number})
    assert [queue.get_nowait().payload["job"] for _message in range(12)] == list(range(12))
    with pytest.raises(queue.Empty):
        queue.get_nowait()


def test_a_message_in_the_making_is_not_read(queue, tmp_path):
    """Kombu's own broker shows the empty file to the worker, which stops with an unrecoverable error."""
    (tmp_path / "messages" / "0123.part").write_text('{"body": "ha')
    with pytest.raises(queue.Empty):
        queue.get_nowait()


def test_a_folder_that_is_gone_is_made_again(queue, tmp_path):
    (tmp_path / "messages").rmdir()
    queue.put({"job": 1})
    assert queue.get_nowait().payload == {"job": 1}


def test_a_full_disk_is_a_broker_that_is_down(queue, tmp_path):
    (tmp_path / "messages").rmdir()
    (tmp_path / "messages").write_text("")  # as good as read-only
    with pytest.raises(ChannelError):
        queue.put({"job": 1})
