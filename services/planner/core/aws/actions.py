"""Actions and conditions of rules and listeners."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetGroupWeight:
    """One entry of a forward action; `weight` None: not given (one group alone needs none)."""

    target_group: str
    weight: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forward:
    """A forward action. `target_group` of an entry is an ARN here, a resource id in a desired rule."""

    groups: tuple[TargetGroupWeight, ...]
    sticky: bool | None = None
    sticky_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedResponse:
    """A fixed response; `body` None: none."""

    status_code: str
    content_type: str | None = None
    body: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """A redirect; None fields keep the request's own part, and so do those that say it (`#{host}`)."""

    status_code: str
    protocol: str | None = None
    host: str | None = None
    port: str | None = None
    path: str | None = None
    query: str | None = None

    @property
    def plain(self) -> "Redirect":
        """The same with None for every part that is the request's own, which AWS writes out."""
        return Redirect(
            status_code=self.status_code,
            protocol=_unless(self.protocol, "#{protocol}"),
            host=_unless(self.host, "#{host}"),
            port=_unless(self.port, "#{port}"),
            path=_unless(self.path, "/#{path}"),
            query=_unless(self.query, "#{query}"),
        )


def _unless(value: str | None, own: str) -> str | None:
    return None if value == own else value


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSecret:
    """Where a client's secret stands: `<namespace>/<name>#<key>`, and the digest of what stands there."""

    reference: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Authentication:
    """What a request must pass before the action after it: `type` is authenticate-oidc, authenticate-cognito or
    jwt-validation, `config` the JSON of its configuration as ELBv2 describes it. `secret`: of an OIDC client, as far as
    it is desired; AWS never tells it.
    """

    type: str
    config: str
    secret: ClientSecret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpaqueAction:
    """An action of a type that the core does not plan (made by someone else, or by a later version): its JSON."""

    json: str


Action = Forward | FixedResponse | Redirect | Authentication | OpaqueAction


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A rule condition: `field` as AWS names it. `json` holds fields other than plain value lists, else empty."""

    field: str
    values: tuple[str, ...] = ()
    json: str = ""
