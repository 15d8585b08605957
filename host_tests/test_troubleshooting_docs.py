"""docs/troubleshooting.md quotes what is said: every sentence and name in it is in the code."""

import ast
import re

from host_tests.conftest import ROOT

TEXT = (ROOT / "docs" / "troubleshooting.md").read_text()
# Names that are not the code's: of files, programs and values.
FOREIGN = {"this", "https", "baybridge_heap_free_bytes"}


def said():
    """Return every text in the firmware, and the sources of the page as they are."""
    texts = []
    for path in sorted((ROOT / "firmware").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.append(node.value)
            elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
                texts.append(joined(node))
    for path in sorted((ROOT / "firmware" / "www" / "js").glob("*.js")):
        # Long ones are put together from two lines.
        texts.append(re.sub(r'" \+\s*"', "", path.read_text()))
    return "\n".join(texts)


def joined(node):
    """Return the text of a sum of texts, as far as it is known."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return joined(node.left) + joined(node.right)
    return "\0"


def quoted():
    """Return the parts of every quotation between what differs."""
    found = re.findall(r'\*"(.+?)"\*', TEXT, re.S)
    assert len(found) > 60
    for quotation in found:
        for part in " ".join(quotation.split()).split("…"):
            if len(part.strip()) > 1:
                yield part.strip()


def test_sentences_when_quoted_then_the_bridge_says_them():
    known = re.sub(r"%[srd]|\{\w*\}", "\0", said())
    missing = [part for part in quoted() if part not in known]
    assert missing == []


def test_quotations_when_counted_then_each_one_was_found():
    # One that is broken over lines in another way would be passed over in silence.
    assert TEXT.count('*"') == TEXT.count('"*') == len(re.findall(r'\*"(.+?)"\*', TEXT, re.S))


def test_names_when_given_then_they_are_in_the_code():
    known = said()
    names = set(re.findall(r"`([a-z][a-z0-9_]*(?:(?:\[\])?\.[a-z0-9_]+)*)`", TEXT)) - FOREIGN
    files = {name for name in names if re.search(r"\.(json|txt|csv|md)$", name)}
    words = {word for name in names - files for word in name.replace("[]", "").split(".")}
    assert len(words) > 50
    missing = [word for word in sorted(words) if not re.search(rf"\b{word}\b|_{word}\b", known)]
    assert missing == []
    for name in files:
        assert name in known or name == "torn.txt", name


def test_links_when_followed_then_they_lead_somewhere():
    headings = re.findall(r"^#+ (.+)$", TEXT, re.M)
    anchors = {re.sub(r"[^a-z0-9 -]", "", one.lower()).replace(" ", "-") for one in headings}
    for target in re.findall(r"\]\(([^)]+)\)", TEXT):
        if target.startswith("#"):
            assert target[1:] in anchors, target
        else:
            assert (ROOT / "docs" / target).exists(), target


def test_documents_when_there_are_some_then_the_readme_leads_to_this_one():
    assert "docs/troubleshooting.md" in (ROOT / "README.md").read_text()
