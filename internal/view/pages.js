// Replaces the page's content by a newer one every two seconds, while somebody looks at it.
"use strict";
(() => {
  const every = 2000, late = 10000;
  let tag = "", timer;
  const say = (text, bad) => {
    const state = document.getElementById("state");
    state.textContent = text;
    state.classList.toggle("bad", bad);
  };
  const replace = (text) => {
    const next = new DOMParser().parseFromString(text, "text/html");
    const focused = document.activeElement && document.activeElement.id;
    document.title = next.title;
    document.querySelector("main").replaceWith(document.adoptNode(next.querySelector("main")));
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  };
  const refresh = async () => {
    clearTimeout(timer);
    if (document.hidden) return;
    try {
      const answer = await fetch(location.pathname, {
        headers: tag ? { "If-None-Match": tag } : {}, cache: "no-store", signal: AbortSignal.timeout(late),
      });
      if (answer.status === 404) return say("This process has ended, and otwatch has forgotten it.", true);
      if (answer.status !== 304 && !answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
      // A text that somebody has selected stays.
      if (answer.ok && getSelection().isCollapsed) {
        replace(await answer.text());
        tag = answer.headers.get("ETag") || "";
      }
      say(`Updated ${new Date().toLocaleTimeString()}.`, false);
    } catch (error) {
      say(`otwatch does not answer (${error.message}). These figures are old.`, true);
    }
    timer = setTimeout(refresh, every);
  };
  document.addEventListener("visibilitychange", refresh);
  timer = setTimeout(refresh, every);
})();
