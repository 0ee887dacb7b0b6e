"""Measures the sections that are named, keeps their figures, and draws the page: see scripts/bench-peers."""

import importlib
import sys

import page

for section in sys.argv[1:]:
    if section != "render":
        print(f"== {section}", flush=True)
        importlib.import_module(f"sections.{section}").measure()
page.render()
