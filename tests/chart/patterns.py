"""Values as people have them: of the older chart, of the stack playbook, of the reference, and each switch."""

from copy import deepcopy

from tests.chart.helm import Values

IMAGE = "us-central1-docker.pkg.dev/demo/noetl/noetl-gateway"
SECOND_KEY = "I know that anybody can get in"

OLD_VALUES: Values = {
    "namespace": "gateway",
    "image": {"repository": IMAGE, "tag": "latest", "pullPolicy": "Always"},
    "service": {
        "type": "LoadBalancer",
        "port": 8090,
        "targetPort": None,
        "nodePort": None,
        "loadBalancerIP": "203.0.113.10",
    },
    "ingress": {
        "enabled": False,
        "className": "gce",
        "annotations": {},
        "host": "gateway.example.com",
        "tls": {"enabled": True, "secretName": ""},
        "managedCertificate": {"enabled": True, "name": "gateway-managed-cert"},
    },
    "env": {
        "routerPort": "8090",
        "noetlBaseUrl": "http://noetl.noetl.svc.cluster.local:8082",
        "rustLog": "info,gateway=debug",
        "corsAllowedOrigins": "http://localhost:8080,http://localhost:8090,http://localhost:3000,https://app.example.com",
        "natsUrl": "nats://noetl:noetl@nats.nats.svc.cluster.local:4222",
        "natsUpdatesSubjectPrefix": "playbooks.executions.",
        "publicUrl": "",
        "authBypass": "true",
    },
    "resources": {
        "requests": {"cpu": "100m", "memory": "128Mi"},
        "limits": {"cpu": "500m", "memory": "512Mi"},
    },
}
"""Every key that the older chart had, with its defaults there."""


def old(**sections: Values) -> Values:
    """The older chart's values without the bypass, each section updated."""
    values = deepcopy(OLD_VALUES)
    for name, more in {"env": {"authBypass": "false"}, **sections}.items():
        section = values.setdefault(name, {})
        assert isinstance(section, dict)
        assert isinstance(more, dict)
        section.update(more)
    return values


def new(**more: object) -> Values:
    return {"image": {"repository": IMAGE}, **more}


STACK_FLAGS = (
    *("--set", f"image.repository={IMAGE}"),
    *("--set", "image.tag=latest"),
    *("--set", "image.pullPolicy=IfNotPresent"),
    *("--set", "service.type=LoadBalancer"),
    *("--set", "service.port=80"),
    *("--set-string", "env.noetlBaseUrl=http://noetl.noetl.svc.cluster.local:8082"),
    *("--set-string", "env.rustLog=info\\,gateway=debug"),
    *("--set", "ingress.enabled=false"),
)
"""What the stack playbook's gateway step gives."""

_DEV_RESOURCES = {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"cpu": "500m", "memory": "512Mi"}}
_PROD_RESOURCES = {"requests": {"cpu": "200m", "memory": "256Mi"}, "limits": {"cpu": "1", "memory": "1Gi"}}
_TLS = {"enabled": True, "secretName": "gateway-tls"}

PATTERNS: dict[str, Values] = {
    "defaults": new(),
    "old-values": old(),
    "old-dev": {**old(service={"type": "NodePort", "nodePort": 30090}), "resources": _DEV_RESOURCES},
    "old-load-balancer": {
        **old(service={"loadBalancerIP": "203.0.113.11", "port": 80}),
        "resources": _PROD_RESOURCES,
    },
    "old-ingress": old(
        service={"type": "ClusterIP", "loadBalancerIP": None, "port": 80},
        ingress={"enabled": True, "host": "gateway.example.com"},
        env={"authBypass": "false", "publicUrl": "https://gateway.example.com"},
    ),
    "old-numbers": old(env={"authBypass": False, "routerPort": 8090}, service={"targetPort": 8090}),
    "one-replica": new(replicaCount=1, podDisruptionBudget={"enabled": False}, topologySpread={"enabled": False}),
    "internal-service": new(internalService={"enabled": True, "port": 9000}),
    "secrets-existing": new(nats={"existingSecret": "nats-login"}, tokens={"existingSecret": "gateway-login"}),
    "secrets-created": new(
        nats={"username": "noetl", "password": "p#w: '1"},
        tokens={"internalToken": "worker-token-16-characters", "noetlInternalApiToken": "api"},
    ),
    "network-policy": new(
        internalService={"enabled": True},
        networkPolicy={
            "enabled": True,
            "from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}],
            "internalFrom": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "noetl"}}}],
            "egress": [{"ports": [{"port": 4317, "protocol": "TCP"}]}],
        },
    ),
    "autoscaling": new(autoscaling={"enabled": True, "minReplicas": 3, "maxReplicas": 20}),
    "service-monitor": new(serviceMonitor={"enabled": True, "labels": {"release": "prometheus"}}),
    "service-monitor-internal": new(serviceMonitor={"enabled": True}, internalService={"enabled": True}),
    "settings-file": new(config={"noetl": {"shards": []}, "limits": {"graphql_depth": 9}}),
    "nginx": new(
        service={"type": "ClusterIP"},
        ingress={
            "enabled": True,
            "className": "nginx",
            "host": "gateway.example.com",
            "annotations": {"cert-manager.io/cluster-issuer": "letsencrypt"},
            "managedCertificate": {"enabled": False},
            "tls": _TLS,
        },
    ),
    "gce-without-extras": new(
        ingress={"enabled": True, "managedCertificate": {"enabled": False}, "tls": _TLS},
        backendConfig={"enabled": False},
    ),
    "bypass": new(env={"authBypass": "true"}, allowAuthBypass=SECOND_KEY),
    "scheduling": new(
        nodeSelector={"pool": "edge"},
        tolerations=[{"key": "edge", "operator": "Exists"}],
        affinity={"nodeAffinity": {}},
        podLabels={"team": "data"},
        podAnnotations={"note": "x"},
        image={"repository": IMAGE, "pullSecrets": ["registry"]},
        serviceAccount={"create": True, "name": "edge", "annotations": {"iam.gke.io/gcp-service-account": "a@b"}},
        service={"annotations": {"a": "b"}, "loadBalancerSourceRanges": ["192.0.2.0/24"]},
        extraEnv=[{"name": "SSL_CERT_DIR", "value": "/certs"}],
        settings={"GATEWAY_AUTH0_DOMAIN": "t.us.auth0.com", "GATEWAY_WORKERS": 2, "GATEWAY_UI": True},
    ),
    "own-service-account": new(serviceAccount={"create": False, "name": "given"}),
}
