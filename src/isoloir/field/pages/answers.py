"""Answers that several pages give."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def too_many(request: HttpRequest) -> HttpResponse:
    """One request more than the limit allows."""
    answer = render(request, "429.html", status=429)
    answer["Retry-After"] = "900"
    return answer
