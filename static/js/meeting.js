// A meeting is entered in parts, each a form by itself. What is typed in the others while one is saved is kept in this tab
// (sessionStorage) until the page is there again, and marked as not saved. Without this script a part is saved before the next.
"use strict";
(() => {
  const page = document.querySelector("[data-meeting]");
  if (!page) return;
  const key = `meeting-${page.dataset.meeting}`;
  const forms = () => [...page.querySelectorAll("form[data-part]")];
  const LEFT_OUT = ["csrfmiddlewaretoken", "form_id", "part", "key"];
  const typed = (form) => [...new FormData(form)].filter(([name]) => !LEFT_OUT.includes(name));
  const named = (form) => `${form.elements.part.value} ${form.elements.key?.value ?? ""}`;
  const atFirst = new Map(), changed = new Set();
  let sent = null;

  const mark = (form) => {
    const is = JSON.stringify(typed(form)) !== atFirst.get(form);
    changed[is ? "add" : "delete"](form);
    form.querySelector("[data-unsaved]").hidden = !is;
  };

  const fill = (form, values) => {
    for (const control of form.elements) {
      if (!control.name || LEFT_OUT.includes(control.name)) continue;
      const mine = values.filter(([name]) => name === control.name).map(([, value]) => value);
      if (["checkbox", "radio"].includes(control.type)) control.checked = mine.includes(control.value);
      else if (mine.length) control.value = mine[0];
    }
  };

  for (const form of forms()) atFirst.set(form, JSON.stringify(typed(form)));
  const kept = JSON.parse(sessionStorage.getItem(key) ?? "{}");
  sessionStorage.removeItem(key);
  for (const form of forms()) {
    if (kept[named(form)]) fill(form, kept[named(form)]);
    mark(form);
  }

  page.addEventListener("input", (event) => event.target.form?.matches("[data-part]") && mark(event.target.form));
  page.addEventListener("submit", (event) => { sent = event.target; });
  addEventListener("pageshow", () => { sent = null; });
  addEventListener("pagehide", () => {
    const left = [...changed].filter((form) => form !== sent).map((form) => [named(form), typed(form)]);
    if (left.length) sessionStorage.setItem(key, JSON.stringify(Object.fromEntries(left)));
  });
})();
