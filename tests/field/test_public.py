"""The pages that anybody opens: signing up, confirming, one's own consents, unsubscribing; no cookie, no script."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client

from isoloir.field import contacts, links, suppression
from isoloir.field.adapter import LIMITS
from isoloir.field.channels import Channel, fingerprint
from isoloir.field.models import Campaign, ConsentEntry, Contact, Front, Wording

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
FORM = {"name": "Nadia Test", "email": "Nadia@Example.org", "news": ["news:email"], "events": ["events:email"]}


@pytest.fixture(autouse=True)
def _fresh_limits(campaign: Campaign) -> None:  # noqa: ARG001
    cache.clear()


def link_in(letter: mail.EmailMessage) -> str:
    found = re.search(r"https?://\S+/confirm/\S+", str(letter.body))
    assert found
    return urlsplit(found[0]).path


def signed_up(client: Client, **changes: object) -> str:
    """The link of the letter that a sign-up brings."""
    before = len(mail.outbox)
    assert client.post("/fr/field/nord/join/", {**FORM, **changes}).status_code == 200
    assert len(mail.outbox) == before + 1
    return link_in(mail.outbox[-1])


def own_page(client: Client, link: str) -> str:
    """The address of the person's own page, once confirmed."""
    page = client.post(link).content.decode()
    found = re.search(r'href="(/fr/field/nord/mine/[^"]+)"', page)
    assert found, page
    return found[1]


def test_the_form_says_everything_and_ticks_nothing(campaign: Campaign, client: Client) -> None:
    page = client.get("/fr/field/nord/join/").content.decode()
    assert page.count('type="checkbox"') == 13
    assert "checked" not in page
    for said in (campaign.controller, campaign.contact, "CNIL", "RGPD", "2027-04-25", "Durée", "Finalités"):
        assert said in page
    assert "<script" not in page
    assert "Receive news" in client.get("/en/field/nord/join/").content.decode()


def test_nothing_is_recorded_before_the_link_is_confirmed(campaign: Campaign, client: Client) -> None:
    link = signed_up(client)
    assert mail.outbox[0].to == ["nadia@example.org"]
    assert not Contact.objects.exists()
    asked = client.get(link).content.decode()
    assert "Nadia Test" in asked
    assert not Contact.objects.exists()  # a program that follows links confirms nothing
    own_page(client, link)
    person = contacts.find(campaign, Channel.EMAIL, "nadia@example.org", by=None)
    assert person
    assert {box for box, state in person.consents.items() if state.granted} == {
        ("news", Channel.EMAIL), ("events", Channel.EMAIL),
    }  # fmt: skip
    words = Wording.objects.get(text__startswith="Recevoir les nouvelles")
    assert campaign.controller in words.text
    own_page(client, link)  # twice is once
    assert Contact.objects.count() == 1


def test_visitors_get_no_cookie_and_no_third_party(client: Client) -> None:
    link = signed_up(client)
    mine = own_page(client, link)
    for address in (
        "/fr/field/nord/join/",
        "/fr/field/nord/join/embed/",
        link,
        mine,
        mine.replace("mine", "unsubscribe"),
    ):
        answer = client.get(address)
        assert answer.status_code == 200
        assert not answer.cookies
        assert "default-src 'none'" in answer["Content-Security-Policy"]
        assert "no-store" in answer["Cache-Control"]
        assert not re.search(r'(src|href|action)="https?:', answer.content.decode())
    assert not client.cookies


@pytest.mark.parametrize(
    "changes",
    [{"news": [], "events": []}, {"news": ["news:sms"]}, {"email": "not an address"}, {"news": ["news:fax"]},
     {"name": ""}, {"email": "nаdia@example.org"}, {"phone": "12"}],
)  # fmt: skip
def test_what_cannot_be_is_explained(client: Client, changes: dict[str, object]) -> None:
    answer = client.post("/fr/field/nord/join/", {**FORM, **changes})
    assert answer.status_code == 422
    assert "error" in answer.content.decode() or "told bad" in answer.content.decode()
    assert not mail.outbox


def test_the_answer_never_tells_who_else_asked(campaign: Campaign, client: Client) -> None:
    first = client.post("/fr/field/nord/join/", FORM)
    own_page(client, link_in(mail.outbox[0]))
    suppression.suppress(campaign, Channel.EMAIL, "gone@example.org", how="test")
    answers = [
        first.content,
        client.post("/fr/field/nord/join/", FORM).content,
        client.post("/fr/field/nord/join/", {**FORM, "email": "gone@example.org"}).content,
        client.post("/fr/field/nord/join/", {**FORM, "website": "http://spam.example"}).content,
    ]
    for _ in range(4):  # more letters to one address than the limit: the answer stays, the letters stop
        answers.append(client.post("/fr/field/nord/join/", FORM).content)
    assert len(set(answers)) == 1
    assert [letter.to[0] for letter in mail.outbox].count("nadia@example.org") == 3


def test_many_requests_from_one_place_are_refused(client: Client) -> None:
    codes = [client.post("/fr/field/nord/join/", {}).status_code for _ in range(61)]
    assert codes == [422] * 60 + [429]


