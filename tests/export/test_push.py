from label_auditor.export.push import PushInterruptedError, PushReport

URL = "http://localhost:6900/datasets/me/d"


def test_an_account_adds_up():
    report = PushReport("d", URL, 2000).add(490, [7, "x"], {8: "too long"}).add(500, [], {})
    assert (report.n_stored, report.left_alone, report.failed) == (990, (7, "x"), {8: "too long"})
    assert (report.n_sent, report.n_not_sent) == (991, 1007)
    assert repr(report) == (
        f"<PushReport: 990 of 2,000 records stored in {URL}; 2 left alone, as reviewers have "
        "changed them; 1 failed (the first: 8, too long); 1,007 not sent>"
    )


def test_a_push_that_did_all_says_no_more():
    report = PushReport("d", URL, 20).add(20, [], {})
    assert repr(report) == f"<PushReport: 20 of 20 records stored in {URL}>"


def test_an_interruption_carries_the_account():
    report = PushReport("d", URL, 20).add(10, [], {})
    error = PushInterruptedError("The server is gone.", report)
    assert error.report is report
    assert str(error) == f"The server is gone.\nUntil then: {report!r}. Push again to go on."
