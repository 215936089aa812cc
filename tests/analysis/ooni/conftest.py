"""OONI measurements made by hand, as small as each case allows."""

from collections.abc import Callable
from typing import Any

import pytest

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def measurement() -> Make:
    """A web_connectivity measurement of https://www.example.com/ on AS64500; keys can be replaced."""

    def make(test_keys: Any = None, **given: Any) -> dict[str, Any]:
        base: dict[str, Any] = {
            "data_format_version": "0.2.0",
            "test_name": "web_connectivity",
            "test_version": "0.4.3",
            "input": "https://www.example.com/",
            "measurement_start_time": "2023-11-08 12:00:00",
            "probe_asn": "AS64500",
            "probe_cc": "KZ",
            "report_id": "20231108T120000Z_webconnectivity_KZ_64500_n1_x",
            "annotations": {"network_type": "mobile"},
            "test_keys": test_keys if test_keys is not None else {},
        }
        return base | given

    return make