def test_a_mail_service_may_unsubscribe_many_from_one_address(
    campaign: Campaign, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LIMITS, "personal", "2/h/key")
    mine = [own_page(client, signed_up(client, email=f"n{n}@example.org")) for n in range(4)]
    once = [client.post(link.replace("/mine/", "/unsubscribe/")).status_code for link in mine]
    assert once == [200] * 4
    emails = {f"n{n}@example.org" for n in range(4)}
    assert suppression.suppressed(campaign, Channel.EMAIL, emails) == emails
    again = [client.post(mine[0]).status_code for _ in range(3)]
    assert again[0] == 200
    assert again[-1] == 429  # one link is not used without end


def test_taking_back_one_consent_then_all(campaign: Campaign, client: Client) -> None:
    mine = own_page(client, signed_up(client))
    assert client.get(mine).content.decode().count("checked") == 2
    page = client.post(mine, {"keep": ["events:email", "donation_appeals:email"]}).content.decode()
    assert page.count("checked") == 1  # nothing is granted here that was not
    person = contacts.find(campaign, Channel.EMAIL, "nadia@example.org", by=None)
    assert person
    assert not person.consents["news", Channel.EMAIL].granted
    client.post(mine, {"stop": "yes"})
    assert suppression.suppressed(campaign, Channel.EMAIL, ["nadia@example.org"]) == {"nadia@example.org"}
    assert "checked" not in client.get(mine).content.decode()
    assert "nadia" not in client.get(mine).content.decode().lower()


def test_a_right_that_does_not_exist_takes_nothing_back(client: Client) -> None:
    mine = own_page(client, signed_up(client))
    assert client.post(mine, {"right": "nonsense"}).status_code == 404
    assert client.get(mine).content.decode().count("checked") == 2


def test_one_click_unsubscribes_and_outlives_the_erasure(campaign: Campaign, client: Client) -> None:
    link = own_page(client, signed_up(client)).replace("/mine/", "/unsubscribe/")
    assert client.get(link).status_code == 200
    assert not suppression.suppressed(campaign, Channel.EMAIL, ["nadia@example.org"])  # GET asks
    contacts.erase(campaign, Contact.objects.get().pk, by=None, why="request")
    for _ in range(2):  # as a mail program does it: RFC 8058, section 3.1
        answer = client.post(link, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")
        assert answer.status_code == 200
    assert suppression.suppressed(campaign, Channel.EMAIL, ["nadia@example.org"]) == {"nadia@example.org"}


def test_an_old_link_revives_nothing_and_a_new_act_does(campaign: Campaign, client: Client) -> None:
    old = signed_up(client)
    mine = own_page(client, old)
    client.post(mine, {"stop": "yes"})
    before = ConsentEntry.objects.filter(granted=True).count()
    client.post(old)
    person = contacts.find(campaign, Channel.EMAIL, "nadia@example.org", by=None)
    assert not person or not any(state.granted for state in person.consents.values())
    assert suppression.suppressed(campaign, Channel.EMAIL, ["nadia@example.org"])
    assert ConsentEntry.objects.filter(granted=True).count() == before
    own_page(client, signed_up(client))
    assert not suppression.suppressed(campaign, Channel.EMAIL, ["nadia@example.org"])
    person = contacts.find(campaign, Channel.EMAIL, "nadia@example.org", by=None)
    assert person
    assert person.consents["news", Channel.EMAIL].granted


@pytest.mark.parametrize("route", ["confirm", "mine", "unsubscribe"])
def test_links_of_others_and_forged_ones_open_nothing(
    campaign: Campaign, other: Campaign, client: Client, route: str
) -> None:
    link = signed_up(client)
    mine = own_page(client, link)
    token = link.split("/")[-2] if route == "confirm" else mine.split("/")[-2]
    middle = len(token) // 2
    changed = token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1 :]
    for address in (
        f"/fr/field/sud/{route}/{token}/",
        f"/fr/field/nord/{route}/{changed}/",
        f"/fr/field/nord/{route}/x/",
    ):
        assert client.get(address).status_code == 404
        assert client.post(address).status_code == 404
    holder = links.Holder(
        Contact.objects.get().pk, Channel.EMAIL, fingerprint(other, Channel.EMAIL, "nadia@example.org")
    )
    assert client.post(f"/fr/field/nord/mine/{links.personal(other, holder)}/", {"stop": "yes"}).status_code == 404
    assert not suppression.suppressed(campaign, Channel.EMAIL, ["nadia@example.org"])


def test_only_the_sites_of_the_campaign_frame_its_form(campaign: Campaign, client: Client) -> None:
    def ancestors() -> str:
        policy = client.get("/fr/field/nord/join/embed/")["Content-Security-Policy"]
        return policy.split("frame-ancestors ")[1]

    assert ancestors() == "'none'"
    Front.objects.create(campaign=campaign, origins="https://nord.example\nhttps://www.nord.example")
    assert ancestors() == "https://nord.example https://www.nord.example"
    assert "X-Frame-Options" not in client.get("/fr/field/nord/join/embed/")
    assert client.get("/fr/field/nord/join/")["X-Frame-Options"] == "DENY"
    Front.objects.update(open=False)
    assert client.get("/fr/field/nord/join/").status_code == 404
