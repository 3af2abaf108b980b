"""Each service may do in Kubernetes what its code does, and nothing else."""

import pytest
import yaml

from services.planner.settings import ReferenceSettings
from services.watcher.core.kinds import RESOURCES
from tests.unit.deploy.chart import Rule, block, granted, permissions, template


def group_of(api_version: str) -> str:
    return api_version.rpartition("/")[0]


def test_the_watcher_lists_and_watches_the_kinds_that_it_streams() -> None:
    expected = {
        (group_of(resource.api_version), resource.plural, verb)
        for resource in RESOURCES.values()
        for verb in ("list", "watch")
        if not resource.own
    }
    assert permissions("elbow.rules.watcher") == expected


def test_records_are_read_and_written_in_the_releases_own_namespace_only() -> None:
    own = {(group_of(r.api_version), r.plural) for r in RESOURCES.values() if r.own}
    assert permissions("elbow.rules.watcherRecords") == {(*what, verb) for what in own for verb in ("list", "watch")}
    assert permissions("elbow.rules.executorRecords") == {
        (*what, verb) for what in own for verb in ("get", "create", "patch", "delete")
    }
    for component, rules in (("watcher", "watcherRecords"), ("executor", "executorRecords")):
        before, _, after = template(f"{component}.yaml").partition(f'include "elbow.rules.{rules}"')
        assert after
        assert 'include "elbow.role"' in before.rpartition("---")[2] + after


def test_secrets_are_a_rule_of_their_own_that_stands_behind_its_value() -> None:
    assert permissions("elbow.rules.watcherSecrets") == {("", "secrets", "list"), ("", "secrets", "watch")}
    assert permissions("elbow.rules.executorSecrets") == {("", "secrets", "get")}
    for component in ("watcher", "executor"):
        before, _, _ = template(f"{component}.yaml").partition(f'include "elbow.rules.{component}Secrets"')
        assert before.count("{{- if .Values.clusterSecretsPermissions.allowAllSecrets }}") == 1


EXECUTOR: set[Rule] = {
    # finalizers are a merge patch of the object, the hostname one of its status
    ("networking.k8s.io", "ingresses", "patch"),
    ("networking.k8s.io", "ingresses/status", "patch"),
    ("", "services", "patch"),
    ("", "services/status", "patch"),
    # made, changed and deleted by plans; read before targets are moved
    ("elbv2.k8s.aws", "targetgroupbindings", "create"),
    ("elbv2.k8s.aws", "targetgroupbindings", "patch"),
    ("elbv2.k8s.aws", "targetgroupbindings", "delete"),
    ("elbv2.k8s.aws", "targetgroupbindings", "get"),
    ("elbv2.k8s.aws", "targetgroupbindings/status", "patch"),
    # readiness gates
    ("", "pods", "get"),
    ("", "pods/status", "patch"),
    # what bindings of shared target groups have registered
    ("", "configmaps", "get"),
    ("", "configmaps", "create"),
    ("", "configmaps", "patch"),
    ("", "configmaps", "delete"),
    # what users are told
    ("", "events", "create"),
}


def test_the_executor_writes_what_plans_and_the_tracker_write() -> None:
    assert permissions("elbow.rules.executor") == EXECUTOR


def test_the_executor_reads_one_lease() -> None:
    [lease] = lease_rules("executor.yaml", "elbow.rules.executorLease")
    assert lease == {
        "apiGroups": ["coordination.k8s.io"],
        "resources": ["leases"],
        "resourceNames": ["the-lease"],
        "verbs": ["get"],
    }


def test_the_planner_writes_its_own_lease_and_nothing_else() -> None:
    create, own = lease_rules("planner.yaml", "elbow.rules.planner")
    # A name cannot bind a create: the object has none yet (Using RBAC Authorization, "Referring to resources").
    assert granted([create]) == {("coordination.k8s.io", "leases", "create")}
    assert own["resourceNames"] == ["the-lease"]
    assert granted([own]) == {("coordination.k8s.io", "leases", verb) for verb in ("get", "update")}


def test_the_planner_may_see_whether_the_reference_controller_runs() -> None:
    [lease] = lease_rules("planner.yaml", "elbow.rules.plannerReference")
    assert lease == {
        "apiGroups": ["coordination.k8s.io"],
        "resources": ["leases"],
        "resourceNames": [ReferenceSettings().lease],
        "verbs": ["get"],
    }


def lease_rules(file: str, name: str) -> list[dict[str, list[str]]]:
    text = block(template(file), name).replace('{{ include "elbow.leaseName" . }}', "the-lease")
    found: list[dict[str, list[str]]] = yaml.safe_load(text)
    return found


@pytest.mark.parametrize("file", ["watcher.yaml", "planner.yaml", "executor.yaml"])
def test_rbac_can_be_left_out(file: str) -> None:
    before, _, _ = template(file).partition('include "elbow.clusterRole"')
    assert "{{- if .Values.rbac.create }}" in before


def test_no_rule_has_a_wildcard() -> None:
    rules = template("_rules.tpl") + template("planner.yaml") + template("executor.yaml")
    assert '"*"' not in rules
    assert "['*']" not in rules
