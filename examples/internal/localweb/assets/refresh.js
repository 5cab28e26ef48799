// Keeps the page current. Everything else on it works without this file.
"use strict";

(function () {
  const connection = document.getElementById("connection");
  const news = document.getElementById("news");
  const now = document.getElementById("now");
  let busy = false;
  let again = false;

  // The page as anybody would get it, without what a form just said.
  function address() {
    const to = new URLSearchParams(location.search).get("to");
    return to ? "/?to=" + encodeURIComponent(to) : "/";
  }

  async function refresh() {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    try {
      const answer = await fetch(address(), { cache: "no-store" });
      if (answer.ok) {
        apply(new DOMParser().parseFromString(await answer.text(), "text/html"));
      }
    } catch {
      // The event stream reports a lost connection.
    }
    busy = false;
    if (again) {
      again = false;
      refresh();
    }
  }

  function apply(fresh) {
    const before = document.querySelectorAll("article").length;
    for (const part of document.querySelectorAll("[data-live]")) {
      const next = fresh.getElementById(part.id);
      if (next && next.innerHTML !== part.innerHTML) {
        swap(part, next);
      }
    }
    for (const select of document.querySelectorAll("[data-live-choices]")) {
      const next = fresh.getElementById(select.id);
      if (next && select !== document.activeElement) {
        keepChoice(select, next);
      }
    }
    tell(document.querySelectorAll("article").length - before);
  }

  // Replaces a part without taking the keyboard's place or closing what is open.
  function swap(part, next) {
    const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
    for (const details of part.querySelectorAll("details[open]")) {
      const same = details.id && next.querySelector("#" + CSS.escape(details.id));
      if (same) {
        same.setAttribute("open", "");
      }
    }
    part.replaceChildren(...next.childNodes);
    if (focused) {
      document.getElementById(focused)?.focus({ preventScroll: true });
    }
  }

  function keepChoice(select, next) {
    const chosen = select.value;
    select.replaceChildren(...next.childNodes);
    if ([...select.options].some((option) => option.value === chosen)) {
      select.value = chosen;
    }
  }

  function tell(added) {
    if (added > 0) {
      news.textContent = added === 1 ? "1 new item in the timelines." : added + " new items in the timelines.";
    }
  }

  function say(text, live) {
    connection.classList.toggle("is-live", live);
    if (connection.textContent !== text) {
      connection.textContent = text;
    }
  }

  const events = new EventSource("/events");
  events.addEventListener("open", () => say("Live", true));
  events.addEventListener("error", () => say("Connection lost, trying again", false));
  events.addEventListener("change", refresh);
  events.addEventListener("clock", (event) => {
    now.textContent = event.data;
  });
})();
