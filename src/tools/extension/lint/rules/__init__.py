"""All rules, and their table for the documentation."""

from spot_webcam.tools.extension.lint.finding import Rule
from spot_webcam.tools.extension.lint.rules import archive, compose, images, manifest, mounts

SECTIONS: dict[str, tuple[Rule, ...]] = {
    "Archive": archive.RULES,
    "Manifest": manifest.RULES,
    "Images": images.RULES,
    "Compose file": compose.RULES,
    "Ports, volumes, devices": mounts.RULES,
}


def markdown() -> str:
    """Return the sections with their rules as Markdown, for `docs/extension-lint.md`."""
    parts: list[str] = []
    for title, rules in SECTIONS.items():
        parts += [f"### {title}\n", "| rule | holds | why | what to do |", "|---|---|---|---|"]
        parts += [
            f"| `{rule.id}` {rule.severity.value} | {rule.what} | {rule.why} | {rule.fix} |"
            for rule in rules
        ]
        parts.append("")
    return "\n".join(parts)
