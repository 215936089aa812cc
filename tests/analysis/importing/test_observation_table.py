"""OONI's observation tables: one record a measurement, and the known traps counted."""

from pathlib import Path

import pytest

from analysis.data import open_data
from analysis.importing.counts import Counts
from analysis.importing.run import import_files
from analysis.ooni.platforms import Platforms

PLATFORMS = Platforms({}, {"telegram.org": "telegram"})
COLUMNS = (
    "measurement_uid,test_name,input,measurement_start_time,probe_asn,probe_cc,network_type,hostname,ip,port,"
    "dns_failure,dns_answer,tcp_success,tcp_failure,tls_success,tls_failure,tls_handshake_time,http_request_url,"
    "http_failure,probe_analysis"
)
ABOUT = "https://telegram.org/,2023-11-08 12:00:00+00:00,33771,KE,wifi,telegram.org"
GOOD = f"m1,web_connectivity,{ABOUT},149.154.167.99,443.0,,149.154.167.99,1.0,,1,,0.2,,,false"
PAGE = f"m1,web_connectivity,{ABOUT},,,,,,,0,,,https://telegram.org/,,false"
BROKEN_V6 = f"m1,web_connectivity,{ABOUT},2001:db8::1,443.0,,2001:db8::1,0.0,host_unreachable,0,,,,,false"


def run(folder: Path, *rows: str) -> Counts:
    file = folder / "table.csv"
    file.write_text("\n".join((COLUMNS, *rows)) + "\n")
    return import_files([file], folder / "d", PLATFORMS, lambda path: None)


def votes(folder: Path) -> list[tuple[str, str, str | None]]:
    data = open_data(str(folder / "d"))
    table = data.query("SELECT measurement, vantage, failure FROM flat ORDER BY measurement")
    data.close()
    return [tuple(row.values()) for row in table.to_pylist()]  # type: ignore[misc]


def test_rows_of_a_measurement_are_one_vote_in_whatever_order_they_come(tmp_path: Path) -> None:
    other = GOOD.replace("m1,", "m0,")
    counts = run(tmp_path, GOOD, other, PAGE, GOOD)
    assert (counts.read, counts.kept, counts.noticed["table_rows"]) == (2, 2, 4)
    assert votes(tmp_path) == [("m0", "AS33771/wifi", None), ("m1", "AS33771/wifi", None)]


def test_ipv6_without_a_route_is_no_failure_and_is_counted(tmp_path: Path) -> None:
    counts = run(tmp_path, BROKEN_V6, GOOD)
    assert votes(tmp_path) == [("m1", "AS33771/wifi", None)]
    assert counts.noticed["ipv6_without_route"] == 1


def test_a_handshake_that_times_out_is_a_failed_vote(tmp_path: Path) -> None:
    run(
        tmp_path,
        GOOD.replace(",1,,0.2,", ",1,generic_timeout_error,10.0,"),
        PAGE.replace(",,false", ",generic_timeout_error,http-failure"),
    )
    assert votes(tmp_path) == [("m1", "AS33771/wifi", "generic_timeout_error")]


def test_truth_may_be_written_in_words_and_an_alias_is_no_address(tmp_path: Path) -> None:
    words = GOOD.replace(",1.0,,1,", ",True,,True,")
    alias = GOOD.replace(",,149.154.167.99,1.0,,1,", ",,alias.example,True,,True,")
    run(tmp_path, words, alias)
    assert votes(tmp_path) == [("m1", "AS33771/wifi", None)]


def test_a_page_that_the_probe_calls_another_one_is_no_success(tmp_path: Path) -> None:
    clear = [row.replace("https://", "http://").replace(",false", ",http-diff") for row in (GOOD, PAGE)]
    run(tmp_path, *clear)
    assert votes(tmp_path) == [("m1", "AS33771/wifi", "http_unexpected_status_code")]


def test_a_page_in_clear_text_that_led_to_the_own_page_over_tls_is_a_success(tmp_path: Path) -> None:
    first = PAGE.replace("https://", "http://")
    second = first.replace(",,,http://", ",,,https://")
    run(tmp_path, *(row.replace(",false", ",http-diff") for row in (first, second)))
    assert votes(tmp_path) == [("m1", "AS33771/wifi", None)]


def test_negative_handshake_times_are_counted_and_do_no_harm(tmp_path: Path) -> None:
    counts = run(tmp_path, GOOD.replace(",0.2,", ",-0.3,"))
    assert counts.noticed["negative_handshake_times"] == 1
    assert votes(tmp_path) == [("m1", "AS33771/wifi", None)]


def test_rows_without_a_host_name_belong_to_the_app_and_are_counted(tmp_path: Path) -> None:
    row = "m2,telegram,,2023-11-08 12:00:00+00:00,33771,KE,,,149.154.175.50,80.0,,,1.0,,0,,,,,"
    counts = run(tmp_path, row)
    assert counts.noticed["rows_without_hostname"] == 1
    assert votes(tmp_path) == [("m2", "AS33771/unknown", None)]


def test_a_row_without_a_time_is_refused_by_its_measurement(tmp_path: Path) -> None:
    counts = run(tmp_path, GOOD, GOOD.replace("m1,", "m9,").replace("2023-11-08 12:00:00+00:00", "soon"))
    assert counts.unreadable == {"not_a_measurement": 1}
    assert "m9" in counts.complaints[0]
    assert counts.kept == 1


@pytest.fixture(scope="module")
def kenya(ooni_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Counts]:
    folder = tmp_path_factory.mktemp("kenya")
    counts = import_files([ooni_data / "kenya-2023"], folder / "d", PLATFORMS, lambda path: None)
    return folder, counts


def test_kenya_2023_has_its_known_numbers_of_measurements_rows_and_traps(kenya: tuple[Path, Counts]) -> None:
    _, counts = kenya
    assert not counts.unreadable
    assert counts.kept == 2344 + 1228
    assert counts.noticed["table_rows"] == 125_441 + 6055
    assert counts.noticed["negative_handshake_times"] == 1392
    assert counts.noticed["ipv6_without_route"] > 828 + 591


def test_kenya_2023_shows_the_exam_windows_on_safaricom_and_not_before(kenya: tuple[Path, Counts]) -> None:
    """Shares of failed votes on AS33771; the published report names it among the providers that kept the hours."""
    folder, _ = kenya
    data = open_data(str(folder / "d"))
    table = data.query(
        """
        SELECT CASE WHEN day < DATE '2023-11-08' THEN 'before'
                    WHEN day BETWEEN DATE '2023-11-08' AND DATE '2023-11-24' AND isodow(day) < 6
                         AND (hour(time) BETWEEN 5 AND 7 OR hour(time) BETWEEN 11 AND 13) THEN 'window' END AS part,
               avg((failure IS NOT NULL)::INT) AS failed
        FROM flat WHERE asn = 33771 AND platform = 'telegram' GROUP BY part
        """
    )
    data.close()
    shares = {row["part"]: row["failed"] for row in table.to_pylist()}
    assert shares["before"] < 0.05
    assert shares["window"] > 0.8
