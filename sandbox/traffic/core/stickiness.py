"""The cookies that keep a client with a target or a target group."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import formatdate

from sandbox.traffic.configuration import TargetGroup

GROUP_COOKIE = "AWSALBTG"
TARGET_COOKIE = "AWSALB"
APP_COOKIE = "AWSALBAPP-0"
_CORS = "CORS"
_LIFE = 7 * 24 * 3600
"""Seconds after which a browser forgets a cookie, whatever the configured duration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stickiness:
    """How a target group keeps clients with targets."""

    seconds: float
    app_cookie: str = ""
    """The application's cookie on which it rests; empty for the load balancer's own."""


def stickiness(group: TargetGroup) -> Stickiness | None:
    """From the attributes of a group; None where it keeps nobody, or its nodes stay in their zones."""
    if not group.is_on("stickiness.enabled") or group.attribute("load_balancing.cross_zone.enabled") == "false":
        return None
    if group.attribute("stickiness.type") == "app_cookie":
        return Stickiness(
            seconds=group.seconds("stickiness.app_cookie.duration_seconds", 86400),
            app_cookie=group.attribute("stickiness.app_cookie.cookie_name"),
        )
    return Stickiness(seconds=group.seconds("stickiness.lb_cookie.duration_seconds", 86400))


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """Makes cookies whose content a client can neither read off nor make up."""

    secret: bytes

    def closed(self, text: str, now: float) -> str:
        """The value of a cookie that says this text, of this moment in sandbox seconds."""
        content = self._mixed(f"{now:.3f} {text}".encode())
        return base64.b64encode(self._sum(content) + content).decode()

    def opened(self, value: str | None, now: float, seconds: float) -> str | None:
        """The text of a cookie that we made not longer ago than this; None for any other."""
        try:
            raw = base64.b64decode(value or "", validate=True)
        except ValueError:
            return None
        digest, content = raw[:16], raw[16:]
        if not content or not hmac.compare_digest(digest, self._sum(content)):
            return None
        made, _, text = self._mixed(content).decode().partition(" ")
        return text if now - float(made) <= seconds else None

    def _sum(self, content: bytes) -> bytes:
        return hmac.digest(self.secret, content, "sha256")[:16]

    def _mixed(self, content: bytes) -> bytes:
        stream = hashlib.shake_256(self.secret).digest(len(content))
        return bytes(a ^ b for a, b in zip(content, stream, strict=True))


def kept_group(cookies: Mapping[str, str], groups: Sequence[str], seal: Seal, now: float, seconds: float) -> str | None:
    """The target group that a client stays with; None where it has no cookie of one of them."""
    arn = _first(cookies, GROUP_COOKIE, seal, now, seconds)
    return arn if arn in groups else None


def kept_target(cookies: Mapping[str, str], group: TargetGroup, seal: Seal, now: float) -> str | None:
    """Key of the target that a client stays with; None where it has no cookie for one of this group."""
    rule = stickiness(group)
    if rule is None:
        return None
    if rule.app_cookie:
        text = seal.opened(cookies.get(APP_COOKIE), now, rule.seconds) if rule.app_cookie in cookies else None
    else:
        text = _first(cookies, TARGET_COOKIE, seal, now, rule.seconds)
    arn, _, key = (text or "").partition(" ")
    return key if arn == group.arn else None


def _first(cookies: Mapping[str, str], name: str, seal: Seal, now: float, seconds: float) -> str | None:
    for cookie in (name + _CORS, name):
        text = seal.opened(cookies.get(cookie), now, seconds)
        if text is not None:
            return text
    return None


def group_cookies(arn: str, seal: Seal, now: float, wall: float) -> list[str]:
    """Values of the Set-Cookie headers that keep a client with a target group; `wall` is the time of day."""
    return _pair(GROUP_COOKIE, seal.closed(arn, now), wall)


def target_cookies(
    group: TargetGroup, key: str, seal: Seal, now: float, wall: float, *, set_by_target: Sequence[str], had: bool
) -> list[str]:
    """Values of the Set-Cookie headers that keep a client with a target.

    `set_by_target` are the names of cookies that the target's own answer sets, `had` says whether the client came with
    a cookie that held: an application's cookie is followed only where the target sets it, or the client had both.
    """
    rule = stickiness(group)
    if rule is None:
        return []
    value = seal.closed(f"{group.arn} {key}", now)
    if not rule.app_cookie:
        return _pair(TARGET_COOKIE, value, wall)
    if not had and rule.app_cookie not in set_by_target:
        return []
    return [f"{APP_COOKIE}={value}; Expires={formatdate(wall + _LIFE, usegmt=True)}; Path=/"]


def _pair(name: str, value: str, wall: float) -> list[str]:
    expires = formatdate(wall + _LIFE, usegmt=True)
    return [
        f"{name}={value}; Expires={expires}; Path=/",
        f"{name}{_CORS}={value}; Expires={expires}; Path=/; SameSite=None; Secure",
    ]
