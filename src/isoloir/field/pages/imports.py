"""Imports on pages: a file is looked at, all that would happen is counted; only then does it come in, or go out."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import messages as notices
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from isoloir.errors import BookError, SettingsError
from isoloir.field import links, wordings, words
from isoloir.field.access import account_of, campaign_of
from isoloir.field.channels import Channel
from isoloir.field.forms import Form
from isoloir.field.imports import batches, staging
from isoloir.field.imports.faults import BadFile, reason_text
from isoloir.field.imports.preview import Preview, preview
from isoloir.field.imports.proofs import SOURCES, proof_of
from isoloir.field.models import Campaign, ImportBatch
from isoloir.field.texts import texts
from isoloir.language import language
from isoloir.law.facts import vocabulary

_KEPT = 3600  # seconds between looking at a file and bringing it in
_ACTS = ("newsletter_signup", "membership", "volunteering", "donation", "event_signup")


class Upload(Form):
    """A file, and what shows that the people in it agreed; what is left open is to stand in each row."""

    file = forms.FileField()
    wording = forms.CharField(max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 4}))
    date = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))
    source = forms.ChoiceField(required=False)
    reference = forms.CharField(max_length=400, required=False)
    purposes = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    channels = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    act = forms.ChoiceField(required=False)
    collected_from = forms.ChoiceField(required=False)
    for_this_purpose = forms.BooleanField(required=False)
    not_given_by_company = forms.BooleanField(required=False)
    consent_to_join = forms.BooleanField(required=False)

    texts: ClassVar = (
        "file", "wording", "date", "source", "reference", "purposes", "channels", "act", "collected_from",
        "for_this_purpose", "not_given_by_company", "consent_to_join",
    )  # fmt: skip

    def __init__(self, *args: Any, **named: Any):
        super().__init__(*args, **named)
        said, spoken, facts = texts(), language(), vocabulary()
        nothing = ("", "—")
        choices = {
            "source": [nothing, *((one, said[f"how_{one}"]) for one in SOURCES)],
            "purposes": [(purpose, words) for purpose, words, _ in wordings.choices(spoken)],
            "channels": [(one.value, said[f"by_{one.value}"]) for one in (Channel.EMAIL, Channel.SMS, Channel.PHONE)],
            "act": [nothing, *((one, said[f"act_{one}"]) for one in _ACTS)],
            "collected_from": [nothing, *((one, said.get(f"from_{one}", one)) for one in facts["source"].values)],
        }
        for name, those in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = those

    def clean(self) -> dict[str, Any]:
        """Where a consent is told of, it has its purposes and channels; a file of objections has none."""
        given = super().clean() or self.cleaned_data
        if any(given.get(name) for name in ("wording", "date", "source", "reference", "act")):
            for name in ("purposes", "channels"):
                if not given.get(name):
                    self.add_error(name, self.fields[name].error_messages["required"])
        return given

    def proof(self) -> dict[str, Any]:
        """As `proofs.proof_of` reads it, with its dates as text."""
        given = self.cleaned_data
        told = {
            name: given[name] for name in ("wording", "source", "reference", "act", "collected_from") if given[name]
        }
        told |= {"purposes": given["purposes"], "channels": given["channels"], "version": "form"}
        if given["date"]:
            told["date"] = given["date"].isoformat()
        return told | {
            "for_this_purpose": given["for_this_purpose"], "consent_to_join": given["consent_to_join"],
            "given_by_company": not given["not_given_by_company"],
        }  # fmt: skip


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: HttpRequest, campaign: str) -> HttpResponse:  # noqa: ARG001
    """Earlier batches, and a new file to look at."""
    mine = campaign_of(request)
    form = Upload(request.POST, request.FILES) if request.method == "POST" else Upload()
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        token = staging.keep(mine, upload.chunks())
        asked = {"token": token, "proof": form.proof(), "name": upload.name[-80:]}
        try:
            return _preview_page(request, mine, _look(mine, asked), asked)
        except (BadFile, SettingsError) as wrong:
            staging.drop(token)
            form.add_error("file", str(wrong))
    said = texts()
    rows = [
        (one, words.layout_name(one.layout), said[f"batch_{one.state}"],
         said["import_done"].format(**_counts(one)) if one.counts else "")
        for one in ImportBatch.objects.of(mine).select_related("by").order_by("-started_at")[:50]
    ]  # fmt: skip
    shown = {"form": form, "batches": rows}
    return render(request, "field/imports/imports.html", shown, status=422 if form.errors else 200)


def _look(campaign: Campaign, asked: dict[str, Any]) -> Preview:
    """The preview of a file that is kept sealed."""
    from datetime import date

    told = dict(asked["proof"])
    if "date" in told:
        told["date"] = date.fromisoformat(told["date"])
    proof = proof_of(told, timezone.localdate(), "proof")
    with staging.staged(campaign, asked["token"]) as stream:
        return preview(campaign, stream, proof=proof, name=asked["name"])


def _preview_page(request: HttpRequest, campaign: Campaign, found: Preview, asked: dict[str, Any]) -> HttpResponse:
    spoken = language()
    reasons = [(reason_text(name, spoken), number) for name, number in found.refusals.most_common()]
    by_law = [(texts()["import_by_law"], number) for number in found.counts.refusals.values()]
    said = texts()
    columns = [
        (one, one.why.fr if spoken == "fr" else one.why.en, said[f"fate_{one.fate}"],
         said.get(f"meaning_{one.meaning}", "") if one.fate == "mapped" else "")
        for one in found.columns
    ]  # fmt: skip
    examples = [(one.line, reason_text(one.refusal.reason, spoken), one.refusal) for one in found.examples]
    rules = [(one, one.text.fr if spoken == "fr" else one.text.en) for one in found.rules]
    shown = {"found": found, "reasons": [*reasons, *by_law], "rules": rules, "columns": columns, "examples": examples,
             "sealed": links.seal(campaign, "import", asked)}  # fmt: skip
    return render(request, "field/imports/preview.html", shown)


@require_POST
def commit(request: HttpRequest, campaign: str) -> HttpResponse:  # noqa: ARG001
    """Do what the preview counted."""
    mine = campaign_of(request)
    found = links.unseal(mine, "import", request.POST.get("sealed", ""), _KEPT)
    if found is None:
        raise BookError(texts()["import_gone"])
    _, asked = found
    looked = _look(mine, asked)
    with staging.staged(mine, asked["token"]) as stream:
        batch = batches.run(looked, stream, by=account_of(request))
    staging.drop(asked["token"])
    notices.success(request, texts()["import_done"].format(**_counts(batch)), extra_tags="good")
    return HttpResponseRedirect(reverse("field:imports", args=[mine.slug]))


def _counts(batch: ImportBatch) -> dict[str, int]:
    return {name: int(batch.counts.get(name, 0)) for name in ("created", "merged", "suppressed", "refused")}


@require_POST
def undo(request: HttpRequest, campaign: str, batch: str) -> HttpResponse:  # noqa: ARG001
    """Take a whole batch back."""
    mine = campaign_of(request)
    try:
        found = batches.batch_of(mine, batch)
    except BookError:
        raise Http404 from None
    number = batches.undo(found, account_of(request))
    notices.success(request, texts()["import_undone"].format(number=number), extra_tags="good")
    return HttpResponseRedirect(reverse("field:imports", args=[mine.slug]))
