"""Generated examples are never judged by their time: a busy machine is no bug."""

import pytest
from hypothesis import settings

from gridparty.lib.workbook import BROWSER, FileRefused, read_sheets

settings.register_profile("gridparty", deadline=None)
settings.load_profile("gridparty")


@pytest.fixture
def read(tmp_path):
    """Reads bytes as a file whose name says nothing."""

    def read(content, limits=BROWSER):
        path = tmp_path / "上传 1"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_sheets(path, limits)

    return read


@pytest.fixture
def refusal(read):
    """The sentence with which bytes are refused."""

    def refusal(content, limits=BROWSER):
        with pytest.raises(FileRefused) as refused:
            read(content, limits)
        sentence = str(refused.value)
        assert "请" in sentence
        assert sentence.endswith("。")
        return sentence

    return refusal
