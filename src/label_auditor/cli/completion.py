"""`label-audit --completion`: a script by which a shell completes commands and options."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

# Where nothing is suggested, the shell completes the names of files.
_SCRIPT = """\
# Completion of label-audit in bash: eval "$(label-audit --completion)"
# In zsh, this comes before it: autoload -U bashcompinit && bashcompinit
_label_audit() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} words=
    case $before in
{choices}
        *)
            if [[ $word == -* ]]; then
                case ${{COMP_WORDS[1]}} in
{options}
                esac
            elif [[ $COMP_CWORD == 1 ]]; then
                words="{commands}"
            fi ;;
    esac
    COMPREPLY=($(compgen -W "$words" -- "$word"))
}}
complete -o default -F _label_audit label-audit
"""


def make_script(parsers: Mapping[str, argparse.ArgumentParser]) -> str:
    """Give the script for these commands.

    Parameters
    ----------
    parsers : mapping from str to ArgumentParser
        The parser of each command; that of the command without a name is "".

    Returns
    -------
    str
    """
    choices: dict[str, str] = {}
    options: list[str] = []
    for name in sorted(parsers, reverse=True):  # that of all other words comes last
        listed = [action for action in parsers[name]._actions if action.option_strings]
        strings = " ".join(option for action in listed for option in action.option_strings)
        options.append(f'                    {name or "*"}) words="{strings}" ;;')
        for action in listed:
            if action.choices:
                names = "|".join(action.option_strings)
                choices[names] = f'        {names}) words="{" ".join(map(str, action.choices))}" ;;'
    return _SCRIPT.format(
        choices="\n".join(choices.values()),
        options="\n".join(options),
        commands=" ".join(name for name in parsers if name),
    )
