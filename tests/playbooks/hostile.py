"""Texts that break what is quoted carelessly."""

from hypothesis import strategies as st

EXAMPLES = (
    "'",
    "''",
    "it's",
    "'; DROP SCHEMA auth CASCADE; --",
    "x'); DELETE FROM auth.roles; --",
    "\\",
    "\\'; SELECT 1; --",
    "E'\\x27'",
    "$$; DROP SCHEMA auth CASCADE; $$",
    "$tag$",
    "/* */ -- ;",
    "' || pg_sleep(9) || '",
    "\u02bc\uff07\u2019",
    "\u202eabc\u0301\U0001f600",
    "{{ 7 * 7 }}",
    "{% raw %}{{ x }}{% endraw %}",
    "{# gone #}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "}}{{",
    "{{",
    "{%",
    "${7*7}",
    "%s %(x)s :name",
    "[1, 2]",
    '{"a": 1}',
    "b'bytes'",
    "None",
    "true",
    "007",
    "1e5",
    "\r\n\t",
    " ",
    "",
    "a" * 10_240,
    "'" * 10_240,
    "{{" * 5_120,
)

texts = st.one_of(st.sampled_from(EXAMPLES), st.text(st.characters(exclude_categories=["Cs"]), max_size=80))
"""May hold a NUL; no lone surrogates, which no JSON parser of a worker lets through as text."""
