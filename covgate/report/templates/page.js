"use strict";
(() => {
  const gaps = () => [...document.querySelectorAll(".gap")].filter(gap => !gap.closest("[hidden]"));
  const dialog = document.getElementById("help");
  if (!dialog) return;
  document.getElementById("keys").hidden = false;

  // The gap that was gone to last, or the one before or after where the reader has scrolled to.
  let current = null;
  function go(step) {
    const all = gaps();
    if (!all.length) return;
    let at = all.indexOf(document.activeElement);
    if (at < 0) at = all.indexOf(current);
    if (at < 0) at = step > 0 ? -1 : all.length;
    current = all[Math.min(Math.max(at + step, 0), all.length - 1)];
    current.focus({ preventScroll: true });
    current.scrollIntoView({ block: "center" });
  }

  function ask() {
    if (dialog.open) dialog.close(); else dialog.showModal();
  }
  document.getElementById("ask").addEventListener("click", ask);

  const search = document.getElementById("search");
  if (search) {
    document.getElementById("find").hidden = false;
    const files = [...document.querySelectorAll(".file")].map(file => [file, file.querySelector("bdi").textContent.toLowerCase()]);
    const found = document.getElementById("found");
    search.addEventListener("input", () => {
      const wanted = search.value.trim().toLowerCase();
      let count = 0;
      for (const [file, path] of files) {
        const hidden = !path.includes(wanted);
        if (file.hidden !== hidden) file.hidden = hidden;
        if (!hidden) count += 1;
      }
      found.textContent = wanted ? `${count} of ${files.length} files` : "";
      current = null;
    });
  }

  document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target instanceof HTMLInputElement) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (event.key === "?") ask();
    else if (dialog.open) return;
    else if (event.key === "j") go(1);
    else if (event.key === "k") go(-1);
    else if (event.key === "/" && search) search.focus();
    else return;
    event.preventDefault();
  });
})();
