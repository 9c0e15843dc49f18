// Forms on a bad network. A form with data-draft keeps what is typed on the phone (localStorage) until it is sent. What is sent is
// first put by on the phone (IndexedDB), then sent until the server says that it has it; the number of the form makes that once.
// Only what the user typed is kept, under the user's number; names that were ticked are kept as their ids.
// In a form with data-tap every button is a form of its own: its tap is put by, marked at its door ([data-door]) and sent in its turn.
"use strict";
(() => {
  const DAY = 24 * 3600 * 1000;
  const OLD = 29 * DAY; // the server forgets after 30 days that it had a form (jobs.actions.receipts)
  const PATIENCE = 60000; // for one answer; a photo on a weak signal takes its time
  const FIRST_WAIT = 5000, LONGEST_WAIT = 10 * 60000;
  const MOST_BYTES = 10 * 1024 * 1024;
  const LARGE_PHOTO = 400 * 1024, LONGEST_SIDE = 1600; // as gridparty.lib.photos

  const box = () => document.getElementById("gp-waiting");
  const data = (key) => box().dataset[key];
  const say = (key, values = {}) => data(`say${key}`).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  const clock = (at) => new Date(at).toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false });

  const element = (tag, text = "", attributes = {}) => {
    const made = Object.assign(document.createElement(tag), { textContent: text });
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  };

  // --- What was sent and not yet answered
  const opened = () => new Promise((done, failed) => {
    const request = indexedDB.open("gridparty", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("forms", { keyPath: "id" });
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });

  const stored = async (mode, work) => {
    const database = await opened();
    try {
      return await new Promise((done, failed) => {
        const transaction = database.transaction("forms", mode);
        const request = work(transaction.objectStore("forms"));
        transaction.oncomplete = () => done(request.result);
        transaction.onabort = transaction.onerror = () => failed(transaction.error);
      });
    } finally {
      database.close();
    }
  };

  const keep = (entry) => stored("readwrite", (forms) => forms.put(entry));
  const drop = (id) => stored("readwrite", (forms) => forms.delete(id));
  const kept = async () => {
    const all = await stored("readonly", (forms) => forms.getAll());
    return all.filter((entry) => entry.user === data("user")).sort((one, other) => one.at - other.at);
  };

  // --- What is being typed
  const draftKey = (form) => `gp-draft:${data("user")}:${location.pathname}${location.search}:${form.dataset.draft}`;
  const typed = (form) => [...form.elements].filter((one) => one.name && !["hidden", "password", "file", "submit", "button"].includes(one.type));

  const saveDraft = (form) => {
    const parts = typed(form).filter((one) => !["radio", "checkbox"].includes(one.type) || one.checked).map((one) => [one.name, one.value]);
    try {
      localStorage.setItem(draftKey(form), JSON.stringify({ at: Date.now(), parts }));
    } catch { /* full, or forbidden: the form works without */ }
  };

  const dropDraft = (form) => localStorage.removeItem(draftKey(form));

  const fill = (form, parts) => {
    for (const control of typed(form)) {
      const values = parts.filter(([name]) => name === control.name).map(([, value]) => value);
      if (["radio", "checkbox"].includes(control.type)) control.checked = values.includes(control.value);
      else if (control.multiple) for (const option of control.options) option.selected = values.includes(option.value);
      else if (values.length) control.value = values[0];
    }
    for (const control of form.querySelectorAll("input[type=file]")) {
      const files = new DataTransfer();
      for (const [name, value] of parts) if (name === control.name && value instanceof File && value.size) files.items.add(value);
      if (files.files.length) control.files = files.files;
    }
  };

  const restoreDraft = (form) => {
    const text = localStorage.getItem(draftKey(form));
    if (!text) return;
    fill(form, JSON.parse(text).parts);
    const note = element("p", "", { class: "gp-note gp-draft", role: "status" });
    const clear = element("button", say("Clear"), { type: "button", class: "btn btn-outline-secondary" });
    clear.addEventListener("click", () => { dropDraft(form); form.reset(); note.remove(); });
    note.append(element("span", say("Draft")), clear);
    form.before(note);
  };

  const dropDrafts = (wanted) => {
    for (const key of Object.keys(localStorage)) if (key.startsWith("gp-draft:") && wanted(key)) localStorage.removeItem(key);
  };

  const isStale = (key) => {
    try {
      return JSON.parse(localStorage.getItem(key)).at < Date.now() - OLD;
    } catch {
      return true;
    }
  };

  // --- Sending. An outcome is {address}: the server has it; {why}: it is refused; {login}; or {} : no answer, later again.
  const patiently = async (address, options = {}) => {
    const patience = new AbortController();
    const end = setTimeout(() => patience.abort(), PATIENCE);
    try {
      return await fetch(address, { redirect: "manual", credentials: "same-origin", cache: "no-store", signal: patience.signal, ...options });
    } catch {
      return null;
    } finally {
      clearTimeout(end);
    }
  };

  const ask = async (entry) => {
    const answer = await patiently(`${data("receipts")}?form=${entry.id}`);
    if (answer?.type === "opaqueredirect") return { login: true };
    if (!answer?.ok) return {};
    const told = await answer.json();
    return told.user === entry.user ? told : { login: true };
  };

  const post = (entry, token) => {
    const body = new FormData();
    for (const [name, value] of entry.parts) body.append(name, value);
    return patiently(entry.action, { method: "POST", body, headers: { "X-CSRFToken": token } });
  };

  const whyNot = (page) => {
    const said = [...page.querySelectorAll("main .gp-wrong p, main .gp-note-error, main .errorlist li")].map((one) => one.textContent.trim());
    return said.join(" ") || page.querySelector("main h1")?.textContent.trim() || say("Unclear");
  };

  const judge = async (entry, answer) => {
    if (!answer || answer.status >= 500 || answer.status === 429) return {};
    if (answer.type === "opaqueredirect") {
      const told = await ask(entry);
      return told.address === null ? { why: say("Unclear") } : told;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return { why: whyNot(page), page: answer.ok ? page : null, status: answer.status };
  };

  // Ask first: the answer may have been lost after the form arrived, the log-in may have ended, the token may be another.
  const sendAgain = async (entry) => {
    const told = await ask(entry);
    if (told.address !== null) return told;
    return judge(entry, await post(entry, told.token));
  };

  const sendNow = async (entry) => {
    const outcome = await judge(entry, await post(entry, data("token")));
    return outcome.status === 403 ? sendAgain(entry) : outcome;
  };

  const sendInTurn = (entry) => (entry.tap && !entry.tries ? sendNow : sendAgain)(entry);

  const settle = async (entry, outcome) => {
    if (outcome.address) return drop(entry.id);
    Object.assign(entry, { tries: entry.tries + 1, login: Boolean(outcome.login), why: outcome.why ?? "" });
    return keep(entry);
  };

  let sending = false, wanted = false, timer = 0, failures = 0;
  const sendAll = async () => {
    if (sending) { wanted = true; return; } // what came meanwhile is not among what is being sent
    sending = true;
    wanted = false;
    let sent = 0, waits = false;
    try {
      for (const entry of await kept()) {
        if (entry.why || entry.id === inHand) continue;
        const outcome = entry.tries && entry.at < Date.now() - OLD ? { why: say("Old") } : await sendInTurn(entry);
        await settle(entry, outcome);
        markTap(entry, outcome.address ? "TapSent" : outcome.why ? "TapRefused" : "TapWaits");
        if (outcome.address) sent += 1;
        else if (!outcome.why) { waits = true; break; } // no signal, or no log-in: nor for the next
      }
    } finally {
      sending = false;
    }
    await show(sent ? say("Sent", { time: clock(Date.now()) }) : "");
    if (wanted) { await sendAll(); return; }
    clearTimeout(timer);
    failures = waits ? failures + 1 : 0;
    if (waits) timer = setTimeout(sendAll, Math.min(FIRST_WAIT * 2 ** (failures - 1), LONGEST_WAIT));
  };

  // --- What the user sees of it
  const line = (entry) => {
    const item = element("li");
    const about = entry.why ? say("Refused", { why: entry.why }) : "";
    item.append(element("b", entry.title), element("span", clock(entry.at)), element("div", about));
    const here = entry.tap && buttonOf(entry); // a tap is mended by tapping again
    if (entry.why && !here) item.append(element("a", say("Open"), { class: "btn btn-outline-secondary", href: `${entry.page}#${entry.id}` }));
    const remove = element("button", say("Delete"), { type: "button", class: "btn btn-outline-secondary" });
    remove.addEventListener("click", async () => {
      if (remove.textContent !== say("Sure")) remove.textContent = say("Sure");
      else { await drop(entry.id); await show(); }
    });
    item.append(remove);
    return item;
  };

  let fading = 0; // over the doors of a round "saved" does not stay in the way
  const show = async (said = "") => {
    clearTimeout(fading);
    const entries = (await kept()).filter((entry) => entry.id !== inHand);
    const parts = said ? [element("p", said, { role: "status", class: "gp-waiting-said" })] : [];
    if (entries.length) {
      parts.push(element("p", say("Waiting", { n: entries.length }), { role: "status", class: "gp-waiting-count" }));
      if (entries.some((entry) => entry.login)) {
        const next = encodeURIComponent(location.pathname);
        parts.push(element("p", say("Login")), element("a", say("LogIn"), { class: "btn btn-primary", href: `${data("login")}?next=${next}` }));
      } else if (entries.some((entry) => !entry.why)) parts.push(element("p", say("Offline")));
      const list = element("ul");
      list.append(...entries.map(line));
      const folded = element("details");
      folded.append(element("summary", say("List")), list);
      parts.push(entries.length > 1 && entries.every((entry) => entry.tap && !entry.why) ? folded : list);
    }
    box().replaceChildren(...parts);
    box().hidden = !parts.length;
    if (said && !entries.length && document.querySelector(".gp-round")) fading = setTimeout(show, 5000);
    for (const note of document.querySelectorAll("[data-when-waiting]")) note.hidden = !entries.length;
  };

  // --- A form on this page
  let inHand = ""; // the form being sent while the user looks on: not yet one that waits

  const pack = (form, submitter) => {
    const parts = [...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken");
    if (submitter?.name) parts.push([submitter.name, submitter.value]);
    const title = document.querySelector("h1")?.textContent.trim() ?? document.title;
    const page = location.pathname + location.search;
    const action = submitter?.hasAttribute("formaction") ? submitter.formAction : form.action;
    return { id: form.elements.form_id.value, user: data("user"), page, action, draft: form.dataset.draft, title, parts, at: Date.now(), tries: 0 };
  };

  const newNumber = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    return [...bytes].map((byte, at) => ([4, 6, 8, 10].includes(at) ? "-" : "") + byte.toString(16).padStart(2, "0")).join("");
  };

  const sameForm = (entry) => `form[data-draft="${CSS.escape(entry.draft)}"]`;

  const showAgain = (entry, page) => {
    document.body.replaceChildren(...page.body.childNodes);
    begin();
    const form = document.querySelector(sameForm(entry));
    fill(form, entry.parts);
    saveDraft(form);
    const wrong = document.querySelector("main .gp-wrong, main .gp-note-error");
    wrong?.setAttribute("tabindex", "-1");
    wrong?.focus();
  };

  const submitted = async (event) => {
    const form = event.currentTarget;
    event.preventDefault();
    if (inHand) return; // pressed twice
    const entry = pack(form, event.submitter);
    inHand = entry.id;
    try {
      await keep(entry);
    } catch {
      form.submit(); // nothing can be put by on this phone: the plain way
      return;
    }
    dropDraft(form);
    const slow = setTimeout(() => { box().hidden = false; box().replaceChildren(element("p", say("Slow"), { role: "status" })); }, 8000);
    const button = event.submitter, label = button?.textContent;
    if (button) { button.textContent = say("Saving"); button.setAttribute("aria-disabled", "true"); }
    const outcome = await sendNow(entry);
    clearTimeout(slow);
    if (button) { button.textContent = label; button.removeAttribute("aria-disabled"); }
    inHand = "";
    if (outcome.page?.querySelector(sameForm(entry))) { await drop(entry.id); showAgain(entry, outcome.page); return; }
    await settle(entry, outcome);
    form.reset(); // also for who comes back to this page
    form.elements.form_id.value = newNumber();
    if (outcome.address) { location.assign(outcome.address); return; }
    await show();
    box().focus();
    timer = setTimeout(sendAll, FIRST_WAIT);
  };

  // --- Taps at doors
  const loaded = Date.now();
  const dayNow = (form) => new Date(form.dataset.now * 1000 + Date.now() - loaded).toLocaleDateString("sv-SE", { timeZone: "Asia/Shanghai" });

  const buttonOf = (entry) => [...document.querySelectorAll("form[data-tap] button")]
    .find((one) => one.formAction === entry.action && entry.parts.some(([name, value]) => name === one.name && value === one.value));

  // A door met once in a round stays met; the numbers above the doors follow.
  const recount = (door, outcome) => {
    const now = door.dataset.held === "met" ? "met" : outcome;
    for (const [state, step] of [[door.dataset.state, -1], [now, 1]])
      for (const number of document.querySelectorAll(`[data-count~="${state}"]`)) number.textContent = Number(number.textContent) + step;
    door.dataset.state = now;
  };

  // What becomes of a tap is shown only where none was made after it.
  const markTap = (entry, word, newest = false) => {
    const button = entry.tap && buttonOf(entry), door = button?.closest("[data-door]");
    if (!door || !(newest || door.dataset.tap === entry.id)) return;
    door.dataset.tap = entry.id;
    const refused = word === "TapRefused";
    for (const one of door.querySelectorAll("button")) one.setAttribute("aria-pressed", String(one === button && !refused));
    door.querySelector("[data-mark]").textContent = say(word);
    if (door.dataset.state) recount(door, refused ? door.dataset.held || "none" : button.value);
  };

  const tapped = async (event) => {
    const form = event.currentTarget, button = event.submitter, day = dayNow(form);
    if (form.dataset.plain) return; // nothing can be put by on this phone
    event.preventDefault();
    if (button.getAttribute("aria-pressed") === "true" && form.elements.on.value === day) return; // noted already
    form.elements.on.value = day;
    form.elements.form_id.value = newNumber();
    const title = `${button.closest("[data-door]").dataset.door} ${button.textContent}`;
    const entry = { ...pack(form, button), tap: true, title };
    markTap(entry, "TapWaits", true);
    try {
      await keep(entry);
    } catch {
      form.dataset.plain = "yes";
      form.requestSubmit(button);
      return;
    }
    await sendAll();
  };

  // Tick all names of a list, or none; without script the link opens the page anew.
  const tickAll = (event) => {
    const link = event.currentTarget, form = link.closest("form");
    event.preventDefault();
    for (const one of form.querySelectorAll("input[type=checkbox]:enabled")) one.checked = link.dataset.tick === "all";
    form.dispatchEvent(new Event("input"));
  };

  // A photo of 8 MB takes minutes on a weak signal; the server makes it this small anyway, and drops where it was taken.
  const shrunk = async (file) => {
    if (file.size < LARGE_PHOTO || !["image/jpeg", "image/png", "image/webp"].includes(file.type)) return file;
    try {
      const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
      const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
      const canvas = Object.assign(document.createElement("canvas"), { width: picture.width * scale, height: picture.height * scale });
      canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
      const small = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
      return small && small.size < file.size ? new File([small], "photo.jpg", { type: small.type }) : file;
    } catch {
      return file; // no picture, or none this browser can read: the server tells
    }
  };

  const takePhotos = async (event) => {
    const control = event.target, chosen = [...control.files];
    const small = await Promise.all(chosen.map(shrunk));
    if (small.some((file, at) => file !== chosen[at]) && chosen[0] === control.files[0]) {
      const files = new DataTransfer();
      for (const file of small) files.items.add(file);
      control.files = files.files;
    }
    control.setCustomValidity(small.some((file) => file.size > MOST_BYTES) ? say("Large") : "");
    control.reportValidity();
  };

  const reopen = async (form) => {
    if (!location.hash) return restoreDraft(form); // at once: nothing may be typed before it
    const entry = (await kept()).find((one) => one.why && `#${one.id}` === location.hash && one.draft === form.dataset.draft);
    if (!entry) return restoreDraft(form);
    fill(form, entry.parts);
    form.elements.form_id.value = entry.id; // refused, so the server has nothing under this number
  };

  const begin = () => {
    for (const form of document.querySelectorAll("form[data-draft]")) {
      form.addEventListener("input", () => saveDraft(form));
      form.addEventListener("submit", submitted);
    }
    for (const form of document.querySelectorAll("form[data-tap]")) form.addEventListener("submit", tapped);
    for (const link of document.querySelectorAll("a[data-tick]")) link.addEventListener("click", tickAll);
    for (const control of document.querySelectorAll("input[type=file]")) control.addEventListener("change", takePhotos);
    document.querySelector("form[data-logout]")?.addEventListener("submit", () => dropDrafts((key) => key.startsWith(`gp-draft:${data("user")}:`)));
  };

  if (!box() || !window.indexedDB || !window.fetch) return;
  begin();
  dropDrafts(isStale);
  for (const form of document.querySelectorAll("form[data-draft]")) reopen(form);
  window.addEventListener("online", sendAll);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) sendAll(); });
  kept().then((entries) => entries.forEach((entry) => markTap(entry, entry.why ? "TapRefused" : "TapWaits", true)));
  show().then(sendAll);
})();
