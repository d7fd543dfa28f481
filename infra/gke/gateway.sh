#!/usr/bin/env bash
# The steps of deploy_gateway.yaml. `begin` reads the values, checks them and keeps them for the steps that follow.
set -euo pipefail
cd "$(dirname "$0")/../.."
run_directory=${GATEWAY_RUN_DIRECTORY:-infra/gke/.run}
values=$run_directory/values
# A file of its own: the operator's current context stays what it is.
export KUBECONFIG=$run_directory/kubeconfig
release=noetl-gateway
names="action project_id region cluster_name repository_id namespace create_artifact_registry build_gateway
  deploy_gateway gateway_public gateway_image_tag static_address address_name release_address noetl_url auth0_domain
  auth0_client_id nats_secret values_file dry_run log"

say() {
  printf '%s\n' "$*" >>"$log"
  printf '%s\n' "$*"
  { printf '%s\n' "$*" >/dev/tty; } 2>/dev/null || true
}

fail() {
  say "ERROR: $*"
  exit 1
}

shown() { printf '%q ' "$@" | sed 's/ $//'; }

run() {
  say "+ $(shown "$@")"
  if [ "$dry_run" = true ]; then return 0; fi
  # Line by line: a build takes minutes. The status is the command's, by pipefail.
  "$@" 2>&1 | while IFS= read -r line; do say "$line"; done
}

ask() {
  # The answer of a command; in a dry run it is printed, on the side, and answers nothing.
  if [ "$dry_run" = true ]; then
    say "+ $(shown "$@")" >/dev/null
    return 0
  fi
  "$@" 2>/dev/null
}

pattern_of() {
  case $1 in
    action) echo 'deploy|status|destroy' ;;
    create_artifact_registry | build_gateway | deploy_gateway | gateway_public | static_address | release_address | dry_run)
      echo 'true|false' ;;
    project_id) echo '[a-z][a-z0-9.:-]{4,61}[a-z0-9]' ;;
    region | cluster_name | repository_id | namespace | address_name) echo '[a-z]([a-z0-9-]{0,61}[a-z0-9])?' ;;
    gateway_image_tag) echo '[A-Za-z0-9_][A-Za-z0-9._-]{0,127}' ;;
    noetl_url) echo 'https?://[A-Za-z0-9.:/_-]+' ;;
    auth0_domain) echo '|[A-Za-z0-9.-]+' ;;
    auth0_client_id | nats_secret) echo '|[A-Za-z0-9.-]+' ;;
    values_file) echo '|[A-Za-z0-9/._-]+' ;;
    log) echo '[A-Za-z0-9/._-]+' ;;
  esac
}

