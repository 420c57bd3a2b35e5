"""How the HTML report looks, by day and by night."""

STYLE = """
:root {
  color-scheme: light dark;
  --ink: #1c2430; --muted: #5b6675; --grid: #dde2e9; --accent: #c2304a;
  --page: #f5f6f8; --card: #ffffff; --line: #e3e7ec; --best: #fbe9ec;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e8ecf1; --muted: #9aa5b4; --grid: #2f3844; --accent: #ff6b81;
    --page: #12161c; --card: #1a2028; --line: #2b333e; --best: #3a2029;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink); line-height: 1.5;
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
}
main { max-width: 1080px; margin: 0 auto; padding: 40px 20px 64px; }
header { margin-bottom: 28px; }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 6px; letter-spacing: -0.01em; }
h1 b { color: var(--accent); font-weight: inherit; }
h2 { font-size: 19px; margin: 0 0 2px; }
p { margin: 0; }
.muted, .sub { color: var(--muted); }
.sub { font-size: 13.5px; }
.card {
  background: var(--card); border: 1px solid var(--line); border-radius: 12px;
  padding: 22px 24px; margin: 0 0 20px; overflow-x: auto;
}
.card > .sub { margin-bottom: 14px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: 7px 10px; text-align: right; white-space: nowrap; vertical-align: baseline; }
th { font-weight: 600; font-size: 12.5px; color: var(--muted); }
thead th { border-bottom: 1px solid var(--line); vertical-align: bottom; }
thead th small { display: block; font-weight: 400; }
tbody tr + tr td, tbody tr + tr th { border-top: 1px solid var(--line); }
th.name, td.name { text-align: left; white-space: normal; color: var(--ink); font-size: 14.5px; }
td.name small, td small { color: var(--muted); }
td small { font-size: 12px; }
td.name small { display: block; white-space: nowrap; }
.best { background: var(--best); font-weight: 600; border-radius: 6px; }
.best { padding: 3px 7px; margin: 0 -7px; }
.best small { font-weight: 400; }
td.group { text-align: left; padding-top: 16px; color: var(--muted); font-weight: 600; }
.plots { display: grid; grid-template-columns: 4fr 5fr; gap: 18px; align-items: end; }
.plots svg { width: 100%; height: auto; display: block; font-family: inherit; }
@media (max-width: 720px) { .plots { grid-template-columns: 1fr; } }
details { margin-top: 14px; }
summary { cursor: pointer; color: var(--muted); font-size: 13.5px; }
details table { margin-top: 8px; font-size: 13.5px; }
details td, details th { padding: 4px 10px; }
td.error { min-width: 140px; }
td.error b { display: inline-block; min-width: 3.7em; font-weight: inherit; }
.bar {
  display: inline-block; height: 7px; border-radius: 4px; background: var(--accent);
  opacity: 0.55; vertical-align: 1px;
}
ul { margin: 8px 0 0; padding-left: 20px; font-size: 13.5px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 18px; margin: 12px 0 0; }
dt { color: var(--muted); }
dd { margin: 0; overflow-wrap: anywhere; }
code { font: 13px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
@media print {
  body { background: none; }
  .card { break-inside: avoid; border: none; padding: 0; }
}
"""
