/* Inside Airflow the pages live in a frame that may not lead the window anywhere. A link to a page of Airflow's is handed to
   Airflow's own router instead, as if it had been chosen in Airflow's navigation. Alone, nothing here does anything. */
"use strict";
(() => {
  if (window.parent === window) return;
  const below = new URL("../", document.currentScript.src).pathname;
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
    if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const to = new URL(link.href);
    if (to.origin !== location.origin || to.pathname.startsWith(below)) return;
    event.preventDefault();
    const outer = window.parent;
    outer.history.pushState({}, "", to.pathname + to.search + to.hash);
    outer.dispatchEvent(new outer.PopStateEvent("popstate", { state: {} }));
  });
})();
