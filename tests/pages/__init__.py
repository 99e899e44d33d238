"""Pages in a real browser. A busy machine may need longer than five seconds to draw one."""

from playwright.async_api import expect

expect.set_options(timeout=15_000)
