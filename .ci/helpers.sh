# What the steps share.

# Something is not here. On a developer's machine that is said; where CI=true it is an error, unless a
# reason is given on the same line.
#
#   absent what [reason]
absent() {
    if [ "${CI:-}" = true ] && [ -z "${2:-}" ]; then
        echo "failed: there is no $1" >&2
        exit 1
    fi
    echo "skipped: there is no $1${2:+ ($2)}"
}

# The same, and it ends the step.
skip() {
    absent "$@"
    exit 77
}

# The command is here, or apt-get has installed it.
#
#   have command package...
have() {
    if ! command -v "$1" > /dev/null && [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
        # A service that can't start here is no reason to stop: only its program is needed.
        { apt-get -qq update && apt-get -qq install -y --no-install-recommends "${@:2}"; } > /dev/null || true
    fi
    command -v "$1" > /dev/null
}

have_chromium() { [ -n "${CHROMIUM:-}" ] || have chromium chromium fonts-noto-cjk; }

# Print the path of a Python: pyenv's, or one on the PATH.
#
#   find_python version
find_python() {
    ls -d ~/.pyenv/versions/"$1".*/bin/python 2> /dev/null | sort -V | tail -n 1 | grep . || command -v "python$1"
}

# Make the environment of the README's test command, with more groups or packages in it.
#
#   environment [argument of pip...]
environment() {
    [ -x .venv/bin/pip ] || python3 -m venv .venv
    .venv/bin/pip install -q -U pip
    .venv/bin/pip install -q -e '.[cli]' --group tests uv "$@"
}
