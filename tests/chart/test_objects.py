"""What the rendered objects say, pattern by pattern."""

import pytest
from tests.chart.helm import Helm, Object, Values, at, items_at, kinds, the
from tests.chart.patterns import PATTERNS, new

_POD = ("spec", "template", "spec")
_BOX = (*_POD, "containers", 0)


@pytest.fixture(params=PATTERNS)
def objects(helm: Helm, request: pytest.FixtureRequest) -> list[Object]:
    return helm.render(PATTERNS[request.param])


def port_named(deployment: Object, name: str) -> object:
    ports = at(deployment, *_BOX, "ports")
    assert isinstance(ports, list)
    return {port["name"]: port["containerPort"] for port in ports}.get(name)


def test_the_service_listens_on_80_whatever_the_values_say(objects: list[Object]) -> None:
    service = the(objects, "Service")
    assert at(service, "spec", "ports", 0, "port") == 80
    assert at(service, "spec", "ports", 0, "targetPort") == "http"
    assert at(service, "spec", "selector") == {"app": "gateway"}
    assert isinstance(port_named(the(objects, "Deployment"), "http"), int)


def test_all_objects_are_in_the_namespace_and_carry_the_old_label(objects: list[Object]) -> None:
    for item in objects:
        assert at(item, "metadata", "namespace") == "gateway"
        assert at(item, "metadata", "labels", "app") == "gateway"


def test_the_selectors_find_the_pods(objects: list[Object]) -> None:
    deployment = the(objects, "Deployment")
    labels = at(deployment, "spec", "template", "metadata", "labels")
    assert isinstance(labels, dict) and labels["app"] == "gateway"
    assert at(deployment, "spec", "selector", "matchLabels") == {"app": "gateway"}


def test_ready_and_alive_are_asked_apart(objects: list[Object]) -> None:
    deployment = the(objects, "Deployment")
    assert at(deployment, *_BOX, "readinessProbe", "httpGet") == {"path": "/ready", "port": "http"}
    assert at(deployment, *_BOX, "livenessProbe", "httpGet") == {"path": "/health", "port": "http"}


def test_a_pod_may_end_in_its_own_time(objects: list[Object]) -> None:
    deployment = the(objects, "Deployment")
    environment = at(deployment, *_BOX, "env")
    assert isinstance(environment, list)
    drain = next(int(item["value"]) for item in environment if item["name"] == "GATEWAY_DRAIN_SECS")
    command = at(deployment, *_BOX, "lifecycle", "preStop", "exec", "command")
    assert isinstance(command, list) and command[:2] == ["noetl-gateway", "pause"]
    grace = at(deployment, *_POD, "terminationGracePeriodSeconds")
    assert isinstance(grace, int) and grace > drain + int(command[2])


def test_the_container_can_do_little(objects: list[Object]) -> None:
    deployment = the(objects, "Deployment")
    pod = at(deployment, *_POD, "securityContext")
    assert isinstance(pod, dict)
    assert (pod["runAsNonRoot"], pod["runAsUser"], pod["runAsGroup"]) == (True, 10001, 10001)
    assert pod["seccompProfile"] == {"type": "RuntimeDefault"}
    assert at(deployment, *_BOX, "securityContext") == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert at(deployment, *_POD, "automountServiceAccountToken") is False
    assert {"name": "tmp", "emptyDir": {}} in items_at(deployment, *_POD, "volumes")


def test_no_variable_is_said_twice(objects: list[Object]) -> None:
    environment = at(the(objects, "Deployment"), *_BOX, "env")
    assert isinstance(environment, list)
    names = [item["name"] for item in environment]
    assert sorted(names) == sorted(set(names))


def test_the_plain_chart_makes_what_the_old_one_made_and_little_else(helm: Helm) -> None:
    assert kinds(helm.render(new())) == ["Deployment", "PodDisruptionBudget", "Service", "ServiceAccount"]


