"""What a PDF holds beside its pages' text: annotations, forms, attachments, bookmarks, properties, scripts, XFA."""

from __future__ import annotations

import ctypes
import io
from typing import Any

import pypdfium2.raw as pdf

from classifier.extract import xmlsafe
from classifier.extract.draft import Draft
from classifier.item import PartKind, Unreadable
from classifier.linear import linear

_KEYS = ("Title", "Author", "Subject", "Keywords", "Creator", "Producer")
_MOST_ANNOTATIONS = 2_000  # on one page
_MOST_BOOKMARKS = 5_000
_BIG = 0.25  # share of the page a picture must cover to be the page
_MOST_OBJECTS = 200
_TELLING = linear(rb"/(?:J(?:avaScript|S)|Launch|XFA)", case=True)


class Form:
    """The form environment of a document, made only where it has a form; ``handle`` is None otherwise."""

    def __init__(self, document: Any) -> None:
        self.handle: Any = None
        self._info: Any = None
        if pdf.FPDF_GetFormType(document) != pdf.FORMTYPE_NONE:
            self._info = pdf.FPDF_FORMFILLINFO(version=2)
            self.handle = pdf.FPDFDOC_InitFormFillEnvironment(document, ctypes.byref(self._info))

    def close(self) -> None:
        """Give the environment back, before the document closes."""
        if self.handle:
            pdf.FPDFDOC_ExitFormFillEnvironment(self.handle)
            self.handle = None


def _wide(call: Any, *arguments: Any) -> str:
    """Call a PDFium function that fills a UTF-16 buffer and returns the bytes it needs."""
    need = call(*arguments, None, 0)
    if need <= 2:
        return ""
    buffer = ctypes.create_string_buffer(need)
    call(*arguments, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), need)
    return buffer.raw[: need - 2].decode("utf-16-le", "replace")


def _wide_void(call: Any, *arguments: Any) -> str:
    need = call(*arguments, None, 0)
    if need <= 2:
        return ""
    buffer = ctypes.create_string_buffer(need)
    call(*arguments, buffer, need)
    return buffer.raw[: need - 2].decode("utf-16-le", "replace")


def is_picture(page: Any) -> bool:
    """Whether a picture covers a good part of the page."""
    area = max(1.0, pdf.FPDF_GetPageWidthF(page) * pdf.FPDF_GetPageHeightF(page))
    for number in range(min(pdf.FPDFPage_CountObjects(page), _MOST_OBJECTS)):
        thing = pdf.FPDFPage_GetObject(page, number)
        kind = pdf.FPDFPageObj_GetType(thing)
        if kind in {pdf.FPDF_PAGEOBJ_IMAGE, pdf.FPDF_PAGEOBJ_FORM, pdf.FPDF_PAGEOBJ_SHADING}:
            left, bottom, right, top = (ctypes.c_float() for _ in range(4))
            if pdf.FPDFPageObj_GetBounds(thing, left, bottom, right, top):
                covered = abs((right.value - left.value) * (top.value - bottom.value))
                if covered > _BIG * area:
                    return True
    return False


def owes_text(page: Any, text: str) -> bool:
    """Whether a page with little text should have more: nothing is drawn on it, a form is, or more runs than letters found."""
    count = pdf.FPDFPage_CountObjects(page)
    kinds = [
        pdf.FPDFPageObj_GetType(pdf.FPDFPage_GetObject(page, number)) for number in range(min(count, _MOST_OBJECTS))
    ]
    runs = kinds.count(pdf.FPDF_PAGEOBJ_TEXT)
    return not kinds or pdf.FPDF_PAGEOBJ_FORM in kinds or runs > len("".join(text.split()))


def add_page(document: Any, page: Any, number: int, form: Form, draft: Draft) -> None:
    """Add the annotations, form fields, links and file attachments of one page."""
    count = pdf.FPDFPage_GetAnnotCount(page)
    if count <= 0:
        return
    said: dict[str, None] = {}
    filled: dict[str, None] = {}
    links: dict[str, None] = {}
    for index in range(min(count, _MOST_ANNOTATIONS)):
        annotation = pdf.FPDFPage_GetAnnot(page, index)
        if not annotation:
            continue
        try:
            kind = pdf.FPDFAnnot_GetSubtype(annotation)
            if kind == pdf.FPDF_ANNOT_LINK:
                links[_link(document, annotation)] = None
            elif kind == pdf.FPDF_ANNOT_WIDGET:
                filled[_field(form, annotation)] = None
            else:
                said[_remark(annotation)] = None
                if kind == pdf.FPDF_ANNOT_REDACT:
                    draft.note("redaction-not-applied")
                if kind == pdf.FPDF_ANNOT_FILEATTACHMENT:
                    _attach_from(pdf.FPDFAnnot_GetFileAttachment(annotation), draft)
        finally:
            pdf.FPDFPage_CloseAnnot(annotation)
    if count > _MOST_ANNOTATIONS:
        draft.cut(f"annotations:{_MOST_ANNOTATIONS}/{count}")
    draft.add(f"page {number} annotations", "\n".join(filter(None, said)), PartKind.COMMENT)
    draft.add(f"page {number} form", "\n".join(filter(None, filled)))
    draft.add(f"page {number} links", "\n".join(filter(None, links)), PartKind.FIELD)


def _remark(annotation: Any) -> str:
    who = _wide(pdf.FPDFAnnot_GetStringValue, annotation, b"T")
    text = _wide(pdf.FPDFAnnot_GetStringValue, annotation, b"Contents")
    return f"{who}: {text}" if who and text else text


