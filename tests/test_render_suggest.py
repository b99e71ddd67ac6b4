"""The screen of all options: what is counted, what is opened, what is cited, and what to run next."""

from __future__ import annotations

import pytest
from render_examples import blank, caution, figure, option, suggest

from mmopts.answers import forms
from mmopts.answers.forms import Answered, Ask, Burden, Care, NextQuestion, SummaryLine
from mmopts.render import rendered


def terminal(answer, *view: str, width: int = 110) -> str:
    return rendered(answer, "terminal", frozenset(view), width)


def lines(answer, *view: str) -> list[str]:
    """The screen at a terminal, each line without the room around it."""
    return [" ".join(line.split()) for line in terminal(answer, *view).splitlines()]


def group(title: str, answer, *view: str) -> list[str]:
    """What stands beside a title and beneath it, up to the next title or an empty line."""
    shown = terminal(answer, *view).splitlines()
    at = next((i for i, line in enumerate(shown) if line.startswith(f"{title} ")), None)
    if at is None:
        return []
    rest = shown[at + 1 :]
    end = next((i for i, line in enumerate(rest) if not line.startswith("  ")), len(rest))
    return [shown[at][len(title) :].strip(), *(line.strip() for line in rest[:end])]


PLAIN = option("ABC", burden=Burden(("PO", "SC"), 4, 1, None, None), key_figure=figure(source="t"))


# --- the plan and what is open -----------------------------------------------------------------------


def test_the_plan_has_its_place_and_what_stands_before_it():
    plan = forms.Plan("DEF", "eligible", "preferred", 3, ("ABC", "Dd"), "DEF is eligible, behind ABC and Dd")
    told = group("Your plan", suggest(plan=plan, options=(PLAIN,)))
    assert told == ["Place 3: DEF is eligible, behind ABC and Dd"]
    many = plan._replace(place=7, before=tuple("ABCDEF"), text="DEF is eligible, behind A, B, C, D and E and others")
    assert group("Your plan", suggest(plan=many, options=(PLAIN,)))[1] == "Before it: A, B, C, D, E, F"
    ruled = plan._replace(place=None, before=(), text="DEF is ruled out")
    assert group("Your plan", suggest(plan=ruled, options=(PLAIN,))) == ["DEF is ruled out"]
    assert group("Your plan", suggest(options=(PLAIN,))) == []


def test_nothing_open_is_said_and_nothing_of_the_first_tiers_otherwise():
    assert group("Open now", suggest()) == ["No regimen is open."]
    lesser = suggest(options=(option("X", tier="other"),))
    assert group("Open now", lesser) == ["Nothing preferred or alternative is open as things stand."]
    assert group("Open now", suggest(options=(PLAIN,))) == []


def test_tiers_come_in_their_order_and_options_in_the_order_of_the_answer():
    options = tuple(
        option(f"{tier[:3]}{i}", tier=tier)
        for i in (1, 2)
        for tier in ("other", "alternative", "investigational", "preferred")
    )
    shown = lines(suggest(options=options), "all")
    heads = [line.split(" ")[0] for line in shown]
    order = [
        "Preferred",
        "pre1",
        "pre2",
        "Alternative",
        "alt1",
        "alt2",
        "Investigational",
        "inv1",
        "inv2",
        "Other",
        "oth1",
        "oth2",
    ]
    assert [head for head in heads if head in order] == order
    folded = [line.split(" ")[0] for line in lines(suggest(options=options))]
    assert [head for head in folded if head in order] == order[:6]


def test_route_and_visits_are_those_of_preferred_options_and_with_all_of_every_one():
    lesser = PLAIN._replace(id="DEF", tier="alternative")
    rows = {line.split(" ")[0]: line for line in lines(suggest(options=(PLAIN, lesser)))}
    assert "PO, SC 4, then 1" in rows["ABC"]
    assert "PO, SC" not in rows["DEF"]
    opened = {line.split(" ")[0]: line for line in lines(suggest(options=(PLAIN, lesser)), "all")}
    assert "PO, SC 4, then 1" in opened["DEF"]


def beneath(one: forms.Option, *view: str) -> list[str]:
    """What stands beneath the only option."""
    shown = terminal(suggest(options=(one,)), *view).splitlines()
    at = next(i for i, line in enumerate(shown) if line.startswith("ABC "))
    end = next(i for i, line in enumerate(shown[at + 1 :], at + 1) if not line.startswith("  "))
    return [line.strip() for line in shown[at + 1 : end]]