begin() {
  mkdir -p "$run_directory"
  chmod 700 "$run_directory"
  rm -f "$values"
  : >"$values.new"
  log=gateway-deploy.log
  local line name value pattern known=" $(echo $names) "
  while IFS= read -r line; do
    name=${line%%=*} value=${line#*=}
    [[ $known == *" $name "* ]] || fail "there is no value called $name"
    [ "$name$value" != project_id ] || fail "project_id is required: --set project_id=..."
    pattern="^($(pattern_of "$name"))$"
    [[ $value =~ $pattern ]] || fail "$name can not be '$value'"
    if [ "$name" = log ]; then log=$value && : >"$log"; fi
    printf '%s=%s\n' "$name" "$value" >>"$values.new"
  done
  mv "$values.new" "$values"
  restore
  say "$action of the gateway in $project_id, $region, cluster $cluster_name, namespace $namespace$(dry)"
}

dry() { if [ "$dry_run" = true ]; then echo " (dry run: nothing is done)"; fi; }

restore() {
  [ -f "$values" ] || { echo "begin comes first" >&2; exit 1; }
  local name
  for name in $names; do
    printf -v "$name" '%s' "$(sed -n "s/^$name=//p" "$values" | tail -n 1)"
  done
  image=$region-docker.pkg.dev/$project_id/$repository_id/noetl-gateway
}

registry() {
  [ "$build_gateway" = true ] && [ "$create_artifact_registry" = true ] || { say "registry: as it is"; return 0; }
  run gcloud services enable artifactregistry.googleapis.com cloudbuild.googleapis.com --project "$project_id"
  if [ "$dry_run" = true ] || ! ask gcloud artifacts repositories describe "$repository_id" \
    --location "$region" --project "$project_id" >/dev/null; then
    run gcloud artifacts repositories create "$repository_id" --repository-format docker \
      --location "$region" --project "$project_id" --description "NoETL container images"
  fi
}

build() {
  [ "$build_gateway" = true ] || { say "image: $image:$gateway_image_tag, not built"; return 0; }
  if [ "$gateway_image_tag" = latest ]; then
    gateway_image_tag=$(date -u +%Y%m%d%H%M%S)
    printf 'gateway_image_tag=%s\n' "$gateway_image_tag" >>"$values"
  fi
  run gcloud builds submit --config infra/gke/cloudbuild.yaml --project "$project_id" --region "$region" \
    --substitutions "_IMAGE=$image,_TAG=$gateway_image_tag" .
}

wants_address() { [ "$deploy_gateway" = true ] && [ "$gateway_public" = true ] && [ "$static_address" = true ]; }

reserved_address() {
  ask gcloud compute addresses describe "$address_name" --region "$region" --project "$project_id" --format 'value(address)'
}

address() {
  wants_address || { say "address: none is reserved"; return 0; }
  if [ "$dry_run" = true ] || ! reserved_address >/dev/null; then
    run gcloud compute addresses create "$address_name" --region "$region" --project "$project_id" --network-tier PREMIUM
  fi
}

credentials() {
  run gcloud container clusters get-credentials "$cluster_name" --region "$region" --project "$project_id"
}

install() {
  [ "$deploy_gateway" = true ] || { say "release: not deployed"; return 0; }
  credentials
  local pull=IfNotPresent type=ClusterIP given
  if [ "$gateway_image_tag" = latest ]; then pull=Always; fi
  if [ "$gateway_public" = true ]; then type=LoadBalancer; fi
  local flags=()
  if [ -n "$values_file" ]; then flags+=(--values "$values_file"); fi
  flags+=(--set "namespace=$namespace" --set "image.repository=$image" --set-string "image.tag=$gateway_image_tag"
    --set "image.pullPolicy=$pull" --set "service.type=$type" --set-string "env.noetlBaseUrl=$noetl_url"
    --set ingress.enabled=false)
  if wants_address; then
    given=$(reserved_address) || fail "$address_name can not be looked up"
    if [ "$dry_run" = true ]; then given=ADDRESS-OF-$address_name; fi
    [ -n "$given" ] || fail "$address_name has no address"
    flags+=(--set-string "service.loadBalancerIP=$given")
  fi
  if [ -n "$auth0_domain" ]; then flags+=(--set-string "settings.GATEWAY_AUTH0_DOMAIN=$auth0_domain"); fi
  if [ -n "$auth0_client_id" ]; then flags+=(--set-string "settings.GATEWAY_AUTH0_CLIENT_ID=$auth0_client_id"); fi
  if [ -n "$nats_secret" ]; then flags+=(--set-string "nats.existingSecret=$nats_secret"); fi
  run helm upgrade --install "$release" infra/helm/gateway --namespace "$namespace" --create-namespace "${flags[@]}"
}

await() {
  [ "$deploy_gateway" = true ] || return 0
  run kubectl --namespace "$namespace" rollout status deployment/gateway --timeout 180s
  [ "$gateway_public" = true ] || { say "inside the cluster: http://gateway.$namespace.svc.cluster.local"; return 0; }
  local field='jsonpath={.status.loadBalancer.ingress[0].ip}'
  run kubectl --namespace "$namespace" wait service/gateway --for "$field" --timeout 120s \
    || fail "the load balancer has no address yet: kubectl -n $namespace describe service gateway"
  run kubectl --namespace "$namespace" get service gateway --output "$field"
}

status() {
  credentials
  run helm status "$release" --namespace "$namespace"
  run kubectl --namespace "$namespace" get deployments,pods,services,ingresses --selector app=gateway --output wide
  run gcloud compute addresses describe "$address_name" --region "$region" --project "$project_id" || say "no reserved address"
}

destroy() {
  credentials
  run helm uninstall "$release" --namespace "$namespace" --ignore-not-found --wait
  if [ "$release_address" = true ]; then
    run gcloud compute addresses delete "$address_name" --region "$region" --project "$project_id" --quiet
  else
    say "the address $address_name stays reserved; release_address=true gives it back"
  fi
}

step=${1:?a step}
case $step in
  begin) begin ;;
  registry | build | address | install | await | status | destroy)
    restore
    "$step" ;;
  *) echo "there is no step $step" >&2; exit 2 ;;
esac
