"""Every keyword of a script: what it checks, says or does, and whether it can over this API."""

from __future__ import annotations

from typing import Literal

Kind = Literal["asserter", "input", "hook"]

_TEXT_MODES = ("CONTAINS", "WILDCARD", "WILDCARDEXACT", "REGEXP")

TEXT_ASSERTERS = {
    *(
        f"TEXT_{mode}_{which}{case}"
        for mode in _TEXT_MODES
        for which in ("ANY", "ALL")
        for case in ("", "_IC")
    ),
    *("TEXT", "TEXT_IC", "TEXT_EQUALS", "TEXT_EQUALS_IC"),
}

OWN_ASSERTERS = {"ACTION", "METADATA", "AGENT", "UPDATE", "LATENCY"}
"""Asserters that only this package has."""

UNAVAILABLE = {
    **dict.fromkeys(
        ("INTENT", "INTENT_UNIQUE", "INTENT_CONFIDENCE"),
        "the service tells no intents",
    ),
    **dict.fromkeys(
        ("ENTITIES", "ENTITY_VALUES", "ENTITY_CONTENT"),
        "the service tells no entities",
    ),
    **dict.fromkeys(("FORMS", "FORM"), "the service has no forms"),
    "CONDITIONAL_STEP_CAPABILITY_VALUE_BASED": "there are no capabilities here",
}
"""Keywords that are read, and fail with this reason: they need what the service does not have."""

ASSERTERS = {
    *TEXT_ASSERTERS,
    *OWN_ASSERTERS,
    *("BUTTONS", "BUTTONS_COUNT", "BUTTONS_COUNT_REC"),
    *("MEDIA", "MEDIA_COUNT", "MEDIA_COUNT_REC"),
    *("CARDS", "CARDS_COUNT", "CARDS_COUNT_REC"),
    *("JSON_PATH", "JSON_PATH_COUNT", "RESPONSE_LENGTH", "TEXT_WER", "PAUSE_ASSERTER"),
    *("BOT_CONSUMED", "BOT_UNCONSUMED_COUNT", "FORMS"),
    *("INTENT", "INTENT_UNIQUE", "INTENT_CONFIDENCE"),
    *("ENTITIES", "ENTITY_VALUES", "ENTITY_CONTENT"),
}

OWN_INPUTS = {"ACT", "SETMETA", "RESTART", "NETWORK"}
"""User inputs that only this package has."""

INPUTS = {*OWN_INPUTS, "BUTTON", "MEDIA", "FORM"}

CONDITIONS = {
    "CONDITIONAL_STEP_TIME_BASED",
    "CONDITIONAL_STEP_BUSINESS_HOURS",
    "CONDITIONAL_STEP_CAPABILITY_VALUE_BASED",
    "CONDITIONAL_STEP_JSON_PATH_BASED",
}

HOOKS = {
    *CONDITIONS,
    *("PAUSE", "WAITFORBOT", "UPDATE_CUSTOM", "SKIP_BOT_UNCONSUMED", "INCLUDE"),
    *("SET_SCRIPTING_MEMORY", "CLEAR_SCRIPTING_MEMORY", "ASSIGN_SCRIPTING_MEMORY"),
    *("CONVO_STEP_PARAMETERS", "ORDERED_LIST_TO_BUTTON"),
}

ALL = {*ASSERTERS, *INPUTS, *HOOKS}


def kind_of(name: str, sender: str) -> Kind | None:
    """Return what a word is in a section of a script, or None where it is text."""
    if sender != "me" and name in ASSERTERS:
        return "asserter"
    if sender == "me" and name in INPUTS:
        return "input"
    return "hook" if name in HOOKS else None
