"""Settings of a service process: flags before environment variables before defaults.

Every service derives its settings from `ServerSettings`. A field `drift_share` is `--drift-share` and
`ELBOW_DRIFT_SHARE`; a field `rate_scale` of a group `aws` is `--aws-rate-scale` and `ELBOW_AWS_RATE_SCALE`; a
top-level field with `validation_alias="aws_region"` is `--aws-region` and `AWS_REGION`. A field's docstring is its
line in `--help`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.runtime.logs import Level


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


class SettingsGroup(BaseModel):
    """Base of settings that belong together. A group's field has a name of one word, the first part of its flags."""

    # The environment is shared between services, so a variable of another service's group of this name is no mistake.
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True, extra="ignore")


class TlsSettings(SettingsGroup):
    """Mutual TLS by files, all three or none: who has them serves, and connects, with client certificates only."""

    cert: Path | None = None
    """PEM file with this process's certificate chain, shown to callers and to the services it calls."""

    key: Path | None = None
    """PEM file with the private key of the certificate, without a passphrase."""

    ca: Path | None = None
    """PEM file with the authority that signs every peer's certificate."""


class ServerSettings(BaseSettings):
    """What every service process takes."""

    model_config = SettingsConfigDict(
        env_prefix="ELBOW_",
        env_nested_delimiter="_",
        env_nested_max_split=1,
        frozen=True,
        use_attribute_docstrings=True,
        extra="forbid",
        cli_kebab_case=True,
        cli_implicit_flags=True,
        cli_avoid_json=True,
        cli_hide_none_type=True,
        cli_show_env_vars=True,
        cli_use_class_docs_for_groups=True,
    )

    other_names: ClassVar[Mapping[str, str]] = {}
    """Flags that are taken for another: the reference controller's names for the same thing."""

    listen: str = "127.0.0.1:0"
    """Address to serve on, host:port; port 0 takes a free one, which the ready file then names."""

    tls: TlsSettings = TlsSettings()

    insecure_listen: bool = False
    """Serve without TLS on an address that other machines reach: whoever reaches it can then give orders."""

    shutdown_grace_seconds: float = Field(default=10.0, ge=0, le=300)
    """Seconds that calls in flight get to end after SIGTERM: what one AWS call may take, below Kubernetes' 30."""

    log_level: Annotated[Level, BeforeValidator(_lower)] = "info"
    """Least severe log line that is written: debug, info, warning or error."""

    ready_file: Path | None = None
    """File that appears, whole, once the process serves: JSON with its address and pid. Read by whoever started it."""