def test_the_internal_service_has_a_port_of_its_own(helm: Helm) -> None:
    objects = helm.render(PATTERNS["internal-service"])
    internal = the(objects, "Service", "gateway-internal")
    assert at(internal, "spec", "type") == "ClusterIP"
    assert at(internal, "spec", "ports", 0, "port") == 80
    assert at(internal, "spec", "ports", 0, "targetPort") == "internal"
    assert port_named(the(objects, "Deployment"), "internal") == 9000


@pytest.mark.parametrize(
    ("pattern", "nats", "tokens", "made"),
    [
        ("secrets-existing", "nats-login", "gateway-login", 0),
        ("secrets-created", "gateway-nats", "gateway-tokens", 2),
    ],
)
def test_secrets_are_referred_to_and_never_in_the_pod(
    helm: Helm, pattern: str, nats: str, tokens: str, made: int
) -> None:
    objects = helm.render(PATTERNS[pattern])
    environment = at(the(objects, "Deployment"), *_BOX, "env")
    assert isinstance(environment, list)
    referred = {
        item["name"]: item["valueFrom"]["secretKeyRef"]["name"] for item in environment if "valueFrom" in item
    }
    assert referred == {
        "NATS_USERNAME": nats,
        "NATS_PASSWORD": nats,
        "GATEWAY_INTERNAL_TOKEN": tokens,
        "NOETL_INTERNAL_API_TOKEN": tokens,
    }
    assert kinds(objects).count("Secret") == made


def test_a_changed_secret_starts_new_pods(helm: Helm) -> None:
    def checksum(password: str) -> object:
        deployment = the(helm.render(new(nats={"username": "u", "password": password})), "Deployment")
        return at(deployment, "spec", "template", "metadata", "annotations", "checksum/secrets")

    assert checksum("one") != checksum("two")


def test_the_network_policy_names_who_may_come_and_where_the_gateway_goes(helm: Helm) -> None:
    policy = the(helm.render(PATTERNS["network-policy"]), "NetworkPolicy")
    assert at(policy, "spec", "ingress", 0, "from") == [{"ipBlock": {"cidr": "10.0.0.0/8"}}]
    assert at(policy, "spec", "ingress", 1, "ports") == [{"port": "internal"}]
    egress = at(policy, "spec", "egress")
    assert isinstance(egress, list)
    assert {port["port"] for rule in egress for port in rule["ports"]} == {53, 4222, 8082, 443, 4317}


def test_autoscaling_takes_the_replicas_over(helm: Helm) -> None:
    objects = helm.render(PATTERNS["autoscaling"])
    assert at(the(objects, "Deployment"), "spec", "replicas") is None
    scaler = the(objects, "HorizontalPodAutoscaler")
    assert (at(scaler, "spec", "minReplicas"), at(scaler, "spec", "maxReplicas")) == (3, 20)
    assert at(scaler, "spec", "scaleTargetRef", "name") == "gateway"


def test_a_disruption_leaves_a_replica(helm: Helm) -> None:
    budget = the(helm.render(new()), "PodDisruptionBudget")
    assert at(budget, "spec", "minAvailable") == 1
    assert at(budget, "spec", "selector", "matchLabels") == {"app": "gateway"}


@pytest.mark.parametrize(("pattern", "port"), [("service-monitor", "http"), ("service-monitor-internal", "internal")])
def test_prometheus_scrapes_the_port_that_has_the_metrics_and_that_once(helm: Helm, pattern: str, port: str) -> None:
    objects = helm.render(PATTERNS[pattern])
    monitor = the(objects, "ServiceMonitor")
    assert monitor["apiVersion"] == "monitoring.coreos.com/v1"
    assert at(monitor, "spec", "endpoints") == [{"port": port, "path": "/metrics", "interval": "30s"}]
    wanted = at(monitor, "spec", "selector", "matchLabels")
    assert isinstance(wanted, dict)
    found = [
        item
        for item in objects
        if item["kind"] == "Service" and wanted.items() <= dict(at(item, "metadata", "labels")).items()  # type: ignore[call-overload]
    ]
    assert [at(item, "spec", "ports", 0, "name") for item in found] == [port]


