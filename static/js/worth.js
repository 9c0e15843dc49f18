// What is being proposed would count for: asked of the server while one types, told under the fields. Without signal nothing is told.
"use strict";
(() => {
  let asking = 0, waits = 0;

  const tell = async (form) => {
    const told = form.querySelector("[data-worth-told]");
    const fields = new FormData(form);
    const query = new URLSearchParams(["item", "on", "quantity"].map((name) => [name, fields.get(name) ?? ""]));
    const year = new URLSearchParams(location.search).get("year");
    if (year) query.set("year", year);
    const mine = ++asking;
    try {
      const answer = await fetch(`${form.dataset.worth}?${query}`, { redirect: "manual", credentials: "same-origin", cache: "no-store" });
      const text = answer.ok ? await answer.text() : "";
      if (mine === asking) told.textContent = text;
    } catch {
      if (mine === asking) told.textContent = "";
    }
  };

  const changed = (event) => {
    const form = event.target.closest("form[data-worth]");
    if (!form || !["item", "on", "quantity"].includes(event.target.name)) return;
    clearTimeout(waits);
    waits = setTimeout(() => tell(form), 300);
  };

  document.addEventListener("input", changed);
})();
