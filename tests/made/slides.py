"""Presentations: pptx through python-pptx, with speaker notes."""

from __future__ import annotations

import io
from collections.abc import Sequence

from pptx import Presentation

from tests.made.packing import repack
from tests.made.paper import Paper, Shape

Slide = tuple[str, Sequence[str], str]


def pptx(slides: Sequence[Slide], paper: Paper | None = None) -> bytes:
    """Make a presentation of (title, bullets, speaker's notes)."""
    paper = paper or Paper()
    deck = Presentation()
    for title, bullets, notes in slides:
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = "\n".join(bullets)
        if notes:
            slide.notes_slide.notes_text_frame.text = notes
    core = deck.core_properties
    core.title, core.author = paper.prop("title") or paper.title, paper.prop("author")
    core.last_modified_by = paper.prop("author")
    core.keywords, core.subject = paper.prop("keywords"), paper.prop("subject")
    core.created = core.modified = paper.written.replace(tzinfo=None)
    buffer = io.BytesIO()
    deck.save(buffer)
    return repack(buffer.getvalue(), paper.written)


def write(paper: Paper) -> bytes:
    """Make a slide for each page; the paper's header stands on the first, its notes go to the slides in order."""
    slides: list[Slide] = []
    notes = list(paper.notes)
    for number, blocks in enumerate(paper.pages):
        headings = [b.text for b in blocks if b.shape is Shape.HEADING]
        lines = [b.text for b in blocks if b.shape in {Shape.PARAGRAPH, Shape.BULLET}]
        lines += [" - ".join(row) for b in blocks for row in b.rows]
        if number == 0 and paper.header:
            lines.insert(0, paper.header)
        title = headings[0] if headings else paper.title
        slides.append((title, lines, notes.pop(0) if notes else ""))
    return pptx(slides, paper)
