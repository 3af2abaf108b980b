"""How a report looks: light, dark and on paper. One palette by name, used by tables and charts alike."""

from collections.abc import Mapping

_LIGHT: Mapping[str, str] = {
    "page": "#ffffff",
    "panel": "#f6f7f9",
    "ink": "#1b1f24",
    "quiet": "#5f6873",
    "line": "#dde1e6",
    "good": "#1a7f4b",
    "bad": "#c2281d",
    "idle": "#8a939e",
}
_DARK: Mapping[str, str] = {
    "page": "#14171b",
    "panel": "#1c2026",
    "ink": "#e7eaee",
    "quiet": "#9aa4b0",
    "line": "#30363e",
    "good": "#4cc38a",
    "bad": "#ff7b6e",
    "idle": "#7d8794",
}
_PARTS: Mapping[str, str] = {
    "2xx": "#3f9d6d",
    "3xx": "#4b8fd6",
    "4xx": "#d9a400",
    "5xx": "#e07b39",
    "500": "#e07b39",
    "502": "#d6453a",
    "503": "#b0308a",
    "504": "#7a4fc9",
    "no-answer": "var(--ink)",
    "healthy": "#3f9d6d",
    "initial": "#4b8fd6",
    "draining": "#d9a400",
    "unhealthy": "#d6453a",
    "unhealthy-draining": "#e07b39",
    "unused": "#a3abb5",
    "unavailable": "#7a4fc9",
    "changes": "#4b8fd6",
    "reads": "#3f9d6d",
    "health-polls": "#a3abb5",
    "refused": "#d6453a",
    "median": "#4b8fd6",
    "p99": "#e07b39",
}


def _variables(palette: Mapping[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in palette.items())


_PART_RULES = "".join(f".c-{name}{{fill:{value};background:{value}}}" for name, value in _PARTS.items())

STYLE = f"""
:root{{color-scheme:light dark;{_variables(_LIGHT)}}}
@media (prefers-color-scheme:dark){{:root{{{_variables(_DARK)}}}}}
@media print{{:root{{{_variables(_LIGHT)}}} details{{display:none}} section,tr,figure{{break-inside:avoid}}
 *{{-webkit-print-color-adjust:exact;print-color-adjust:exact}}}}
*{{box-sizing:border-box}}
body{{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}}
main{{max-width:1040px;margin:0 auto;padding:32px 24px 64px}}
.kicker{{margin:0;color:var(--quiet);font-size:13px;letter-spacing:.02em}}
h1{{margin:2px 0 12px;font-size:27px;line-height:1.2;text-wrap:balance}}
h2{{margin:36px 0 10px;font-size:17px}}
.result{{display:inline-block;margin:0;padding:5px 12px;border-radius:6px;background:var(--panel);
 border-left:4px solid var(--idle)}}
.result b{{margin-right:6px}}
.result.c-passed{{border-color:var(--good)}} .result.c-passed b{{color:var(--good)}}
.result.c-failed,.result.c-could-not-run{{border-color:var(--bad)}}
.result.c-failed b,.result.c-could-not-run b{{color:var(--bad)}}
.problem{{white-space:pre-wrap;color:var(--bad)}}
.done{{max-width:70ch;margin:14px 0}}
.facts{{display:flex;flex-wrap:wrap;gap:4px 22px;margin:0;padding:0;list-style:none;font-size:13px}}
.facts span{{color:var(--quiet)}}
.wide{{overflow-x:auto}}
table{{width:100%;border-collapse:collapse;font-size:14px}}
thead th{{color:var(--quiet);font-weight:500;font-size:13px}}
th,td{{padding:7px 14px 7px 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--line);
 overflow-wrap:anywhere}}
tbody th{{font-weight:500;min-width:11em}}
td{{font-variant-numeric:tabular-nums}}
.sign{{width:26px;font-weight:700}}
.c-pass .sign{{color:var(--good)}} .c-fail .sign,.c-fail td:last-child{{color:var(--bad)}}
.c-not-available,.c-not-available th{{color:var(--quiet)}}
.measures th{{width:22em}}
.marks{{columns:2;column-gap:32px;margin:0 0 10px;padding-left:22px;font-size:13px}}
.marks li{{break-inside:avoid}} .marks span{{color:var(--quiet);font-variant-numeric:tabular-nums}}
figure{{margin:0}}
svg{{display:block;width:100%;min-width:640px;height:auto;font:11px system-ui,-apple-system,"Segoe UI",sans-serif}}
svg text{{fill:var(--quiet)}} svg .title{{fill:var(--ink);font-size:13px;font-weight:600;
 paint-order:stroke;stroke:var(--page);stroke-width:5px}}
svg .unit,svg .tick-y{{text-anchor:end}} svg .tick-x,svg .flag text{{text-anchor:middle}}
svg .grid{{stroke:var(--line)}} svg .axis{{stroke:var(--quiet)}}
svg .mark{{stroke:var(--quiet);stroke-dasharray:2 3;opacity:.75}}
svg .flag circle{{fill:var(--ink)}} svg .flag text{{fill:var(--page);font-size:10px;font-weight:600}}
svg polyline{{fill:none!important;stroke-width:1.6}}
svg polyline.c-median{{stroke:{_PARTS["median"]}}} svg polyline.c-p99{{stroke:{_PARTS["p99"]}}}
{_PART_RULES}
.legend{{display:flex;gap:14px;margin-top:6px;font-size:13px}}
.legend>span{{flex:0 0 112px;color:var(--quiet)}}
.legend ul{{display:flex;flex-wrap:wrap;gap:2px 18px;margin:0;padding:0;list-style:none}}
.legend i{{display:inline-block;width:11px;height:11px;margin-right:6px;border-radius:2px}}
details{{margin:6px 0}} summary{{cursor:pointer}}
pre{{overflow-x:auto;padding:14px;border-radius:6px;background:var(--panel);font-size:12.5px}}
@media (max-width:640px){{.marks{{columns:1}}}}
"""
"""The style sheet."""
