"""What is turned away before any page reads it."""

import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db


def test_an_address_with_a_nul_is_a_bad_request(client, cast):
    client.force_login(cast.secretary)
    assert client.get(f"{reverse('admin:grids_area_changelist')}?kind__exact=%00").status_code == 400
    assert client.get(f"{reverse('admin:grids_area_changelist')}?kind__exact=grid").status_code == 200
