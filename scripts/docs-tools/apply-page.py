"""Makes the changes of a Markdown page whose paths begin with one of the given prefixes.

Usage: apply-page.py PAGE PREFIX...

A change is a code block under a line that names a file in backquotes and ends with a colon:
- `rust` and `text`: added at the end of the file;
- `yaml`: added at the end of the document's `paths`;
- `diff`: lines with `+` are added after, and lines with `-` replaced in, the lines around them, which must occur once.
"""

import re
import sys
from pathlib import Path

CHANGE = re.compile(r"^[^\n]*`([\w./-]+\.(?:rs|yaml))`[^\n]*:\n\n```(rust|yaml|diff)\n(.*?)^```$", re.M | re.S)


def changed(text: str, kind: str, block: str) -> str:
    if kind == "rust":
        return f"{text}\n{block}"
    if kind == "yaml":
        head, components = text.split("\ncomponents:\n")
        return f"{head}\n{block}\ncomponents:\n{components}"
    for hunk in block.split("@@\n"):
        lines = hunk.splitlines(keepends=True)
        old = "".join(line[1:] for line in lines if line[0] in " -")
        new = "".join(line[1:] for line in lines if line[0] in " +")
        if text.count(old) != 1:
            sys.exit(f"found {text.count(old)} times instead of once:\n{old}")
        text = text.replace(old, new)
    return text


def main() -> None:
    page, *prefixes = sys.argv[1:]
    changes = [change for change in CHANGE.findall(Path(page).read_text()) if change[0].startswith(tuple(prefixes))]
    if not changes:
        sys.exit(f"{page} changes nothing in {', '.join(prefixes)}")
    for path, kind, block in changes:
        file = Path(path)
        if not file.exists():
            sys.exit(f"{page} names {path}, which does not exist")
        file.write_text(changed(file.read_text(), kind, block))
        print(f"changed {path}")


main()
