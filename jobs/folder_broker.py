"""Kombu's filesystem broker with messages that appear whole.

Kombu writes into the message's final file. A worker that looks in between reads half a message and stops with "Unrecoverable
error: JSONDecodeError" (kombu issue 1551, seen here with 5.7.0).
"""

import os
from contextlib import suppress
from pathlib import Path

from kombu.exceptions import ChannelError
from kombu.transport import filesystem
from kombu.utils.json import dumps
from kombu.utils.uuid import uuid


class Channel(filesystem.Channel):
    def _put(self, queue, payload, **kwargs):
        folder, name = Path(self.data_folder_out), uuid()
        unfinished = folder / f"{name}.part"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            unfinished.write_text(dumps(payload), encoding="utf-8")
            # The modification time first: workers take the messages in the order of their names.
            unfinished.rename(folder / f"{unfinished.stat().st_mtime_ns}_{name}.{queue}.msg")
        except OSError as error:
            with suppress(OSError):
                unfinished.unlink()
            raise ChannelError(f"Cannot write a message to {folder}: {os.strerror(error.errno)}") from error


class Transport(filesystem.Transport):
    Channel = Channel
