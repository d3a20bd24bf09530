/**
 * How the overlay looks. It lies in a shadow root, so the page's styles do not reach it and its own reach nothing else. A
 * page moves and colours it by `.tickwire-overlay::part(plate)`.
 */

const CSS = `
:host { position: absolute; width: 0; height: 0; }
[hidden] { display: none !important; }
#plate {
  --ink: rgb(16 18 24 / 0.88); --text: #ece8de; --dim: #a9a69d; --alarm: #ff7a6b; --line: rgb(255 255 255 / 0.2);
  position: fixed; z-index: 1000; top: 12px; left: 12px; box-sizing: border-box; max-width: calc(100vw - 24px);
  padding: 9px 14px 11px; border-radius: 6px; background: var(--ink); color: var(--text);
  font: 13px/1.4 system-ui, sans-serif; font-variant-numeric: tabular-nums; text-align: left;
}
dl, dd, p { margin: 0; }
dl, form { display: grid; grid-template-columns: auto auto; gap: 1px 14px; }
dt, label, #budget { color: var(--dim); }
dd { text-align: right; }
/* As wide as the figures, whatever they say. */
#budget, form, #rewind-words { width: 0; min-width: 100%; }
#budget { margin-top: 5px; }
#budget b { float: right; color: var(--text); }
#budget .bars { display: flex; height: 8px; margin: 3px 0; }
#budget .bars span { flex-basis: 0; }
#budget p span { display: inline-block; margin-right: 9px; padding-left: 4px; border-left: 4px solid; }
form, #rewind-words { margin-top: 7px; padding-top: 7px; border-top: 1px solid var(--line); }
form { align-items: center; gap: 6px 14px; }
select, input {
  min-width: 0; padding: 2px 7px 3px; border: 0; border-radius: 3px; background: rgb(255 255 255 / 0.14);
  color: inherit; font: inherit;
}
select { justify-self: end; cursor: pointer; }
option { background: #14161c; }
input, form p { grid-column: 1 / -1; }
input[aria-invalid="true"] { box-shadow: inset 0 0 0 2px var(--alarm); }
form p { color: var(--alarm); }
form p:empty { display: none; }
#rewind { position: fixed; inset: 0; z-index: 999; overflow: hidden; pointer-events: none; }
#rewind div {
  --tone: #ece8de; position: absolute; top: 0; left: 0; border: 2px solid var(--tone); border-radius: 50%;
  color: var(--tone); font: 600 14px/1.1 system-ui, sans-serif; white-space: nowrap;
  text-shadow: 0 0 3px #101218, 0 1px 2px #101218; filter: drop-shadow(0 0 1px #101218);
}
/* The labels are on three sides, because the circles are often close together. */
#rewind span { position: absolute; right: 100%; bottom: 84%; }
#rewind div:nth-child(2) { --tone: #ffc14d; border-style: dashed; }
#rewind div:nth-child(2) span, #rewind div:nth-child(3) span { right: auto; left: 100%; }
#rewind div:nth-child(3) { --tone: #6fd3ff; }
#rewind div:nth-child(3) span { top: 84%; bottom: auto; }
`;

/** Puts the styles on a shadow root. No page's content policy forbids that. */
export function dress(root: ShadowRoot): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(CSS);
  root.adoptedStyleSheets = [sheet];
}
