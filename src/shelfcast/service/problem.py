"""What an endpoint raises; apart from its answers, which need the web framework: the model loads before that does."""

from __future__ import annotations


class Problem(Exception):  # noqa: N818
    """What an endpoint raises to answer with an error.

    Args:
        status: of HTTP.
        detail: one sentence that holds nothing of what was sent.
        errors: places in the body and what is wrong there.
        headers: more of the answer.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        errors: list[dict[str, str]] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        self.status, self.detail, self.errors, self.headers = status, detail, errors, headers
        super().__init__(detail)