MINE, GENERAL, LESSER = (
    caution("mine"),
    caution("general", always=True, unread=True),
    caution("lesser", always=True)._replace(strength="editorial"),
)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, []),
        ({"cautions": (MINE,)}, ["This patient: mine"]),
        ({"cautions": (MINE, caution("too", unread=True))}, ["This patient: mine; too*"]),
        ({"cautions": (LESSER, GENERAL)}, ["In general: general*"]),
        ({"for_this_patient": "new"}, ["new."]),
        ({"for_this_patient": "new", "cautions": (GENERAL,)}, ["new. In general: general*"]),
        ({"for_this_patient": "new", "cautions": (MINE, GENERAL)}, ["new. This patient: mine", "In general: general*"]),
        ({"tier": "alternative", "for_this_patient": "new", "cautions": (MINE, GENERAL)}, ["This patient: mine"]),
        ({"tier": "alternative", "for_this_patient": "new", "cautions": (GENERAL,)}, []),
    ],
)
def test_beneath_an_option_stands_what_is_special_and_the_caution_that_matters(fields, told):
    assert beneath(PLAIN._replace(**fields)) == told


def test_all_opens_every_caution_the_doses_the_tier_and_the_name():
    dose = blank(forms.Dose, drug="alpha", dose="10 mg", route="PO", days="1-21 of 28", standard="10 mg", recorded=True)
    whole = PLAIN._replace(
        name="alpha, beta", for_this_patient="new", cautions=(GENERAL, LESSER), prescription=(dose,), tier_because="on label"
    )
    told = beneath(whole, "all")
    assert told[:2] == ["new.", "In general: general*; lesser"]
    assert told[2].startswith("Doses: alpha 10 mg")
    assert told[3:] == ["Tier: on label", "alpha, beta"]
    assert beneath(PLAIN, "all") == []
    assert beneath(PLAIN._replace(for_this_patient="new", cautions=(MINE,)), "all") == ["new. This patient: mine"]


# --- what is counted -----------------------------------------------------------------------------------


def waiting(name: str, tier: str = "other") -> forms.Option:
    return option(name, verdict="conditional", tier=tier)


def test_lesser_options_are_counted_by_tier_with_those_that_wait():
    options = (PLAIN, option("I", tier="investigational"), option("O", tier="other"), waiting("P"), waiting("Q"))
    assert group("Also", suggest(options=options)) == [
        "1 investigational and 3 other, 2 of them wait for an answer (--all shows them)."
    ]
    assert group("Also", suggest(options=options[:-1])) == [
        "1 investigational and 2 other, 1 of them waits for an answer (--all shows them)."
    ]
    assert group("Also", suggest(options=options[:3])) == ["1 investigational and 1 other (--all shows them)."]
    assert group("Also", suggest(options=options[:1])) == []
    assert group("Also", suggest(options=options), "all") == []


def test_where_there_is_room_lesser_options_are_named():
    options = (PLAIN, option("Ii", tier="investigational"), option("O", tier="other", name="omega"), waiting("Pp"))
    text = rendered(suggest(options=options), "plain", frozenset())
    assert "1 investigational: Ii.\n" in text
    assert "2 other: O (omega), Pp.\n" in text


def test_historical_options_are_named_and_those_beyond_the_limit_counted():
    old = option("Old", historical=True)
    told = group("Also", suggest(options=(PLAIN, old), omitted=2))
    assert told == ["1 historical, replaced since: Old.", "2 more options left out by --limit."]
    assert group("Also", suggest(options=(PLAIN, old), omitted=1), "all") == ["1 more option left out by --limit."]


# --- what depends --------------------------------------------------------------------------------------


ASKED = blank(
    NextQuestion, fact="condition:ache", answers=(Answered("yes", "", (), ("ABC",)), Answered("no", "", ("D1", "D2"), ()))
)
HANGING = (
    option("D1", verdict="conditional", needs=(Ask("condition:ache", "An ache?", "--condition ache"),)),
    option("D2", verdict="conditional", tier="alternative"),
    option("D3", verdict="conditional", tier="other"),
)


def test_what_depends_is_told_by_its_answer_and_with_all_in_a_row_each():
    assert group("Depends", suggest(options=HANGING, next_questions=(ASKED,))) == ["Without ache: D1, D2"]
    shown = lines(suggest(options=HANGING, next_questions=(ASKED,)), "all")
    heads = [line.split(" if ")[0] for line in shown if line.startswith("Depends,")]
    assert heads == ["Depends, preferred", "Depends, alternative", "Depends, other"]
    assert next(line for line in shown if line.startswith("D1 ")).startswith("D1 without ache")
    assert next(line for line in shown if line.startswith("D3 ")).startswith("D3 a date that is known only to")
    assert group("Depends", suggest(options=HANGING[2:], next_questions=(ASKED,))) == []


# --- care ------------------------------------------------------------------------------------------------


