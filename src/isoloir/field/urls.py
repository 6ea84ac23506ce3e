"""The addresses of the field; each name stands in `roles.PAGES`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path, re_path

from isoloir.field import public
from isoloir.field.pages import (
    accounts,
    breaches,
    campaigns,
    coming_in,
    contacts,
    exports,
    imports,
    messages,
    oversight,
    people,
)

app_name = "field"

_of_campaign: list[URLPattern | URLResolver] = [
    path("", campaigns.campaign, name="campaign"),
    path("canvass/", include("isoloir.field.canvass.places")),
    path("join/", public.join, name="join"),
    path("join/embed/", public.embed, name="embed"),
    path("confirm/<str:token>/", public.confirm, name="confirm"),
    path("c/<str:token>/", public.confirm_once, name="confirm_once"),
    path("mine/<str:token>/", public.mine, name="mine"),
    path("unsubscribe/<str:token>/", public.unsubscribe, name="unsubscribe"),
    path("contacts/", contacts.book, name="contacts"),
    path("contacts/by-code/", coming_in.by_code, name="contact_by_code"),
    path("contacts/by-paper/", coming_in.by_paper, name="contact_by_paper"),
    path("contacts/<uuid:contact>/", contacts.contact, name="contact"),
    path("contacts/<uuid:contact>/edit/", contacts.edit, name="contact_edit"),
    path("contacts/<uuid:contact>/withdraw/", contacts.withdraw, name="contact_withdraw"),
    path("contacts/<uuid:contact>/erase/", contacts.erase, name="contact_erase"),
    path("messages/", messages.messages, name="messages"),
    path("messages/<int:number>/", messages.message, name="message"),
    path("imports/", imports.imports, name="imports"),
    path("imports/commit/", imports.commit, name="import_commit"),
    path("imports/<str:batch>/undo/", imports.undo, name="import_undo"),
    path("exports/", exports.exports, name="exports"),
    path("exports/<str:export>/decide/", exports.decide, name="export_decide"),
    path("exports/<str:export>/file/", exports.download, name="export_file"),
    path("objections/", oversight.objections, name="objections"),
    path("rights/", oversight.rights, name="rights"),
    path("rights/<int:number>/", oversight.answer_right, name="right"),
    path("keeping/", oversight.keeping, name="keeping"),
    path("log/", oversight.audit_log, name="log"),
    path("breach/", breaches.breach, name="breach"),
    path("breach/<int:number>/notification/", breaches.notice, name="breach_notice"),
    re_path(r"^documents/(?P<name>register|assessment)/$", oversight.document, name="document"),
    path("token/", people.token, name="api_token"),
    path("members/", people.members, name="members"),
    path("members/<int:number>/", people.member, name="member"),
    path("settings/", people.settings, name="settings"),
]

urlpatterns = [
    path("", campaigns.home, name="home"),
    path("account/", accounts.account, name="account"),
    path("invitation/<str:secret>/", accounts.invitation, name="invitation"),
    path("<slug:campaign>/", include(_of_campaign)),
]
