"""What can be said of the chart without helm: its values, its schema, its flags, its CRDs."""

import copy
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from jsonschema import Draft7Validator  # type: ignore[import-untyped]
from pydantic_settings import CliSettingsSource

from services.executor.settings import ExecutorSettings
from services.planner.settings import PlannerSettings
from services.runtime import service, telemetry
from services.runtime.settings import ServerSettings
from services.watcher.settings import WatcherSettings
from tests.unit.deploy.chart import CHART, REQUIRED, ROOT, SERVICES, block, template, values

SETTINGS: Mapping[str, type[ServerSettings]] = {
    "watcher": WatcherSettings,
    "planner": PlannerSettings,
    "executor": ExecutorSettings,
}


@pytest.fixture(scope="module")
def validator() -> Draft7Validator:
    schema = json.loads((CHART / "values.schema.json").read_text())
    Draft7Validator.check_schema(schema)
    return Draft7Validator(schema)


def merged(change: Mapping[str, Any]) -> dict[str, Any]:
    """The chart's defaults with a change on top, as Helm merges values."""

    def merge(under: dict[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
        for key, value in over.items():
            if isinstance(value, Mapping) and isinstance(under.get(key), dict):
                merge(under[key], value)
            else:
                under[key] = copy.deepcopy(value)
        return under

    return merge(values(), change)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({}, id="the defaults"),
        pytest.param(REQUIRED, id="what an installer has to say"),
        pytest.param(
            {"image": {"repository": "registry.example:5000/team/elbow", "tag": "0.1.0-rc.1"}}, id="a registry's port"
        ),
        pytest.param({"region": "us-gov-west-1"}, id="a region of GovCloud"),
        pytest.param(
            {"tls": {"source": "existing", "existingSecrets": {"watcher": "a", "planner": "b", "executor": "c"}}},
            id="three existing Secrets",
        ),
        pytest.param({"global": {"anything": True}}, id="a parent chart's globals"),
        pytest.param({"executor": {"extraArgs": ["--aws-rate-scale=2"]}}, id="a further flag"),
        pytest.param({"defaultTags": {"team": "web"}, "enableShield": False, "defaultTargetType": "ip"}, id="defaults"),
        pytest.param({"controllerConfig": {"featureGates": {"EnableRGTAPI": True}}}, id="a feature gate"),
    ],
)
def test_good_values_pass_the_schema(change: Mapping[str, Any], validator: Draft7Validator) -> None:
    assert [error.message for error in validator.iter_errors(merged(change))] == []


@pytest.mark.parametrize(
    ("change", "place"),
    [
        pytest.param({"clustername": "shop"}, "", id="a misspelt value"),
        pytest.param({"watcher": {"replicas": 2}}, "watcher", id="a misspelt value of a service"),
        pytest.param({"watcher": {"replicaCount": "two"}}, "watcher.replicaCount", id="a count in words"),
        pytest.param({"clusterName": "shop: true"}, "clusterName", id="a cluster name that YAML would read otherwise"),
        pytest.param({"region": "Ireland"}, "region", id="a region by its place"),
        pytest.param({"vpcId": "subnet-1"}, "vpcId", id="a subnet for a VPC"),
        pytest.param({"logLevel": "verbose"}, "logLevel", id="a log level that no service knows"),
        pytest.param({"tls": {"source": "none"}}, "tls.source", id="no TLS"),
        pytest.param(
            {"tls": {"source": "existing"}}, "tls.existingSecrets.watcher", id="existing Secrets without names"
        ),
        pytest.param({"port": 443}, "port", id="a port for root"),
        pytest.param({"defaultTargetType": "pod"}, "defaultTargetType", id="a target type that there is not"),
        pytest.param({"enableShield": "no"}, "enableShield", id="a truth value in words"),
        pytest.param({"backendSecurityGroup": "default"}, "backendSecurityGroup", id="a group by its name"),
        pytest.param({"env": {"OTEL_BSP_MAX_QUEUE_SIZE": 100}}, "env.OTEL_BSP_MAX_QUEUE_SIZE", id="a number in env"),
        pytest.param({"planner": {"extraArgs": ["workers=4"]}}, "planner.extraArgs.0", id="a flag without dashes"),
        pytest.param({"image": {"repository": "elbow:latest"}}, "image.repository", id="a tag in the repository"),
    ],
)
def test_bad_values_are_named(change: Mapping[str, Any], place: str, validator: Draft7Validator) -> None:
    assert place in {".".join(map(str, error.absolute_path)) for error in validator.iter_errors(merged(change))}


