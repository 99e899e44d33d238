"""What stand-ins for AWS share: its own models name the operations, the parameters and the XML.

The models are those that the client has, read from the other side: what a client writes is parsed
here, checked against the model, and answered in the form in which the client reads.
"""

import itertools
import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import botocore.session
from botocore.parsers import ResponseParserFactory
from botocore.serialize import create_serializer
from botocore.validate import ParamValidator

from tests.contracts.doubles.faults import Asked, Double, Refusal, Reply

_numbers = itertools.count(1)


@cache
def model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


class AwsDouble(Double):
    """`service` as in boto3. A subclass has a method per operation, named like it, that takes the
    parameters and gives the answer as the client sees it."""

    service = ""
    operations: tuple[str, ...] = ()
    algorithm = "AWS4-HMAC-SHA256"
    invalid = "InvalidArgument"  # what it says to parameters that do not fit its model
    words: Mapping[str, tuple[int, str]] = {
        **Double.words,
        "throttled": (400, "Throttling"),
        "denied": (403, "AccessDenied"),
    }

    def __init__(self) -> None:
        super().__init__()
        self._model = model(self.service)
        self._xml = self._model.metadata["protocol"] == "rest-xml"
        self._paths = {name: self._path(name) for name in self.operations}

    def _path(self, name: str) -> tuple[str, re.Pattern[str]]:
        http = self._model.operation_model(name).http
        path, _, _ = str(http["requestUri"]).partition("?")
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path.rstrip("/"))
        return http["method"], re.compile(pattern + "/?")

    def operation(self, asked: Asked) -> str:
        for name, (method, path) in self._paths.items():
            if asked.method == method and path.fullmatch(asked.path):
                return name
        return super().operation(asked)

    def answer(self, operation: str, asked: Asked) -> Reply:
        if operation not in self._paths:
            raise Refusal(404, "UnknownOperationException", f"{operation} is not known here")
        if not asked.headers.get("authorization", "").startswith(self.algorithm):
            raise Refusal(403, "MissingAuthenticationToken", "not signed as it must be")
        shape = self._model.operation_model(operation)
        params = self._params(shape.input_shape, operation, asked)
        report = ParamValidator().validate(params, shape.input_shape)
        if report.has_errors():
            raise Refusal(400, self.invalid, report.generate_report())
        found = getattr(self, operation)(params)
        return self._reply(shape.output_shape, found)

    def _params(self, shape: Any, operation: str, asked: Asked) -> dict[str, Any]:
        match = self._paths[operation][1].fullmatch(asked.path)
        assert match is not None
        uri = {name: unquote(value) for name, value in match.groupdict().items()}
        found: dict[str, Any] = self._body(shape, asked)
        places = {"uri": uri, "querystring": asked.query, "header": asked.headers}
        for name, member in shape.members.items():
            where, key = member.serialization.get("location"), member.serialization.get("name")
            if where == "header":
                key = str(key).lower()
            if where in places and key in places[where]:
                text = places[where][key]
                found[name] = int(text) if member.type_name in ("integer", "long") else text
        return found

    def _body(self, shape: Any, asked: Asked) -> dict[str, Any]:
        if not asked.body:
            return {}
        if not self._xml:
            found: dict[str, Any] = json.loads(asked.body)
            return found
        try:
            root = ElementTree.fromstring(asked.body)
        except ElementTree.ParseError as error:
            raise Refusal(400, "MalformedXML", str(error)) from error
        parser: Any = ResponseParserFactory().create_parser("rest-xml")
        payload = shape.serialization.get("payload")
        if payload:
            return {payload: parser._parse_shape(shape.members[payload], root)}
        parsed: dict[str, Any] = parser._parse_shape(shape, root)
        return parsed

    def _reply(self, shape: Any, found: Mapping[str, Any]) -> Reply:
        headers = self._headers()
        inside = {}
        for name, value in found.items():
            member = shape.members[name]
            if member.serialization.get("location") == "header":
                headers[member.serialization["name"]] = str(value)
            else:
                inside[name] = value
        if not self._xml:
            return Reply(200, json.dumps(inside).encode(), headers)
        payload = shape.serialization.get("payload")
        what, shape = (inside[payload], shape.members[payload]) if payload else (inside, shape)
        holder = ElementTree.Element("holder")
        writer: Any = create_serializer("rest-xml", include_validation=False)
        writer._serialize(shape, what, holder, payload or shape.name)
        self.spoil(holder[0])
        return Reply(200, ElementTree.tostring(holder[0]), headers)

    def refused(self, refusal: Refusal) -> Reply:
        headers = self._headers()
        if not self._xml:
            body = json.dumps({"Message": refusal.message}).encode()
            return Reply(refusal.status, body, headers | {"x-amzn-errortype": refusal.code})
        kind = "Sender" if refusal.status < 500 else "Receiver"
        text = (
            f"<ErrorResponse><Error><Type>{kind}</Type><Code>{refusal.code}</Code>"
            f"<Message>{escape(refusal.message)}</Message></Error>"
            f"<RequestId>{headers['x-amzn-requestid']}</RequestId></ErrorResponse>"
        )
        return Reply(refusal.status, text.encode(), headers)

    def spoil(self, answer: ElementTree.Element) -> None:
        """Overwrite it to answer what no model knows."""

    def _headers(self) -> dict[str, str]:
        kind = "text/xml" if self._xml else "application/json"
        return {"Content-Type": kind, "x-amzn-requestid": f"req-{next(_numbers):06}"}


def token(prefix: str) -> str:
    """A new one each time; nobody can guess the next from it."""
    return f"{prefix}{next(_numbers) * 7919 % 36**6:09X}"
