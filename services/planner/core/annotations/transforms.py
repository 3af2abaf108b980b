"""Values of `transforms.<name>`: how the rules of one backend rewrite requests (ingress behaviour, section 16).

Bounds are those of the ELBv2 API (type RuleTransform). Read by the catalogue.
"""

from services.planner.core.annotations.json_fields import JsonFields, objects
from services.planner.core.annotations.values import BadValueError, json_value
from services.planner.core.parse.descriptions import canonical

_CONFIGS = {
    "url-rewrite": ("urlRewriteConfig", "UrlRewriteConfig"),
    "host-header-rewrite": ("hostHeaderRewriteConfig", "HostHeaderRewriteConfig"),
}
_MAX_LENGTH = 1024


def transforms(text: str) -> str:
    """The transforms as ELBv2 takes them, as JSON in their written order; "" for none."""
    value = json_value(text)
    if value is None:
        return ""
    if not isinstance(value, list):
        raise BadValueError("accepted is a JSON list of transforms")
    found: dict[str, object] = {}
    for fields in objects(value, ""):
        type_ = fields.needed_choice("type", *_CONFIGS)
        if type_ in found:
            fields.refuse("type", f"is {type_} a second time; a rule takes one of each type")
        written, sent = _CONFIGS[type_]
        config = fields.needed_child(written)
        rewrites = [_rewrite(rewrite) for rewrite in config.children("rewrites")]
        if not rewrites:
            config.refuse("rewrites", "is needed")
        found[type_] = {"Type": type_, sent: {"Rewrites": rewrites}}
    return canonical(list(found.values())) if found else ""


def _rewrite(fields: JsonFields) -> dict[str, str]:
    regex = fields.needed_text("regex")
    if len(regex) > _MAX_LENGTH:
        fields.refuse("regex", f"must have up to {_MAX_LENGTH} characters")
    return {"Regex": regex, "Replace": fields.short_text("replace", _MAX_LENGTH) or ""}
