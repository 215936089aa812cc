"""A capture is what other programs read."""

from pathlib import Path

from scapy.all import IP, UDP, raw, rdpcap

from lab.path.capture import Capture


def test_scapy_reads_the_packets_and_their_times(tmp_path: Path) -> None:
    file = tmp_path / "some.pcap"
    capture = Capture(file.open("wb"))
    sent = [IP(dst="192.0.2.1") / UDP(dport=53) / b"one", IP(dst="192.0.2.2") / UDP(dport=53) / b"two"]
    for number, packet in enumerate(sent):
        capture.add(1_700_000_000.25 + number, raw(packet))
    capture.close()
    read = rdpcap(str(file))
    assert [raw(packet) for packet in read] == [raw(packet) for packet in sent]
    assert [float(packet.time) for packet in read] == [1_700_000_000.25, 1_700_000_001.25]
