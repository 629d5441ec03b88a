from hypothesis import HealthCheck, settings

# No test looks at the clock: not at how long an example takes, not at how long its data took to draw.
settings.register_profile(
    "ci", deadline=None, derandomize=True, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
# On the other Pythons (tools/pythons.py): the same tests, fewer examples.
settings.register_profile("few", settings.get_profile("ci"), max_examples=10)
settings.load_profile("ci")