def test_the_schema_knows_every_value_and_values_yaml_has_every_one_it_knows() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())
    service_properties = schema["definitions"]["service"]["properties"]
    defaults = values()
    assert set(schema["properties"]) - {"global"} == set(defaults)
    # Helm takes a value without a default for one that is not there.
    assert set(schema["required"]) == {name for name, value in defaults.items() if value is not None}
    for name in SERVICES:
        assert set(defaults[name]) == set(service_properties)


def test_every_value_that_a_template_reads_exists() -> None:
    texts = "".join(file.read_text() for file in (CHART / "templates").iterdir())
    read = set(re.findall(r"\.Values\.([A-Za-z.]+)", texts))
    defaults = values()
    missing = []
    for path in read:
        found: Any = defaults
        for part in path.strip(".").split("."):
            if not isinstance(found, dict) or part not in found:
                missing.append(path)
                break
            found = found[part]
    assert missing == []


def flags_of(settings: type[ServerSettings]) -> set[str]:
    flags: set[str] = set()

    def add(_: object, *names: str, **__: object) -> None:
        flags.update(name.replace(".", "-") for name in names)

    CliSettingsSource[Any](settings, add_argument_method=add)
    return flags


def variables_of(settings: type[ServerSettings]) -> set[str]:
    """Variables of single settings, and of those in groups, which are named like their flags."""
    names = CliSettingsSource[Any](settings).env_var_names
    single = {variable.upper() for variables in names.values() for variable in variables}
    return single | {"ELBOW_" + flag.strip("-").replace("-", "_").upper() for flag in flags_of(settings)}


def flags_in(*texts: str) -> Sequence[str]:
    return [flag for text in texts for flag in re.findall(r"^\s*- (--[a-z-]+)=", text, re.MULTILINE)]


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        pytest.param("watcher", [block(template("watcher.yaml"), "elbow.args.watcher")], id="watcher"),
        pytest.param(
            "planner",
            [
                block(template("planner.yaml"), "elbow.args.planner"),
                re.sub(r'"(\w+)" "([a-z-]+)"', r"\n- --\2=\n", block(template("_planning.tpl"), "elbow.planningArgs")),
                block(template("_names.tpl"), "elbow.clusterArgs"),
                block(template("_names.tpl"), "elbow.leaseArgs"),
            ],
            id="planner",
        ),
        pytest.param(
            "executor",
            [block(template("_names.tpl"), "elbow.clusterArgs"), block(template("_names.tpl"), "elbow.leaseArgs")],
            id="executor",
        ),
    ],
)
def test_every_flag_is_one_that_the_service_takes(name: str, texts: Sequence[str]) -> None:
    of_all = flags_in(template("_workload.tpl"))
    assert len(of_all) == 2
    assert {*of_all, *flags_in(*texts)} - flags_of(SETTINGS[name]) == set()


@pytest.mark.parametrize("name", SERVICES)
def test_every_variable_is_one_that_the_service_reads(name: str) -> None:
    written = set(re.findall(r"- name: (ELBOW_[A-Z_]+)", template("_workload.tpl") + template(f"{name}.yaml")))
    assert len(written) >= 4
    assert written - variables_of(SETTINGS[name]) == set()


def test_the_chart_carries_the_crds_of_deploy_crds_and_no_copy() -> None:
    link = CHART / "crds"
    assert link.is_symlink()
    assert link.resolve() == ROOT / "deploy" / "crds"
    assert {file.name for file in link.iterdir()} == {"ingressclassparams.yaml", "targetgroupbindings.yaml"}


def test_a_pod_gets_the_time_that_its_process_takes_to_end() -> None:
    [expression] = re.findall(r"terminationGracePeriodSeconds: \{\{ (.*) \}\}", template("_workload.tpl"))
    assert expression == "add (mul 3 (add .root.Values.shutdownGraceSeconds 1)) 5"
    stages = 3  # end calls, cancel background, close
    grace = values()["shutdownGraceSeconds"]
    assert grace == ServerSettings.model_fields["shutdown_grace_seconds"].default
    assert stages * (grace + 1) + 5 == stages * (grace + service._MARGIN_SECONDS) + telemetry._FLUSH_SECONDS


def test_a_pod_runs_as_nobody_on_a_file_system_that_it_cannot_write() -> None:
    text = template("_workload.tpl")
    for line in (
        "runAsNonRoot: true",
        "readOnlyRootFilesystem: true",
        "allowPrivilegeEscalation: false",
        "drop: [ALL]",
        "enableServiceLinks: false",
    ):
        assert line in text


def test_chart_and_distribution_have_one_version() -> None:
    chart = (CHART / "Chart.yaml").read_text()
    [version] = re.findall(r'^version = "(.*)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert re.findall(r"^(?:appVersion|version): (.*)$", chart, re.MULTILINE) == [version, version]