def topic(name: str, mine: bool = False, **fields) -> Care:
    return blank(Care, topic=name, title=name.upper(), text=f"do {name}", for_this_patient=mine, **fields)


def test_care_is_told_by_topics():
    assert group("Care", suggest(supportive_care=(topic("a"), topic("b", True), topic("c")))) == [
        "for this patient: B; as usual: A, C."
    ]
    assert group("Care", suggest(supportive_care=(topic("a")._replace(title=""),))) == ["as usual: a."]
    assert group("Care", suggest(supportive_care=(topic("a", True),))) == ["for this patient: A."]
    assert group("Care", suggest()) == []


def test_all_tells_each_topic_in_words_with_its_drugs():
    told = group("Care", suggest(supportive_care=(topic("a", for_=("alpha", "beta"), unread=True), topic("b"))), "all")
    assert told == ["A: do a* (with alpha, beta)", "B: do b"]
    assert group("Care", suggest(), "all") == []


def test_where_there_is_room_eight_topics_are_told_those_of_this_patient_first():
    care = tuple(topic(letter, letter == "j") for letter in "abcdefghij")
    text = rendered(suggest(supportive_care=care), "plain", frozenset())
    told = [line.strip() for line in text.partition("\nCare\n")[2].splitlines() if line.startswith("  ")]
    assert told[:9] == ["J: do j", *(f"{letter.upper()}: do {letter}" for letter in "abcdefg"), "also H, I (--all)."]
    eight = rendered(suggest(supportive_care=care[:8]), "plain", frozenset())
    assert "also" not in eight


# --- sources, marks, what next -----------------------------------------------------------------------------


def test_the_first_source_of_what_is_shown_is_cited_and_with_all_every_one():
    one = PLAIN._replace(
        key_figure=figure(source=("t1", "t2")),
        cautions=(caution("m", source=("c1", "c2")), caution("g", always=True, source="g1")),
    )
    lesser = option("DEF", tier="alternative", key_figure=figure(source="t3"), cautions=(caution("n", source="c3"),))
    summary = (SummaryLine("state", "A state.", (), ("s1", "s2")), SummaryLine("first", "First.", (), "f1"))
    answer = suggest(options=(one, lesser), summary=summary, supportive_care=(topic("a", source="k1"),))
    assert group("Sources", answer)[0].startswith("s1, t1, c1, c3. Knowledge")
    opened = [line.split(":")[0] for line in group_of_sources(answer)]
    assert opened == ["s1", "s2", "t1", "t2", "t3", "c1", "c2", "g1", "c3", "k1"]


def group_of_sources(answer) -> list[str]:
    shown = terminal(answer, "all").splitlines()
    rest = shown[shown.index("Sources") + 1 :]
    return [line.strip() for line in rest if line.startswith("  ") and not line.strip().startswith("Knowledge")]


def test_only_what_is_cited_about_a_state_stands_behind_its_sentence():
    summary = (
        SummaryLine("state", "A state.", (), "s1"),
        SummaryLine("state", "Another.", (), None),
        SummaryLine("ask", "Ask.", (), "f1"),
    )
    shown = lines(suggest(summary=summary))
    at = shown.index("In short")
    assert shown[at + 1 : at + 4] == ["A state. [s1]", "Another.", "Ask."]  # a line a state


@pytest.mark.parametrize(
    ("fields", "view", "marked"),
    [
        ({"options": (PLAIN,)}, (), False),
        ({"options": (PLAIN._replace(key_figure=figure(unread=True)),)}, (), True),
        ({"options": (PLAIN._replace(cautions=(caution("c", unread=True),)),)}, (), True),
        ({"supportive_care": (topic("a", unread=True),)}, (), False),
        ({"supportive_care": (topic("a", unread=True),)}, ("all",), True),
        ({"supportive_care": (topic("a", unread=True),)}, ("roomy",), True),
        ({"excluded": (blank(forms.Excluded, id="X", because=(forms.Said("no", None, True),)),)}, (), False),
        ({"excluded": (blank(forms.Excluded, id="X", because=(forms.Said("no", None, True),)),)}, ("why_not",), True),
    ],
)
def test_the_mark_of_what_was_recalled_is_explained_where_it_is_shown(fields, view, marked):
    assert ("recalled, not read" in terminal(suggest(**fields), *view)) is marked


def test_the_next_command_asks_or_explains_the_first_option():
    assert lines(suggest(options=(PLAIN,), next_questions=(ASKED,)))[-1].startswith("Next mmopts ask ")
    told = lines(suggest(options=(PLAIN, option("DEF"))))[-1]
    assert told.startswith("Next mmopts explain ABC --setting relapsed ")
    assert "Next" not in [line.split(" ")[0] for line in lines(suggest())]
