"""The files in monitoring/ for Prometheus and Grafana, and the metrics that a text in Prometheus' format has."""

import json
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
RULES = ROOT / "monitoring/prometheus/countersign.rules.yml"
DASHBOARD = ROOT / "monitoring/grafana/countersign.json"
# What Prometheus and node_exporter say themselves.
OTHERS = {"up", "node_textfile_mtime_seconds"}


def metrics(page: str) -> dict[str, str]:
    """The names of a page with their kinds."""
    return dict(re.findall(r"^# TYPE (\w+) (\w+)$", page, re.MULTILINE))


def value(page: str, name: str, **labels) -> float:
    """One value; the labels are all that it has."""
    shown = ",".join(f'{key}="{text}"' for key, text in sorted(labels.items()))
    [found] = re.findall(f"^{re.escape(name + (f'{{{shown}}}' if shown else ''))} (.*)$", page, re.MULTILINE)
    return float(found)


def check(page: str) -> None:
    """promtool finds nothing to say about the names, kinds and helps of a page."""
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=page, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def expressions() -> list[str]:
    """What the dashboard asks Prometheus, with values for Grafana's variables."""
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    texts = [target["expr"] for panel in panels for target in panel["targets"]]
    return [text.replace("$__rate_interval", "1m").replace("$instance", ".*") for text in texts]


def used(text: str) -> set[str]:
    """The metrics that PromQL names."""
    names = set(re.findall(r"\b((?:countersign|process|node)_\w+|up)\b", text))
    return {re.sub(r"_(?:bucket|sum|count)$", "", name) for name in names} - OTHERS
