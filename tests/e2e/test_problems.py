"""The catalogue: what anybody may read, and that every problem in it can be solved."""

import asyncio
from pathlib import Path

import pytest

from tests.e2e.client import Person, Platform, refused
from tests.e2e.programs import ADD
from tests.e2e.spans import Json

LANGUAGES = "/api/v1/public/languages"
PROBLEMS = "/api/v1/public/problems"
SOLUTIONS = Path(__file__).parents[2] / "services" / "problem" / "tests" / "data" / "solutions"
SUMMARY = {"slug", "title", "difficulty", "tags", "kind", "acceptance"}
PAGE = SUMMARY | {"statement", "constraints", "examples", "public_tests", "signature", "starter_code", "limits"}


async def catalogue(platform: Platform, **filters: str) -> list[Json]:
    answer = await platform.http.get(PROBLEMS, params={"limit": "100"} | filters)
    items: list[Json] = answer.raise_for_status().json()["items"]
    return items


async def test_languages_are_those_that_can_be_judged_now(platform: Platform) -> None:
    languages = (await platform.http.get(LANGUAGES)).json()

    assert all(language.keys() == {"id", "name", "version", "function_harness"} for language in languages)
    python = next(language for language in languages if language["id"] == "python")
    assert python["function_harness"]
    assert python["version"].startswith("3.")


async def test_a_list_shows_summaries_of_both_kinds_and_all_difficulties(platform: Platform) -> None:
    items = await catalogue(platform)

    assert all(item.keys() == SUMMARY for item in items)
    assert {item["kind"] for item in items} == {"function", "stdio"}
    assert {item["difficulty"] for item in items} == {"easy", "medium", "hard"}
    assert all(item["acceptance"] is None or 0 <= item["acceptance"] <= 1 for item in items)


@pytest.mark.parametrize("difficulty", ["easy", "medium", "hard"])
async def test_a_list_can_be_of_one_difficulty(platform: Platform, difficulty: str) -> None:
    everything = await catalogue(platform)

    found = await catalogue(platform, difficulty=difficulty)
    assert [item["slug"] for item in found] == [item["slug"] for item in everything if item["difficulty"] == difficulty]


async def test_a_list_can_be_of_one_tag_or_a_part_of_the_title(platform: Platform) -> None:
    everything = await catalogue(platform)
    tag = everything[0]["tags"][0]

    tagged = await catalogue(platform, tag=tag)
    assert {item["slug"] for item in tagged} == {item["slug"] for item in everything if tag in item["tags"]}
    found = await catalogue(platform, search="wO sU")
    assert {item["slug"] for item in found} == {item["slug"] for item in everything if "wo su" in item["title"].lower()}
    assert await catalogue(platform, search=".*") == []
    assert await catalogue(platform, tag="no-such-tag") == []
    assert await catalogue(platform, search="TWO sum", difficulty="hard") == []


async def test_pages_together_are_the_whole_list(platform: Platform) -> None:
    slugs: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await platform.http.get(PROBLEMS, params={"limit": 7, "cursor": cursor})).json()
        assert len(page["items"]) <= 7
        slugs += [item["slug"] for item in page["items"]]
        cursor = page["next_cursor"]

    assert slugs == [item["slug"] for item in await catalogue(platform)]
    assert len(slugs) == len(set(slugs))


@pytest.mark.parametrize("cursor", ["NOT ONE", "../etc", "not-ours", "x" * 5000, "\u00e9", "a--b"])
async def test_a_cursor_that_is_not_ours_is_refused(platform: Platform, cursor: str) -> None:
    refused(await platform.http.get(PROBLEMS, params={"cursor": cursor}), 400, "invalid_cursor")


async def test_a_list_has_twenty_items_unless_asked_otherwise(platform: Platform) -> None:
    page = (await platform.http.get(PROBLEMS)).json()

    assert len(page["items"]) == min(20, len(await catalogue(platform)))


