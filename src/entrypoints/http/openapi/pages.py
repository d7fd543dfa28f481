"""Files that browsers load."""

from entrypoints.http.openapi.operation import Answer, Operation


def _files(path: str, summary: str) -> Operation:
    answers = {
        200: Answer(meaning="The file", media_type="*/*"),
        304: Answer(meaning="Not changed since the ETag of If-None-Match", media_type=None),
        404: Answer(meaning="No such file", media_type=None),
    }
    parameters = {"file": ("path", True, "The file's name")}
    return Operation(method="get", path=path, summary=summary, answers=answers, parameters=parameters, tag="pages")


PAGES = (
    _files("/client/{file}", "The browser module noetl-gateway-client.js"),
    _files("/ui/{file}", "Login page and dashboard, where GATEWAY_UI is on"),
    _files("/graphql/assets/{file}", "What the GraphiQL page loads"),
)
