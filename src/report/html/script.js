"use strict";
// Filters only hide what is already there: without this script the whole report can be read.
(() => {
  const form = document.getElementById("filters");
  const groups = [...document.querySelectorAll(".group")];
  const checks = [...document.querySelectorAll(".check")];
  const shown = document.getElementById("shown");
  const none = document.getElementById("none");
  const unfold = document.getElementById("unfold");
  const texts = new Map(checks.map((check) => [check, check.textContent.toLowerCase()]));
  const folds = () => document.querySelectorAll("details");

  const apply = () => {
    const data = new FormData(form);
    const standings = new Set(data.getAll("standing"));
    const category = data.get("category");
    const words = data.get("text").toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const group of groups) {
      let any = false;
      for (const check of group.querySelectorAll(".check")) {
        const fits = standings.has(check.dataset.standing) && (!category || group.dataset.category === category)
          && words.every((word) => texts.get(check).includes(word));
        check.hidden = !fits;
        any = any || fits;
        count += fits ? 1 : 0;
      }
      group.hidden = !any;
    }
    none.hidden = count > 0;
    shown.textContent = count === checks.length ? `All ${count} checks` : `${count} of ${checks.length} checks`;
  };

  // A link to a check that a filter hides takes the filter away.
  const reveal = () => {
    let id = location.hash.slice(1);
    try { id = decodeURIComponent(id); } catch { return; }
    const target = id && document.getElementById(id);
    if (target && target.closest("[hidden]")) {
      form.reset();
      apply();
      target.scrollIntoView();
    }
  };

  const open = (isOpen) => {
    for (const fold of folds()) fold.open = isOpen;
    unfold.setAttribute("aria-pressed", String(isOpen));
    unfold.textContent = isOpen ? "Fold all" : "Unfold all";
  };

  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  unfold.addEventListener("click", () => open(unfold.getAttribute("aria-pressed") !== "true"));
  addEventListener("hashchange", reveal);
  form.hidden = false;
  apply();
  reveal();
})();
