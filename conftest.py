"""Every test and every docstring's example begins without a page's notation."""

import sys

import pytest


@pytest.fixture(autouse=True)
def _no_page():
    """Forget the notation that another test has left."""
    module = sys.modules.get("fewsteps.evidence.notation")
    if module:
        module.Notation.current = None