async def test_every_problem_has_a_page_that_gives_nothing_away(platform: Platform) -> None:
    for summary in await catalogue(platform):
        page = (await platform.http.get(f"{PROBLEMS}/{summary['slug']}")).raise_for_status().json()
        assert page.keys() == PAGE, summary["slug"]
        assert page["statement"]
        assert page["examples"]
        assert page["public_tests"]
        assert all(test.keys() == {"input", "expected"} for test in page["public_tests"])
        assert page["limits"].keys() == {"cpu_time", "wall_time", "memory", "output", "processes"}
        assert (page["signature"] is None) == (page["kind"] == "stdio")
        assert "python" in page["starter_code"]


async def test_the_page_of_a_function_problem_has_its_signature_and_code_to_start_with(platform: Platform) -> None:
    page = (await platform.http.get(f"{PROBLEMS}/two-sum")).json()

    assert page["signature"]["function"] == "two_sum"
    assert [parameter["name"] for parameter in page["signature"]["parameters"]] == ["nums", "target"]
    assert "def two_sum(" in page["starter_code"]["python"]


async def test_tests_that_are_not_public_are_judged_and_not_shown(platform: Platform, ada: Person) -> None:
    page = (await platform.http.get(f"{PROBLEMS}/a-plus-b")).json()
    submission = await platform.judged(ada, ADD, problem="a-plus-b")

    shown = [item for item in submission["tests"]["items"] if item["public"]]
    assert [item["input"] for item in shown] == [test["input"] for test in page["public_tests"]]
    assert submission["tests"]["total"] > len(page["public_tests"])


async def test_starter_code_can_be_judged_and_is_no_solution(platform: Platform, ada: Person) -> None:
    page = (await platform.http.get(f"{PROBLEMS}/two-sum")).json()

    submission = await platform.judged(ada, page["starter_code"]["python"])
    assert submission["verdict"] in {"WA", "RE"}


async def test_a_problem_that_does_not_exist_is_not_found(platform: Platform) -> None:
    for slug in ("no-such-problem", "NONSENSE", "%00", "..%2F"):
        answer = await platform.http.get(f"{PROBLEMS}/{slug}")
        assert answer.status_code == 404, slug
    refused(await platform.http.get(f"{PROBLEMS}/no-such-problem"), 404, "problem_not_found")


@pytest.mark.skipif(not SOLUTIONS.is_dir(), reason="the solutions are not here")
async def test_every_problem_accepts_its_solutions_and_rejects_a_wrong_one(platform: Platform) -> None:
    offered = {language["id"] for language in (await platform.http.get(LANGUAGES)).json()}
    slugs = [item["slug"] for item in await catalogue(platform)]
    two_at_a_time = asyncio.Semaphore(2)

    async def tried(person: Person, slug: str, file: Path, code: str) -> str | None:
        """What is wrong with the verdict; None if it is right."""
        language = {".py": "python", ".cpp": "cpp"}[file.suffix]
        if language not in offered:
            return None
        async with two_at_a_time:
            verdict = (await platform.judged(person, code, problem=slug, language=language))["verdict"]
        right = verdict == "AC" if file.stem == "accepted" else verdict in {"WA", "TLE", "RE", "MLE"}
        return None if right else f"{slug}/{file.name}: {verdict}"

    people = [await platform.sign_up(), await platform.sign_up()]
    files = [each for slug in slugs for each in _handed_in(slug)]
    found = await asyncio.gather(*(tried(people[n % 2], *each) for n, each in enumerate(files)))

    assert {slug for slug, file, _ in files if file.stem == "accepted"} == set(slugs)
    assert [fault for fault in found if fault] == []


def _handed_in(slug: str) -> list[tuple[str, Path, str]]:
    """The accepted ones, and one that is wrong."""
    folder = SOLUTIONS / slug
    files = [*sorted(folder.glob("accepted.*")), *sorted(folder.glob("wrong_*.py"))[:1]]
    return [(slug, file, file.read_text()) for file in files]
