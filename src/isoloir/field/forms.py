"""Forms whose labels and helps stand among the texts of the field, and whose errors a screen reader finds."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms

from isoloir.field.texts import texts


class Form(forms.Form):
    """`texts` names the fields labelled by the text `field_<field>` or `<field>`; `help_<field>` is their help."""

    template_name = "field/form.html"
    required_css_class = "required"
    texts: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *args: Any, **named: Any):
        named.setdefault("label_suffix", "")
        super().__init__(*args, **named)
        said = texts()
        for name in self.texts:
            field = self.fields[name]
            field.label = said.get(f"field_{name}") or said[name]
            field.help_text = said.get(f"help_{name}", "")

    def faulty(self) -> str:
        """Which fields are to be corrected, said above them all: the first screen of a phone shows few; else empty."""
        wrong = [str(field.label) for field in self if field.errors]
        return texts()["form_faulty"].format(fields=", ".join(wrong)) if wrong else ""
