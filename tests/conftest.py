"""What all tests share."""

import asyncio
import inspect
import os

import pytest

from lab.availability import unavailable


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test that is a coroutine in a loop of its own."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    wanted = inspect.signature(pyfuncitem.obj).parameters
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in wanted}))
    return True


@pytest.fixture(scope="session")
def require_lab() -> None:
    """Skip where the system does not allow a lab; with EFIR_REQUIRE_LAB=1, as in CI, that is a failure."""
    reason = unavailable()
    if reason is None:
        return
    if os.environ.get("EFIR_REQUIRE_LAB") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
