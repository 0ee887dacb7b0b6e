"""Draws docs/benchmarks.md's tables and charts from the figures that are kept; the words around them stay as they are.

In the page, what is drawn stands between `<!-- begin NAME -->` and `<!-- end NAME -->`.
"""

import json
import re

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plot  # noqa: E402 (the backend has to be chosen first)

from figures import KEPT, ROOT  # noqa: E402

SECTIONS = ("client", "logs", "search", "peers", "emulator", "cli", "build", "growth")
# The same figures always give the same files.
matplotlib.rcParams.update({"svg.hashsalt": "benchmarks", "font.size": 10, "axes.spines.top": False, "axes.spines.right": False})
OURS, OTHERS = "#1f6feb", "#8c959f"


def render():
    kept = {name: json.loads(file.read_text()) for name in SECTIONS if (file := KEPT / f"{name}.json").exists()}
    page = ROOT / "docs/benchmarks.md"
    text = page.read_text()
    for name, section in kept.items():
        text = put(text, name, "\n\n".join(parts(section)))
    text = put(text, "summary", summary(kept))
    page.write_text(text)
    for name, draw in CHARTS.items():
        if name in kept:
            draw(kept[name])
    print(summary(kept))


def put(text, name, drawn):
    """The text with what is drawn in its place."""
    pattern = rf"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)"
    text, count = re.subn(pattern, lambda found: f"{found[1]}{drawn}\n{found[2]}", text, flags=re.DOTALL)
    assert count == 1, f"docs/benchmarks.md has {count} places for {name}"
    return text


def summary(kept):
    figures = [row for section in kept.values() for row in section["figures"] if row["goal"] != "none"]
    missed = [f"- {row['name']}: {measured(row)}, {row['goal']}" for row in figures if not row["reached"]]
    reached = f"{len(figures) - len(missed)} of {len(figures)} goals are reached."
    return reached + ("\n\nMissed:\n\n" + "\n".join(missed) if missed else "")


def parts(section):
    """A section's tables, and where and when it was measured."""
    if section["figures"]:
        rows = [[row["name"], measured(row), row["goal"], side(row, "ours"), side(row, "bare"), "yes" if row["reached"] else "**no**"]
                for row in section["figures"]]
        yield table(["figure", "measured", "goal", "ours", "baseline", "reached"], rows)
    for one in section["tables"]:
        yield f"**{one['title']}**\n\n{table(one['columns'], one['rows'])}" + (f"\n\nGrowth: {one['growth']}." if "growth" in one else "")
    versions = ", ".join(f"{name} {version}" for name, version in section["versions"].items())
    yield f"Measured on {section['date']}: {section['machine']}; {versions}."


def measured(row):
    """A ratio with its quartiles, or a value with its unit."""
    if "ratio" not in row:
        return f"{number(row['ours'])} {row['unit']}"
    spread = f" ({number(row['low'])} to {number(row['high'])})" if row["low"] != row["high"] else ""
    return number(row["ratio"]) + spread


def side(row, which):
    return "" if row[which] is None else f"{number(row[which])} {row['unit']}"


def number(value):
    """Three digits that count, as people write them."""
    if not isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, int) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def table(columns, rows):
    lines = [columns, ["---"] * len(columns), *([number(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def chart(name, size=(7, 2.8)):
    """Axes, and what saves them."""
    figure, axes = plot.subplots(figsize=size, layout="constrained")

    def save():
        figure.savefig(KEPT / f"{name}.svg", metadata={"Date": None, "Creator": None}, facecolor="white")
        plot.close(figure)

    return axes, save


def bars(name, title, unit, values, mine, scale="linear"):
    axes, save = chart(name, (7, 0.9 + 0.4 * len(values)))
    names = list(values)[::-1]
    drawn = axes.barh(names, [values[one] for one in names], color=[OURS if one in mine else OTHERS for one in names])
    axes.bar_label(drawn, labels=[f"{number(values[one])} {unit}" for one in names], padding=4)
    axes.set_xscale(scale)
    axes.set_title(title, loc="left")
    axes.margins(x=0.18)
    axes.get_xaxis().set_visible(False)
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(left=False)
    save()


def peers(section):
    rows = [row for row in section["tables"][0]["rows"] if row[0] == 1]
    names = {"bare": "reqwest + serde, token", "ours": "huaweicloud-lts, signed"}
    values = {names.get(name, f"SDK for {name}, signed"): us for _, name, us, _ in rows}
    bars("peers", "CPU time of a call that lists one group", "µs", values, {names["ours"]})


def emulator(section):
    values = dict(section["tables"][0]["rows"])
    bars("emulator", "Peak memory of a server under load", "MB", values, {"lts emulator"})


def build(section):
    rows = {row["name"]: row for row in section["figures"]}
    cold = rows["build/cold, against the AWS SDK, CPU"]
    again = rows["build/after an edit of the specification, against a cold one, CPU"]
    values = {"aws-sdk-cloudwatchlogs + aws-config": cold["bare"], "huaweicloud-lts": cold["ours"], "after an edit of the specification": again["ours"]}
    bars("build", "CPU time of a debug build", "s", values, set(list(values)[1:]))


def growth(section):
    lists = next(one for one in section["tables"] if one["title"] == "Groups in a list")["rows"]
    axes, save = chart("growth", (7, 3.4))
    axes.plot([row[0] for row in lists], [row[1] for row in lists], "o-", color=OURS, label="huaweicloud-lts")
    axes.plot([row[0] for row in lists], [row[2] for row in lists], "s--", color=OTHERS, label="reqwest + serde")
    axes.set(xscale="log", yscale="log", xlabel="groups in the list", ylabel="CPU time of a call, µs")
    axes.set_title("A list of many groups", loc="left")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    save()


CHARTS = {"peers": peers, "emulator": emulator, "build": build, "growth": growth}
