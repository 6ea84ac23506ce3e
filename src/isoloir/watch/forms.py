"""The form that adds a site."""

from __future__ import annotations

from typing import Any

from django import forms

from isoloir.audit.parties import objection
from isoloir.audit.queue import complete
from isoloir.audit.rules.packs import NAMES, pack
from isoloir.field.models import User
from isoloir.language import language
from isoloir.watch.models import EVERY, Site
from isoloir.watch.texts import texts

MOST = 200  # sites that one account may watch


class WatchForm(forms.Form):
    """Which site, by which rules, how often."""

    url = forms.CharField(max_length=500)
    rules = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple, initial=["cnil-2020"])
    every_days = forms.TypedChoiceField(coerce=int, initial=7)

    def __init__(self, *given: Any, owner: User, **named: Any):
        super().__init__(*given, **named)
        self.owner, words = owner, texts()
        rules, every = self.fields["rules"], self.fields["every_days"]
        assert isinstance(rules, forms.MultipleChoiceField)
        assert isinstance(every, forms.TypedChoiceField)
        rules.choices = [(name, getattr(pack(name).title, language())) for name in NAMES]
        rules.error_messages["required"] = words["error_rules"]
        every.choices = [(days, words[f"every_{days}"]) for days in EVERY]
        self.fields["url"].error_messages["required"] = words["error_url"]

    def clean_url(self) -> str:
        """A web address with its scheme; whether it is a public one is seen when it is visited."""
        url, words = complete(str(self.cleaned_data["url"])), texts()
        if objection(url, allow_private=True):
            raise forms.ValidationError(words["error_url"])
        if Site.objects.filter(owner=self.owner, url=url).exists():
            raise forms.ValidationError(words["error_twice"])
        if Site.objects.filter(owner=self.owner).count() >= MOST:
            raise forms.ValidationError(words["error_many"].format(most=MOST))
        return url

    def save(self) -> Site:
        """The site, watched from now on."""
        return Site.objects.create(owner=self.owner, **self.cleaned_data)
