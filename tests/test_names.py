"""What a clinician writes, and the drugs that are meant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mmopts.answers.knowledge import drug_named, regimen_named
from mmopts.diagnostics import Diagnostic, QuestionError
from mmopts.knowledge.records import Knowledge, Meaning
from mmopts.names import fold_name, split_list
from mmopts.patient.drug_words import read_drug_word
from mmopts.patient.stated import Patient

ABBREVIATIONS = {
    "lenalidomide": ["len", "R", "Rev", "Revlimid", "LENALIDOMIDE"],
    "bortezomib": ["btz", "V", "bort", "Velcade"],
    "daratumumab": ["dara", "D", "Darzalex", "Darzalex Faspro"],
    "carfilzomib": ["carf", "K", "Kyprolis", "cfz"],
    "pomalidomide": ["pom", "P", "Pomalyst", "Imnovid"],
    "ixazomib": ["ixa", "I", "Ninlaro"],
    "isatuximab": ["isa", "Sarclisa"],
    "elotuzumab": ["elo", "E", "Empliciti"],
    "selinexor": ["sel", "X", "Xpovio", "Nexpovio"],
    "panobinostat": ["pano", "Farydak"],
    "thalidomide": ["thal", "T", "Thalomid"],
    "venetoclax": ["ven", "Venclexta", "Venclyxto"],
    "belantamab mafodotin": ["bela", "belamaf", "Blenrep"],
    "ciltacabtagene autoleucel": ["cilta-cel", "ciltacel", "Carvykti"],
    "idecabtagene vicleucel": ["ide-cel", "idecel", "Abecma"],
    "teclistamab": ["tec", "Tecvayli"],
    "talquetamab": ["tal", "Talvey"],
    "elranatamab": ["elra", "Elrexfio"],
    "linvoseltamab": ["linvo", "Lynozyfic"],
    "iberdomide": ["iber"],
    "cyclophosphamide": ["cyclo", "C", "Cytoxan"],
    "melphalan": ["mel", "M", "Alkeran"],
    "melphalan flufenamide": ["melflufen", "Pepaxti"],
    "bendamustine": ["benda"],
    "dexamethasone": ["dex", "d"],
    "prednisone": ["pred"],
}
COMBINATIONS = {
    "VRd": {"bortezomib", "lenalidomide", "dexamethasone"},
    "RVd": {"bortezomib", "lenalidomide", "dexamethasone"},
    "vrd": {"bortezomib", "lenalidomide", "dexamethasone"},
    "D-VRd": {"daratumumab", "bortezomib", "lenalidomide", "dexamethasone"},
    "DVRd": {"daratumumab", "bortezomib", "lenalidomide", "dexamethasone"},
    "dara-VRd": {"daratumumab", "bortezomib", "lenalidomide", "dexamethasone"},
    "CyBorD": {"bortezomib", "cyclophosphamide", "dexamethasone"},
    "VMP": {"bortezomib", "melphalan", "prednisone"},
    "KRd": {"carfilzomib", "lenalidomide", "dexamethasone"},
    "DKd": {"daratumumab", "carfilzomib", "dexamethasone"},
    "Isa-Pd": {"isatuximab", "pomalidomide", "dexamethasone"},
    "VTd": {"bortezomib", "thalidomide", "dexamethasone"},
    "BVd": {"belantamab mafodotin", "bortezomib", "dexamethasone"},
    "SVd": {"selinexor", "bortezomib", "dexamethasone"},
    "Rd": {"lenalidomide", "dexamethasone"},
    "len+dex": {"lenalidomide", "dexamethasone"},
    "btz/dex": {"bortezomib", "dexamethasone"},
}


def read(word: str, kb: Knowledge) -> tuple[Meaning, list[Diagnostic], list[Diagnostic]]:
    problems: list[Diagnostic] = []
    said: list[Diagnostic] = []
    return read_drug_word(word, kb, "prior", problems, said), problems, said


@pytest.mark.parametrize(("word", "drug"), [(w, d) for d, words in ABBREVIATIONS.items() for w in (d, *words)])
def test_a_drug_is_known_by_its_names(kb: Knowledge, word: str, drug: str) -> None:
    meaning, problems, _ = read(word, kb)
    assert not problems
    assert meaning.drugs == (drug,)


@pytest.mark.parametrize(("word", "drugs"), COMBINATIONS.items())
def test_a_regimen_stands_for_its_drugs(kb: Knowledge, word: str, drugs: set[str]) -> None:
    meaning, problems, _ = read(word, kb)
    assert not problems
    assert set(meaning.drugs) == drugs


@pytest.mark.parametrize(
    ("word", "drugs"),
    [
        # As text processors and other keyboards write them: U+2011, en dash, minus, soft hyphen, no-break space, wide.
        ("D\u2011VRd", {"daratumumab", "bortezomib", "lenalidomide", "dexamethasone"}),
        ("dara\u2013Rd", {"daratumumab", "lenalidomide", "dexamethasone"}),
        ("Isa\u2212Pd", {"isatuximab", "pomalidomide", "dexamethasone"}),
        ("lenalido\u00admide", {"lenalidomide"}),
        ("Darzalex\u00a0Faspro", {"daratumumab"}),
        ("\ufeff\uff36\uff32\uff44", {"bortezomib", "lenalidomide", "dexamethasone"}),
        # By the names of labels and records: the suffix of the FDA, brand beside name, route, phase.
        ("teclistamab-cqyv", {"teclistamab"}),
        ("daratumumab and hyaluronidase-fihj", {"daratumumab"}),
        ("belantamab mafodotin-blmf", {"belantamab mafodotin"}),
        ("bortezomib (Velcade)", {"bortezomib"}),
        ("Velcade (bortezomib) SC", {"bortezomib"}),
        ("len (maintenance)", {"lenalidomide"}),
        ("lenalidomide and dexamethasone", {"lenalidomide", "dexamethasone"}),
        # Letters parted by a sign are drugs each (D: daratumumab), and not the regimen that they spell.
        ("K+D", {"carfilzomib", "daratumumab"}),
        ("T+D", {"thalidomide", "daratumumab"}),
        ("lenalidomide monotherapy", {"lenalidomide"}),
    ],
)
def test_a_name_is_read_as_records_write_it(kb: Knowledge, word: str, drugs: set[str]) -> None:
    meaning, problems, _ = read(word, kb)
    assert not problems
    assert set(meaning.drugs) == drugs


@pytest.mark.parametrize("word", ["VRd x4", "VRd (4 cycles)", "KRd -> ASCT", "lenalidomide or placebo", "dara\u2011"])
def test_what_is_not_wholly_known_is_refused(kb: Knowledge, word: str) -> None:
    assert read(word, kb)[1]


@pytest.mark.parametrize("word", ["dara-", "-len", "len \u2013", "VRd len -", "dara\u2212"])
def test_a_minus_beside_a_name_is_neither_read_nor_overlooked(kb: Knowledge, word: str) -> None:
    [problem] = read(word, kb)[1]
    bare = problem.suggestions[0]
    assert problem.suggestions[1] == f"no-{bare}"
    assert not read(bare, kb)[1]


@pytest.mark.parametrize("words", [["maintenance"], ["induction", "consolidation therapy"], ["SC"]])
def test_a_phase_or_a_route_alone_is_no_treatment(refused: Callable[..., list[Diagnostic]], words: list[str]) -> None:
    # To read it as nothing would deny every drug, the list being presumed whole.
    [problem] = refused(prior=words)
    assert "not what" in problem.message


@pytest.mark.parametrize(
    ("letter", "drug", "other"),
    [
        ("C", "cyclophosphamide", "carfilzomib"),
        ("I", "ixazomib", "isatuximab"),
        ("D", "daratumumab", "doxorubicin"),
        ("P", "pomalidomide", "prednisone"),
        ("V", "bortezomib", "vincristine"),
    ],
)
def test_a_letter_with_two_readings_names_the_other(
    known: Callable[..., Patient], letter: str, drug: str, other: str
) -> None:
    patient = known(prior=[letter])
    assert patient.facts[f"exposed:{drug}"] is True
    said = [n for n in patient.warnings if n.code == "ambiguous-abbreviation"]
    assert len(said) == 1
    assert drug in said[0].text
    assert other in said[0].text


def test_a_letter_without_a_usual_reading_is_refused_with_its_readings(refused: Callable[..., list[Diagnostic]]) -> None:
    [problem] = refused(prior=["B"])
    assert problem.code == "ambiguous-name"
    assert set(problem.suggestions) >= {"bortezomib", "belantamab mafodotin", "bendamustine"}


def test_small_and_capital_d_are_different_drugs(kb: Knowledge) -> None:
    assert read("d", kb)[0].drugs == ("dexamethasone",)
    assert read("D", kb)[0].drugs == ("daratumumab",)
    assert read("r", kb)[0].drugs == ("lenalidomide",)


@pytest.mark.parametrize(
    ("word", "group"),
    [
        ("PI", "PI"),
        ("IMiD", "IMiD"),
        ("anti-CD38", "anti-CD38"),
        ("imids", "IMiD"),
        ("proteasome inhibitor", "PI"),
        ("CAR-T", "CAR-T"),
        ("BCMA", "BCMA-directed"),
    ],
)
def test_a_class_is_known_by_its_names(kb: Knowledge, word: str, group: str) -> None:
    meaning, problems, _ = read(word, kb)
    assert not problems
    assert (meaning.drugs, meaning.classes) == ((), (group,))


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("lenalidomid", "lenalidomide"),
        ("bortezomob", "bortezomib"),
        ("daratumamab", "daratumumab"),
        ("Kyprolys", "Kyprolis"),
    ],
)
def test_an_unknown_word_is_refused_with_the_nearest_known(
    refused: Callable[..., list[Diagnostic]], word: str, near: str
) -> None:
    [problem] = refused(prior=[word])
    assert problem.code == "unknown-name"
    assert problem.suggestions[0] == near
    assert near in problem.message
    assert word in problem.message


def test_the_beginning_of_a_word_is_answered_with_all_that_begin_so(
    kb: Knowledge, refused: Callable[..., list[Diagnostic]]
) -> None:
    [problem] = refused(prior=["car"])
    assert {"carfilzomib", "carmustine", "CAR-T"} <= set(problem.suggestions)
    assert all(name in problem.message for name in problem.suggestions)
    begins = {
        d.id for d in kb.drugs.values() if any(n.casefold().startswith("car") for n in (d.id, *d.abbreviations, *d.brands))
    }
    assert begins <= set(problem.suggestions)
    names = {fold_name(n): r.id for r in kb.regimens.values() for n in (r.id, *r.aliases) if len(r.drugs) > 1}
    assert {name for key, name in names.items() if key.startswith("car")} <= set(problem.suggestions)


@pytest.mark.parametrize(
    ("find", "word", "found"), [(regimen_named, "isa", "Isa-Kd"), (drug_named, "carfil", "carfilzomib")]
)
def test_so_is_a_regimen_or_a_drug_that_is_asked_for(
    kb: Knowledge, find: Callable[[str, Knowledge], str], word: str, found: str
) -> None:
    with pytest.raises(QuestionError) as error:
        find(word, kb)
    assert found in error.value.problems[0].suggestions


@pytest.mark.parametrize(
    ("word", "points"),
    [
        ("MGUS", "not active myeloma"),
        ("mgrs", "not active myeloma"),
        ("solitary plasmacytoma", "not active myeloma"),
        ("Waldenström", "not active myeloma"),
        ("LCDD", "without active myeloma"),
        ("POEMS", "disease of its own"),
        ("smouldering myeloma", "--setting smoldering"),
        ("triple-class refractory", "--refractory"),
        ("steroid psychosis", "--intolerant dexamethasone"),
        ("circulating plasma cells", "plasma-cell-leukemia from 5%"),
        ("mild liver impairment", "moderate or severe"),
        ("Gilbert syndrome", "leave it out"),
        ("apixaban", "at a preventive dose leave it out"),
        ("on DOAC", "at a preventive dose leave it out"),
    ],
)
def test_a_word_that_is_no_condition_here_points_where_it_belongs(
    refused: Callable[..., list[Diagnostic]], word: str, points: str
) -> None:
    [problem] = refused(prior=["none"], condition=[word])
    assert points in problem.message


@pytest.mark.parametrize(
    ("word", "condition"),
    [
        ("warfarin", "anticoagulated"),
        ("Child-Pugh B", "hepatic"),
        ("enzalutamide", "cyp3a-inducer"),
        ("multiple sclerosis", "autoimmune"),
        ("melanoma", "second-cancer"),
        ("Alzheimer's disease", "dementia"),
    ],
)
def test_a_condition_is_known_by_what_a_pharmacist_writes(known: Callable[..., Patient], word: str, condition: str) -> None:
    assert known(prior=["none"], condition=[word]).facts[f"condition:{condition}"] is True


def test_nonsense_gets_no_suggestion(refused: Callable[..., list[Diagnostic]]) -> None:
    [problem] = refused(prior=["qqqqzzzz"])
    assert list(problem.suggestions) == []
    assert "Did you mean" not in problem.message


def test_a_joined_word_with_an_unknown_part_is_refused(refused: Callable[..., list[Diagnostic]]) -> None:
    [problem] = refused(prior=["len+xyzzy"])
    assert problem.code == "unknown-name"


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("len,btz", ["len", "btz"]),
        ([" len ", "btz,dara"], ["len", "btz", "dara"]),
        ("", []),
        (",,", []),
        ("del(17p),t(4;14)", ["del(17p)", "t(4;14)"]),
        ("t(4,14),vte", ["t(4,14)", "vte"]),
        ("VRd; dara;;len", ["VRd", "dara", "len"]),
        ("t4;14;del17p,4;14;Mel200;VRd", ["t4;14", "del17p", "4;14", "Mel200", "VRd"]),
        ("del(17p);t(4;14), gain(1q)", ["del(17p)", "t(4;14)", "gain(1q)"]),
        (5, None),
        ([True], None),
        ([["len"]], None),
        ({"len": 1}, None),
    ],
)
def test_a_list_is_read_as_options_and_files_give_it(raw: Any, words: list[str] | None) -> None:
    assert split_list(raw) == words


def test_case_and_separators_do_not_matter_but_for_a_single_letter() -> None:
    assert fold_name("Cilta-Cel") == fold_name("ciltacel") == fold_name("CILTA_CEL") == fold_name(" cilta cel ")
    assert fold_name("d") != fold_name("D")


def test_a_transplant_in_the_list_sets_the_transplant(known: Callable[..., Patient]) -> None:
    patient = known(prior=["VRd", "ASCT"])
    assert patient.facts["prior_asct"] is True
    assert patient.facts["exposed:melphalan"] is True