def _field(form: Form, annotation: Any) -> str:
    if not form.handle:
        name = _wide(pdf.FPDFAnnot_GetStringValue, annotation, b"T")
        value = _wide(pdf.FPDFAnnot_GetStringValue, annotation, b"V")
    else:
        name = _wide(pdf.FPDFAnnot_GetFormFieldAlternateName, form.handle, annotation) or _wide(
            pdf.FPDFAnnot_GetFormFieldName, form.handle, annotation
        )
        value = _wide(pdf.FPDFAnnot_GetFormFieldValue, form.handle, annotation)
    return f"{name}: {value}" if value and value != "Off" else ""


def _link(document: Any, annotation: Any) -> str:
    link = pdf.FPDFAnnot_GetLink(annotation)
    action = pdf.FPDFLink_GetAction(link) if link else None
    if not action:
        return ""
    need = pdf.FPDFAction_GetURIPath(document, action, None, 0)
    if need <= 1:
        return ""
    buffer = ctypes.create_string_buffer(need)
    pdf.FPDFAction_GetURIPath(document, action, buffer, need)
    return buffer.raw[: need - 1].decode("utf-8", "replace")


def _attach_from(attachment: Any, draft: Draft) -> None:
    if not attachment:
        return
    name = _wide(pdf.FPDFAttachment_GetName, attachment) or "attachment"
    size = ctypes.c_ulong()
    if not pdf.FPDFAttachment_GetFile(attachment, None, 0, size) or not size.value:
        return
    draft.budget.take_entries(1)
    draft.budget.take_bytes(size.value)
    buffer = ctypes.create_string_buffer(size.value)
    if pdf.FPDFAttachment_GetFile(attachment, buffer, size.value, size):
        draft.attach(draft, name, io.BytesIO(buffer.raw))


def add_document(document: Any, data: bytes, draft: Draft) -> None:
    """Add attachments, bookmarks, properties and XFA of a document, and note scripts and permissions."""
    for index in range(max(0, pdf.FPDFDoc_GetAttachmentCount(document))):
        _attach_from(pdf.FPDFDoc_GetAttachment(document, index), draft)
    _add_bookmarks(document, draft)
    lines = [f"{key}: {text}" for key in _KEYS if (text := _wide_void(pdf.FPDF_GetMetaText, document, key.encode()))]
    draft.add("properties", "\n".join(lines), PartKind.PROPERTY)
    named = _named(data)
    if "/JavaScript" in named or "/JS" in named or pdf.FPDFDoc_GetJavaScriptActionCount(document) > 0:
        draft.note("javascript")
        _add_scripts(document, draft)
    if "/Launch" in named:
        draft.note("launch-action")
    if pdf.FPDF_GetSecurityHandlerRevision(document) > 0:  # it opened without a password, yet has one for its owner
        draft.note("restricted-permissions")
    if "/XFA" in named or pdf.FPDF_GetXFAPacketCount(document) > 0:
        draft.note("xfa")
        _add_xfa(document, draft)


def _named(data: bytes) -> set[str]:
    """Which of the telling names stand in the file, in one pass."""
    return {data[start:end].decode() for start, end in _TELLING.spans(data)}


def _add_scripts(document: Any, draft: Draft) -> None:
    texts = []
    for index in range(max(0, min(100, pdf.FPDFDoc_GetJavaScriptActionCount(document)))):
        action = pdf.FPDFDoc_GetJavaScriptAction(document, index)
        if action:
            texts.append(_wide(pdf.FPDFJavaScriptAction_GetScript, action))
            pdf.FPDFDoc_CloseJavaScriptAction(action)
    draft.add("scripts", "\n".join(texts), PartKind.FIELD, hidden=True)


def _add_bookmarks(document: Any, draft: Draft) -> None:
    titles: list[str] = []
    seen: set[int] = set()
    waiting = [pdf.FPDFBookmark_GetFirstChild(document, None)]
    while waiting and len(titles) < _MOST_BOOKMARKS:
        mark = waiting.pop()
        place = ctypes.cast(mark, ctypes.c_void_p).value if mark else None
        if not place or place in seen:
            continue
        seen.add(place)
        titles.append(_wide_void(pdf.FPDFBookmark_GetTitle, mark))
        waiting.append(pdf.FPDFBookmark_GetNextSibling(document, mark))
        waiting.append(pdf.FPDFBookmark_GetFirstChild(document, mark))
    draft.add("bookmarks", "\n".join(titles), PartKind.FIELD)


def _add_xfa(document: Any, draft: Draft) -> None:
    for index in range(max(0, min(50, pdf.FPDF_GetXFAPacketCount(document)))):
        size = ctypes.c_ulong()
        if not pdf.FPDF_GetXFAPacketContent(document, index, None, 0, size) or not size.value:
            continue
        draft.budget.take_bytes(size.value)
        buffer = ctypes.create_string_buffer(size.value)
        pdf.FPDF_GetXFAPacketContent(document, index, buffer, size.value, size)
        try:
            root = xmlsafe.parse(buffer.raw, draft.limits.xml_depth)
        except Unreadable:
            continue  # packets may be halves of elements; a document type in one is refused here
        if xmlsafe.local(root) in {"datasets", "xdp", "template"}:
            _add_packet(root, draft)


def _add_packet(root: xmlsafe.Element, draft: Draft) -> None:
    lines = []
    for element in root.iter():
        text = (element.text or "").strip()
        if text and xmlsafe.local(element) not in {"script", "image"}:
            name = xmlsafe.local(element)
            lines.append(text if name in {"p", "text", "span", "value"} else f"{name}: {text}")
    draft.add("form data", "\n".join(lines), PartKind.FIELD)
