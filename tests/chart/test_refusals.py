"""What the chart refuses, and what it says when it does not."""

import pytest
from tests.chart.helm import Helm, HelmRefused, Values
from tests.chart.patterns import OLD_VALUES, PATTERNS, SECOND_KEY, new

_FILE = {"proxy_policy": {"auth_bypass": True}}
_WAYS: dict[str, Values] = {
    "value": {"env": {"authBypass": "true"}},
    "boolean": {"env": {"authBypass": True}},
    "setting": {"settings": {"GATEWAY_AUTH_BYPASS": "1", "GATEWAY_ENV": "development"}},
    "setting-boolean": {"settings": {"GATEWAY_AUTH_BYPASS": True}},
    "file": {"config": _FILE},
    "extra": {"extraEnv": [{"name": "GATEWAY_AUTH_BYPASS", "value": "yes"}]},
    "extra-secret": {
        "extraEnv": [{"name": "GATEWAY_AUTH_BYPASS", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}}]
    },
    "of-old": OLD_VALUES,
}


@pytest.mark.parametrize("key", ["", "true", "yes", SECOND_KEY.lower()])
@pytest.mark.parametrize("way", _WAYS)
def test_no_way_to_the_bypass_works_without_the_second_key(helm: Helm, way: str, key: str) -> None:
    with pytest.raises(
        HelmRefused, match=r"the auth bypass lets anybody in[.] Leave it out, or set allowAuthBypass to: "
    ):
        helm.render({**new(), **_WAYS[way], "allowAuthBypass": key})


@pytest.mark.parametrize("way", _WAYS)
def test_with_both_keys_the_notes_are_loud(helm: Helm, way: str) -> None:
    notes = helm.notes({**new(), **_WAYS[way], "allowAuthBypass": SECOND_KEY})
    assert "!!! AUTHENTICATION IS BYPASSED !!!" in notes


def test_the_second_key_alone_opens_nothing(helm: Helm) -> None:
    assert "BYPASSED" not in helm.notes(new(allowAuthBypass=SECOND_KEY))


def test_the_notes_say_what_is_missing_and_where_workers_answer(helm: Helm) -> None:
    notes = helm.notes(new())
    assert "http://gateway.gateway.svc.cluster.local" in notes
    assert "settings.GATEWAY_AUTH0_DOMAIN" in notes
    assert "open to whoever reaches the Service" in notes
    closed = helm.notes(
        new(
            settings={"GATEWAY_AUTH0_DOMAIN": "t.auth0.com"},
            internalService={"enabled": True},
            service={"port": 8090},
        )
    )
    assert "Nobody can log in" not in closed
    assert "open to whoever" not in closed
    assert "service.port is 8090, but the Service listens on 80" in closed


@pytest.mark.parametrize("name", PATTERNS)
def test_the_notes_of_every_pattern_are_written(helm: Helm, name: str) -> None:
    assert helm.notes(PATTERNS[name]).startswith("The gateway ")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"replicas": 3}, "replicas"),
        ({"env": {"natsURL": "nats://a"}}, "natsURL"),
        ({"settings": {"GATEWAY_AUTH0_DOMIAN": "x"}}, "GATEWAY_AUTH0_DOMIAN"),
        ({"ingress": {"tls": {"secret": "x"}}}, "secret"),
        ({"service": {"type": "Loadbalancer"}}, "service.type"),
        ({"image": {"repository": "x", "pullPolicy": "Sometimes"}}, "image.pullPolicy"),
        ({"env": {"routerPort": "http"}}, "env.routerPort"),
        ({"replicaCount": "two"}, "replicaCount"),
    ],
)
def test_misspelt_values_are_refused_by_name(helm: Helm, values: Values, message: str) -> None:
    with pytest.raises(HelmRefused, match=message):
        helm.render({**new(), **values})


def test_an_image_has_to_be_named(helm: Helm) -> None:
    with pytest.raises(HelmRefused, match=r"image[.]repository is required"):
        helm.render({})
