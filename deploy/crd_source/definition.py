"""A CustomResourceDefinition around the schemas of its versions."""

from collections.abc import Mapping
from dataclasses import dataclass

from deploy.crd_source.schema import Json, Record, Schema, Text

GROUP = "elbv2.k8s.aws"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of `kubectl get`; one with a `priority` above 0 is shown by `-o wide` only."""

    name: str
    path: str
    type: str = "string"
    description: str = ""
    priority: int = 0

    def render(self) -> Json:
        """The column in the definition."""
        column: Json = {"name": self.name, "type": self.type}
        if self.description:
            column["description"] = self.description
        column["jsonPath"] = self.path
        if self.priority:
            column["priority"] = self.priority
        return column


AGE = Column(name="AGE", type="date", path=".metadata.creationTimestamp")


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A custom resource of our group. `versions`: all that are served, the stored one first; they differ in nothing but
    their name, so that no conversion is needed. `comment`: what the file says of itself.
    """

    kind: str
    plural: str
    namespaced: bool
    versions: tuple[str, ...]
    description: str
    columns: tuple[Column, ...]
    parts: Mapping[str, Schema]
    has_status: bool
    comment: str

    def render(self) -> Json:
        """The definition as an object of apiextensions.k8s.io/v1."""
        return {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": f"{self.plural}.{GROUP}"},
            "spec": {
                "group": GROUP,
                "scope": "Namespaced" if self.namespaced else "Cluster",
                "names": {
                    "kind": self.kind,
                    "listKind": f"{self.kind}List",
                    "plural": self.plural,
                    "singular": self.kind.lower(),
                },
                "versions": [self._version(name, stored=name == self.versions[0]) for name in self.versions],
            },
        }

    def _version(self, name: str, *, stored: bool) -> Json:
        root = Record(
            description=self.description,
            fields={"apiVersion": Text(), "kind": Text(), "metadata": Record(fields={}), **self.parts},
        ).render()
        root["properties"]["metadata"] = {"type": "object"}
        return {
            "name": name,
            "served": True,
            "storage": stored,
            **({"subresources": {"status": {}}} if self.has_status else {}),
            "additionalPrinterColumns": [column.render() for column in self.columns],
            "schema": {"openAPIV3Schema": root},
        }
