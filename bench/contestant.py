"""One contestant of the throughput benchmark, as a program of its own: reads file names, answers with figures.

Run by ``throughput.py`` with the interpreter of the contestant's own environment; it needs nothing but that. One line
of JSON in (``{"path": …, "tokens": true}``), one out: seconds of wall clock and of processor, characters, findings,
a failure if there was one, and, outside the measured time, the text's distinct words as 32-bit hashes.
"""

import contextlib
import json
import os
import re
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

Read = Callable[[str], tuple[str, int, str]]  # a path → text, number of findings, failure or ""
TOKEN = re.compile(r"\w\w+")


def ours(model: str, which: str) -> Read:
    """Identify, extract, detect and label with Strongroom, in this process."""
    from classifier import detect, extract, label
    from classifier.identify import identify
    from classifier.item import Unreadable
    from classifier.limits import Limits

    del which
    extract.warm()
    judge, settings, limits = label.load(Path(model)), detect.detector(), Limits()

    def read(path: str) -> tuple[str, int, str]:
        name = os.fsencode(Path(path).name)
        with Path(path).open("rb") as file:
            try:
                content = extract.extract(file, identify(file, name), limits, name)
            except Unreadable as problem:
                return "", 0, problem.kind
        findings = detect.detect(content, settings)
        judge.judge(content, findings)
        return content.text, len(findings), ""

    return read


def ours_reading(model: str, which: str) -> Read:
    """Identify and extract only: what the bare PDFium is to be compared with."""
    from classifier import extract
    from classifier.identify import identify
    from classifier.item import Unreadable
    from classifier.limits import Limits

    del model, which
    extract.warm()
    limits = Limits()

    def read(path: str) -> tuple[str, int, str]:
        name = os.fsencode(Path(path).name)
        with Path(path).open("rb") as file:
            try:
                return extract.extract(file, identify(file, name), limits, name).text, 0, ""
            except Unreadable as problem:
                return "", 0, problem.kind

    return read


def ours_with_pdfminer(model: str, which: str) -> Read:
    """Strongroom with the bare pdfminer.six for every PDF: its high-level text, our findings and label."""
    from pdfminer.high_level import extract_text

    from classifier import detect, label
    from classifier.item import Content, Part

    del which
    judge, settings = label.load(Path(model)), detect.detector()

    def read(path: str) -> tuple[str, int, str]:
        content = Content("pdf", (Part("text", extract_text(path)),), "pdfminer")
        findings = detect.detect(content, settings)
        judge.judge(content, findings)
        return content.text, len(findings), ""

    return read


def recognisers(which: str) -> list[Any]:
    """Give Presidio's pattern recognisers, without a language model.

    ``default``: what its registry loads for English; ``uk``: those and the ones for the United Kingdom, which is what a
    council would switch on; ``all``: every one that needs no settings.
    """
    import presidio_analyzer.predefined_recognizers as predefined
    from presidio_analyzer import PatternRecognizer, RecognizerRegistry

    registry = RecognizerRegistry()
    registry.load_predefined_recognizers(languages=["en"])
    loaded = [one for one in registry.recognizers if isinstance(one, PatternRecognizer)]
    had = {type(one) for one in loaded}
    kinds = [
        kind for kind in vars(predefined).values() if isinstance(kind, type) and issubclass(kind, PatternRecognizer)
    ]
    for kind in kinds:
        if kind not in had and (which == "all" or (which == "uk" and kind.__name__.startswith("Uk"))):
            with contextlib.suppress(TypeError, ValueError):
                loaded.append(kind())
    return loaded


def with_presidio(extract_text: Callable[[str], str], which: str) -> Read:
    """Join an extractor with Presidio's pattern recognisers."""
    patterns = recognisers(which)

    def read(path: str) -> tuple[str, int, str]:
        text = extract_text(path)
        found = sum(len(one.analyze(text, one.supported_entities, None) or ()) for one in patterns)
        return text, found, ""

    return read


def kreuzberg(model: str, which: str) -> Read:
    """Extract with kreuzberg, find with Presidio."""
    del model
    from kreuzberg import extract_file_sync

    return with_presidio(lambda path: extract_file_sync(path).content, which)


def extractous(model: str, which: str) -> Read:
    """Extract with extractous (Tika compiled ahead of time), find with Presidio."""
    del model
    from extractous import Extractor

    extractor = Extractor().set_extract_string_max_length(50_000_000)
    return with_presidio(lambda path: extractor.extract_file_to_string(path)[0], which)


def pdfium(model: str, which: str) -> Read:
    """Read the text of PDFs with the bare pypdfium2: the yardstick for our PDFs."""
    del model, which
    import pypdfium2

    def read(path: str) -> tuple[str, int, str]:
        document = pypdfium2.PdfDocument(path)
        texts = []
        for page in document:
            textpage = page.get_textpage()
            texts.append(textpage.get_text_range())
            textpage.close()
            page.close()
        document.close()
        return "\n".join(texts), 0, ""

    return read


def main(name: str, model: str, which: str) -> None:
    """Answer requests until there are none; an error of a library is a failure on one file."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints must not mix with the answers
    read = {
        "ours": ours,
        "reading": ours_reading,
        "kreuzberg": kreuzberg,
        "extractous": extractous,
        "pdfminer": ours_with_pdfminer,
        "pdfium": pdfium,
    }[name](model, which)
    print(json.dumps({"ready": name}), file=answers, flush=True)
    for line in sys.stdin:
        path = json.loads(line)["path"]
        wall, cpu = time.perf_counter(), time.process_time()
        try:
            text, found, failed = read(path)
        except MemoryError:
            raise
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            text, found, failed = "", 0, type(error).__name__
        figures = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
        words = {zlib.crc32(word.encode("utf-8", "replace")) for word in TOKEN.findall(text.lower())}
        answer = figures | {"chars": len(text), "found": found, "failed": failed, "words": sorted(words)}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
