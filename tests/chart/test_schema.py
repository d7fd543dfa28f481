"""The schema of the values without Helm: it is valid itself, and takes the patterns."""

import json

import jsonschema
import pytest
import yaml
from tests.chart.helm import CHART, Values
from tests.chart.patterns import OLD_VALUES, PATTERNS

_SCHEMA = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
_CHECK = jsonschema.Draft7Validator(_SCHEMA)


def test_the_schema_is_one() -> None:
    jsonschema.Draft7Validator.check_schema(_SCHEMA)


@pytest.mark.parametrize("name", PATTERNS)
def test_the_schema_takes_a_pattern(name: str) -> None:
    _CHECK.validate(PATTERNS[name])


def test_the_schema_takes_every_value_of_the_older_chart() -> None:
    _CHECK.validate(OLD_VALUES)


def test_the_schema_takes_the_defaults() -> None:
    _CHECK.validate(yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8")))


@pytest.mark.parametrize("values", [{"replicas": 1}, {"settings": {"GATEWAY_X": "1"}}, {"env": {"natsURL": "x"}}])
def test_the_schema_refuses_what_is_misspelt(values: Values) -> None:
    with pytest.raises(jsonschema.ValidationError, match="Additional properties are not allowed"):
        _CHECK.validate(values)