def test_google_load_balancers_let_streams_live_and_pods_leave(helm: Helm) -> None:
    objects = helm.render(PATTERNS["old-ingress"])
    backend = the(objects, "BackendConfig")
    assert backend["apiVersion"] == "cloud.google.com/v1"
    assert at(backend, "spec", "timeoutSec") == 3600
    assert at(backend, "spec", "connectionDraining") == {"drainingTimeoutSec": 60}
    assert at(backend, "spec", "healthCheck", "requestPath") == "/ready"
    assert at(backend, "spec", "healthCheck", "port") == port_named(the(objects, "Deployment"), "http")
    annotations = at(the(objects, "Service"), "metadata", "annotations")
    assert annotations == {
        "cloud.google.com/backend-config": '{"default": "gateway"}',
        "cloud.google.com/neg": '{"ingress": true}',
    }
    certificate = the(objects, "ManagedCertificate", "gateway-managed-cert")
    assert certificate["apiVersion"] == "networking.gke.io/v1"
    assert at(certificate, "spec") == {"domains": ["gateway.example.com"]}
    annotations = at(the(objects, "Ingress"), "metadata", "annotations")
    assert isinstance(annotations, dict)
    assert annotations["networking.gke.io/managed-certificates"] == "gateway-managed-cert"


def test_an_ingress_points_at_the_port_that_the_service_has(helm: Helm) -> None:
    for pattern in ("old-ingress", "nginx", "gce-without-extras"):
        ingress = the(helm.render(PATTERNS[pattern]), "Ingress")
        rule = at(ingress, "spec", "rules", 0)
        assert at(rule, "http", "paths", 0, "backend", "service") == {"name": "gateway", "port": {"number": 80}}


def test_nginx_neither_buffers_nor_cuts_streams(helm: Helm) -> None:
    objects = helm.render(PATTERNS["nginx"])
    ingress = the(objects, "Ingress")
    annotations = at(ingress, "metadata", "annotations")
    assert isinstance(annotations, dict)
    assert annotations["nginx.ingress.kubernetes.io/proxy-buffering"] == "off"
    assert annotations["cert-manager.io/cluster-issuer"] == "letsencrypt"
    assert at(ingress, "spec", "ingressClassName") == "nginx"
    assert at(ingress, "spec", "tls") == [{"hosts": ["gateway.example.com"], "secretName": "gateway-tls"}]
    assert {"BackendConfig", "ManagedCertificate"}.isdisjoint(kinds(objects))


def test_an_empty_tls_secret_is_not_rendered(helm: Helm) -> None:
    assert at(the(helm.render(PATTERNS["old-ingress"]), "Ingress"), "spec", "tls") is None


@pytest.mark.parametrize(("service", "expected"), [({"type": "NodePort", "nodePort": 30090}, 30090), ({}, None)])
def test_a_node_port_is_kept(helm: Helm, service: Values, expected: int | None) -> None:
    ports = at(the(helm.render(new(service=service)), "Service"), "spec", "ports", 0)
    assert at(ports, "nodePort") == expected


def test_the_reserved_address_is_kept(helm: Helm) -> None:
    service = the(helm.render(PATTERNS["old-load-balancer"]), "Service")
    assert at(service, "spec", "loadBalancerIP") == "203.0.113.11"


def test_the_container_listens_where_the_values_say(helm: Helm) -> None:
    for more in ({"env": {"routerPort": 9999}}, {"service": {"targetPort": 9999}}):
        deployment = the(helm.render(new(**more)), "Deployment")
        assert port_named(deployment, "http") == 9999
        assert {"name": "ROUTER_PORT", "value": "9999"} in items_at(deployment, *_BOX, "env")
