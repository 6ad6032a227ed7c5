# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API answers when it refuses."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """A refusal: `status` and `body` of the answer. A `body` of None is the page that is no JSON."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(f"{status} {body}")
        self.status, self.body = status, body


def refuse(status: int, text: str) -> ApiError:
    """Return a refusal with one text, as the API gives it: `{"detail": text}`."""
    return ApiError(status, {"detail": text})


def forbidden() -> ApiError:
    """Return the refusal of who may not."""
    return refuse(403, "You do not have permission to perform this action.")


def no_match(model: str) -> ApiError:
    """Return the refusal for an object that there is not."""
    return refuse(404, f"No {model} matches the given query.")


def no_route() -> ApiError:
    """Return the refusal for a path that there is not."""
    return ApiError(404, None)
