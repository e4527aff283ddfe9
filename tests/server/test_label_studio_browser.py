"""An annotator at Label Studio's web page, in a real browser: from the audit to corrections."""

import os
import re
import time

import pytest

from label_auditor import Corrections
from server.test_rubrix_browser import CHROMIUM, DOUBT, FLAGS, news  # noqa: F401 - a fixture

sync_api = pytest.importorskip("playwright.sync_api")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium")


@pytest.fixture
def page():
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1300, "height": 900})
        page.set_default_timeout(90_000)
        yield page
        browser.close()


def wait_for(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.5)


def test_from_the_audit_to_corrections(news, page, label_studio, title):  # noqa: F811
    audit, texts = news
    audit.push_to_label_studio(texts, title, only_issues=False)
    (project,) = label_studio.projects(title)
    tasks = label_studio.tasks(title)
    page.goto(f"{label_studio.url}/user/login/")
    page.locator("input[name=email]").fill("a@example.com")
    page.locator("input[name=password]").fill("secret-pass-1")
    page.locator("button[type=submit], [aria-label='Log In']").first.click()
    page.wait_for_url(re.compile("projects|/$"))
    # The list of tasks, sorted by rank.
    page.goto(f"{label_studio.url}/projects/{project['id']}/data")
    page.get_by_role("button", name="Order by").click()
    page.get_by_text("label_error_candidate", exact=True).last.click()
    views = f"/dm/views?project={project['id']}"

    def ordered():
        return [
            view["id"]
            for view in label_studio.request("GET", views)
            if view["data"].get("ordering") == ["tasks:data.label_error_candidate"]
        ]

    wait_for(ordered)
    (number,) = ordered()
    for row in list(DOUBT)[:2]:
        task = tasks[str(row)]["id"]
        page.goto(f"{label_studio.url}/projects/{project['id']}/data?tab={number}&task={task}")
        page.get_by_text(texts[row]).last.wait_for()
        # The suggestion is chosen already.
        page.locator(".ant-checkbox-checked, input:checked").first.wait_for(state="attached")
        if row == 1 and "LABEL_AUDITOR_PICTURE" in os.environ:  # that of the guide
            page.screenshot(path=os.environ["LABEL_AUDITOR_PICTURE"])
        page.get_by_role("button", name=re.compile("submit", re.IGNORECASE)).first.click()
        wait_for(lambda row=row: label_studio.tasks(title)[str(row)]["annotations"])
    # People are handed the next one, the third worst.
    page.goto(f"{label_studio.url}/projects/{project['id']}/data?tab={number}&labeling=1")
    page.get_by_text(texts[8]).last.wait_for()
    page.get_by_role("button", name=re.compile("skip", re.IGNORECASE)).first.click()
    wait_for(lambda: label_studio.tasks(title)["8"]["annotations"])
    corrections = Corrections.from_label_studio(title)
    assert {each.id: (each.label, each.status, each.who) for each in corrections} == {
        "1": ("Sports", "validated", "a@example.com"),
        "4": ("Sci/Tech", "validated", "a@example.com"),
        "8": (None, "discarded", "a@example.com"),
    }
    again = audit.push_to_label_studio(texts, title, only_issues=False)
    assert sorted(again.left_alone) == ["1", "4", "8"]
    assert Corrections.from_label_studio(title) == corrections
